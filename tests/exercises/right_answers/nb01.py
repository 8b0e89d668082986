"""Notebook 01: right answers written in other styles than the course's own."""

import math

import numpy as np
import torch
import torch.nn.functional as F


def softmax_loops(logits, temperature):
    if logits.ndim > 1:
        return [softmax_loops(row, temperature) for row in logits]
    scaled = [z / temperature for z in logits.tolist()]
    weights = [math.exp(z - max(scaled)) for z in scaled]
    return [weight / sum(weights) for weight in weights]


def softmax_numpy(logits, temperature):
    scaled = logits.numpy() / temperature
    weights = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def softmax_by_logsumexp(logits, temperature):
    scaled = logits / temperature
    return (scaled - scaled.logsumexp(-1, keepdim=True)).exp()


def softmax_functional(logits, temperature):
    return F.softmax(logits.double() / temperature, dim=-1)


def loss_cross_entropy(logits, tokens, counted):
    kept = counted[:, 1:]
    return F.cross_entropy(logits[:, :-1][kept], tokens[:, 1:][kept])


def loss_ignore_index(logits, tokens, counted):
    targets = torch.where(counted, tokens, -100)[:, 1:].reshape(-1)
    return F.cross_entropy(logits[:, :-1].reshape(-1, logits.shape[-1]), targets)


def loss_weights(logits, tokens, counted):
    weights = counted[:, 1:].to(logits.dtype)
    each = F.cross_entropy(logits[:, :-1].transpose(1, 2), tokens[:, 1:], reduction="none")
    return (each * weights).sum() / weights.sum()


def loss_rolled(logits, tokens, counted):
    """Without cutting: everything rolled by one, and the last position masked."""
    targets, kept = tokens.roll(-1, dims=1), counted.roll(-1, dims=1).clone()
    kept[:, -1] = False
    logprobs = logits - logits.logsumexp(-1, keepdim=True)
    return -(logprobs * F.one_hot(targets, logits.shape[-1])).sum(-1)[kept].mean()


def loss_row_by_row_list(logits, tokens, counted):
    found = []
    for row, text, kept in zip(logits, tokens, counted, strict=True):
        logprobs = row.log_softmax(-1)
        steps = torch.arange(len(text) - 1)
        found.append(-logprobs[steps, text[1:]][kept[1:]])
    return torch.cat(found).mean()


RIGHT = {
    "softmax_with_temperature": (softmax_loops, softmax_numpy, softmax_by_logsumexp, softmax_functional),
    "shifted_next_token_loss": (
        loss_cross_entropy,
        loss_ignore_index,
        loss_weights,
        loss_rolled,
        loss_row_by_row_list,
    ),
}
