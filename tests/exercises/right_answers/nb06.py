"""Right answers to the exercises of notebook 06."""

import math

import numpy as np
import torch
from torch.nn import functional as F


def clipped_by_cases(logprobs, old_logprobs, advantages, *, clip_low, clip_high):
    ratio = torch.exp(logprobs - old_logprobs)
    advantages = advantages.expand_as(ratio)
    good_enough = (advantages > 0) & (ratio > 1 + clip_high)
    bad_enough = (advantages < 0) & (ratio < 1 - clip_low)
    objective = torch.where(good_enough, (1 + clip_high) * advantages, ratio * advantages)
    return torch.where(bad_enough, (1 - clip_low) * advantages, objective)


def clipped_by_loops(logprobs, old_logprobs, advantages, clip_low, clip_high):
    advantages = advantages.expand_as(logprobs).flatten()
    values = []
    for new, old, a in zip(logprobs.flatten(), old_logprobs.flatten(), advantages, strict=True):
        ratio = new.exp() / old.exp()
        clipped = min(max(ratio, 1 - clip_low), 1 + clip_high)
        values.append(min(ratio * a, clipped * a))
    return torch.stack([torch.as_tensor(value) for value in values]).reshape(logprobs.shape)


def clipped_by_stack(logprobs, old_logprobs, advantages, *, clip_low=0.2, clip_high=0.2):
    ratio = (logprobs.double() - old_logprobs.detach()).exp()
    clipped = torch.clip(ratio, 1 - clip_low, 1 + clip_high)
    return torch.stack([ratio, clipped]).mul(advantages).amin(dim=0)


def clipped_by_relu(logprobs, old_logprobs, advantages, **bounds):
    """The loss of old code, with a minus in front: ρ·A minus what lies beyond the band on the side of the push."""
    ratio = (logprobs - old_logprobs).exp()
    above, below = F.relu(ratio - 1 - bounds["clip_high"]), F.relu(1 - bounds["clip_low"] - ratio)
    return ratio * advantages - above * F.relu(advantages) - below * F.relu(-advantages)


def value_loss_by_loops(values, returns, mask=None, old_values=None, clip_range=None):
    total, count = 0.0, 0
    for i in range(values.numel()):
        if mask is not None and not mask.flatten()[i]:
            continue
        v, r = values.flatten()[i], returns.flatten()[i]
        error = (v - r) ** 2
        if old_values is not None:
            old = old_values.flatten()[i]
            moved = max(-clip_range, min(clip_range, v - old))
            error = max(error, (old + moved - r) ** 2)
        total, count = total + error, count + 1
    return total / count / 2


def value_loss_by_selection(values, returns, mask=None, *, old_values=None, clip_range=None):
    keep = slice(None) if mask is None else mask
    v, r = values[keep], returns[keep]
    if old_values is None:
        return F.mse_loss(v, r) / 2
    low, high = old_values[keep] - clip_range, old_values[keep] + clip_range
    errors = torch.stack([v - r, v.clamp(low, high) - r]).abs()
    return 0.5 * errors.amax(dim=0).pow(2).mean()


def value_loss_by_weights(values, returns, mask=None, **clipping):
    weights = torch.ones_like(values) if mask is None else mask.to(values.dtype)
    error = (returns - values).abs()
    if clipping.get("old_values") is not None:
        old, width = clipping["old_values"], clipping["clip_range"]
        clipped = old + torch.minimum(torch.maximum(values - old, torch.tensor(-width)), torch.tensor(width))
        error = torch.where((clipped - returns).abs() > error, (clipped - returns).abs(), error)
    return (weights * error**2).sum() / (2 * weights.sum())


def gauges_by_indexing(logprobs, old_logprobs, mask, *, clip_range):
    log_ratio = (logprobs.detach() - old_logprobs)[mask]
    ratio = log_ratio.exp()
    return (ratio - 1 - log_ratio).mean(), ((ratio - 1).abs() > clip_range).float().mean()


def gauges_in_numpy(logprobs, old_logprobs, mask, clip_range):
    new, old, keep = (np.asarray(tensor.detach(), dtype=float) for tensor in (logprobs, old_logprobs, mask))
    ratio = np.exp(new - old)
    kl = np.average(ratio - 1 - (new - old), weights=keep)
    return np.array([kl, np.average((ratio < 1 - clip_range) | (ratio > 1 + clip_range), weights=keep)])


def gauges_by_loops(logprobs, old_logprobs, mask, *, clip_range):
    kl, outside, count = 0.0, 0, 0
    for new, old, counts in zip(*(x.flatten().tolist() for x in (logprobs, old_logprobs, mask)), strict=True):
        if counts:
            ratio = math.exp(new - old)
            kl, outside, count = kl + ratio - 1 - (new - old), outside + (abs(ratio - 1) > clip_range), count + 1
    return kl / count, outside / count


@torch.no_grad()
def gauges_by_weights(logprobs, old_logprobs, mask, *, clip_range=0.2):
    weights = mask / mask.sum()
    ratio = torch.exp(logprobs - old_logprobs)
    kept = ratio.clamp(1 - clip_range, 1 + clip_range)
    return torch.stack([(weights * (ratio - ratio.log() - 1)).sum(), (weights * (kept != ratio)).sum()])


RIGHT = {
    "clipped_surrogate": (clipped_by_cases, clipped_by_loops, clipped_by_stack, clipped_by_relu),
    "ppo_gauges": (gauges_by_indexing, gauges_in_numpy, gauges_by_loops, gauges_by_weights),
    "value_loss": (value_loss_by_loops, value_loss_by_selection, value_loss_by_weights),
}
