"""What goes wrong where the furthest ratio is looked for, as functions."""

import torch

from rlcourse.exercises.exercise import Slip


def _found(gap=lambda new, old: ((new - old).exp() - 1).abs(), pick=lambda gaps, mask: gaps[mask].max()):
    """The right way, with one thing changed."""

    def found(logprobs, old_logprobs, mask):
        return pick(gap(logprobs, old_logprobs), mask)

    return found


def _of_whole_answers(logprobs, old_logprobs, mask):
    return (torch.where(mask, logprobs - old_logprobs, 0.0).sum(-1).exp() - 1).abs().max()


def _padding_is_zero(logprobs, old_logprobs, mask):
    return ((logprobs - old_logprobs).exp() * mask - 1).abs().max()


SLIPS = (
    Slip(
        "the padding is looked at",
        "Nobody drew what stands where `mask` is False, and its log-probabilities may be anything. The furthest of all "
        "is easily one of those. Take `gaps[mask]`.",
        _found(pick=lambda gaps, mask: gaps.max()),
    ),
    Slip(
        "the padding counts as a ratio of 0",
        "You multiply the ratios by the mask, and then take 1 off: each place of the padding is 1 away from 1. Mask "
        "the gaps, after the 1 is off.",
        _padding_is_zero,
    ),
    Slip(
        "only upwards",
        "A ratio of 0.2 is as suspicious as one of 1.8, and ρ − 1 is negative there. It is the distance that counts: "
        "`.abs()`, before the maximum.",
        _found(lambda new, old: (new - old).exp() - 1),
        (_found(lambda new, old: (new - old).exp() - 1, lambda gaps, mask: gaps[mask].max().clamp(min=0)),),
    ),
    Slip(
        "the sign is dropped too late",
        "The maximum of ρ − 1 is taken first, and its sign dropped then. So the tokens that became unlikely are never "
        "seen. First `.abs()`, then `.max()`.",
        _found(lambda new, old: (new - old).exp() - 1, lambda gaps, mask: gaps[mask].max().abs()),
    ),
    Slip(
        "the log-ratio in the place of the ratio",
        "log ρ is near ρ − 1 where both are small, and far from it where it matters: at ρ = 0.1 it is −2.3. Take "
        "`exp` of the difference first.",
        _found(lambda new, old: (new - old).abs()),
    ),
    Slip(
        "the 1 forgotten",
        "You return the largest ratio itself. In a sound run that is 1, and nobody sees a ratio of 0.2. Asked for is "
        "how far from 1 the furthest is.",
        _found(lambda new, old: (new - old).exp()),
    ),
    Slip(
        "the ratio upside down",
        "That is π_old/π_θ. The policy that learns stands above the line: `logprobs - old_logprobs`.",
        _found(lambda new, old: ((old - new).exp() - 1).abs()),
    ),
    Slip(
        "the mean in the place of the largest",
        "One question with another padding may be wrong among a thousand that are right, and in a mean it drowns. A "
        "test that is to find a fault looks for the largest.",
        _found(pick=lambda gaps, mask: gaps[mask].mean()),
        (_found(pick=lambda gaps, mask: (gaps * mask).sum() / mask.numel()),),
    ),
    Slip(
        "probabilities subtracted",
        "|π_θ − π_old| is small for every rare token, however wrong it is. The ratio is what the objective has in it: "
        "`(logprobs - old_logprobs).exp()`.",
        _found(lambda new, old: (new.exp() - old.exp()).abs()),
    ),
    Slip(
        "the ratio of whole answers",
        "You add the log-ratios of an answer up before `exp`, so tokens that went up hide others that went down. Each "
        "token has a ratio of its own.",
        _of_whole_answers,
    ),
)
