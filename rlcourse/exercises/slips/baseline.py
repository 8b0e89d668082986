"""The classic mistakes of the exercise `baseline`."""

import torch
from torch import Tensor

from rlcourse.equations import step_advantages
from rlcourse.exercises.exercise import Slip


def _masked(values: Tensor, mask: Tensor) -> Tensor:
    return torch.where(mask, values, 0.0)


def _under_way(mask: Tensor) -> Tensor:
    return mask.sum(dim=1, keepdim=True).clamp(min=1)


def _step_mean(returns: Tensor, mask: Tensor) -> Tensor:
    return _masked(returns, mask).sum(dim=1, keepdim=True) / _under_way(mask)


def _one_mean_for_all(returns: Tensor, mask: Tensor) -> Tensor:
    return _masked(returns - returns[mask].mean(), mask)


def _mean_over_time(returns: Tensor, mask: Tensor) -> Tensor:
    lengths = mask.sum(dim=0, keepdim=True).clamp(min=1)
    return _masked(returns - _masked(returns, mask).sum(dim=0, keepdim=True) / lengths, mask)


def _normalised(returns: Tensor, mask: Tensor) -> Tensor:
    advantages = step_advantages(returns, mask)
    variance = advantages.square().sum(dim=1, keepdim=True) / (_under_way(mask) - 1).clamp(min=1)
    return advantages / (variance.sqrt() + 1e-8)


def _normalised_by_all(returns: Tensor, mask: Tensor) -> Tensor:
    advantages = step_advantages(returns, mask)
    variance = advantages.square().sum(dim=1, keepdim=True) / _under_way(mask)
    return advantages / (variance.sqrt() + 1e-8)


def _leave_one_out(returns: Tensor, mask: Tensor) -> Tensor:
    total = _masked(returns, mask).sum(dim=1, keepdim=True)
    others = (total - returns) / (_under_way(mask) - 1).clamp(min=1)
    return _masked(returns - others, mask)


def _first_return(returns: Tensor, mask: Tensor) -> Tensor:
    return _masked(returns - returns[:1].mean(), mask)


SLIPS = (
    Slip(
        "the mask forgotten",
        "Walks that have ended have a say in the mean, and get advantages themselves: what stands there is padding. "
        "Take the mean where `mask` is True, and return 0 where it is False.",
        lambda returns, mask: returns - returns.mean(dim=1, keepdim=True),
    ),
    Slip(
        "ended walks have a say in the mean",
        "`returns.mean(dim=1)` also counts the walks that have ended: what stands there is padding. Add up where "
        "`mask` is True, and divide by how many those are, `mask.sum(dim=1, keepdim=True)`.",
        lambda returns, mask: _masked(returns - returns.mean(dim=1, keepdim=True), mask),
    ),
    Slip(
        "divided by all walks instead of those under way",
        "The sum leaves the ended walks out, but you divide by all N. The fewer are still walking, the smaller the "
        "baseline gets. Divide by `mask.sum(dim=1, keepdim=True)`.",
        lambda returns, mask: _masked(
            returns - _masked(returns, mask).sum(dim=1, keepdim=True) / returns.shape[1], mask
        ),
    ),
    Slip(
        "numbers left in the padding",
        "The baseline is right, but it is taken off everywhere, so walks that have ended get advantages too. Where "
        "`mask` is False the answer is 0: `torch.where(mask, …, 0.0)`.",
        lambda returns, mask: returns - _step_mean(returns, mask),
    ),
    Slip(
        "one mean for all steps",
        "One number serves as the baseline of all steps. But what is left to collect depends on how late it is, so "
        "early and late steps would differ by that alone. Take a mean for each step: `dim=1, keepdim=True`.",
        _one_mean_for_all,
    ),
    Slip(
        "one mean for all steps, padding included",
        "One number serves as the baseline of all steps, and the padding has a say in it. Take a mean for each step, "
        "over the walks that are under way: `dim=1, keepdim=True`, and only where `mask` is True.",
        lambda returns, mask: _masked(returns - returns.mean(), mask),
        (
            lambda returns, mask: returns - returns.mean(),
            lambda returns, mask: (returns - returns.mean()) / (returns.std() + 1e-8),
            lambda returns, mask: _masked((returns - returns.mean()) / (returns.std() + 1e-8), mask),
        ),
    ),
    Slip(
        "mean along time",
        "You compare a walk with itself at other times: the mean runs down the columns. The parallel walks stand in "
        "one row of [T, N], so the axis is `dim=1`.",
        _mean_over_time,
    ),
    Slip(
        "mean along time, the mask forgotten",
        "`mean(dim=0)` runs down the columns, so a walk is compared with itself at other times. The parallel walks "
        "stand in one row of [T, N]: `dim=1`. And only where `mask` is True: the rest is padding.",
        lambda returns, mask: returns - returns.mean(dim=0, keepdim=True),
    ),
    Slip(
        "mean along time, padding included",
        "`mean(dim=0)` runs down the columns, so a walk is compared with itself at other times, after its end too. The "
        "parallel walks stand in one row of [T, N]: `dim=1`, over those where `mask` is True.",
        lambda returns, mask: _masked(returns - returns.mean(dim=0, keepdim=True), mask),
    ),
    Slip(
        "divided by the standard deviation as well",
        "Dividing changes how far the step goes, not only its noise. GRPO does that, notebook 10. A baseline is only "
        "taken off.",
        _normalised,
        (_normalised_by_all,),
    ),
    Slip(
        "divided by the standard deviation, padding included",
        "Dividing changes how far the step goes, not only its noise. GRPO does that, notebook 10. A baseline is only "
        "taken off. (Besides, `std(dim=1)` looks at walks that have ended.) Leave the division out.",
        lambda returns, mask: step_advantages(returns, mask) / (returns.std(dim=1, keepdim=True) + 1e-8),
    ),
    Slip(
        "z-scores, the mask forgotten",
        "Two things: walks that have ended have no say, so mind `mask`. And a baseline is only taken off; dividing by "
        "the standard deviation, as GRPO does in notebook 10, changes how far the step goes.",
        lambda returns, mask: (returns - returns.mean(dim=1, keepdim=True)) / (returns.std(dim=1, keepdim=True) + 1e-8),
    ),
    Slip(
        "leave-one-out baseline",
        "You compare each walk with the *others*. That is a good baseline too (RLOO), and even keeps the length of the "
        "gradient. Here the mean is over all walks under way, the walk itself included.",
        _leave_one_out,
    ),
    Slip(
        "sign the wrong way round",
        "Better than the others must be positive: the return minus the baseline. As it stands, training would make "
        "what went badly likelier.",
        lambda returns, mask: -step_advantages(returns, mask),
    ),
    Slip(
        "baseline added instead of taken off",
        "An advantage is the *difference* from what was to be expected, so the mean is taken off. Added, it makes "
        "the noise larger, not smaller.",
        lambda returns, mask: _masked(returns + _step_mean(returns, mask), mask),
    ),
    Slip(
        "divided by the baseline",
        "A ratio changes its sense when the baseline is negative, and explodes where it is near 0. An advantage is a "
        "difference: the return minus the baseline.",
        lambda returns, mask: _masked(returns / _step_mean(returns, mask), mask),
    ),
    Slip(
        "the baseline instead of the advantage",
        "You return the mean itself. Wanted is what is left of each return when its baseline is taken off.",
        lambda returns, mask: _masked(_step_mean(returns, mask).expand_as(returns), mask),
    ),
    Slip(
        "no baseline",
        "The padding is emptied and that is all: each return is as it was. Take the mean of its step off.",
        _masked,
    ),
    Slip(
        "the best walk as the baseline",
        "You compare with the best of the step, so no advantage is ever positive: nothing is made likelier. The mean "
        "has as much above it as below.",
        lambda returns, mask: _masked(returns - returns.masked_fill(~mask, -torch.inf).amax(dim=1, keepdim=True), mask),
    ),
    Slip(
        "the first step's mean for all steps",
        "The baseline is what was to be expected at the *start*. Later less is left to collect, so later steps need "
        "their own mean: one for each row.",
        _first_return,
    ),
    Slip(
        "NaN where every walk has ended",
        "At a step that nobody takes you divide 0 by 0. Divide by at least 1: "
        "`mask.sum(dim=1, keepdim=True).clamp(min=1)`.",
        lambda returns, mask: (
            (returns - _masked(returns, mask).sum(dim=1, keepdim=True) / mask.sum(dim=1, keepdim=True)) * mask
        ),
    ),
)
