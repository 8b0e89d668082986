"""Notebook 06, a further exercise: what the value function learns from, with PPO's optional clip."""

from collections.abc import Callable

import torch

from rlcourse.equations import value_loss
from rlcourse.exercises.curves import Curves, grid
from rlcourse.exercises.exercise import Case, Exercise
from rlcourse.exercises.invariants import padding_filled, split
from rlcourse.exercises.slips.value_loss import SLIPS


def _case(about: str, values, returns, *, note: str, mask=None, old_values=None, clip_range=None) -> Case:
    given = {"values": values, "returns": returns, "mask": mask, "old_values": old_values}
    tensors = {name: None if entry is None else torch.as_tensor(entry) for name, entry in given.items()}
    return Case(about, {**tensors, "clip_range": clip_range}, note)


def _cases() -> tuple[Case, ...]:
    generator = torch.Generator().manual_seed(0)
    values, returns, old_values = torch.randn(3, 6, 4, generator=generator)
    mask = torch.rand(6, 4, generator=generator) < 0.7
    return (
        _case("one state", [0.5], [2.0], note="Half of 1.5²."),
        _case("three states", [0.5, 1.0, -1.0], [2.0, 1.0, 1.0], note="Half the mean of 1.5², 0² and 2²."),
        _case(
            "one of them is padding",
            [0.5, 1.0, 7.0],
            [2.0, 3.0, -9.0],
            mask=[True, True, False],
            note="The third state is padding: half the mean of the other two.",
        ),
        _case(
            "clipped: moved far, towards its return",
            [1.5],
            [2.0],
            old_values=[0.5],
            clip_range=0.3,
            note="The clip holds the value at 0.8, and the error there, 1.2, is the larger one.",
        ),
        _case(
            "clipped: moved far, away from its return",
            [-0.5],
            [2.0],
            old_values=[0.5],
            clip_range=0.3,
            note="The clip would hold it at 0.2, but the plain error, 2.5, is the larger one.",
        ),
        _case(
            "a clip range of 0",
            [1.5],
            [2.0],
            old_values=[0.5],
            clip_range=0.0,
            note="A range of 0 is a range: the value is held at 0.5. Only None means no clip.",
        ),
        _case(
            "clipped: two states, one each way",
            [1.5, -0.5],
            [2.0, 2.5],
            old_values=[0.5, 0.5],
            clip_range=0.3,
            note="State by state the larger error, then the mean.",
        ),
        _case(
            "six steps of four robots, with all of it",
            values,
            returns,
            mask=mask,
            old_values=old_values,
            clip_range=0.2,
            note="All of it together.",
        ),
    )


def _picture(mine: Callable) -> Curves:
    """What a pass shows."""
    values, one = grid(-1, 2), torch.ones(1, 1)
    lines = {
        name: [float(mine(torch.full((1, 1), value), one, **how)) for value in values]
        for name, how in (("plain", {}), ("clipped", {"old_values": 0 * one, "clip_range": 0.2}))
    }
    return Curves("Your loss: the return is 1, and V was 0 before.", "V(s) now", values, lines)


EXERCISE = Exercise(
    name="value_loss",
    title="The critic's loss, with PPO's clip",
    notebook="06",
    place=3,
    minutes=12,
    difficulty="medium",
    returns="a single number, a tensor without dimensions",
    reference=value_loss,
    sources=(value_loss,),
    cases=_cases(),
    slips=SLIPS,
    hints=(
        "Begin without mask and without clip: half the mean of the squared differences. Three of the arguments may be "
        "None; `if mask is None: …` deals with one.",
        "With a mask, sum the squared errors where it is True, for example with `torch.where(mask, error, 0.0)`, and "
        "divide by how many those are, `mask.sum()`.",
        "With `old_values` there is a second prediction, `old_values + (values - old_values).clamp(-clip_range, "
        "clip_range)`, and its squared error. Take the larger of the two errors for each state, `torch.maximum(a, "
        "b)`, before the mean.",
    ),
    clues={
        "Boolean value of Tensor": "`mask` and `old_values` hold a number for each state. Whether one was given is "
        "asked with `if mask is not None:`; inside it, `torch.where(mask, error, 0.0)` works on all states at once.",
        "NoneType": "`mask`, `old_values` and `clip_range` may be None, which means: none.",
    },
    gradient_of=("values",),
    picture=_picture,
    invariants=(
        padding_filled("mask", "values", "returns"),
        split(
            "values",
            "returns",
            "mask",
            "old_values",
            what="the rows",
            weight=lambda inputs: (
                (inputs["values"].isfinite() if inputs["mask"] is None else inputs["mask"]).sum().item()
            ),
        ),
    ),
)
