"""Notebook 10: right answers written in other styles than the course's own."""

import math
import re

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


def grpo_loss_plain(logprobs, old_logprobs, advantages, mask, *, epsilon):
    ratio = (logprobs - old_logprobs).exp()
    scale = advantages[:, None]
    per_token = torch.minimum(ratio * scale, ratio.clamp(1 - epsilon, 1 + epsilon) * scale)
    return -((per_token * mask).sum(dim=1) / mask.sum(dim=1)).mean()


def grpo_loss_loops(logprobs, old_logprobs, advantages, mask, *, epsilon):
    """Answer by answer, token by token."""
    rows = []
    for new, old, advantage, counts in zip(logprobs, old_logprobs, advantages, mask, strict=True):
        tokens = []
        for t in range(int(counts.sum())):
            ratio = torch.exp(new[t] - old[t])
            held = torch.clamp(ratio, 1 - epsilon, 1 + epsilon)
            tokens.append(torch.min(ratio * advantage, held * advantage))
        rows.append(sum(tokens) / len(tokens))
    return -sum(rows) / len(rows)


def grpo_loss_by_cases(logprobs, old_logprobs, advantages, mask, *, epsilon):
    """No min: where the objective is flat is said outright. And each token's weight in the place of two means."""
    ratio = (logprobs - old_logprobs).exp()
    scale = advantages.unsqueeze(1).expand_as(ratio)
    far = torch.where(scale > 0, ratio > 1 + epsilon, ratio < 1 - epsilon)
    edge = 1 + epsilon * scale.sign()
    weights = mask.float() / mask.sum(1, keepdim=True) / len(mask)
    return -(torch.where(far, edge, ratio) * scale * weights).sum()


def grpo_loss_by_selection(logprobs, old_logprobs, advantages, mask, *, epsilon):
    """Only the real tokens, end to end, each with its row's advantage and length."""
    row = mask.nonzero()[:, 0]
    ratio = torch.exp(logprobs[mask] - old_logprobs[mask])
    scale, length = advantages[row], mask.sum(1)[row]
    pessimistic = torch.stack([ratio * scale, ratio.clip(1 - epsilon, 1 + epsilon) * scale]).amin(0)
    return (pessimistic / length).sum() / -len(mask)


def last_number_reward_loops(prompts, completions, answer, **columns):
    scores = []
    for text, right in zip(completions, answer, strict=True):
        digits = "".join(c if c.isdigit() else " " for c in text).split()
        scores.append(1.0 if digits and digits[-1] == str(right) else 0.0)
    return scores


def last_number_reward_by_search(prompts, completions, answer, **columns):
    found = [re.search(r"(\d+)\D*$", text) for text in completions]
    return [float(match is not None and int(match[1]) == right) for match, right in zip(found, answer, strict=True)]


def last_number_reward_tensor(prompts, completions, answer, **columns):
    """A tensor of ones and zeros."""
    last = [int((re.findall(r"\d+", text) or ["-1"])[-1]) for text in completions]
    return (torch.tensor(last) == torch.tensor(answer)).float()


RIGHT = {
    "group_advantages": (
        group_advantages_loops,
        group_advantages_numpy,
        group_advantages_where,
        group_advantages_einsum,
    ),
    "grpo_loss": (grpo_loss_plain, grpo_loss_loops, grpo_loss_by_cases, grpo_loss_by_selection),
    "last_number_reward": (last_number_reward_loops, last_number_reward_by_search, last_number_reward_tensor),
    "kl_k3": (kl_k3_plain, kl_k3_list_of_rows, kl_k3_loops, kl_k3_in_double),
}
