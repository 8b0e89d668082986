"""What a robot perceives that does not know its maze: everything told from where it stands and looks.

A state's number means something in one maze only. What is written here means the same in all of them, so what a
network learns from it in some mazes holds in others that it has never seen. The robot is given

- **walls**: which walls stand in the cells around it. It senses them through walls, like a radar, a few cells far.
- **sight**: how far it could drive ahead, to its right, back and to its left before it meets a wall.
- **compass**: how far ahead and how far to its right the exit lies, as the crow flies.

It is not given the map, where it is, or the way: a compass may well point into a dead end. For what it may remember
see `rlcourse.maze.many_mazes`. Distances d are told as d / (1 + |d|): near ones exactly, far ones roughly, and the
same in a large maze and in a small one.
"""

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from rlcourse.arguments import check_integer
from rlcourse.maze.dynamic_programming import MazeLike, maze_of
from rlcourse.maze.grid import NUM_HEADINGS, Maze, neighbours

MOST_VIEW = 16
"""The farthest a robot senses walls: a row of features is then 2,244 walls long."""


def egocentric(maze: MazeLike, *, view: int = 1) -> Float[Tensor, "S F"]:
    """What the robot perceives in each state, all numbers from −1 to 1.

    Args:
        maze: a `Maze`, or an environment of one.
        view: v, how many cells far it senses walls, 0 for those of its own cell only, at most 16. 1 or 2 is usual.

    Returns:
        A row for each state: 2·(2v + 1)·(2v + 2) walls (1 where one stands, and outside the maze), 4 sights (ahead,
        right, back, left) and the compass (ahead, right). With v = 1 that is F = 30.
    """
    maze = maze_of(maze)
    check_integer("view", view, 0, MOST_VIEW)
    parts = (_walls(maze, view), _near(_sight(maze)), _near(_compass(maze)))
    return torch.from_numpy(np.concatenate(parts, axis=1).astype(np.float32))


def around(size: int) -> Int[np.ndarray, "S 4"]:
    """The cell ahead of, right of, behind and left of the robot in each state; −1 outside the maze."""
    beside = neighbours(size)  # [cells, 4], by compass
    return np.stack([np.roll(beside, -heading, axis=1) for heading in range(NUM_HEADINGS)], axis=1).reshape(-1, 4)


def _near(distance: np.ndarray) -> np.ndarray:
    return distance / (1 + np.abs(distance))


def _walls(maze: Maze, view: int) -> Bool[np.ndarray, "S W"]:
    """The walls around each state, turned so that the robot looks up."""
    reach = 2 * view + 1
    plan = np.pad(_plan(maze), reach - 1, constant_values=True)
    row, column = np.divmod(np.arange(maze.num_cells)[:, None], maze.size)
    row, column = 2 * row + reach, 2 * column + reach  # the cell's place in the padded plan
    down, right = np.mgrid[-reach : reach + 1, -reach : reach + 1].reshape(2, -1)
    is_wall = (down + right) % 2 == 1  # neither a cell nor a corner
    down, right, turned = down[is_wall], right[is_wall], []
    for _ in range(NUM_HEADINGS):
        turned.append(plan[row + down, column + right])
        down, right = right, -down  # a quarter turn to the right
    return np.stack(turned, axis=1).reshape(maze.num_states, -1)


def _plan(maze: Maze) -> Bool[np.ndarray, "pixels pixels"]:
    """The maze drawn with a pixel for each cell and each wall between: True where a wall or a corner stands."""
    plan = np.ones((2 * maze.size + 1, 2 * maze.size + 1), dtype=bool)
    walls = maze.walls.reshape(maze.size, maze.size, NUM_HEADINGS)
    plan[1::2, 1::2] = False
    plan[:-1:2, 1::2], plan[2::2, 1::2] = walls[..., 0], walls[..., 2]
    plan[1::2, 2::2], plan[1::2, :-1:2] = walls[..., 1], walls[..., 3]
    return plan


def _sight(maze: Maze) -> Int[np.ndarray, "S 4"]:
    """How many cells the robot could drive in each direction."""
    beside, free = neighbours(maze.size), np.zeros(maze.walls.shape, dtype=np.int64)
    for _ in range(maze.size):
        free = np.where(maze.walls, 0, 1 + free[beside, np.arange(NUM_HEADINGS)])
    return np.stack([np.roll(free, -heading, axis=1) for heading in range(NUM_HEADINGS)], axis=1).reshape(-1, 4)


def _compass(maze: Maze) -> Int[np.ndarray, "S 2"]:
    """How many cells ahead and to the right the exit lies."""
    row, column = np.divmod(np.arange(maze.num_cells), maze.size)
    exit_row, exit_column = divmod(maze.exit_cell, maze.size)
    ahead, right = row - exit_row, exit_column - column  # for a robot that looks north
    turned = []
    for _ in range(NUM_HEADINGS):
        turned.append(np.stack([ahead, right], axis=1))
        ahead, right = right, -ahead
    return np.stack(turned, axis=1).reshape(-1, 2)
