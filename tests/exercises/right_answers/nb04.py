"""Right answers to the exercises of notebook 04."""

import numpy as np
import torch


def policy_gradient_by_loops(logprobs, advantages):
    advantages = advantages.expand_as(logprobs).flatten()
    values = [a.item() * logprob for logprob, a in zip(logprobs.flatten(), advantages, strict=True)]
    return torch.stack(values).reshape(logprobs.shape)


def policy_gradient_list_of_rows(logprobs, advantages):
    return [logprob * advantage for logprob, advantage in zip(logprobs, advantages, strict=True)]


def policy_gradient_by_log_of_power(logprobs, advantages):
    return torch.log(torch.exp(logprobs) ** advantages.detach())


def policy_gradient_by_mul(logprobs, advantages):
    return torch.mul(advantages.double(), logprobs)


def policy_gradient_good_and_bad(logprobs, advantages):
    return torch.where(advantages >= 0, logprobs * advantages.abs(), -logprobs * advantages.abs())


def baseline_by_loops(returns, mask):
    rows = []
    for t in range(len(returns)):
        walking = [float(g) for g, there in zip(returns[t], mask[t], strict=True) if there]
        mean = sum(walking) / max(1, len(walking))
        rows.append([float(g) - mean if there else 0.0 for g, there in zip(returns[t], mask[t], strict=True)])
    return rows


def baseline_numpy(returns, mask):
    returns, mask = returns.numpy(), mask.numpy()
    means = np.sum(returns * mask, axis=1) / np.maximum(mask.sum(axis=1), 1)
    return (returns - means[:, None]) * mask


def baseline_nanmean(returns, mask):
    hidden = returns.masked_fill(~mask, torch.nan)
    return (hidden - hidden.nanmean(dim=1, keepdim=True)).nan_to_num(0.0)


def baseline_by_matrix(returns, mask):
    weights = mask.double()
    means = torch.einsum("tn,tn->t", weights, returns.double()) / weights.sum(-1).clamp_min(1)
    return weights * (returns - means.unsqueeze(-1))


RIGHT = {
    "policy_gradient": (
        policy_gradient_by_loops,
        policy_gradient_list_of_rows,
        policy_gradient_by_log_of_power,
        policy_gradient_by_mul,
        policy_gradient_good_and_bad,
    ),
    "baseline": (baseline_by_loops, baseline_numpy, baseline_nanmean, baseline_by_matrix),
}
