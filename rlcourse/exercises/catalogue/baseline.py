"""Notebook 04: a baseline without training, the mean of the walks that are under way at the same step."""

from collections.abc import Callable

import torch

from rlcourse.equations import step_advantages
from rlcourse.exercises.curves import Curves, grid
from rlcourse.exercises.exercise import Case, Exercise
from rlcourse.exercises.slips.baseline import SLIPS


def _case(about: str, returns: list, mask: list | None = None, *, note: str) -> Case:
    returns = torch.tensor(returns)
    mask = torch.ones_like(returns, dtype=torch.bool) if mask is None else torch.tensor(mask, dtype=torch.bool)
    return Case(about, {"returns": returns, "mask": mask}, note)


def _cases() -> tuple[Case, ...]:
    generator = torch.Generator().manual_seed(0)
    lengths = torch.tensor([9, 4, 12, 7, 2, 12, 5, 10])
    mask = torch.arange(12)[:, None] < lengths  # [12, 8]
    returns = torch.randn(12, 8, generator=generator) + torch.linspace(-3, 0, 12)[:, None]
    return (
        _case("one step of two walks", [[1.0, 0.0]], note="The mean is ½, so one walk did ½ better and one ½ worse."),
        _case("one step, all walks alike", [[0.5, 0.5, 0.5]], note="Nobody did better than the others."),
        # Before any square case, in which a mean without `keepdim` fits, along the wrong axis.
        _case(
            "two steps of three walks",
            [[3.0, 1.0, 2.0], [2.0, -2.0, 3.0]],
            note="Each row has a mean of its own: 2 and 1.",
        ),
        _case(
            "one walk has ended: it has no say",
            [[3.0, 1.0, 2.0], [4.0, 0.0, 9.0]],
            [[1, 1, 1], [1, 1, 0]],
            note="The 9 is padding: the second row's mean is 2, and its last answer 0.",
        ),
        _case(
            "two walks end, and one is left alone",
            [[-1.0, -2.0, -6.0], [2.0, -1.0, 7.0], [5.0, 7.0, 9.0]],
            [[1, 1, 1], [1, 1, 0], [1, 0, 0]],
            note="Who walks alone is the mean: the last row's first answer is 0.",
        ),
        _case(
            "a last step that nobody takes",
            [[1.0, 3.0], [2.0, 6.0], [8.0, 8.0]],
            [[1, 1], [1, 1], [0, 0]],
            note="Where nobody walks the mean is 0/0: the answer there is 0.",
        ),
        Case("twelve steps of eight walks", {"returns": returns, "mask": mask}, "All of it together."),
    )


def _picture(mine: Callable) -> Curves:
    """What a pass shows."""
    first, mask = grid(-2, 2), torch.ones(1, 4, dtype=torch.bool)
    found = [mine(torch.tensor([[own, 0.0, 0.5, 1.0]]), mask)[0].tolist() for own in first]
    lines = {"that walk": [row[0] for row in found], "another": [row[1] for row in found]}
    return Curves("Your advantages of two walks out of four, as one returns more.", "the return of one", first, lines)


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
    slips=SLIPS,
    hints=(
        "Row t of `returns` holds what each of the N walks collected from step t on. The baseline of that step is the "
        "mean of the row, over the walks that are still under way. Which axis is that?",
        "Make the padding 0, add up, and divide by how many walks count: "
        "`torch.where(mask, returns, 0.0).sum(dim=1, keepdim=True)` over `mask.sum(dim=1, keepdim=True)`.",
        "Can that number be 0? At a step that nobody takes, yes: `.clamp(min=1)`. Last, the answer is 0 where "
        "`mask` is False: `torch.where(mask, returns - baseline, 0.0)`.",
    ),
    nan="At a step that nobody takes the mean is 0/0: divide by `….clamp(min=1)`.",
    clues=dict.fromkeys(
        ("must match the size of tensor", "could not be broadcast"),
        "Does the baseline have the shape [T, 1], one number for each step? `keepdim=True` keeps the second dimension.",
    ),
    picture=_picture,
)
