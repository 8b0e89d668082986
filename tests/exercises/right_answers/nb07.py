"""Notebook 07: right answers written in other styles than the course's own."""

import torch
import torch.nn.functional as F


def mask_loops(tokens, end):
    rows = []
    for row in tokens.tolist():
        length = row.index(end) + 1 if end in row else len(row)
        rows.append([t < length for t in range(len(row))])
    return torch.tensor(rows)


def mask_lengths(tokens, end):
    columns = torch.arange(tokens.shape[1])
    first = torch.where(tokens == end, columns, tokens.shape[1]).amin(dim=1)
    return columns <= first[:, None]


def mask_cumprod(tokens, end):
    """Alive as long as no token before was the end."""
    alive = (tokens != end).int().cumprod(dim=1)
    return torch.cat([torch.ones_like(alive[:, :1]), alive[:, :-1]], dim=1).bool()


def mask_argmax(tokens, end):
    is_end = tokens == end
    lengths = torch.where(is_end.any(1), is_end.int().argmax(1) + 1, tokens.shape[1])
    return torch.arange(tokens.shape[1])[None] < lengths[:, None]


def logprobs_cross_entropy(forward, tokens, real, answer_length, *, temperature):
    positions = torch.cumsum(real.int(), 1).sub(1).clamp_min(0)
    logits = forward(tokens, positions, real)[:, :-1][:, -answer_length:] / temperature
    answers, counted = tokens[:, -answer_length:], real[:, -answer_length:]
    return -F.cross_entropy(logits.transpose(1, 2), answers, reduction="none") * counted


def logprobs_logsumexp(forward, tokens, real, answer_length, *, temperature):
    positions = real.long().cumsum(1) - real.long()  # counts the real tokens before a place
    logits = forward(tokens, positions, real)[:, :-1] / temperature
    chosen = logits.gather(2, tokens[:, 1:, None]).squeeze(2) - logits.logsumexp(2)
    return chosen[:, -answer_length:].masked_fill(~real[:, -answer_length:], 0)


def logprobs_row_by_row(forward, tokens, real, answer_length, *, temperature):
    """Without any padding: each text alone, as if there were no batch."""
    found = torch.zeros(len(tokens), answer_length)
    for b in range(len(tokens)):
        text = tokens[b][real[b]][None]
        places = torch.arange(text.shape[1])[None]
        logprobs = torch.log_softmax(forward(text, places, torch.ones_like(text).bool())[0] / temperature, -1)
        length = int(real[b, -answer_length:].sum())
        for t in range(length):
            at = text.shape[1] - length + t
            found[b, t] = logprobs[at - 1, text[0, at]]
    return found


def logprobs_categorical(forward, tokens, real, answer_length, *, temperature):
    positions = real.float().cumsum(-1).long() - 1
    positions[positions < 0] = 1
    logits = forward(tokens, positions, real).roll(1, dims=1)[:, -answer_length:]
    chosen = torch.distributions.Categorical(logits=logits / temperature).log_prob(tokens[:, -answer_length:])
    return torch.where(real[:, -answer_length:], chosen, torch.zeros(()))


RIGHT = {
    "completion_mask": (mask_loops, mask_lengths, mask_cumprod, mask_argmax),
    "left_padded_logprobs": (
        logprobs_cross_entropy,
        logprobs_logsumexp,
        logprobs_row_by_row,
        logprobs_categorical,
    ),
}
