"""Seeded mazes: a depth-first walk carves a perfect maze, then a share of the walls left is opened.

A perfect maze has exactly one way between any two cells, so it can always be solved, and it has
size² − 1 openings. The depth-first walk makes long, winding corridors with few dead ends, which look
like a maze and are hard for a robot that moves at random. Loops give it more than one way out.
"""

from numbers import Real

import numpy as np
from jaxtyping import Bool, Int

from rlcourse.arguments import MOST_SEED, check_integer, check_number
from rlcourse.maze.grid import MAX_SIZE, MIN_SIZE, NUM_HEADINGS, Heading, Maze, MazeRewards, neighbours


def generate_maze(size: int, *, seed: int, loops: Real = 0.0, rewards: MazeRewards | None = None) -> Maze:
    """A random maze of size × size cells. The same arguments give the same maze.

    The robot starts in the north-west corner, facing an open side, and the exit is in the south-east corner.

    Args:
        size: cells along one side, 2 to 64.
        seed: which maze, 0 or more.
        loops: the share of the (size − 1)² walls left standing inside a perfect maze to open, 0 to 1.
            0 gives a perfect maze, 0.1 a few ways round, 1 an empty room.
        rewards: what the maze pays; `MazeRewards()` when None.

    Raises:
        TypeError: an argument is not a number of the right kind.
        ValueError: an argument is out of range.
    """
    check_integer("size", size, MIN_SIZE, MAX_SIZE)
    check_integer("seed", seed, 0, MOST_SEED)
    check_number("loops", loops, low=0, high=1)
    rng = np.random.default_rng(seed)
    beside = neighbours(size)
    walls = np.ones((size * size, NUM_HEADINGS), dtype=bool)
    _carve(walls, beside, rng)
    _open_loops(walls, beside, rng, loops)
    heading = Heading.EAST if not walls[0, Heading.EAST] else Heading.SOUTH
    return Maze(
        size=int(size),
        walls=walls,
        start_cell=0,
        start_heading=int(heading),
        exit_cell=size * size - 1,
        rewards=MazeRewards() if rewards is None else rewards,
    )


def _open_wall(walls: Bool[np.ndarray, "cells 4"], beside: Int[np.ndarray, "cells 4"], cell: int, side: int) -> None:
    """Take away the wall on one side of a cell, seen from both cells."""
    walls[cell, side] = False
    walls[beside[cell, side], (side + 2) % NUM_HEADINGS] = False


def _carve(walls: Bool[np.ndarray, "cells 4"], beside: Int[np.ndarray, "cells 4"], rng: np.random.Generator) -> None:
    """Walk depth-first through all cells, opening the wall to each cell the first time it is entered."""
    visited = {0}
    path = [0]
    while path:
        cell = path[-1]
        sides = [side for side in range(NUM_HEADINGS) if beside[cell, side] >= 0 and beside[cell, side] not in visited]
        if not sides:
            path.pop()
            continue
        side = sides[rng.integers(len(sides))]
        _open_wall(walls, beside, cell, side)
        visited.add(int(beside[cell, side]))
        path.append(int(beside[cell, side]))


def _open_loops(
    walls: Bool[np.ndarray, "cells 4"], beside: Int[np.ndarray, "cells 4"], rng: np.random.Generator, loops: Real
) -> None:
    """Open a share of the inner walls that still stand, each counted once, from its north or west side."""
    inner = [(int(c), int(s)) for c, s in np.argwhere(walls & (beside >= 0)) if s in (Heading.EAST, Heading.SOUTH)]
    for index in rng.permutation(len(inner))[: round(loops * len(inner))]:
        _open_wall(walls, beside, *inner[index])
