"""Notebook 10: right answers written in other styles than the course's own."""

import math

import torch


def group_advantages_loops(rewards):
    advantages = []
    for row in rewards.tolist():
        mean = sum(row) / len(row)
        std = math.sqrt(sum((r - mean) ** 2 for r in row) / (len(row) - 1))
        advantages.append([(r - mean) / (std + 1e-4) for r in row])
    return advantages


def group_advantages_numpy(rewards):
    rewards = rewards.numpy()
    centred = rewards - rewards.mean(axis=1)[:, None]
    return centred / (rewards.std(axis=-1, ddof=1)[:, None] + 1e-8)


def group_advantages_where(rewards):
    std, mean = torch.std_mean(rewards.double(), dim=1, keepdim=True)
    return torch.where(std > 0, (rewards - mean) / std, torch.zeros(()))


def group_advantages_einsum(rewards):
    size = rewards.shape[1]
    centre = torch.eye(size) - 1 / size
    centred = torch.einsum("pg,gh->ph", rewards, centre)
    return centred / ((centred.square().sum(-1, keepdim=True) / (size - 1)).sqrt() + 1e-4)


def kl_k3_plain(logprobs, ref_logprobs):
    ratio = ref_logprobs.exp() / logprobs.exp()
    return ratio - ratio.log() - 1


def kl_k3_list_of_rows(logprobs, ref_logprobs):
    """A list of tensors, or of numbers: each with its graph."""
    return [(b - a).expm1() - (b - a) for a, b in zip(logprobs, ref_logprobs, strict=True)]


def kl_k3_loops(logprobs, ref_logprobs):
    if logprobs.ndim == 0:
        difference = ref_logprobs.double() - logprobs.double()
        return difference.exp() - difference - 1
    return [kl_k3_loops(a, b) for a, b in zip(logprobs, ref_logprobs, strict=True)]


def kl_k3_in_double(logprobs, ref_logprobs):
    """The gradient arranged by hand: 1 − π_ref/π by log π, on top of a value without a graph."""
    with torch.no_grad():
        logratio = ref_logprobs.double() - logprobs.double()
        value, slope = torch.expm1(logratio) - logratio, -torch.expm1(logratio)
    return (value + slope * (logprobs - logprobs.detach())).float()


RIGHT = {
    "group_advantages": (
        group_advantages_loops,
        group_advantages_numpy,
        group_advantages_where,
        group_advantages_einsum,
    ),
    "kl_k3": (kl_k3_plain, kl_k3_list_of_rows, kl_k3_loops, kl_k3_in_double),
}
