"""Notebook 14: right answers written in other styles than the course's own."""

import numpy as np
import torch


def gap_torch(logprobs, old_logprobs, mask):
    ratio = torch.exp(logprobs - old_logprobs)
    return (ratio[mask] - 1).abs().max()


def gap_numpy(logprobs, old_logprobs, mask):
    new, old, counted = (np.asarray(x) for x in (logprobs, old_logprobs, mask))
    return np.abs(np.exp(new[counted] - old[counted]) - 1).max()


def gap_loops(logprobs, old_logprobs, mask):
    furthest = 0.0
    for new, old, counted in zip(logprobs.flatten(), old_logprobs.flatten(), mask.flatten(), strict=True):
        if counted:
            furthest = max(furthest, abs(float((new - old).exp()) - 1))
    return furthest


def gap_filled(logprobs, old_logprobs, mask):
    """Filled before exp: a ratio of 1 is no gap."""
    return (logprobs - old_logprobs).masked_fill(~mask, 0).exp().sub(1).abs().amax()


def padding_cat(score, tokens, real, *, columns):
    empty = torch.zeros(len(tokens), columns)
    before = score(tokens, real)
    after = score(torch.cat([empty.long(), tokens], 1), torch.cat([empty.bool(), real], 1))
    kept = real[:, -before.shape[1] :]
    return ((after - before) * kept.float()).abs().max()


def padding_numpy(score, tokens, real, *, columns):
    wider = [torch.from_numpy(np.pad(x.numpy(), ((0, 0), (columns, 0)))) for x in (tokens, real)]
    before, after = (np.asarray(score(*rows)) for rows in ((tokens, real), wider))
    kept = real.numpy()[:, -before.shape[1] :]
    return np.abs(after - before)[kept].max()


def padding_loops(score, tokens, real, *, columns):
    furthest = 0.0
    for row, kept in zip(tokens, real, strict=True):
        wide = torch.cat([torch.zeros(columns, dtype=row.dtype), row])[None]
        marks = torch.cat([torch.zeros(columns, dtype=torch.bool), kept])[None]
        before, after = score(row[None], kept[None])[0], score(wide, marks)[0]
        for t in range(1, len(before) + 1):
            if kept[-t]:
                furthest = max(furthest, abs(float(after[-t] - before[-t])))
    return torch.tensor(furthest)


RIGHT = {
    "ratio_gap": (gap_torch, gap_numpy, gap_loops, gap_filled),
    "padding_gap": (padding_cat, padding_numpy, padding_loops),
}
