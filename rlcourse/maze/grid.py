"""The maze itself: cells, thin walls, a robot with a heading, and what every action leads to.

A maze is a square of cells with thin walls between them. The robot stands in one cell and faces north,
east, south or west; that pair is the whole **state**, numbered `cell * 4 + heading`, where
`cell = row * size + column` and row 0 is the north edge. So a 25 × 25 maze has 2,500 states. There are three
**actions**: forward, turn left, turn right.

Where each action leads, what it pays and where the episode ends is worked out once, in `Maze.transitions`.
The environment, the vector environment, the walkers that train a policy and the exact solver all read
those same tables, so they cannot disagree.

Left out on purpose: slippery floors, several exits, mazes that are not square. The world is deterministic,
which keeps every exact value in the course one short calculation away.
"""

from dataclasses import dataclass, field, fields
from enum import IntEnum
from functools import cached_property
from numbers import Real

import numpy as np
from jaxtyping import Bool, Float, Int

from rlcourse.arguments import MOST, check_integer, check_number, describe

MIN_SIZE, MAX_SIZE = 2, 64
MOST_STEPS = 100_000
"""The longest time limit of walks that are made, or summed, step by step; the largest maze has 16,384 states."""
MOST_ROBOTS = 2**20
"""The most robots that walk at once, and the most groups and members of a group."""
NUM_HEADINGS, NUM_ACTIONS = 4, 3


class Heading(IntEnum):
    """Where the robot looks. One more is a quarter turn to the right."""

    NORTH, EAST, SOUTH, WEST = range(NUM_HEADINGS)


class Action(IntEnum):
    """What the robot can do."""

    FORWARD, TURN_LEFT, TURN_RIGHT = range(NUM_ACTIONS)


ROW_STEP = np.array([-1, 0, 1, 0])
"""How the row changes with one move north, east, south, west."""
COLUMN_STEP = np.array([0, 1, 0, -1])
"""How the column changes with one move north, east, south, west."""


@dataclass(frozen=True)
class MazeRewards:
    """What the maze pays. Every action pays `step`; the other two are added when they apply."""

    exit: Real = 1.0
    """Added on the move that reaches the exit. 1 is usual; 0.5–10 is sensible."""
    step: Real = -0.01
    """Paid for every action, so that time costs. −0.001 to −0.1 is usual; 0 makes the robot unhurried."""
    wall: Real = -0.05
    """Added when the robot drives into a wall and stays where it is. −0.5 to 0 is usual."""

    def __post_init__(self) -> None:
        for entry in fields(self):
            check_number(f"rewards.{entry.name}", getattr(self, entry.name))


@dataclass(frozen=True)
class Transitions:
    """The world's rules as tables over S states and 3 actions. The exit's four states lead to themselves and pay 0."""

    next_state: Int[np.ndarray, "S 3"]
    """The state after the action."""
    reward: Float[np.ndarray, "S 3"]
    """What the action pays."""
    hit_wall: Bool[np.ndarray, "S 3"]
    """True where the action drives the robot into a wall."""
    terminal: Bool[np.ndarray, "S"]
    """True for the four states in the exit cell, in which the episode is over."""


@dataclass(frozen=True, eq=False)
class Maze:
    """One maze: its walls, where the robot starts, where the exit is and what everything pays.

    Raises `TypeError` or `ValueError` when made from parts that are no maze: walls that stand on one side
    only, a gap in the outer wall, or a cell from which no way leads to the exit.
    """

    size: int
    """Cells along one side, 2 to 64. 8 is a good first maze."""
    walls: Bool[np.ndarray, "cells 4"] = field(repr=False)
    """True where a wall stands on the north, east, south, west side of a cell."""
    start_cell: int
    """The cell in which the robot starts."""
    start_heading: int
    """Where the robot looks when it starts: 0 north, 1 east, 2 south, 3 west."""
    exit_cell: int
    """The cell that ends the episode."""
    rewards: MazeRewards = field(default_factory=MazeRewards)
    """What the maze pays."""

    def __post_init__(self) -> None:
        check_integer("size", self.size, MIN_SIZE, MAX_SIZE)
        object.__setattr__(self, "walls", np.array(self.walls, dtype=bool))
        self.walls.setflags(write=False)
        check_integer("start_cell", self.start_cell, 0, self.num_cells - 1)
        check_integer("start_heading", self.start_heading, 0, NUM_HEADINGS - 1)
        check_integer("exit_cell", self.exit_cell, 0, self.num_cells - 1)
        if not isinstance(self.rewards, MazeRewards):
            raise TypeError(f"rewards must be a MazeRewards, got {describe(self.rewards)}")
        if self.start_cell == self.exit_cell:
            raise ValueError(f"start_cell and exit_cell must differ, both are {self.exit_cell}")
        _check_walls(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Maze) and self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash(self._parts())

    def __str__(self) -> str:
        return self.text(self.start_state)

    def _parts(self) -> tuple:
        return self.size, self.walls.tobytes(), self.start_state, self.exit_cell, self.rewards

    @property
    def num_cells(self) -> int:
        """How many cells the maze has."""
        return self.size * self.size

    @property
    def num_states(self) -> int:
        """S, how many states the robot can be in: cells × 4 headings."""
        return self.num_cells * NUM_HEADINGS

    @property
    def start_state(self) -> int:
        """The state in which the robot starts."""
        return self.start_cell * NUM_HEADINGS + self.start_heading

    @cached_property
    def transitions(self) -> Transitions:
        """The tables of the world, worked out once."""
        return _transitions(self)

    @cached_property
    def open_states(self) -> Int[np.ndarray, "open"]:
        """All states outside the exit: those from which an episode can start."""
        return np.flatnonzero(~self.transitions.terminal)

    def text(self, state: int | None = None) -> str:
        """The maze in plain characters, `E` the exit and ▲▶▼◀ the robot (none when `state` is None)."""
        check_state(self, "state", state)
        inside = [" "] * self.num_cells
        inside[self.exit_cell] = "E"
        if state is not None:
            inside[state // NUM_HEADINGS] = "▲▶▼◀"[state % NUM_HEADINGS]
        lines = []
        for first in range(0, self.num_cells, self.size):
            row = range(first, first + self.size)
            lines.append("+" + "+".join("---" if self.walls[cell, Heading.NORTH] else "   " for cell in row) + "+")
            lines.append("|" + "".join(f" {inside[c]} {'|' if self.walls[c, Heading.EAST] else ' '}" for c in row))
        return "\n".join([*lines, "+" + "---+" * self.size])


def start_of(maze: Maze, start_state: int | None) -> int:
    """The state to start in: the maze's own when None. An error unless it is a state outside the exit."""
    if start_state is None:
        return maze.start_state
    check_integer("start_state", start_state, 0, maze.num_states - 1)
    if maze.transitions.terminal[start_state]:
        raise ValueError(f"start_state must be outside the exit, got {start_state}, which is in it")
    return int(start_state)


def time_limit(maze: Maze, max_steps: int | None, *, most: int = MOST) -> int:
    """How many actions an episode may have: `max_steps`, or as many as there are states when it is None.

    No way out without circles takes longer than that.
    """
    if max_steps is None:
        return maze.num_states
    check_integer("max_steps", max_steps, 1, most)
    return int(max_steps)


def check_state(maze: Maze, name: str, state: object) -> None:
    """Raise unless this is the number of a state of the maze, or None."""
    if state is not None:
        check_integer(name, state, 0, maze.num_states - 1)


def check_walk(maze: Maze, states: object) -> Int[np.ndarray, "T"]:
    """The states of a walk as an array, or raise: one or more of the maze's states, each one action from the last."""
    try:
        found = np.asarray(states)
    except Exception:  # a tensor that needs gradients, a list of lists of several lengths
        found = np.empty(())
    if found.ndim != 1 or not np.issubdtype(found.dtype, np.integer):
        what = "at least one state" if found.shape == (0,) else "whole numbers, one for each state"
        kind = ValueError if found.shape == (0,) else TypeError
        raise kind(f"states must hold {what}, got {'none' if found.shape == (0,) else describe(states)}")
    if len(found) == 0:
        raise ValueError("states must hold at least one state, got none")
    outside = found[(found < 0) | (found >= maze.num_states)]
    if len(outside):
        raise ValueError(f"states must be from 0 to {maze.num_states - 1}, got {outside[0]}")
    reached = (maze.transitions.next_state[found[:-1]] == found[1:, None]).any(axis=1)
    if not reached.all():
        step = int(np.flatnonzero(~reached)[0])
        raise ValueError(f"states must be a walk: no action leads from state {found[step]} to {found[step + 1]}")
    return found


def neighbours(size: int) -> Int[np.ndarray, "cells 4"]:
    """The cell to the north, east, south and west of each cell; −1 outside the grid."""
    rows, columns = np.divmod(np.arange(size * size)[:, None], size)
    rows, columns = rows + ROW_STEP, columns + COLUMN_STEP  # [cells, 4]
    inside = (rows >= 0) & (rows < size) & (columns >= 0) & (columns < size)
    return np.where(inside, rows * size + columns, -1)


def _check_walls(maze: Maze) -> None:
    """Raise unless the walls close the maze, agree on both sides, and leave a way to the exit from everywhere."""
    if maze.walls.shape != (maze.num_cells, NUM_HEADINGS):
        raise ValueError(f"walls must have the shape ({maze.num_cells}, {NUM_HEADINGS}), got {maze.walls.shape}")
    beside = neighbours(maze.size)
    if not maze.walls[beside < 0].all():
        raise ValueError("walls must close the maze all around: the outer wall has a gap")
    opposite = np.roll(maze.walls[beside], 2, axis=-1).diagonal(axis1=1, axis2=2)  # the same wall from its other side
    if (maze.walls != opposite)[beside >= 0].any():
        raise ValueError("walls must agree on both sides: one stands on one side only")
    reached, frontier = {maze.exit_cell}, [maze.exit_cell]
    while frontier:
        cell = frontier.pop()
        new = {int(c) for c in beside[cell][~maze.walls[cell]]} - reached
        reached |= new
        frontier.extend(new)
    if len(reached) < maze.num_cells:
        lost = min(set(range(maze.num_cells)) - reached)
        raise ValueError(f"walls must leave a way to the exit from every cell, there is none from cell {lost}")


def _transitions(maze: Maze) -> Transitions:
    """The tables, from the walls: [S, 3], actions in the order forward, turn left, turn right."""
    cell, heading = np.divmod(np.arange(maze.num_states), NUM_HEADINGS)
    blocked = maze.walls[cell, heading]
    ahead = np.where(blocked, cell, neighbours(maze.size)[cell, heading])
    turned = [cell * NUM_HEADINGS + (heading + turn) % NUM_HEADINGS for turn in (-1, 1)]
    next_state = np.stack([ahead * NUM_HEADINGS + heading, *turned], axis=1)  # [S, 3]

    terminal = cell == maze.exit_cell
    hit_wall = np.zeros(next_state.shape, dtype=bool)
    hit_wall[:, Action.FORWARD] = blocked
    next_state[terminal] = np.flatnonzero(terminal)[:, None]
    hit_wall[terminal] = False

    pay = maze.rewards
    reward = pay.step + pay.wall * hit_wall + pay.exit * terminal[next_state]
    reward[terminal] = 0.0
    for table in (next_state, reward, hit_wall, terminal):
        table.setflags(write=False)
    return Transitions(next_state=next_state, reward=reward, hit_wall=hit_wall, terminal=terminal)
