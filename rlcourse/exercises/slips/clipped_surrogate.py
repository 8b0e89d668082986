"""The classic mistakes of the exercise `clipped_surrogate`."""

import torch
from torch import Tensor

from rlcourse.equations import clipped_surrogate
from rlcourse.exercises.exercise import Slip


def _parts(logprobs: Tensor, old_logprobs: Tensor, clip_low: float, clip_high: float) -> tuple[Tensor, Tensor]:
    """The ratio, and the ratio clipped."""
    ratio = (logprobs - old_logprobs).exp()
    return ratio, ratio.clamp(1 - clip_low, 1 + clip_high)


def _clip_only(logprobs, old_logprobs, advantages, *, clip_low, clip_high):
    return _parts(logprobs, old_logprobs, clip_low, clip_high)[1] * advantages


def _max(logprobs, old_logprobs, advantages, *, clip_low, clip_high):
    ratio, clipped = _parts(logprobs, old_logprobs, clip_low, clip_high)
    return torch.maximum(ratio * advantages, clipped * advantages)


def _min_of_ratios(logprobs, old_logprobs, advantages, *, clip_low, clip_high):
    return torch.minimum(*_parts(logprobs, old_logprobs, clip_low, clip_high)) * advantages


def _clips_the_product(logprobs, old_logprobs, advantages, *, clip_low, clip_high):
    product = (logprobs - old_logprobs).exp() * advantages
    return torch.minimum(product, product.clamp(1 - clip_low, 1 + clip_high))


def _upside_down(logprobs, old_logprobs, advantages, **clip):
    return clipped_surrogate(old_logprobs, logprobs, advantages, **clip)


def _difference_of_logs(logprobs, old_logprobs, advantages, *, clip_low, clip_high):
    ratio = logprobs - old_logprobs
    return torch.minimum(ratio * advantages, ratio.clamp(1 - clip_low, 1 + clip_high) * advantages)


def _ratio_of_logs(logprobs, old_logprobs, advantages, *, clip_low, clip_high):
    ratio = logprobs / old_logprobs
    return torch.minimum(ratio * advantages, ratio.clamp(1 - clip_low, 1 + clip_high) * advantages)


def _swapped(logprobs, old_logprobs, advantages, *, clip_low, clip_high):
    return clipped_surrogate(logprobs, old_logprobs, advantages, clip_low=clip_high, clip_high=clip_low)


def _one_bound(logprobs, old_logprobs, advantages, *, clip_low, clip_high):
    return clipped_surrogate(logprobs, old_logprobs, advantages, clip_low=clip_low, clip_high=clip_low)


def _clips_the_logarithm(logprobs, old_logprobs, advantages, *, clip_low, clip_high):
    logratio = logprobs - old_logprobs
    return torch.minimum(logratio.exp() * advantages, logratio.clamp(-clip_low, clip_high).exp() * advantages)


def _around_zero(logprobs, old_logprobs, advantages, *, clip_low, clip_high):
    ratio = (logprobs - old_logprobs).exp()
    return torch.minimum(ratio * advantages, ratio.clamp(-clip_low, clip_high) * advantages)


def _never_clips(logprobs, old_logprobs, advantages, *, clip_low, clip_high):
    return (logprobs - old_logprobs).exp() * advantages


def _other_bound(logprobs, old_logprobs, advantages, *, clip_low, clip_high):
    return clipped_surrogate(logprobs, old_logprobs, advantages, clip_low=clip_high, clip_high=clip_high)


def _normalised(logprobs, old_logprobs, advantages, *, clip_low, clip_high, correction=1):
    """NaN for a single number, as `Tensor.std` has it, there with a warning."""
    spread = advantages.new_tensor(torch.nan)
    if advantages.numel() > correction:
        spread = advantages.std(correction=correction)
    advantages = (advantages - advantages.mean()) / (spread + 1e-8)
    return clipped_surrogate(logprobs, old_logprobs, advantages, clip_low=clip_low, clip_high=clip_high)


def _clipped_part_detached(logprobs, old_logprobs, advantages, *, clip_low, clip_high):
    ratio, clipped = _parts(logprobs, old_logprobs, clip_low, clip_high)
    return torch.minimum(ratio * advantages, clipped.detach() * advantages)


def _straight_through(logprobs, old_logprobs, advantages, *, clip_low, clip_high):
    ratio, clipped = _parts(logprobs, old_logprobs, clip_low, clip_high)
    clipped = ratio + (clipped - ratio).detach()
    return torch.minimum(ratio * advantages, clipped * advantages)


def _nothing_outside(logprobs, old_logprobs, advantages, *, clip_low, clip_high):
    ratio, clipped = _parts(logprobs, old_logprobs, clip_low, clip_high)
    return torch.where(ratio == clipped, ratio * advantages, 0.0)


def _without_exponential(logprobs, old_logprobs, advantages, *, clip_low, clip_high):
    logratio = logprobs - old_logprobs
    return torch.minimum(logratio * advantages, logratio.clamp(-clip_low, clip_high) * advantages)


SLIPS = (
    Slip(
        "the clip without the min",
        "Outside the band your objective is flat on both sides. An action that has moved the *wrong* way would then "
        "get no push back. Take the smaller of `ratio * advantages` and `clipped * advantages`.",
        _clip_only,
    ),
    Slip(
        "max where min belongs",
        "With the maximum the unclipped product wins whenever it is larger, so good steps are never clipped, and wrong "
        "ones are. The objective is a cautious one: the *smaller* of the two, also where A < 0.",
        _max,
    ),
    Slip(
        "min of the ratios, not of the products",
        "For A > 0 it is the same, but a negative advantage turns the order round. First multiply each of them by the "
        "advantage, then take the smaller product.",
        _min_of_ratios,
    ),
    Slip(
        "clips the product ρ·A",
        "The band 1 − ε … 1 + ε is meant for the ratio. The advantage may have any size and sign: clip the ratio "
        "first, then multiply.",
        _clips_the_product,
    ),
    Slip(
        "π_old/π instead of π/π_old",
        "The ratio is upside down: it must grow when the new policy likes the action more. It is "
        "`exp(logprobs - old_logprobs)`.",
        _upside_down,
    ),
    Slip(
        "a difference of logarithms taken for the ratio",
        "`logprobs - old_logprobs` is the *logarithm* of the ratio, 0 where the policies agree. The exponential is "
        "missing: there the ratio is 1.",
        _difference_of_logs,
    ),
    Slip(
        "divides log-probabilities",
        "`logprobs / old_logprobs` is no ratio of probabilities. Divide probabilities by taking logarithms apart: "
        "`exp(logprobs - old_logprobs)`.",
        _ratio_of_logs,
    ),
    Slip(
        "clip_low and clip_high swapped",
        "The lower end of the band is 1 − `clip_low`, the upper one 1 + `clip_high`. PPO uses one ε for both, so "
        "there it does not show; DAPO uses two.",
        _swapped,
    ),
    Slip(
        "one bound for both sides",
        "You use `clip_low` on both sides. The upper end of the band is 1 + `clip_high`.",
        _one_bound,
    ),
    Slip(
        "the upper bound for both sides",
        "You use `clip_high` on both sides. The lower end of the band is 1 − `clip_low`.",
        _other_bound,
    ),
    Slip(
        "minus the mean: a whole loss",
        "That is the loss a trainer makes of it. This function returns one value per action, to be *maximised*; the "
        "minus and the mean over those that count come later.",
        lambda *inputs, **clip: -clipped_surrogate(*inputs, **clip).mean(),
    ),
    Slip(
        "advantages normalised",
        "You gave the advantages mean 0 and deviation 1. Many trainers do that, but elsewhere. This function takes "
        "them as they come.",
        _normalised,
        (lambda *inputs, **clip: _normalised(*inputs, **clip, correction=0),),
    ),
    Slip(
        "the clipped part detached",
        "The value is right. But inside the band both products are the same number, and PyTorch shares the gradient "
        "between them: with one detached, only half of the push arrives. Leave both as they are.",
        _clipped_part_detached,
    ),
    Slip(
        "a clip that lets the gradient through",
        "The value is right, but the clip shall stop the push, and yours hands the gradient on as if there were none. "
        "`Tensor.clamp` has the gradient 0 outside its band, and that is the point.",
        _straight_through,
    ),
    Slip(
        "nothing outside the band",
        "Outside the band your objective is 0. There it is to be flat, at the value it had at the edge, and where the "
        "ratio moved the *wrong* way it must not be flat at all: that is what the minimum is for.",
        _nothing_outside,
    ),
    Slip(
        "logarithms all the way",
        "The exponential is missing: the difference of the log-probabilities is the *logarithm* of the ratio, and the "
        "band lies around the ratio 1, from `1 - clip_low` to `1 + clip_high`.",
        _without_exponential,
    ),
    Slip(
        "clips the logarithm of the ratio",
        "Close, for small ε: a log-ratio within ±ε means a ratio from e^−ε to e^ε, which is not 1 − ε … 1 + ε. Clip "
        "the ratio, after the exponential.",
        _clips_the_logarithm,
    ),
    Slip(
        "the band lies around 0",
        "A ratio is 1 where nothing has changed, so the band is around 1: `ratio.clamp(1 - clip_low, 1 + clip_high)`.",
        _around_zero,
    ),
    Slip(
        "no clip at all",
        "This is the surrogate ρ·A of TRPO, right as far as it goes. PPO has no constraint to hold it, so nothing "
        "would end the push. The second half of the formula is missing.",
        _never_clips,
    ),
    Slip(
        "the loss instead of the objective",
        "All signs are the other way round. The function returns what is to be *maximised*; the minus that makes a "
        "loss of it stands in the trainer.",
        lambda *inputs, **clip: -clipped_surrogate(*inputs, **clip),
    ),
    Slip(
        "the log-probabilities detached",
        "The numbers are right, and nothing can be learned from them: the gradient must flow through `logprobs`. What "
        "is constant here are the old log-probabilities and the advantages.",
        lambda logprobs, old_logprobs, advantages, **clip: clipped_surrogate(
            logprobs.detach(), old_logprobs, advantages, **clip
        ),
    ),
    Slip(
        "averaged over the actions",
        "The numbers are right but one mean is left of them. Return one value per action: which of them count, and how "
        "much, is decided later by the mask.",
        lambda *inputs, **clip: clipped_surrogate(*inputs, **clip).mean(),
    ),
)
