"""The plane of two parameters, θ₁ and θ₂, that the pictures of one TRPO step share: its axes and lines of equal return.

What is drawn on it is each picture's own. Left out: other policies than that of `two_junctions`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from rlcourse.explorables.plotting.plot import Array, Axis, Line
from rlcourse.explorables.trust_region.two_junctions import line_of_equal_return


@dataclass(frozen=True)
class Plane:
    """The part of the plane that is drawn, and the returns whose lines are drawn on it."""

    wide: tuple[float, float]
    high: tuple[float, float]
    levels: tuple[float, ...]

    @property
    def axes(self) -> tuple[Axis, Axis]:
        """θ₁ and θ₂."""
        return Axis("θ₁, log-odds of the better turn at junction 1", *self.wide), Axis("θ₂, at junction 2", *self.high)

    @property
    def bends(self) -> tuple[float, ...]:
        """The grid "bend", along which the lines run: their corners."""
        return tuple(float(i) for i in range(41))

    @property
    def lines(self) -> tuple[Line, ...]:
        """The lines of equal return, as marks."""
        look = {"along": "bend", "colour": "sky", "width": 1.2}
        return tuple(Line(f"level_{i}_x", f"level_{i}_y", **look) for i in range(len(self.levels)))

    def arrays(self) -> dict[str, Array]:
        """What these lines are drawn from."""
        arrays = {}
        for i, level in enumerate(self.levels):
            arrays |= curve(f"level_{i}", ("bend",), *line_of_equal_return(level, self.wide, self.high))
        return arrays


def curve(name: str, dims: Sequence[str], x: Tensor | np.ndarray, y: Tensor | np.ndarray) -> dict[str, Array]:
    """A curve in the plane, as two arrays: `name_x` and `name_y`."""
    return {f"{name}_x": Array(tuple(dims), np.asarray(x)), f"{name}_y": Array(tuple(dims), np.asarray(y))}
