"""Notebook 03: the TD error, how much better one step went than the critic had foretold."""

from collections.abc import Callable

import torch
from torch import Tensor

from rlcourse.equations import td_errors
from rlcourse.exercises.curves import Curves, grid
from rlcourse.exercises.exercise import Case, Exercise, Slip


def _after(next_values: Tensor, terminated: Tensor) -> Tensor:
    return next_values * ~terminated


def _next_row(rewards, values, next_values, terminated, *, gamma):
    below = torch.cat([values[1:], next_values[-1:]])
    return td_errors(rewards, values, below, terminated, gamma=gamma)


_SLIPS = (
    Slip(
        "bootstraps at a terminal state",
        "After the exit nothing more is paid, so the state there is worth 0, whatever the critic says about it. "
        "Multiply `next_values` by `~terminated`.",
        lambda rewards, values, next_values, terminated, *, gamma: rewards + gamma * next_values - values,
    ),
    Slip(
        "γ forgotten",
        "What comes after this step is one step later, so its value counts γ times: `gamma * next_values`.",
        lambda rewards, values, next_values, terminated, *, gamma: rewards + _after(next_values, terminated) - values,
    ),
    Slip(
        "sign the wrong way round",
        "Better than expected must be positive: what happened minus what was expected. As it stands, the robot would "
        "learn to avoid its good steps.",
        lambda rewards, values, next_values, terminated, *, gamma: (
            -td_errors(rewards, values, next_values, terminated, gamma=gamma)
        ),
    ),
    Slip(
        "discounts the reward too",
        "The reward of the step itself is paid now and counts in full; only the value of the next state is discounted.",
        lambda rewards, values, next_values, terminated, *, gamma: (
            gamma * (rewards + _after(next_values, terminated)) - values
        ),
    ),
    Slip(
        "the expectation not taken off",
        "This is the TD target, the new guess of what the state is worth. The error is its distance from the old "
        "guess: take `values` off.",
        lambda rewards, values, next_values, terminated, *, gamma: rewards + gamma * _after(next_values, terminated),
    ),
    Slip(
        "the reward of the last step lost",
        "`terminated` says that nothing comes after this step; the step itself was paid, and the exit's reward is the "
        "one that matters most. Only the next value is cut.",
        lambda rewards, values, next_values, terminated, *, gamma: (
            ~terminated * (rewards + gamma * next_values) - values
        ),
    ),
    Slip(
        "no error at the end",
        "A last step has a TD error like any other: the reward minus what was expected. Only the value of the state "
        "after it is 0.",
        lambda rewards, values, next_values, terminated, *, gamma: (
            ~terminated * (rewards + gamma * next_values - values)
        ),
    ),
    Slip(
        "the two values the wrong way round",
        "`values` is what the critic said before the step, `next_values` after it. The one after joins the reward, the "
        "one before is taken off.",
        lambda rewards, values, next_values, terminated, *, gamma: (
            rewards + gamma * _after(values, terminated) - next_values
        ),
    ),
    Slip(
        "the next row's value in the place of next_values",
        "Where an episode was cut off by a time limit, the next row is the start of another episode. `next_values` "
        "holds what the critic says about the state that the step really led to.",
        _next_row,
    ),
    Slip(
        "discounts the expectation too",
        "The state the step began in is here and now, so its value is taken off in full; only the next one is "
        "discounted.",
        lambda rewards, values, next_values, terminated, *, gamma: (
            rewards + gamma * (_after(next_values, terminated) - values)
        ),
    ),
    Slip(
        "the flag the wrong way round",
        "Here the next value counts only where the world has ended. `terminated` is True at the end, so it is "
        "`~terminated` that lets a value through.",
        lambda rewards, values, next_values, terminated, *, gamma: rewards + gamma * next_values * terminated - values,
    ),
    Slip(
        "V not taken off at the end",
        "A last step was expected to bring something as well: `values` comes off everywhere, and `~terminated` is for "
        "the next value alone.",
        lambda rewards, values, next_values, terminated, *, gamma: (
            rewards + ~terminated * (gamma * next_values - values)
        ),
    ),
    Slip(
        "the value of the state itself in the place of the next one",
        "You use `values` twice. After the step the robot stands somewhere else: what lies ahead is `next_values`.",
        lambda rewards, values, next_values, terminated, *, gamma: (
            rewards + gamma * _after(values, terminated) - values
        ),
    ),
)


def _column(*numbers: float | bool) -> Tensor:
    return torch.tensor(numbers)[:, None]


def _case(about: str, *inputs: Tensor | float, note: str) -> Case:
    names = ("rewards", "values", "next_values", "terminated", "gamma")
    return Case(about, dict(zip(names, inputs, strict=True)), note)


def _cases() -> tuple[Case, ...]:
    numbers = torch.randn(3, 6, 3, generator=torch.Generator().manual_seed(0)).unbind()
    ends = torch.rand(6, 3, generator=torch.Generator().manual_seed(1)) < 0.3
    return (
        _case(
            "one step", _column(1.0), _column(2.0), _column(4.0), _column(False), 0.5, note="By hand: 1 + 0.5 · 4 − 2."
        ),
        _case(
            "the last step, into the exit",
            _column(1.0),
            _column(0.5),
            _column(7.0),
            _column(True),
            0.9,
            note="Behind the exit nothing is paid: the 7 must not count.",
        ),
        _case(
            "two steps to the exit",
            _column(-0.01, 0.99),
            _column(0.8, 0.9),
            _column(0.9, 0.3),
            _column(False, True),
            0.99,
            note="The last step has an error as well, 0.99 − 0.9: only the value after it is 0.",
        ),
        _case(
            "a time limit after the first step: the next row is another episode",
            _column(1.0, 1.0),
            _column(2.0, 5.0),
            _column(3.0, 6.0),
            _column(False, False),
            0.9,
            note="`next_values` of row 0 is 3, not the 5 that stands in the next row of `values`.",
        ),
        _case(
            "γ = 0: all that counts is the reward",
            *numbers[:3],
            ends,
            0.0,
            note="With γ = 0 the error is the reward minus V.",
        ),
        _case(
            "γ = 1",
            numbers[1],
            numbers[0],
            numbers[2],
            ends,
            1.0,
            note="With γ = 1 a forgotten γ would not show; the flags would.",
        ),
        _case("three robots, six steps", numbers[2], numbers[1], numbers[0], ends, 0.97, note="All of it together."),
    )


def _picture(mine: Callable) -> Curves:
    """What a pass shows."""
    values = torch.tensor(grid(0, 2))[:, None]
    rewards, following = torch.full_like(values, 0.5), torch.ones_like(values)
    lines = {}
    for name, over in (("it goes on", False), ("the exit", True)):
        lines[name] = mine(rewards, values, following, torch.full_like(values, over).bool(), gamma=0.9)[:, 0].tolist()
    return Curves("Your TD error as V(s) grows: r = 0.5, V(s′) = 1, γ = 0.9.", "V(s)", values[:, 0].tolist(), lines)


EXERCISE = Exercise(
    name="td_error",
    title="The TD error",
    notebook="03",
    place=1,
    minutes=6,
    difficulty="easy",
    returns="a tensor of the same shape as `rewards`, [T, N]",
    reference=td_errors,
    sources=(td_errors,),
    cases=_cases(),
    slips=_SLIPS,
    hints=(
        "No loop is needed: everything a step needs stands in its own row. Before the step the critic said V(s). After "
        "it there is a reward in hand, and a new state with a value.",
        "What was in hand and what lies ahead, `rewards + gamma * next_values`, minus what was expected, `values`. One "
        "thing is missing: a state after the end lies nowhere.",
        "`next_values * ~terminated` is 0 where the world has ended. So: `rewards + gamma * next_values * ~terminated "
        "- values`.",
    ),
    clues={
        "bool tensor": "`terminated` holds True and False. Its opposite is `~terminated`; `1 - …` does not work.",
        "Boolean value of Tensor": "`terminated` holds one flag for each step of each robot. `~terminated`, or "
        "`torch.where`, works on all of them at once.",
    },
    picture=_picture,
)
