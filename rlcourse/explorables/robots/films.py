"""Walks through a maze as moving pictures in a cell, side by side, with words for those who cannot see them."""

import base64
import html
from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Int

from rlcourse.maze import describe_walk, film
from rlcourse.maze.dynamic_programming import MazeLike, maze_of


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
        images = "".join(_image(gif, said[title]) for title, gif in self.gifs.items())
        return {
            "text/html": f'<div style="display: flex; flex-wrap: wrap; gap: 8px">{images}</div>',
            "text/plain": "\n".join(said.values()),
        }


def _image(gif: bytes, alt: str) -> str:
    data, style = base64.b64encode(gif).decode(), "flex: 1 1 260px; max-width: 380px; min-width: 0; background: white"
    return f'<img src="data:image/gif;base64,{data}" alt="{html.escape(alt)}" style="{style}">'
