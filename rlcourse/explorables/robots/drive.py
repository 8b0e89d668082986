"""The robot in its maze, to drive by hand: arrow keys or buttons, and after each action what it paid.

The rules are `Maze.transitions`, the very tables that the environment and the solver read. They go to the browser once;
from then on it looks up and draws (`drive.js`), so the robot answers at once, while a cell trains, and in an exported
page without a kernel. What was driven can be played again there, and comes back to Python in `Drive.actions`. By rules
of the learner's own (`step`) Python answers each action: see `own_rules`.
"""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import anywidget
import traitlets
from matplotlib.figure import Figure

from rlcourse.explorables.plotting.player import PLAYER, PLAYER_LOOK
from rlcourse.explorables.robots.own_rules import OwnRules
from rlcourse.maze import Maze, describe, describe_walk, draw_maze, draw_trajectory, shortest_path_length
from rlcourse.maze.dynamic_programming import MazeLike, maze_of
from rlcourse.maze.grid import NUM_HEADINGS, time_limit
from rlcourse.maze.pictures import wall_pieces
from rlcourse.showing.live import BROWSER, BUTTONS, Lasting, Still
from rlcourse.showing.picture import Picture

_HERE = Path(__file__).parent

TRY_THIS = (
    "Try this: click the maze and drive with the arrow keys (up is forward, left and right turn), or use the buttons. "
    "Watch the return: every action costs, walls cost more, and only the exit pays. Below the maze you can play your "
    "way again; stop anywhere, and drive on from there."
)
BY_YOUR_RULES = (
    "Try this: drive by your own rules, right or wrong. Every move is what your function returns. Watch what it does "
    "at a wall, and after four turns to the same side."
)


def scripts(*names: str) -> str:
    """JavaScript or CSS that stands beside this file, one piece after the other."""
    return "".join((_HERE / name).read_text("utf-8") for name in names)


class Drive(Lasting, anywidget.AnyWidget):
    """A maze with a robot that the learner drives. `driven`, `states` and `rewards` tell where it has been."""

    _esm = BROWSER + PLAYER + scripts("maze_stage.js", "drive.js")
    _css = BUTTONS + PLAYER_LOOK + scripts("robots.css", "drive.css")

    world = traitlets.Dict().tag(sync=True)
    """The maze as plain data; see `world_of`."""
    pay = traitlets.Bytes().tag(sync=True)
    """What each action pays in each state: [S, 3] as float32, little-endian, last dimension fastest."""
    actions = traitlets.List(traitlets.Int(min=0, max=2)).tag(sync=True)
    """What was done since the last reset: 0 forward, 1 turn left, 2 turn right."""
    own = traitlets.Dict().tag(sync=True)
    """The walk by the learner's rules (`OwnWalk` as plain data); empty where the maze's rules hold."""
    shown = traitlets.Int(0).tag(sync=True)
    """How often Python has chosen a walk by `show`: the browser then plays it."""

    def __init__(
        self,
        maze: Maze,
        *,
        max_steps: int | None = None,
        step: Callable | None = None,
        hint: str = TRY_THIS,
        driver: str = "you",
        rate: int = 12,
    ) -> None:
        limit = time_limit(maze, max_steps)
        self.rules = None if step is None else OwnRules(step, maze)
        own = {} if self.rules is None else asdict(self.rules.walk)
        world = world_of(maze, limit) | {"hint": hint, "driver": driver, "rate": rate, "own": step is not None}
        super().__init__(world=world, pay=_pay(maze), actions=[], own=own, asks_kernel=step is not None)
        self.maze = maze
        self.finished: list[int] = []
        """The actions of the last walk that reached the exit or ran out of time; a reset leaves them."""
        self.observe(self._answer, names="actions")

    def _answer(self, change: object) -> None:
        if self.rules is not None:
            self.own = asdict(self.rules.follow(self.actions))
        if self.escaped or len(self.actions) >= self.world["limit"]:
            self.finished = list(self.actions)

    @property
    def driven(self) -> list[int]:
        """The actions since the last reset; those of the last finished walk where there are none yet."""
        return self.actions or self.finished

    def show(self, maze: Maze, actions: list[int]) -> None:
        """Play these actions instead, and what they pay in `maze`: the same walls, perhaps with other rewards."""
        if maze.size != self.maze.size or (maze.walls != self.maze.walls).any():
            raise ValueError("maze must have the walls that are drawn already; make a new Drive for another maze")
        self.maze = maze
        with self.hold_sync():
            self.pay, self.actions, self.shown = _pay(maze), actions, self.shown + 1

    def still(self) -> Still:
        """The maze with the robot at its start, or the way it went."""
        return Still.of(self.picture(), "Run this cell to drive the robot.")

    def picture(self) -> Picture:
        """The maze on paper, with the robot at its start or the way it went. Ways by other rules are not drawn."""
        if not self.driven or self.rules is not None:
            return Picture(drive_figure(self.maze), describe(self.maze))
        return Picture(drive_figure(self.maze, states=self.states), describe_walk(self.maze, self.states))

    @property
    def states(self) -> list[int]:
        """The states the robot has been in, from the start to where it is now, or was at the end of the last walk.

        By rules of the learner's own, whatever `cell * 4 + heading` gives: outside the maze that is no state.
        """
        if self.rules is not None:
            frames = self.rules.follow(self.driven).frames
            return [(row * self.maze.size + column) * NUM_HEADINGS + heading for row, column, heading in frames]
        states = [self.maze.start_state]
        for action in self.driven:
            states.append(int(self.maze.transitions.next_state[states[-1], action]))
        return states

    @property
    def rewards(self) -> list[float]:
        """What each action paid."""
        if self.rules is not None:
            return self.rules.follow(self.driven).rewards
        taken = zip(self.states, self.driven, strict=False)  # one state more than actions
        return [float(self.maze.transitions.reward[state, action]) for state, action in taken]

    @property
    def escaped(self) -> bool:
        """Whether the robot has reached the exit, now or at the end of the last walk."""
        if self.rules is not None:
            return self.rules.is_exit(self.rules.follow(self.driven).frames[-1])
        return bool(self.maze.transitions.terminal[self.states[-1]])


def drive(maze: MazeLike, *, max_steps: int | None = None, step: Callable | None = None) -> Drive:
    """The maze with its robot, to drive by hand.

    Args:
        maze: a `Maze`, or an environment of one.
        max_steps: after how many actions time is up; as many as the maze has states when None.
        step: rules of your own, right or wrong: a function of (row, column, heading, action, wall_ahead) that returns
            the new (row, column, heading), as in the exercise `maze_step`. The maze's own rules when None.

    Raises:
        TypeError, ValueError: an argument is of the wrong kind or out of range. What `step` does is never an error
            here: the widget says it.
    """
    hint = TRY_THIS if step is None else BY_YOUR_RULES
    return Drive(maze_of(maze), max_steps=max_steps, step=step, hint=hint)


def drive_figure(maze: MazeLike, *, states: list[int] | None = None) -> Figure:
    """The same for print: the maze with the robot at its start, or the way it went."""
    return draw_maze(maze) if states is None else draw_trajectory(maze, states)


def walls_of(maze: Maze) -> dict:
    """What there is to draw of a maze that stands still: its size, its exit, the walls as lines in cells."""
    return {"size": maze.size, "exit": maze.exit_cell, "walls": wall_pieces(maze).reshape(-1, 4).tolist()}


def world_of(maze: Maze, max_steps: int) -> dict:
    """What does not change: where actions lead, what is drawn, and some numbers and words."""
    rules = maze.transitions
    return walls_of(maze) | {
        "start": maze.start_state,
        "limit": max_steps,
        "shortest": shortest_path_length(maze),
        "next": rules.next_state.ravel().tolist(),
        "bumps": rules.hit_wall.ravel().tolist(),
        "about": describe(maze),
    }


def _pay(maze: Maze) -> bytes:
    return maze.transitions.reward.astype("<f4").tobytes()
