"""Notebook 12, what practice adds: right answers written in other styles than the course's own."""

import numpy as np
import torch


def truncated_importance_weights_loops(logprobs, sampler_logprobs, *, cap):
    if logprobs.ndim == 0:
        return min(torch.exp(logprobs - sampler_logprobs).item(), cap)
    pairs = zip(logprobs, sampler_logprobs, strict=True)
    return [truncated_importance_weights_loops(a, b, cap=cap) for a, b in pairs]


def truncated_importance_weights_numpy(logprobs, sampler_logprobs, *, cap):
    return np.minimum(np.exp(logprobs.detach().numpy()) / np.exp(sampler_logprobs.numpy()), cap)


@torch.no_grad()
def truncated_importance_weights_where(logprobs, sampler_logprobs, *, cap):
    ratio = logprobs.exp() / sampler_logprobs.exp()
    return torch.where(ratio > cap, cap, ratio)


def truncated_importance_weights_in_logs(logprobs, sampler_logprobs, *, cap):
    """The cap is a bound of the logarithm, too: log cap."""
    bound = torch.tensor(float(cap)).log()
    return torch.minimum(logprobs.detach() - sampler_logprobs, bound).exp()


def own_tokens_loops(tokens, written, *, call, back):
    mask = []
    for row, real in zip(tokens.tolist(), written.tolist(), strict=True):
        mask.append([])
        tool_writes = False
        for token, there in zip(row, real, strict=True):
            mask[-1].append(there and not tool_writes)
            if there and token == call:
                tool_writes = True
            elif there and token == back:
                tool_writes = False
    return mask


def own_tokens_numpy(tokens, written, *, call, back):
    tokens, written = tokens.numpy(), written.numpy()
    change = ((tokens == call) * 1 - (tokens == back) * 1) * written
    open_before = np.cumsum(change, axis=1) - change
    return written & (open_before <= 0)


def own_tokens_shifted(tokens, written, *, call, back):
    """The state after the token before, shifted in from the left."""
    change = (tokens == call).int() - (tokens == back).int()
    after = (change * written).cumsum(-1)
    before = torch.nn.functional.pad(after, (1, 0))[:, :-1]
    return before.lt(1).logical_and(written)


RIGHT = {
    "truncated_importance_weights": (
        truncated_importance_weights_loops,
        truncated_importance_weights_numpy,
        truncated_importance_weights_where,
        truncated_importance_weights_in_logs,
    ),
    "own_tokens": (own_tokens_loops, own_tokens_numpy, own_tokens_shifted),
}
