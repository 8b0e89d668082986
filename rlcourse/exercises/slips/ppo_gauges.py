"""The classic mistakes of the exercise `ppo_gauges`, and of PPO programs that log the wrong number for years."""

from collections.abc import Callable

import torch
from torch import Tensor

from rlcourse.equations import ppo_gauges
from rlcourse.exercises.exercise import Slip

Gauge = Callable[[Tensor, Tensor, Tensor, float], Tensor]
"""From log ρ, ρ, the mask and ε to one number."""


def _mean(each: Tensor, mask: Tensor) -> Tensor:
    return torch.where(mask, each, 0.0).sum() / mask.sum()


def _kl(log_ratio: Tensor, ratio: Tensor, mask: Tensor, _: float) -> Tensor:
    return _mean(ratio - 1 - log_ratio, mask)


def _fraction(log_ratio: Tensor, ratio: Tensor, mask: Tensor, epsilon: float) -> Tensor:
    return _mean(((ratio < 1 - epsilon) | (ratio > 1 + epsilon)).to(ratio.dtype), mask)


def _made_of(kl: Gauge = _kl, fraction: Gauge = _fraction, *, log_ratio=lambda new, old: new - old) -> Callable:
    """Both gauges, one of them mistaken."""

    def gauges(logprobs, old_logprobs, mask, *, clip_range):
        difference = log_ratio(logprobs, old_logprobs)
        given = difference, difference.exp(), mask, clip_range
        return kl(*given), fraction(*given)

    return gauges


def _slip(name: str, explanation: str, *functions: Callable) -> Slip:
    """A slip whose numbers are wrong, with its gradient cut off or not."""
    first, *others = (one for function in functions for one in (_cut_off(function), function))
    return Slip(name, explanation, first, tuple(others))


def _cut_off(function: Callable) -> Callable:
    def gauges(logprobs, old_logprobs, mask, *, clip_range):
        return function(logprobs.detach(), old_logprobs, mask, clip_range=clip_range)

    return gauges


def _outside(where: Callable[[Tensor, Tensor, float], Tensor]) -> Gauge:
    """A share of actions that is counted by another rule."""
    return lambda log_ratio, ratio, mask, epsilon: _mean(where(log_ratio, ratio, epsilon).to(ratio.dtype), mask)


def _of_mean_ratio(log_ratio: Tensor, ratio: Tensor, mask: Tensor, _: float) -> Tensor:
    mean = _mean(ratio, mask)
    return mean - 1 - mean.log()


def _over_everything(each: Gauge) -> Gauge:
    """The padding adds 0 but is counted."""
    return lambda log_ratio, ratio, mask, epsilon: each(log_ratio, ratio, mask, epsilon) * mask.sum() / mask.numel()


def _summed(each: Gauge) -> Gauge:
    return lambda log_ratio, ratio, mask, epsilon: each(log_ratio, ratio, mask, epsilon) * mask.sum()


def _without_mask(each: Gauge) -> Gauge:
    return lambda log_ratio, ratio, mask, epsilon: each(log_ratio, ratio, torch.ones_like(mask), epsilon)


def _times_100(*given: Tensor | float) -> Tensor:
    return 100 * _fraction(*given)


def _turned_round(log_ratio: Tensor, ratio: Tensor, mask: Tensor, _: float) -> Tensor:
    return _mean(1 / ratio - 1 + log_ratio, mask)


def _with_gradient(logprobs, old_logprobs, mask, *, clip_range):
    return _made_of()(logprobs, old_logprobs, mask, clip_range=clip_range)


def _swapped(logprobs, old_logprobs, mask, *, clip_range):
    return ppo_gauges(logprobs, old_logprobs, mask, clip_range=clip_range)[::-1]


def _is(formula: Callable[[Tensor, Tensor], Tensor]) -> Callable:
    """The mean of another formula in the place of the KL."""
    return _made_of(kl=lambda log_ratio, ratio, mask, _: _mean(formula(log_ratio, ratio), mask))


SLIPS = (
    Slip(
        "the gradient goes through it",
        "Both numbers are right. But they still hang on the network that made `logprobs`, and who keeps them for a "
        "chart keeps all of its graph. A gauge is read, not climbed: `logprobs.detach()`, or `with torch.no_grad():`.",
        _with_gradient,
    ),
    _slip(
        "the ratio upside down",
        "You take log π_old − log π_θ, so ρ is π_old/π_θ: what became likelier counts as less likely, and the other "
        "KL is estimated, wrongly. The new policy comes first: `log_ratio = logprobs - old_logprobs`.",
        _made_of(log_ratio=lambda new, old: old - new),
    ),
    _slip(
        "the KL the other way round",
        "π_old/π_θ − 1 − log(π_old/π_θ) is right where the *learning* policy draws, as in GRPO's loss. Here the old "
        "policy drew the actions, so it stands below the line: ρ − 1 − log ρ.",
        _made_of(kl=_turned_round),
    ),
    _slip(
        "k1, which can be negative",
        "−log ρ has the right mean, and each batch may give it another sign; Stable-Baselines3 logged it once. Add "
        "ρ − 1, which is 0 on average: then no term is negative, and far less noise is left.",
        _is(lambda log_ratio, ratio: -log_ratio),
    ),
    _slip(
        "k1 with the wrong sign",
        "The mean of log ρ estimates *minus* the KL, for the old policy drew the actions: a policy that runs away "
        "would look negative. And on its own it is noisy: the gauge is ρ − 1 − log ρ.",
        _is(lambda log_ratio, ratio: log_ratio),
    ),
    _slip(
        "k2, the half square",
        "½(log ρ)² is close to the KL for small steps and off for large ones, just where a gauge is needed. The one "
        "that PPO programs log is ρ − 1 − log ρ.",
        _is(lambda log_ratio, ratio: log_ratio.square() / 2),
    ),
    _slip(
        "the mean distance of the ratios from 1",
        "The mean of |ρ − 1| says that the policy moved, but it is no KL: it is in no unit in which a limit such as "
        "`target_kl` is given. The KL's estimate is ρ − 1 − log ρ.",
        _is(lambda log_ratio, ratio: (ratio - 1).abs()),
    ),
    _slip(
        "the logarithm forgotten",
        "The mean of ρ − 1 is 0 on average whatever the policy does: probabilities add up to 1. What measures the "
        "change is the rest of the formula, − log ρ.",
        _is(lambda log_ratio, ratio: ratio - 1),
    ),
    _slip(
        "a formula of the mean ratio",
        "You take the mean of ρ first and put that into the formula. Ratios above and below 1 cancel there, and the "
        "KL all but vanishes. First ρ − 1 − log ρ for each action, then the mean.",
        _made_of(kl=_of_mean_ratio),
    ),
    _slip(
        "only above the band",
        "You count ρ > 1 + ε and leave out ρ < 1 − ε, where bad actions go. The clip fraction counts both sides: "
        "`(ratio - 1).abs() > clip_range`.",
        _made_of(fraction=_outside(lambda log_ratio, ratio, epsilon: ratio > 1 + epsilon)),
    ),
    _slip(
        "only below the band",
        "You count ρ < 1 − ε and leave out ρ > 1 + ε, where good actions go. The clip fraction counts both sides: "
        "`(ratio - 1).abs() > clip_range`.",
        _made_of(fraction=_outside(lambda log_ratio, ratio, epsilon: ratio < 1 - epsilon)),
    ),
    _slip(
        "the edge counted as outside",
        "A ratio that stands on the edge is not outside: with ε = 0 every action would count as clipped before the "
        "first step, where all ratios are exactly 1. So `>`, not `>=`.",
        _made_of(fraction=_outside(lambda log_ratio, ratio, epsilon: (ratio - 1).abs() >= epsilon)),
    ),
    _slip(
        "the band around the logarithm",
        "You compare |log ρ| with ε. The band of the clip is 1 ± ε around the ratio itself, and log 0.8 is not −0.2: "
        "`(ratio - 1).abs() > clip_range`.",
        _made_of(fraction=_outside(lambda log_ratio, ratio, epsilon: log_ratio.abs() > epsilon)),
    ),
    _slip(
        "the share inside the band",
        "You count the actions that are still *inside*. The clip fraction is the share outside, 0 before the first "
        "step: 1 minus yours.",
        _made_of(fraction=_outside(lambda log_ratio, ratio, epsilon: (ratio - 1).abs() <= epsilon)),
    ),
    _slip(
        "in percent",
        "Your clip fraction goes up to 100. A fraction is between 0 and 1; it is whoever draws the chart who makes "
        "percent of it.",
        _made_of(fraction=_times_100),
    ),
    _slip(
        "the mask ignored",
        "Where the mask is False there was no action: what stands there is left over from padding. It must not count, "
        "neither in the sum nor in the number you divide by.",
        _made_of(_without_mask(_kl), _without_mask(_fraction)),
    ),
    _slip(
        "the clip fraction without the mask",
        "Your KL leaves the padding out, and your clip fraction counts it: a batch with much padding would seem to be "
        "clipped more or less than it is. Both are means over the entries where `mask` is True.",
        _made_of(fraction=_without_mask(_fraction)),
    ),
    _slip(
        "the KL without the mask",
        "Your clip fraction leaves the padding out, and your KL counts it. Both are means over the entries where "
        "`mask` is True.",
        _made_of(kl=_without_mask(_kl)),
    ),
    _slip(
        "a mean over the padding too",
        "The padding adds 0 to the sum but still counts in the number you divide by, so both gauges shrink in a batch "
        "with longer answers. Divide by `mask.sum()`.",
        _made_of(_over_everything(_kl), _over_everything(_fraction)),
    ),
    _slip(
        "the sum instead of the mean",
        "A sum grows with the batch, so it could be compared with no limit. Divide by how many actions count, "
        "`mask.sum()`.",
        _made_of(_summed(_kl), _summed(_fraction)),
        _made_of(kl=_summed(_kl)),
        _made_of(fraction=_summed(_fraction)),
    ),
    Slip(
        "the two gauges swapped",
        "Both are right, in the other order. First the approximate KL, then the clip fraction: `return approx_kl, "
        "clip_fraction`.",
        _swapped,
    ),
)
