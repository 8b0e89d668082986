"""What a policy does in a maze, and the map of it for print.

An arrow on the map is no action: a robot's actions are relative to where it looks. It is the way in which the robot
leaves the cell, whichever way it looked at first, and it is as long as that way is likely. Colour is the mean of V(s)
over the four headings.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Arc, Polygon, Rectangle

from rlcourse.maze import Maze, draw_maze
from rlcourse.maze.grid import NUM_HEADINGS
from rlcourse.maze.pictures import AHEAD, ARROW, centres
from rlcourse.showing.style import INK, OKABE_ITO, in_our_style, new_figure

STRONGEST = 0.75
"""How much of a cell's colour is blue or orange where V(s) is as far from 0 as the scale goes."""
FAINT = 0.08
"""Ways that are less likely are not drawn."""


@dataclass(frozen=True)
class Behaviour:
    """A policy on the map of its maze."""

    maze: Maze
    policy: Float[np.ndarray, "S 3"]
    """π(a|s)."""
    values: Float[np.ndarray, "S"]
    """V(s)."""
    ways: Float[np.ndarray, "cells 4"]
    """How likely it leaves each cell to the north, east, south, west: `rlcourse.maze.ways_out`."""
    scale: float
    """The largest |V| of an optimal policy, at which colours are strongest."""
    valued: bool = True
    """Whether V is shown."""

    @cached_property
    def colours(self) -> Float[np.ndarray, "cells"]:
        """The mean of V(s) over the four headings of each cell, over the scale, cut off at −1 and 1."""
        mean = self.values.reshape(-1, NUM_HEADINGS).mean(axis=1) / self.scale
        mean[self.maze.exit_cell] = 0.0
        return np.clip(mean, -1, 1)

    @property
    def words(self) -> str:
        """The map in a few sentences."""
        inside = np.arange(self.maze.num_cells) != self.maze.exit_cell
        sure = int((self.ways[inside].max(axis=1) > 0.9).sum())
        stays = int((self.ways[inside].sum(axis=1) < 0.5).sum())
        ways = (
            f"A map of a maze of {self.maze.size} by {self.maze.size} cells. In {sure} of {inside.sum()} cells one way "
            f"out is likelier than 90 %; in {stays} the robot would rather stay."
        )
        if not self.valued:
            return ways
        return (
            f"{ways} V at the start is "
            f"{self.values[self.maze.start_state]:.2f}; {int((self.colours > 0).sum())} cells are blue (worth more "
            f"than 0) and {int((self.colours < 0).sum())} orange (less)."
        )


@in_our_style
def learning_maze_figure(shown: Behaviour, *, title: str = "", axes: Axes | None = None) -> Figure:
    """The map for print: an arrow for each way out, a bent one where it stays; V above 0 in blue, below in orange."""
    maze = shown.maze
    axes = new_figure(4.6, 4.6).add_subplot() if axes is None else axes
    draw_maze(maze, title=title, axes=axes)
    places = centres(maze, np.arange(maze.num_cells) * NUM_HEADINGS)
    for cell, ((x, y), colour) in enumerate(zip(places, shown.colours, strict=True)):
        if cell != maze.exit_cell:
            paint = OKABE_ITO["blue" if colour > 0 else "vermillion"]
            axes.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, fc=paint, alpha=STRONGEST * abs(colour), lw=0, zorder=1))
    for heading in range(NUM_HEADINGS):
        likely = shown.ways[:, heading, None]
        drawn = likely[:, 0] >= FAINT
        tail = places + (0.21 - 0.53 * likely) * AHEAD[heading]
        axes.quiver(*tail[drawn].T, *(0.64 * likely * AHEAD[heading])[drawn].T, color=INK, zorder=4, **ARROW)
    for (x, y), stays in zip(places, 1 - shown.ways.sum(axis=1), strict=True):
        if stays > 0.5 and (x, y) != tuple(places[maze.exit_cell]):
            _draw_stays(axes, x + 0.28, y + 0.28)
    return axes.figure


def _draw_stays(axes: Axes, x: float, y: float) -> None:
    """A robot that turns round and round: an arrow that goes in a circle, in a corner where no other arrow passes."""
    axes.add_patch(Arc((x, y), 0.25, 0.25, theta1=-107, theta2=165, ec=INK, lw=1.4, zorder=4))
    head = np.array([(-0.16, -0.13), (0.0, -0.21), (0.01, -0.04)])
    axes.add_patch(Polygon(head + np.array([x, y]), fc=INK, lw=0, zorder=4))
