"""Notebook 12: right answers written in other styles than the course's own."""

import math

import torch


def soft_overlong_penalty_loops(lengths, *, max_length, cache):
    paid, free = [], max_length - cache
    for length in lengths.tolist():
        if length <= free:
            paid.append(0.0)
        elif length <= max_length:
            paid.append((free - length) / cache)
        else:
            paid.append(-1.0)
    return paid


def soft_overlong_penalty_where(lengths, *, max_length, cache):
    free = max_length - cache
    falling = -(lengths - free) / cache
    return torch.where(lengths <= free, 0.0, torch.where(lengths > max_length, -1.0, falling))


def soft_overlong_penalty_numpy(lengths, *, max_length, cache):
    beyond = (lengths.numpy() - (max_length - cache)) / cache
    return -beyond.clip(0, 1)


def soft_overlong_penalty_relu(lengths, *, max_length, cache):
    used = torch.relu(lengths - max_length + cache)
    return -torch.minimum(used, torch.tensor(float(cache))) / cache


def cispo_plain(logprobs, old_logprobs, advantages, *, clip_low, clip_high):
    ratio = torch.exp(logprobs.detach() - old_logprobs)
    return torch.clip(ratio, 1 - clip_low, 1 + clip_high) * logprobs * advantages


def cispo_no_grad(logprobs, old_logprobs, advantages, *, clip_low, clip_high):
    with torch.no_grad():
        weight = (logprobs - old_logprobs).exp()
        weight = torch.minimum(weight, torch.tensor(1 + clip_high))
        weight = torch.maximum(weight, torch.tensor(1 - clip_low)) * advantages
    return weight * logprobs


def cispo_loops(logprobs, old_logprobs, advantages, *, clip_low, clip_high):
    """Token by token, with the weight as a number of Python's."""
    if logprobs.ndim == 1:
        rows = zip(logprobs, old_logprobs.tolist(), advantages.expand_as(logprobs).tolist(), strict=True)
        held = [(new, min(max(math.exp(new.item() - old), 1 - clip_low), 1 + clip_high), a) for new, old, a in rows]
        return torch.stack([weight * a * new for new, weight, a in held])
    both = zip(logprobs, old_logprobs, advantages.expand_as(logprobs), strict=True)
    return torch.stack([cispo_loops(*row, clip_low=clip_low, clip_high=clip_high) for row in both])


RIGHT = {
    "soft_overlong_penalty": (
        soft_overlong_penalty_loops,
        soft_overlong_penalty_where,
        soft_overlong_penalty_numpy,
        soft_overlong_penalty_relu,
    ),
    "cispo": (cispo_plain, cispo_no_grad, cispo_loops),
}
