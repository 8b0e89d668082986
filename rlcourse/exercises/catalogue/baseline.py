"""Notebook 04: a baseline without training, the mean of the walks that are under way at the same step."""

import torch
from torch import Tensor

from rlcourse.equations import step_advantages
from rlcourse.exercises.exercise import Case, Exercise, Slip


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


def _leave_one_out(returns: Tensor, mask: Tensor) -> Tensor:
    total = _masked(returns, mask).sum(dim=1, keepdim=True)
    others = (total - returns) / (_under_way(mask) - 1).clamp(min=1)
    return _masked(returns - others, mask)


def _first_return(returns: Tensor, mask: Tensor) -> Tensor:
    return _masked(returns - returns[:1].mean(), mask)


_SLIPS = (
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


def _case(about: str, returns: list, mask: list | None = None) -> Case:
    returns = torch.tensor(returns)
    mask = torch.ones_like(returns, dtype=torch.bool) if mask is None else torch.tensor(mask, dtype=torch.bool)
    return Case(about, {"returns": returns, "mask": mask})


def _cases() -> tuple[Case, ...]:
    generator = torch.Generator().manual_seed(0)
    lengths = torch.tensor([9, 4, 12, 7, 2, 12, 5, 10])
    mask = torch.arange(12)[:, None] < lengths  # [12, 8]
    returns = torch.randn(12, 8, generator=generator) + torch.linspace(-3, 0, 12)[:, None]
    return (
        _case("one step of two walks", [[1.0, 0.0]]),
        _case("one step, all walks alike", [[0.5, 0.5, 0.5]]),
        # Before any square case, in which a mean without `keepdim` fits, along the wrong axis.
        _case("two steps of three walks", [[3.0, 1.0, 2.0], [2.0, -2.0, 3.0]]),
        _case("one walk has ended: it has no say", [[3.0, 1.0, 2.0], [4.0, 0.0, 9.0]], [[1, 1, 1], [1, 1, 0]]),
        _case(
            "two walks end, and one is left alone",
            [[-1.0, -2.0, -6.0], [2.0, -1.0, 7.0], [5.0, 7.0, 9.0]],
            [[1, 1, 1], [1, 1, 0], [1, 0, 0]],
        ),
        _case("a last step that nobody takes", [[1.0, 3.0], [2.0, 6.0], [8.0, 8.0]], [[1, 1], [1, 1], [0, 0]]),
        Case("twelve steps of eight walks", {"returns": returns, "mask": mask}),
    )


EXERCISE = Exercise(
    name="baseline",
    title="A baseline: the mean of the parallel walks",
    notebook="04",
    place=2,
    minutes=10,
    difficulty="medium",
    returns="a tensor of the same shape as `returns`, [T, N], with 0 where a walk has ended",
    reference=step_advantages,
    sources=(step_advantages,),
    cases=_cases(),
    slips=_SLIPS,
    hints=(
        "Row t of `returns` holds what each of the N walks collected from step t on. The baseline of that step is the "
        "mean of the row, over the walks that are still under way. Which axis is that?",
        "Make the padding 0, add up, and divide by how many walks count: "
        "`torch.where(mask, returns, 0.0).sum(dim=1, keepdim=True)` over `mask.sum(dim=1, keepdim=True)`.",
        "Can that number be 0? At a step that nobody takes, yes: `.clamp(min=1)`. Last, the answer is 0 where "
        "`mask` is False: `torch.where(mask, returns - baseline, 0.0)`.",
    ),
    clues=dict.fromkeys(
        ("must match the size of tensor", "could not be broadcast"),
        "Does the baseline have the shape [T, 1], one number for each step? `keepdim=True` keeps the second dimension.",
    ),
)
