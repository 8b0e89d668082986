"""Notebook 03: the return from every step of many episodes at once."""

from collections.abc import Callable

import torch
from torch import Tensor

from rlcourse.equations import discounted_returns
from rlcourse.equations.returns import accumulate_backwards
from rlcourse.exercises.curves import Curves
from rlcourse.exercises.exercise import Case, Exercise
from rlcourse.exercises.slips.discounted_returns import SLIPS


def _column(*numbers: float) -> Tensor:
    return torch.tensor(numbers)[:, None]


def _ends(length: int, *at: int) -> Tensor:
    done = torch.zeros(length, 1, dtype=torch.bool)
    done[list(at)] = True
    return done


def _case(
    about: str, rewards: Tensor, done: Tensor, gamma: float, bootstrap: Tensor | None = None, *, note: str
) -> Case:
    return Case(about, {"rewards": rewards, "done": done, "gamma": gamma, "bootstrap": bootstrap}, note)


def _cases() -> tuple[Case, ...]:
    generator = torch.Generator().manual_seed(0)
    many, ends = torch.randn(8, 4, generator=generator), torch.rand(8, 4, generator=generator) < 0.25
    return (
        _case(
            "one step, and the episode is over",
            _column(1.0),
            _ends(1, 0),
            0.9,
            note="The last step's return is its reward.",
        ),
        _case(
            "the exit is one step away",
            _column(0.0, 1.0),
            _ends(2, 1),
            0.9,
            note="The first row looks ahead to the second, γ times.",
        ),
        _case(
            "three steps of one episode",
            _column(1.0, 2.0, 4.0),
            _ends(3, 2),
            0.5,
            note="From below: 4, then 2 + 0.5 · 4, then 1 + 0.5 · 4.",
        ),
        _case(
            "the batch stops, the episode does not: bootstrap is what comes after",
            _column(1.0, 2.0),
            _ends(2),
            0.5,
            torch.tensor([8.0]),
            note="8 is what comes after the last row, so the last return is 2 + 0.5 · 8.",
        ),
        _case(
            "two episodes, one after the other",
            _column(1.0, 2.0, 4.0, 8.0),
            _ends(4, 1, 3),
            0.5,
            note="Nothing of the second episode, rows 2 and 3, gets into the first.",
        ),
        _case(
            "an end in the last row: no bootstrap there",
            _column(1.0, 2.0),
            _ends(2, 1),
            0.5,
            torch.tensor([8.0]),
            note="`done` in the last row cuts off the bootstrap, too.",
        ),
        _case(
            "two robots side by side, [T, N] = [3, 2]",
            torch.tensor([[1.0, 0.0], [1.0, 0.0], [1.0, 1.0]]),
            torch.tensor([[False, False], [True, False], [False, True]]),
            0.9,
            torch.tensor([10.0, 10.0]),
            note="Each column is a robot of its own, with its own ends.",
        ),
        _case(
            "γ = 0: only the next reward",
            torch.ones(3, 2),
            torch.zeros(3, 2, dtype=torch.bool),
            0.0,
            torch.ones(2),
            note="With γ = 0 every return is its own reward.",
        ),
        _case(
            "four robots, eight steps",
            many,
            ends,
            0.97,
            torch.tensor([1.0, -2.0, 3.0, 0.5]),
            note="All of it together.",
        ),
    )


def _picture(mine: Callable) -> Curves:
    """What a pass shows."""
    rewards, done = torch.full((20, 1), -0.01), torch.zeros(20, 1, dtype=torch.bool)
    rewards[-1], done[-1] = 1.0, True
    lines = {f"γ = {gamma}": mine(rewards, done, gamma=gamma)[:, 0].tolist() for gamma in (0.99, 0.8)}
    return Curves("Your returns on the way to an exit that pays 1.", "action number t", range(20), lines)


EXERCISE = Exercise(
    name="discounted_returns",
    title="The return from every step",
    notebook="03",
    place=2,
    minutes=10,
    difficulty="medium",
    returns="a tensor of the same shape as `rewards`, [T, N]",
    reference=discounted_returns,
    sources=(discounted_returns, accumulate_backwards),
    cases=_cases(),
    slips=SLIPS,
    hints=(
        "The return from one step is easy when you know the one from the next step: this reward, and γ times that. So "
        "begin with the last row and go back, row by row.",
        "Let `G` hold the return of the row below, one number for each robot, [N]. It begins as `bootstrap` (zeros if "
        "that is None), and each row makes `G = rewards[t] + gamma * G`. Where does `done[t]` come in?",
        "`G = rewards[t] + gamma * ~done[t] * G` inside `for t in reversed(range(len(rewards)))`. Keep each `G` in a "
        "list, turn the list round at the end, and `torch.stack` it.",
    ),
    clues={
        "bool tensor": "`done` holds True and False. Its opposite is `~done`; `1 - done` does not work with booleans.",
        "Boolean value of Tensor": "`done[t]` holds one flag for each robot. `~done[t]`, or `torch.where`, works on "
        "all of them; `bootstrap is not None` asks whether it was given.",
        "NoneType": "`bootstrap` may be None, which means 0 for every robot.",
    },
    picture=_picture,
)
