"""Which way a robot leaves a cell: what a policy over states comes to on the map.

The actions of a policy are relative to where the robot looks ("turn left"), so an arrow for an action says little on a
map. What a reader wants to see is where the robot goes, and where it does not get on: at which wall. Left out: where it
goes from the next cell.
"""

import numpy as np
from jaxtyping import Float

from rlcourse.arguments import check_integer
from rlcourse.maze.dynamic_programming import MazeLike, PolicyTable, check_policy, maze_of
from rlcourse.maze.grid import MOST_STEPS, NUM_HEADINGS, Action

PATIENCE = 8
"""Actions that a robot is given to leave a cell; three are enough for one that knows where to go."""


def ways_out(maze: MazeLike, policy: PolicyTable, *, within: int = PATIENCE) -> Float[np.ndarray, "cells 4"]:
    """How likely a robot leaves each cell to the north, east, south and west within so many actions.

        Lₖ(h, d) = π(forward|h)·[ 1 if d = h and no wall is there, Lₖ₋₁(h, d) if one is, else 0 ]
                 + π(left|h)·Lₖ₋₁(h − 1, d) + π(right|h)·Lₖ₋₁(h + 1, d),     L₀ = 0

    (Chapman and Kolmogorov, inside one cell.) The mean is over the four headings h in which it may stand there at
    first. What is missing to 1 is the chance that it is still in the cell. From the exit there are no ways.

    Args:
        maze: a `Maze`, or an environment of one.
        policy: π(a|s), an [S, 3] table of probabilities.
        within: how many actions it has, 1 or more.

    Raises:
        TypeError, ValueError: an argument is of the wrong kind or out of range.
    """
    maze = maze_of(maze)
    check_integer("within", within, 1, MOST_STEPS)
    table = check_policy(maze, policy).reshape(maze.num_cells, NUM_HEADINGS, -1)
    forward, left, right = (table[:, :, action, None] for action in Action)  # [cells, heading, 1]
    wall = maze.walls[:, :, None]
    out = np.eye(NUM_HEADINGS) * ~wall  # [cells, heading, direction]
    leaves = np.zeros(out.shape)
    for _ in range(within):
        turned = left * np.roll(leaves, 1, axis=1) + right * np.roll(leaves, -1, axis=1)
        leaves = forward * (out + wall * leaves) + turned
    ways = leaves.mean(axis=1)
    ways[maze.exit_cell] = 0.0
    return ways


def hits_by_state(maze: MazeLike, policy: PolicyTable, *, max_steps: int) -> Float[np.ndarray, "S"]:
    """How often the robot drives into the wall ahead of each state, in a mean walk from the start; exact.

        pₜ₊₁(s′) = Σ pₜ(s)·π(a|s)  over the (s, a) that lead to s′     hits(s) = Σₜ pₜ(s)·π(a|s)  over a into a wall

    Args:
        maze: a `Maze`, or an environment of one.
        policy: π(a|s), an [S, 3] table of probabilities.
        max_steps: the time limit of a walk, 1 or more.

    Raises:
        TypeError, ValueError: an argument is of the wrong kind or out of range.
    """
    maze = maze_of(maze)
    check_integer("max_steps", max_steps, 1, MOST_STEPS)
    rules, table = maze.transitions, check_policy(maze, policy)
    here, hits = np.zeros(maze.num_states), np.zeros(maze.num_states)
    here[maze.start_state] = 1.0
    for _ in range(max_steps):
        acts = here[:, None] * table  # [S, 3]
        hits += (acts * rules.hit_wall).sum(axis=1)
        here = np.bincount(rules.next_state.ravel(), weights=acts.ravel(), minlength=maze.num_states)
        here[rules.terminal] = 0.0
    return hits
