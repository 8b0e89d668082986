"""Recorded walks, played side by side in the browser: play, stop, a step on or back, any moment, and the trail.

The frames are data, a few kilobytes: where the robot was, what each action paid, what that adds up to. `films.js` draws
them in the theme's colours. For print there is `films_figure`.
"""

from collections.abc import Mapping, Sequence

import anywidget
import numpy as np
import traitlets
from jaxtyping import Int
from matplotlib.figure import Figure

from rlcourse.arguments import check_integer
from rlcourse.explorables.plotting.player import PLAYER, PLAYER_LOOK
from rlcourse.explorables.robots.drive import scripts, walls_of
from rlcourse.maze import Maze, describe_walk, draw_trajectory
from rlcourse.maze.dynamic_programming import MazeLike, maze_of
from rlcourse.maze.grid import check_walk, time_limit
from rlcourse.showing.live import BROWSER, BUTTONS, Lasting, Still
from rlcourse.showing.picture import Picture
from rlcourse.showing.style import in_our_style, new_figure

Walks = Mapping[str, Sequence[int] | Int[np.ndarray, "T"]]
"""A title for each walk, and its states in order."""


class Player(Lasting, anywidget.AnyWidget):
    """Films side by side with one player for all. Each is plain data; `films.js` says what of it is drawn."""

    _esm = BROWSER + PLAYER + scripts("maze_stage.js", "pole_stage.js", "films.js")
    _css = BUTTONS + PLAYER_LOOK + scripts("robots.css", "films.css")

    films = traitlets.List().tag(sync=True)
    """One dictionary each: `kind`, `title`, `said` (in words), `end` and its `mood`, and the frames."""
    world = traitlets.Dict().tag(sync=True)
    """What all of them share, and what does not move."""
    rate = traitlets.Float().tag(sync=True)
    """Moments in a second."""
    unit = traitlets.Unicode("action").tag(sync=True)
    """What one moment is called."""
    trail = traitlets.Bool(True).tag(sync=True)
    """Whether there is a trail to show or hide."""

    def picture(self) -> Picture:
        """What happens in the films, on paper."""
        raise NotImplementedError(f"{type(self).__name__} must say how it is printed")

    def still(self) -> Still:
        """What stands where nothing can move."""
        return Still.of(self.picture(), "Run this cell to see it move.")


class Films(Player):
    """Walks through one maze, side by side; as the last line of a cell it shows itself and plays once.

    Args:
        maze: a `Maze`, or an environment of one.
        walks: a title for each walk, and its states in order, as `walk` gives them.
        fps: actions per second at first, 1 to 50; the player has slower and faster.
    """

    def __init__(self, maze: MazeLike, walks: Walks, *, fps: int = 12) -> None:
        if not walks:
            raise ValueError("walks must hold at least one walk, got none")
        check_integer("fps", fps, 1, 50)
        self.maze = maze_of(maze)
        self.walks = {title: check_walk(self.maze, states) for title, states in walks.items()}
        films = [film_of(self.maze, title, states) for title, states in self.walks.items()]
        super().__init__(films=films, world=walls_of(self.maze), rate=fps)

    def picture(self) -> Picture:
        """The ways of all robots, on paper."""
        said = " ".join(film["said"] for film in self.films)
        return Picture(films_figure(self.maze, self.walks), said)


def film_of(maze: Maze, title: str, states: Int[np.ndarray, "T"]) -> dict:
    """A walk as plain data: its states, what each action paid, the return after each, and how it ends."""
    rules = maze.transitions
    taken = (rules.next_state[states[:-1]] == states[1:, None]).argmax(axis=1)
    rewards = rules.reward[states[:-1], taken]
    out = bool(rules.terminal[states[-1]])
    return {
        "kind": "maze",
        "title": title,
        "said": f"{title}. {describe_walk(maze, states)}",
        "end": "reached the exit" if out else _still_inside(maze, len(rewards)),
        "mood": "good" if out else "bad",
        "states": states.tolist(),
        "rewards": rewards.round(6).tolist(),
        "returns": np.concatenate([[0.0], rewards.cumsum()]).round(6).tolist(),
    }


def _still_inside(maze: Maze, actions: int) -> str:
    """How a film ends that never gets out: the world may end it, or whoever stopped filming."""
    return "time is up" if actions >= time_limit(maze, None) else f"still inside after {actions} actions"


@in_our_style
def films_figure(maze: MazeLike, walks: Walks) -> Figure:
    """The same for print: the way of each robot, how many actions it took, and how it ended."""
    maze = maze_of(maze)
    figure = new_figure(4.4 * len(walks), 4.3)
    for axes, (title, states) in zip(np.atleast_1d(figure.subplots(1, len(walks))), walks.items(), strict=True):
        film = film_of(maze, title, check_walk(maze, states))
        end = f"{title}: {film['end']}\n{len(film['rewards'])} actions, return {film['returns'][-1]:.2f}"
        draw_trajectory(maze, states, title=end, axes=axes)
    return figure
