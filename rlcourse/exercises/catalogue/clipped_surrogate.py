"""Notebook 06: PPO's clipped objective, one value per action."""

import torch
from torch import Tensor

from rlcourse.equations import clipped_surrogate
from rlcourse.exercises.exercise import Case, Exercise, Slip


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


_SLIPS = (
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
        "clips the product r·A",
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
        "This is the surrogate r·A of TRPO, right as far as it goes. PPO has no constraint to hold it, so nothing "
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


def _case(about: str, ratios: list, advantages: list, clip_low: float = 0.2, clip_high: float = 0.2) -> Case:
    """A case from the ratios it is about; the old policy gave every action the probability ½ or less.

    Both log-probabilities are whole multiples of 1e-4, so a learner sees all of their digits.
    """
    ratios, advantages = torch.tensor(ratios), torch.tensor(advantages)
    old_logprobs = (0.4 / (1 + torch.arange(ratios.numel()))).reshape(ratios.shape).log().round(decimals=4)
    clip = {"clip_low": clip_low, "clip_high": clip_high}
    logprobs = (old_logprobs + ratios.log()).round(decimals=4)
    return Case(about, {"logprobs": logprobs, "old_logprobs": old_logprobs, "advantages": advantages, **clip})


def _cases() -> tuple[Case, ...]:
    generator = torch.Generator().manual_seed(0)
    ratios = (0.5 * torch.randn(8, 20, generator=generator)).exp()
    return (
        # First a ratio that is not 1: there a ratio upside down, or made of logarithms, is off by more than rounding.
        _case("a good action, inside the band", [1.1], [2.0]),
        _case("a good action, before the first step", [1.0], [2.0]),
        _case("a good action that has become much likelier", [1.5], [2.0]),
        _case("a good action that has become less likely, by mistake", [0.5], [2.0]),
        _case("a bad action that has become much less likely", [0.5], [-2.0]),
        _case("a bad action that has become likelier, by mistake", [1.5], [-2.0]),
        _case("two bounds, as in DAPO", [0.75, 1.25, 1.4], [-1.0, 1.0, 1.0], 0.2, 0.28),
        _case("two answers of three tokens, one advantage each", [[0.6, 1.0, 1.7], [0.6, 1.0, 1.7]], [[0.5], [-0.5]]),
        _case("eight of twenty", ratios.tolist(), torch.randn(8, 1, generator=generator).tolist(), 0.1, 0.28),
    )


EXERCISE = Exercise(
    name="clipped_surrogate",
    title="PPO's clipped objective",
    notebook="06",
    place=1,
    minutes=12,
    difficulty="medium",
    returns="a tensor of the same shape as `logprobs`, one value per action, to be maximised",
    reference=clipped_surrogate,
    sources=(clipped_surrogate,),
    cases=_cases(),
    slips=_SLIPS,
    hints=(
        "Three steps: the ratio, the ratio clipped, and the smaller of two products. You are given logarithms: what is "
        "the logarithm of π_θ/π_old?",
        "`ratio = (logprobs - old_logprobs).exp()`. It is 1 where nothing has changed, so the band around it reaches "
        "from `1 - clip_low` to `1 + clip_high`; `Tensor.clamp` does that.",
        "`torch.minimum(a, b)` takes the smaller entry by entry. What are a and b? Both are products with "
        "`advantages`: one of the ratio, one of the clipped ratio. Do not average.",
    ),
    clues={
        "min() received": "`torch.minimum(a, b)` compares two tensors entry by entry; Python's `min` and `torch.min` "
        "of one tensor do something else.",
        "Boolean value of Tensor": "Python's `min` and `if` want one truth value, a tensor has many: "
        "`torch.minimum(a, b)` works entry by entry.",
    },
    gradient_of=("logprobs",),
)
