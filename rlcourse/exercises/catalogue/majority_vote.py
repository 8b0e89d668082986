"""Notebook 13: what a vote among several attempts hands in."""

from collections.abc import Callable

import torch

from rlcourse.equations import majority_vote
from rlcourse.exercises.curves import Curves
from rlcourse.exercises.exercise import Case, Exercise
from rlcourse.exercises.invariants import split, turned_round
from rlcourse.exercises.slips.majority_vote import SLIPS


def _case(about: str, results: list[list[int]], right: list[int], note: str) -> Case:
    return Case(about, {"results": torch.tensor(results), "right": torch.tensor(right)}, note)


def _cases() -> tuple[Case, ...]:
    return (
        _case("two of three agree", [[51, 51, 48]], [51], "51 has two votes of three, and is right."),
        _case("two of three agree on a wrong one", [[48, 51, 48]], [51], "Most are wrong, and so is the vote."),
        _case("two against two", [[48, 51, 51, 48]], [51], "One of the two is drawn: ½."),
        _case("three tie", [[60, 51, 48], [51, 60, 48]], [51, 48], "Each of three has the chance 1/3."),
        _case(
            "the most votes, but not half of them",
            [[51, 51, 51, 40, 41, 42, 43, 44]],
            [51],
            "Three of eight are enough, as nobody has more.",
        ),
        _case(
            "most say nothing",
            [[-1, -1, -1, 51, 51, 48]],
            [51],
            "Three attempts came to nothing and do not vote; 51 has two of the three votes.",
        ),
        _case("nobody says anything", [[-1, -1, -1]], [51], "No vote, nothing handed in, nothing right."),
        _case(
            "five questions",
            [[7, 7, 9, 9, 8, -1], [9, 9, 9, 9, 9, 9], [5, 6, 7, 8, 9, 9], [-1, -1, -1, -1, 30, 31], [4, 4, 3, 3, 2, 2]],
            [9, 9, 5, 30, 4],
            "All of it together.",
        ),
    )


def _picture(mine: Callable) -> Curves:
    """What a pass shows: one attempt against a vote, by how often an attempt is right."""
    chances = [i / 20 for i in range(21)]
    generator = torch.Generator().manual_seed(0)
    others = torch.randint(0, 4, (400, 15), generator=generator)
    drawn, right = torch.rand(400, 15, generator=generator), torch.full((400,), 9)
    voted = [float(mine(torch.where(drawn < p, 9, others), right).mean()) for p in chances]
    lines = {"a vote of fifteen": voted, "one attempt": chances}
    return Curves("Your vote, where wrong attempts fall on four results.", "an attempt is right", chances, lines)


EXERCISE = Exercise(
    name="majority_vote",
    title="A vote among attempts",
    notebook="13",
    place=2,
    minutes=12,
    difficulty="medium",
    returns="a tensor with one probability for each question, [Q]",
    reference=majority_vote,
    sources=(majority_vote,),
    cases=_cases(),
    slips=SLIPS,
    hints=(
        "Take one question at a time. Count how often each result occurs (`collections.Counter`), and leave out those "
        "below 0. Which results have the highest count?",
        "There may be several in the lead, m of them. If the right one is among them, it is drawn with the chance 1/m; "
        "if it is not, 0.",
        "For a row without any result there is no highest count: `max(votes.values(), default=0)`. Then collect "
        "`leaders = [result for result, count in votes.items() if count == most]`.",
    ),
    nan="Where nobody votes there are 0 results in the lead, and 0/0 is NaN. Such a question counts 0.",
    clues={"iterable argument is empty": "In a row in which nobody votes there is no largest count."},
    picture=_picture,
    invariants=(
        turned_round("results", what="the attempts", axis=1, answer_axis=None),
        split("results", "right", what="the questions"),
    ),
)
