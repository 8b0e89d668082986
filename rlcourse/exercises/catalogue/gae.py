"""Notebook 03: generalised advantage estimation, the advantages that PPO and TRPO learn from."""

from collections.abc import Callable

import torch
from torch import Tensor

from rlcourse.equations import gae, td_errors
from rlcourse.equations.returns import accumulate_backwards
from rlcourse.exercises.curves import Curves, grid
from rlcourse.exercises.exercise import Case, Exercise
from rlcourse.exercises.slips.gae import SLIPS


def _batch(rewards: Tensor, values: Tensor, last: Tensor, terminated: Tensor, truncated: Tensor) -> dict[str, Tensor]:
    """Columns that fit together: V(s′) is that of the next row; `last` where an episode or the batch ends."""
    done = terminated | truncated
    below = torch.cat([values[1:], last[-1:]])
    next_values = torch.where(done, last, below)
    columns = (rewards, values, next_values, terminated, done)
    return dict(zip(("rewards", "values", "next_values", "terminated", "done"), columns, strict=True))


def _one_robot(rewards, values, last, *, exits=(), limits=()) -> dict[str, Tensor]:
    flags = torch.zeros(2, len(rewards), 1, dtype=torch.bool)
    flags[0, list(exits)], flags[1, list(limits)] = True, True
    columns = (torch.tensor(numbers)[:, None] for numbers in (rewards, values, last))
    return _batch(*columns, *flags.unbind())


def _many_robots(steps: int, robots: int, seed: int) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    numbers = torch.randn(3, steps, robots, generator=generator)
    dice = torch.rand(steps, robots, generator=generator)
    return _batch(*numbers.unbind(), dice < 0.15, dice > 0.85)


def _cases() -> tuple[Case, ...]:
    def case(about: str, batch: dict[str, Tensor], gamma: float, gae_lambda: float, note: str) -> Case:
        return Case(about, batch | {"gamma": gamma, "gae_lambda": gae_lambda}, note)

    return (
        case("one step", _one_robot([1.0], [2.0], [4.0]), 0.5, 0.5, "One TD error and nothing else: 1 + 0.5 · 4 − 2."),
        case(
            "two steps, and the episode goes on",
            _one_robot([1.0, 2.0], [1.0, 3.0], [0.0, 2.0]),
            0.5,
            0.8,
            "The first row also hears of the second one's TD error, γλ = 0.4 times.",
        ),
        case(
            "the exit after two steps",
            _one_robot([0.0, 1.0], [0.5, 0.7], [0.0, 9.0], exits=[1]),
            0.9,
            0.5,
            "Behind the exit nothing is paid: the 9 must not count.",
        ),
        case(
            "an exit in the first row; then another episode",
            _one_robot([1.0, 2.0, 0.0], [0.5, 1.0, 2.0], [3.0, 0.0, 1.0], exits=[0]),
            0.9,
            0.8,
            "Neither the 3 behind the exit nor the TD errors of the next episode get into the first row.",
        ),
        case(
            "a time limit in the second row; then another episode",
            _one_robot([0.0, 0.0, 1.0], [1.0, 2.0, 5.0], [0.0, 3.0, 1.0], limits=[1]),
            0.9,
            0.8,
            "At a time limit the next state still has its value, 3, but the trace is cut: row 2 is another episode.",
        ),
        case(
            "λ = 0",
            _one_robot([1.0, 0.0, 2.0], [1.0, 2.0, 3.0], [0.0, 0.0, 4.0]),
            0.9,
            0.0,
            "With λ = 0 each advantage is its own TD error.",
        ),
        case(
            "λ = 1",
            _one_robot([1.0, 0.0, 2.0], [1.0, 2.0, 3.0], [0.0, 0.0, 4.0], exits=[2]),
            0.9,
            1.0,
            "With λ = 1 each advantage is the whole return minus V.",
        ),
        case(
            "two robots side by side, [T, N] = [4, 2]",
            _many_robots(4, 2, seed=5),
            0.9,
            0.7,
            "Each column is a robot of its own, with its own ends.",
        ),
        case(
            "four robots, twelve steps, both kinds of ends",
            _many_robots(12, 4, seed=0),
            0.97,
            0.9,
            "All of it together.",
        ),
    )


def _picture(mine: Callable) -> Curves:
    """What a pass shows."""
    rewards, values, done = torch.zeros(12, 1), torch.full((12, 1), 0.5), torch.zeros(12, 1, dtype=torch.bool)
    rewards[-1], done[-1] = 1.0, True
    batch, lambdas = (rewards, values, values, done, done), grid(0, 1)
    line = [float(mine(*batch, gamma=0.97, gae_lambda=gae_lambda)[0, 0]) for gae_lambda in lambdas]
    title = "Your advantage of the first of 12 steps. V is 0.5 everywhere, and the exit at the end pays 1."
    return Curves(title, "λ", lambdas, {"Â": line})


EXERCISE = Exercise(
    name="gae",
    title="Generalised advantage estimation",
    notebook="03",
    place=3,
    minutes=15,
    difficulty="medium",
    returns="a tensor of the same shape as `rewards`, [T, N]",
    reference=gae,
    sources=(gae, accumulate_backwards, td_errors),
    cases=_cases(),
    slips=SLIPS,
    hints=(
        "Two parts. First all TD errors, without a loop: you have written them before. Then add them up from the last "
        "row to the first, as you did with the returns.",
        "`advantage = deltas[t] + gamma * gae_lambda * advantage`, with `advantage` zero before the last row. Now the "
        "ends: one of the flags belongs into the TD error, the other into this line. Which knows that the world is "
        "over, which that the next row is another episode?",
        "`deltas = rewards + gamma * next_values * ~terminated - values`, and in the loop `advantage = deltas[t] + "
        "gamma * gae_lambda * ~done[t] * advantage`. Keep each one in a list, turn it round, `torch.stack` it.",
    ),
    clues={
        "bool tensor": "`terminated` and `done` hold True and False. Their opposites are `~terminated` and `~done`; "
        "`1 - done` does not work with booleans.",
        "Boolean value of Tensor": "`done[t]` holds one flag for each robot. `~done[t]`, or `torch.where`, works on "
        "all of them at once.",
    },
    picture=_picture,
)
