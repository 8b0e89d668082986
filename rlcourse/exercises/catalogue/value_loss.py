"""Notebook 06: what the value function learns from, with PPO's optional clip."""

import torch

from rlcourse.equations import value_loss
from rlcourse.exercises.exercise import Case, Exercise
from rlcourse.exercises.slips.value_loss import SLIPS


def _case(about: str, values, returns, *, mask=None, old_values=None, clip_range=None) -> Case:
    given = {"values": values, "returns": returns, "mask": mask, "old_values": old_values}
    tensors = {name: None if entry is None else torch.as_tensor(entry) for name, entry in given.items()}
    return Case(about, {**tensors, "clip_range": clip_range})


def _cases() -> tuple[Case, ...]:
    generator = torch.Generator().manual_seed(0)
    values, returns, old_values = torch.randn(3, 6, 4, generator=generator)
    mask = torch.rand(6, 4, generator=generator) < 0.7
    return (
        _case("one state", [0.5], [2.0]),
        _case("three states", [0.5, 1.0, -1.0], [2.0, 1.0, 1.0]),
        _case("one of them is padding", [0.5, 1.0, 7.0], [2.0, 3.0, -9.0], mask=[True, True, False]),
        _case("clipped: moved far, towards its return", [1.5], [2.0], old_values=[0.5], clip_range=0.3),
        _case("clipped: moved far, away from its return", [-0.5], [2.0], old_values=[0.5], clip_range=0.3),
        _case("clipped: two states, one each way", [1.5, -0.5], [2.0, 2.5], old_values=[0.5, 0.5], clip_range=0.3),
        _case(
            "six steps of four robots, with all of it",
            values,
            returns,
            mask=mask,
            old_values=old_values,
            clip_range=0.2,
        ),
    )


EXERCISE = Exercise(
    name="value_loss",
    title="The critic's loss, with PPO's clip",
    notebook="06",
    place=2,
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
    gradient_of=("values",),
)
