"""Recorded runs as numbers by seed and step, and what a film and a policy's attempts must hold to be drawn.

The classes themselves (`Film`, `ChainAnswers`) bring `transformers` along, for which the maze's explorables, which come
through the same door, have no use.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from rlcourse.algorithms import History

Curves = Mapping[int, History]
"""The runs of one training by their seed."""


@runtime_checkable
class Asked(Protocol):
    """A question, as a `Chain` is one."""

    asked: str
    answer: int


@runtime_checkable
class Filmed(Protocol):
    """Answers along a run, by moment, question and answer: see `rlcourse.experiments.Film`."""

    steps: Sequence[int]
    questions: Sequence[Asked]
    texts: Sequence[Sequence[Sequence[str]]]
    lengths: Sequence[Sequence[Sequence[int]]]
    rewards: Sequence[Sequence[Sequence[float]]]


@runtime_checkable
class Written(Protocol):
    """One answer to each of some questions: see `rlcourse.language.ChainAnswers`."""

    chains: Sequence[Asked]
    texts: Sequence[str]


@runtime_checkable
class Attempted(Protocol):
    """Several answers to each of some questions: see `rlcourse.language.ChainAnswers`."""

    chains: Sequence[Asked]
    each: int
    rewards: Sequence[float]
    results: Sequence[int]
    sureness: Sequence[float]


def measured(curves: Curves, column: str) -> tuple[Float[np.ndarray, "K"], Float[np.ndarray, "N K"]]:
    """The K steps at which a column was measured, and its values, a row for each of N runs.

    Raises:
        ValueError: There is no run, or the runs were not all measured at the same steps.
    """
    found = [[(row["step"], row[column]) for row in run if column in row] for run in curves.values()]
    steps = [[step for step, _ in run] for run in found]
    if not steps or not steps[0] or any(one != steps[0] for one in steps):
        raise ValueError(f"curves must hold runs with {column!r} at the same steps, got {list(curves)}")
    return np.array(steps[0], dtype=float), np.array([[value for _, value in run] for run in found], dtype=float)
