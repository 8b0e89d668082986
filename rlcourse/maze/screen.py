"""Moving pictures of a maze: one frame at a time for `MazeEnv.render`, or a whole walk as an animated GIF.

The maze is drawn once and kept as a background; each frame only puts the robot and a line of text over it
("blitting"), which takes about a millisecond.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int, UInt8
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from rlcourse.arguments import check_integer
from rlcourse.maze.dynamic_programming import MazeLike, maze_of
from rlcourse.maze.grid import Maze, check_state, check_walk
from rlcourse.maze.pictures import add_robot, draw_maze, robot_outline
from rlcourse.showing.moving import gif
from rlcourse.showing.style import in_our_style

DPI = 90


class Screen:
    """A maze that can be looked at again and again with the robot somewhere else."""

    @in_our_style
    def __init__(self, maze: Maze, *, caption: bool = False) -> None:
        self.maze = maze = maze_of(maze)
        figure = draw_maze(maze, title=" " if caption else "")
        figure.set_dpi(DPI)
        self._axes = figure.axes[0]
        self._canvas = FigureCanvasAgg(figure)
        self._axes.patches[-1].remove()  # the robot at the start: here it moves
        self._canvas.draw()
        figure.set_layout_engine("none")
        self._background = self._canvas.copy_from_bbox(figure.bbox)
        self._robot = add_robot(self._axes, maze.start_state)
        self._caption = self._axes.set_title(" ", fontsize=11)

    def frame(self, state: int, caption: str = "") -> UInt8[np.ndarray, "height width 3"]:
        """The picture with the robot in `state`."""
        check_state(self.maze, "state", int(state))
        self._canvas.restore_region(self._background)
        self._robot.set_xy(robot_outline(self.maze.size, state))
        self._axes.draw_artist(self._robot)
        if caption:
            self._caption.set_text(caption)
            self._axes.draw_artist(self._caption)
        return np.asarray(self._canvas.buffer_rgba())[..., :3].copy()


@in_our_style
def film(maze: MazeLike, states: Sequence[int] | Int[np.ndarray, "T"], *, fps: int = 8, title: str = "") -> bytes:
    """A walk as an animated GIF that starts over after a moment's rest: the bytes of the file.

    Args:
        maze: a `Maze`, or an environment of one.
        states: the states of the walk in order, as `walk` gives them.
        fps: actions per second, 1 to 50. 8 can be followed by eye.
        title: stands before the number of actions and the return so far.
    """
    maze = maze_of(maze)
    check_integer("fps", fps, 1, 50)
    states = check_walk(maze, states)
    screen = Screen(maze, caption=True)
    captions = _captions(maze, states, title)
    frames = [Image.fromarray(screen.frame(int(s), c)) for s, c in zip(states, captions, strict=True)]
    return gif(frames, pause=round(1000 / fps), colours=64)


def _captions(maze: Maze, states: Int[np.ndarray, "T"], title: str) -> list[str]:
    """One line for each state of a walk: how many actions it took to get here, and what they paid."""
    rules = maze.transitions
    returns, captions = 0.0, []
    for count, state in enumerate(states):
        if count > 0:
            action = np.flatnonzero(rules.next_state[states[count - 1]] == state)[0]
            returns += rules.reward[states[count - 1], action]
        captions.append(f"{title}{': ' if title else ''}{count} actions, return {returns:+.2f}".replace("-", "−"))
    return captions
