"""Walks through a maze as moving pictures in a cell, side by side, with words for those who cannot see them."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Int

from rlcourse.maze import describe_walk, film
from rlcourse.maze.dynamic_programming import MazeLike, maze_of
from rlcourse.showing.moving import side_by_side


class Films:
    """Animated GIFs side by side; as the last line of a cell it shows itself.

    Args:
        maze: a `Maze`, or an environment of one.
        walks: a title for each walk, and its states in order.
        fps: actions per second.
    """

    def __init__(
        self, maze: MazeLike, walks: Mapping[str, Sequence[int] | Int[np.ndarray, "T"]], *, fps: int = 12
    ) -> None:
        if not walks:
            raise ValueError("walks must hold at least one walk, got none")
        self.maze = maze_of(maze)
        self.walks = dict(walks)
        self.gifs = {title: film(maze, states, fps=fps, title=title) for title, states in walks.items()}

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        said = {title: f"{title}. {describe_walk(self.maze, states)}" for title, states in self.walks.items()}
        return side_by_side(self.gifs, said)
