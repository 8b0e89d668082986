"""Recorded runs as numbers by seed and step."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

from rlcourse.algorithms import History

Curves = Mapping[int, History]
"""The runs of one training by their seed."""


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
