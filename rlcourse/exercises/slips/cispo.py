"""The classic mistakes of the exercise `cispo`."""

import torch
from torch import Tensor

from rlcourse.equations import cispo, clipped_surrogate
from rlcourse.exercises.exercise import Slip


def _ratio(logprobs: Tensor, old_logprobs: Tensor) -> Tensor:
    return (logprobs - old_logprobs).exp()


def _not_detached(logprobs, old_logprobs, advantages, *, clip_low, clip_high):
    return _ratio(logprobs, old_logprobs).clamp(1 - clip_low, 1 + clip_high) * advantages * logprobs


def _weight_alone(logprobs, old_logprobs, advantages, *, clip_low, clip_high):
    return _ratio(logprobs, old_logprobs).clamp(1 - clip_low, 1 + clip_high) * advantages


def _weight_detached_alone(logprobs, old_logprobs, advantages, *, clip_low, clip_high):
    return _weight_alone(logprobs, old_logprobs, advantages, clip_low=clip_low, clip_high=clip_high).detach()


def _never_clips(logprobs, old_logprobs, advantages, *, clip_low, clip_high):
    return _ratio(logprobs, old_logprobs).detach() * advantages * logprobs


def _no_weight(logprobs, old_logprobs, advantages, *, clip_low, clip_high):
    return advantages * logprobs


def _upside_down(logprobs, old_logprobs, advantages, *, clip_low, clip_high):
    weight = _ratio(old_logprobs, logprobs).clamp(1 - clip_low, 1 + clip_high).detach()
    return weight * advantages * logprobs


def _with_the_min(logprobs, old_logprobs, advantages, *, clip_low, clip_high):
    ratio = _ratio(logprobs, old_logprobs).detach()
    clipped = ratio.clamp(1 - clip_low, 1 + clip_high)
    return torch.minimum(ratio * advantages, clipped * advantages) * logprobs


def _probability(logprobs, old_logprobs, advantages, *, clip_low, clip_high):
    weight = _ratio(logprobs, old_logprobs).clamp(1 - clip_low, 1 + clip_high).detach()
    return weight * advantages * logprobs.exp()


def _old_logarithm(logprobs, old_logprobs, advantages, *, clip_low, clip_high):
    weight = _ratio(logprobs, old_logprobs).clamp(1 - clip_low, 1 + clip_high)
    return weight * advantages * old_logprobs


def _drops(logprobs, old_logprobs, advantages, *, clip_low, clip_high):
    ratio = _ratio(logprobs, old_logprobs).detach()
    inside = (ratio >= 1 - clip_low) & (ratio <= 1 + clip_high)
    return torch.where(inside, ratio, 0.0) * advantages * logprobs


def _upper_only(logprobs, old_logprobs, advantages, *, clip_low, clip_high):
    return cispo(logprobs, old_logprobs, advantages, clip_low=1.0, clip_high=clip_high)


def _bounds_as_they_come(logprobs, old_logprobs, advantages, *, clip_low, clip_high):
    return _ratio(logprobs, old_logprobs).clamp(clip_low, clip_high).detach() * advantages * logprobs


def _swapped(logprobs, old_logprobs, advantages, *, clip_low, clip_high):
    return cispo(logprobs, old_logprobs, advantages, clip_low=clip_high, clip_high=clip_low)


def _clips_the_logarithm(logprobs, old_logprobs, advantages, *, clip_low, clip_high):
    weight = (logprobs - old_logprobs).clamp(-clip_low, clip_high).exp().detach()
    return weight * advantages * logprobs


def _clips_the_product(logprobs, old_logprobs, advantages, *, clip_low, clip_high):
    weight = (_ratio(logprobs, old_logprobs) * advantages).clamp(1 - clip_low, 1 + clip_high).detach()
    return weight * logprobs


def _difference_of_logs(logprobs, old_logprobs, advantages, *, clip_low, clip_high):
    weight = (logprobs - old_logprobs).clamp(1 - clip_low, 1 + clip_high).detach()
    return weight * advantages * logprobs


def _normalised(logprobs, old_logprobs, advantages, *, clip_low, clip_high, correction=1):
    """NaN for a single number, as `Tensor.std` has it, there with a warning."""
    spread = advantages.new_tensor(torch.nan)
    if advantages.numel() > correction:
        spread = advantages.std(correction=correction)
    advantages = (advantages - advantages.mean()) / (spread + 1e-8)
    return cispo(logprobs, old_logprobs, advantages, clip_low=clip_low, clip_high=clip_high)


SLIPS = (
    Slip(
        "1 − and 1 + left out of the band",
        "`clip_low` and `clip_high` are how far the band reaches from 1, below and above: from `1 - clip_low` to "
        "`1 + clip_high`.",
        _bounds_as_they_come,
    ),
    Slip(
        "the weight is not a constant",
        "The value is right, but the gradient goes through the weight as well, and that has a gradient of its own "
        "wherever it is not clipped. `.detach()` makes the weight a number: then only log π is pushed.",
        _not_detached,
    ),
    Slip(
        "PPO's objective",
        "That is `clipped_surrogate`, which drops a token once it has gone far enough. CISPO multiplies `logprobs` by "
        "the clipped ratio, and so no token is ever dropped.",
        clipped_surrogate,
    ),
    Slip(
        "the logarithm is missing",
        "A clipped ratio times the advantage has no gradient outside the band, and none at all once it is detached. "
        "What is pushed is log π: multiply by `logprobs`.",
        _weight_alone,
        (_weight_detached_alone,),
    ),
    Slip(
        "all of it detached",
        "The value is right and nothing can be learned from it: only the *weight* is a constant, `logprobs` beside it "
        "is not.",
        lambda *inputs, **clip: cispo(*inputs, **clip).detach(),
    ),
    Slip(
        "no clip at all",
        "The plain ratio as a weight is right on average, and noisy: a token that has become ten times as likely would "
        "weigh ten times as much. Clip the ratio.",
        _never_clips,
    ),
    Slip(
        "no weight at all",
        "That is REINFORCE, as if the answers were fresh. The weight corrects for their age: the ratio, clipped.",
        _no_weight,
    ),
    Slip(
        "π_old/π instead of π/π_old",
        "The ratio is upside down: it is `exp(logprobs - old_logprobs)`.",
        _upside_down,
    ),
    Slip(
        "PPO's min in the weight",
        "With the smaller of the two products the weight of a *bad* token that has become likelier is not clipped. "
        "CISPO has no min: the clipped ratio is the weight, for either sign of the advantage.",
        _with_the_min,
    ),
    Slip(
        "π instead of log π",
        "Multiplied by the probability, a rare token is hardly pushed at all. The policy gradient is that of the "
        "*logarithm*.",
        _probability,
    ),
    Slip(
        "the old logarithm",
        "`old_logprobs` is a constant; what is learned are `logprobs`. The old ones are in the weight only.",
        _old_logarithm,
    ),
    Slip(
        "drops the tokens outside the band",
        "That is what CISPO is there to avoid. Outside the band the weight is not 0 but the edge of the band: "
        "`clamp`, and not a mask.",
        _drops,
    ),
    Slip(
        "no lower bound",
        "MiniMax and TRL bound the weight from above only, and then `clip_low` is 1 here. Where it is smaller, the "
        "weight is at least `1 - clip_low`.",
        _upper_only,
    ),
    Slip(
        "clip_low and clip_high swapped",
        "The lower end of the band is `1 - clip_low`, the upper one `1 + clip_high`.",
        _swapped,
    ),
    Slip(
        "clips the logarithm of the ratio",
        "A log-ratio within ±ε means a ratio from e^−ε to e^ε, which is not 1 − ε … 1 + ε. Clip the ratio, after the "
        "exponential.",
        _clips_the_logarithm,
    ),
    Slip(
        "clips the product ρ·A",
        "The band is meant for the ratio. The advantage may have any size and sign: clip the ratio first, then "
        "multiply.",
        _clips_the_product,
    ),
    Slip(
        "a difference of logarithms taken for the ratio",
        "`logprobs - old_logprobs` is the *logarithm* of the ratio, 0 where the policies agree. The exponential is "
        "missing: there the ratio is 1.",
        _difference_of_logs,
    ),
    Slip(
        "the loss instead of the objective",
        "All signs are the other way round. The function returns what is to be *maximised*; the minus that makes a "
        "loss of it stands in the trainer.",
        lambda *inputs, **clip: -cispo(*inputs, **clip),
    ),
    Slip(
        "averaged over the tokens",
        "Return one value per token: which of them count, and how much, is decided later by the mask.",
        lambda *inputs, **clip: cispo(*inputs, **clip).mean(),
        (lambda *inputs, **clip: -cispo(*inputs, **clip).mean(), lambda *inputs, **clip: cispo(*inputs, **clip).sum()),
    ),
    Slip(
        "advantages normalised",
        "You gave the advantages mean 0 and deviation 1. Many trainers do that, but elsewhere. This function takes "
        "them as they come.",
        _normalised,
        (lambda *inputs, **clip: _normalised(*inputs, **clip, correction=0),),
    ),
)
