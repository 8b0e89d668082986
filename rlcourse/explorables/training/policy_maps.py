"""Policies on the map of their maze, to point at: what does this one do, here?

    policy_maps(maze, {"undecided": undecided, "best": best})

One map, and a button for each policy. An arrow is a way out of a cell, as long as it is likely; the table beside the
map gives π(a|s) of the cell that is pointed at, for each heading. With a discount the map also shows what each state is
worth under the policy. Drawn by `learning_maze.js`, from numbers that are sent once, so it needs no kernel.
"""

from collections.abc import Mapping

import numpy as np
import traitlets
from matplotlib.figure import Figure

from rlcourse.explorables.training.learning_maze import LearningMaze, packed
from rlcourse.explorables.training.learning_maze_figure import Behaviour, learning_maze_figure
from rlcourse.maze import solve, ways_out
from rlcourse.maze.dynamic_programming import MazeLike, PolicyTable, check_policy
from rlcourse.showing.live import Still
from rlcourse.showing.picture import Picture
from rlcourse.showing.style import in_our_style, new_figure
from rlcourse.showing.words import minus

Policies = Mapping[str, PolicyTable]
"""A name for each policy, and its table π(a|s), [S, 3]."""


class PolicyMaps(LearningMaze):
    """A map with a button for each policy; `page` is the number of the one that is shown."""

    pages = traitlets.List().tag(sync=True)
    """One dictionary each: `name`, `numbers` and `said`, as `LearningMaze` has them for its one policy."""
    page = traitlets.Int(0, min=0).tag(sync=True)

    def __init__(self, maze: MazeLike, policies: Policies, gamma: float | None) -> None:
        super().__init__(maze)
        if not policies:
            raise ValueError("policies must hold at least one policy, got none")
        self.world = self.world | {"valued": gamma is not None, "wide": True}
        tables = {name: check_policy(self.maze, policy) for name, policy in policies.items()}
        self.behaviours = {name: self._behaviour(table, gamma) for name, table in tables.items()}
        worth = "" if gamma is None else f" V(s) is exact, with γ = {gamma:g}."
        self.pages = [
            {
                "name": name,
                "numbers": packed(shown),
                "said": {"when": f"The policy “{name}”.{worth}", "alt": minus(f"The policy “{name}”. {shown.words}")},
            }
            for name, shown in self.behaviours.items()
        ]

    def _behaviour(self, table: np.ndarray, gamma: float | None) -> Behaviour:
        values = np.zeros(len(table)) if gamma is None else solve(self.maze, gamma=gamma, policy=table).V
        return Behaviour(self.maze, table, values, ways_out(self.maze, table), self.scale, valued=gamma is not None)

    def picture(self) -> Picture:
        """All maps, side by side."""
        return Picture(_draw(self.behaviours), " ".join(page["said"]["alt"] for page in self.pages))

    def still(self) -> Still:
        """What stands where nothing can be pointed at."""
        return Still.of(self.picture(), "Run this cell, and point at a cell to see its numbers.")


def policy_maps(maze: MazeLike, policies: Policies, *, gamma: float | None = None) -> PolicyMaps:
    """The explorable: a map, and for the cell that is pointed at the probability of each action.

    Args:
        maze: A `Maze` of at most 14 × 14 cells, or an environment of one.
        policies: A name for each policy, and its table π(a|s).
        gamma: The discount of the values that are shown as colours, 0 to below 1; no values when None.

    Raises:
        ValueError: There is no policy, a table is none of this maze, or the maze is too large.
    """
    return PolicyMaps(maze, policies, gamma)


def policy_maps_figure(maze: MazeLike, policies: Policies, *, gamma: float | None = None) -> Figure:
    """The same for print: a map for each policy, side by side."""
    return _draw(PolicyMaps(maze, policies, gamma).behaviours)


@in_our_style
def _draw(behaviours: Mapping[str, Behaviour]) -> Figure:
    figure = new_figure(4.4 * len(behaviours), 4.6)
    for axes, (name, shown) in zip(np.ravel(figure.subplots(1, len(behaviours))), behaviours.items(), strict=True):
        learning_maze_figure(shown, title=name, axes=axes)
    return figure
