"""Notebook 08: right answers written in other styles than the course's own."""

import math

import torch
import torch.nn.functional as F


def bradley_terry_softplus(chosen, rejected):
    return F.softplus(rejected - chosen).mean()


def bradley_terry_as_cross_entropy(chosen, rejected):
    """Which of two is it? The first one, says the label of each pair."""
    logits = torch.stack([chosen, rejected], dim=1)
    return F.cross_entropy(logits, torch.zeros(len(logits), dtype=torch.long))


def bradley_terry_binary(chosen, rejected):
    return F.binary_cross_entropy_with_logits(chosen - rejected, torch.ones_like(chosen))


def bradley_terry_loops(chosen, rejected):
    total = 0.0
    for a, b in zip(chosen, rejected, strict=True):
        difference = a - b
        if difference.item() > -30:
            total = total + torch.log1p(torch.exp(-difference)) / len(chosen)
        else:
            total = total - difference / len(chosen)
    return total


def bradley_terry_logaddexp(chosen, rejected):
    both = torch.logaddexp(chosen.double(), rejected.double())
    return (both - chosen.double()).sum() / math.prod(chosen.shape)


def last_token_index(scores, mask):
    return scores[torch.arange(len(scores)), mask.sum(dim=1) - 1]


def last_token_loops(scores, mask):
    return [row[: int(real.sum())][-1] for row, real in zip(scores, mask, strict=True)]


def last_token_flip(scores, mask):
    """The first True from behind."""
    behind = mask.flip(1).float().argmax(dim=1)
    return scores.gather(1, (mask.shape[1] - 1 - behind)[:, None]).squeeze(1)


def last_token_one_hot(scores, mask):
    after = torch.cat([mask[:, 1:], torch.zeros_like(mask[:, :1])], dim=1)
    return torch.where(mask & ~after, scores, 0.0).sum(dim=1)


RIGHT = {
    "bradley_terry_loss": (
        bradley_terry_softplus,
        bradley_terry_as_cross_entropy,
        bradley_terry_binary,
        bradley_terry_loops,
        bradley_terry_logaddexp,
    ),
    "score_at_the_last_token": (last_token_index, last_token_loops, last_token_flip, last_token_one_hot),
}
