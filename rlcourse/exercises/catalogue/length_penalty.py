"""Notebook 13: a price on length that only right answers pay."""

from collections.abc import Callable

import torch

from rlcourse.equations import length_penalty
from rlcourse.exercises.curves import Curves
from rlcourse.exercises.exercise import Case, Exercise, Inputs, Invariant
from rlcourse.exercises.invariants import split, turned_round
from rlcourse.exercises.slips.length_penalty import SLIPS


def _case(about: str, rewards: list, lengths: list, weight: float, note: str) -> Case:
    inputs = {"rewards": torch.tensor(rewards), "lengths": torch.tensor(lengths), "weight": weight}
    return Case(about, inputs, note)


def _cases() -> tuple[Case, ...]:
    return (
        _case(
            "two right answers, one twice as long",
            [[1.0, 1.0]], [[10, 20]], 0.5,
            "Half of the longer one is more than was needed: it loses half of the weight.",
        ),
        _case(
            "a short wrong one and a long right one",
            [[0.0, 1.0]], [[7, 53]], 0.5,
            "The only right answer is the shortest right one. It keeps all it was paid.",
        ),
        _case(
            "nobody is right",
            [[0.0, 0.0, 0.0]], [[7, 8, 40]], 0.5,
            "Everybody gets 0, however long: such a group must teach nothing.",
        ),
        _case(
            "a question that needs much, and one that needs little",
            [[1.0, 1.0, 0.0], [1.0, 1.0, 0.0]], [[20, 40, 7], [8, 10, 7]], 0.3,
            "Each row has its own shortest right answer: 20 and 8.",
        ),
        _case(
            "right answers of three lengths",
            [[1.0, 0.0, 1.0, 1.0, 0.0]], [[30, 6, 15, 60, 55]], 0.9,
            "15 is the measure; 60 loses 0.9 · 45/60, and is still worth more than a wrong answer.",
        ),
        _case("weight 0", [[1.0, 0.0, 1.0]], [[9, 7, 30]], 0.0, "Nothing changes."),
        _case(
            "all right, all of one length",
            [[1.0, 1.0, 1.0]], [[35, 35, 35]], 0.5,
            "Nobody is longer than the shortest: nothing changes.",
        ),
        _case(
            "four questions",
            [[1.0, 0.0, 1.0, 0.5], [0.0, 0.0, 0.0, 1.0], [0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0]],
            [[21, 7, 22, 44], [7, 8, 29, 53], [9, 8, 7, 56], [30, 31, 29, 29]],
            0.4,
            "All of it together.",
        ),
    )  # fmt: skip


def _wrong_ones_longer() -> Invariant:
    def ask(inputs: Inputs) -> list[Inputs]:
        wrong = inputs["rewards"] == 0
        return [{**inputs, "lengths": inputs["lengths"] + 40 * wrong}] if bool(wrong.any()) else []

    return Invariant("make every wrong answer 40 tokens longer", ask)


def _picture(mine: Callable) -> Curves:
    """What a pass shows."""
    lengths = list(range(20, 57, 4))
    rewards = torch.tensor([[1.0, 1.0, 0.0]])
    found = [mine(rewards, torch.tensor([[20, length, length]]), weight=0.5)[0].tolist() for length in lengths]
    lines = {"right, beside a right one of 20 tokens": [row[1] for row in found], "wrong": [row[2] for row in found]}
    return Curves("Your reward at weight 0.5.", "tokens in the answer", lengths, lines)


EXERCISE = Exercise(
    name="length_penalty",
    title="A price that only right answers pay",
    notebook="13",
    place=3,
    minutes=12,
    difficulty="medium",
    returns="a tensor of the same shape as `rewards`, [P, G]",
    reference=length_penalty,
    sources=(length_penalty,),
    cases=_cases(),
    slips=SLIPS,
    hints=(
        "Two things are needed: which answers are right (`rewards > 0`), and for each row the length of the shortest "
        "of those. How do you keep wrong answers out of a minimum?",
        "`torch.where(right, lengths, 10**6).amin(dim=1, keepdim=True)` has the shape [P, 1]. The excess of an answer "
        "is (|o| − s)/|o|.",
        "Where an answer is wrong its excess is of no use: `torch.where(right, excess, 0.0)`. Then "
        "`rewards * (1 - weight * excess)`.",
    ),
    nan="A minimum over no right answer is infinite, and 0 · ∞ is NaN.",
    clues=dict.fromkeys(
        ("must match the size of tensor", "could not be broadcast"),
        "Does the shortest length have the shape [P, 1], so that each row meets its own? `keepdim=True` keeps the "
        "second dimension.",
    ),
    picture=_picture,
    invariants=(
        _wrong_ones_longer(),
        turned_round("rewards", "lengths", what="the answers", axis=1, answer_axis=1),
        split("rewards", "lengths", what="the questions"),
    ),
)
