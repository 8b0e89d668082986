"""The robot in its maze, to drive by hand: arrow keys or buttons, and after each action what it paid.

The rules are `Maze.transitions`, the very tables that the environment and the solver read. They go to the browser once;
from then on it looks up and draws (`drive.js`), so the robot answers at once, while a cell trains, and in an exported
page without a kernel. What was driven comes back to Python in `Drive.actions`.
"""

from pathlib import Path

import anywidget
import traitlets
from matplotlib.figure import Figure

from rlcourse.maze import Maze, describe, describe_walk, draw_maze, draw_trajectory, shortest_path_length
from rlcourse.maze.dynamic_programming import MazeLike, maze_of
from rlcourse.maze.grid import time_limit
from rlcourse.maze.pictures import wall_pieces
from rlcourse.showing.live import BROWSER, BUTTONS, Lasting, Still
from rlcourse.showing.picture import Picture

_HERE = Path(__file__).parent

TRY_THIS = (
    "Try this: click the maze and drive with the arrow keys (up is forward, left and right turn), or use the buttons. "
    "Watch the return: every action costs, walls cost more, and only the exit pays."
)


class Drive(Lasting, anywidget.AnyWidget):
    """A maze with a robot that the learner drives. `driven`, `states` and `rewards` tell where it has been."""

    _esm = BROWSER + (_HERE / "drive.js").read_text("utf-8")
    _css = BUTTONS + (_HERE / "drive.css").read_text("utf-8")

    world = traitlets.Dict().tag(sync=True)
    """The maze as plain data; see `world_of`."""
    pay = traitlets.Bytes().tag(sync=True)
    """What each action pays in each state: [S, 3] as float32, little-endian, last dimension fastest."""
    actions = traitlets.List(traitlets.Int(min=0, max=2)).tag(sync=True)
    """What was done since the last reset: 0 forward, 1 turn left, 2 turn right."""

    def __init__(self, maze: Maze, *, max_steps: int | None = None, hint: str = TRY_THIS, driver: str = "you") -> None:
        limit = time_limit(maze, max_steps)
        super().__init__(world=world_of(maze, limit, hint) | {"driver": driver}, pay=_pay(maze), actions=[])
        self.maze = maze
        self.finished: list[int] = []
        """The actions of the last walk that reached the exit or ran out of time; a reset leaves them."""
        self.observe(self._note_the_end, names="actions")

    def _note_the_end(self, change: object) -> None:
        if self.escaped or len(self.actions) >= self.world["limit"]:
            self.finished = list(self.actions)

    @property
    def driven(self) -> list[int]:
        """The actions since the last reset; those of the last finished walk where there are none yet."""
        return self.actions or self.finished

    def show(self, maze: Maze, actions: list[int]) -> None:
        """Show these actions instead, and what they pay in `maze`: the same walls, perhaps with other rewards."""
        if maze.size != self.maze.size or (maze.walls != self.maze.walls).any():
            raise ValueError("maze must have the walls that are drawn already; make a new Drive for another maze")
        self.maze = maze
        with self.hold_sync():
            self.pay, self.actions = _pay(maze), actions

    def still(self) -> Still:
        """The maze with the robot at its start, or the way it went."""
        return Still.of(self.picture(), "Run this cell to drive the robot.")

    def picture(self) -> Picture:
        """The maze on paper, with the robot at its start or the way it went."""
        if not self.driven:
            return Picture(drive_figure(self.maze), describe(self.maze))
        return Picture(drive_figure(self.maze, states=self.states), describe_walk(self.maze, self.states))

    @property
    def states(self) -> list[int]:
        """The states the robot has been in, from the start to where it is now, or was at the end of the last walk."""
        states = [self.maze.start_state]
        for action in self.driven:
            states.append(int(self.maze.transitions.next_state[states[-1], action]))
        return states

    @property
    def rewards(self) -> list[float]:
        """What each action paid."""
        taken = zip(self.states, self.driven, strict=False)  # one state more than actions
        return [float(self.maze.transitions.reward[state, action]) for state, action in taken]

    @property
    def escaped(self) -> bool:
        """Whether the robot has reached the exit, now or at the end of the last walk."""
        return bool(self.maze.transitions.terminal[self.states[-1]])


def drive(maze: MazeLike, *, max_steps: int | None = None) -> Drive:
    """The maze with its robot, to drive by hand.

    Args:
        maze: a `Maze`, or an environment of one.
        max_steps: after how many actions time is up; as many as the maze has states when None.
    """
    return Drive(maze_of(maze), max_steps=max_steps)


def drive_figure(maze: MazeLike, *, states: list[int] | None = None) -> Figure:
    """The same for print: the maze with the robot at its start, or the way it went."""
    return draw_maze(maze) if states is None else draw_trajectory(maze, states)


def world_of(maze: Maze, max_steps: int, hint: str) -> dict:
    """What does not change: where actions lead, the walls as lines (in cells), and some numbers and words."""
    rules = maze.transitions
    return {
        "size": maze.size,
        "start": maze.start_state,
        "exit": maze.exit_cell,
        "limit": max_steps,
        "shortest": shortest_path_length(maze),
        "next": rules.next_state.ravel().tolist(),
        "bumps": rules.hit_wall.ravel().tolist(),
        "walls": wall_pieces(maze).reshape(-1, 4).tolist(),
        "hint": hint,
        "about": describe(maze),
    }


def _pay(maze: Maze) -> bytes:
    return maze.transitions.reward.astype("<f4").tobytes()
