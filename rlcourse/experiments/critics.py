"""A critic that learns the values of a maze from walks: for comparing what becomes of different ways to be surprised.

    learn_values(maze, policy, lambda rewards, values, next_values, terminated, done: td_errors(…))

Left out: everything but a table of numbers, one for each state.
"""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from rlcourse.arguments import check_integer, check_number
from rlcourse.control import TabularPolicy
from rlcourse.maze import MazeWorld
from rlcourse.maze.dynamic_programming import MazeLike, PolicyTable, check_policy, maze_of
from rlcourse.showing.progress_bar import bar

Surprise = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor], Tensor]
"""(rewards, V(sₜ), V(sₜ₊₁), terminated, done), [T, N] each → how much better each step went than expected, [T, N]."""


def learn_values(
    maze: MazeLike,
    policy: PolicyTable,
    surprise: Surprise,
    *,
    step_size: float | int = 0.3,
    updates: int = 150,
    groups: int = 64,
    max_steps: int = 2000,
    seed: int = 0,
    name: str = "a critic learns",
) -> Float[np.ndarray, "S"]:
    """V of a critic that moves, update by update, by `step_size` times the average surprise in each state.

    Args:
        maze: a `Maze`, or an environment of one.
        policy: π(a|s) of the robots that walk, [S, 3].
        surprise: what the critic learns from.
        step_size: α, above 0 to 1.
        updates: how many.
        groups: walks for each update; all begin somewhere else.
        max_steps: when a walk is stopped.
        seed: of the walks; the same for every critic that is to be compared.
        name: what stands at the progress bar.

    Raises:
        TypeError, ValueError: an argument is of the wrong kind or out of range.
    """
    maze = maze_of(maze)
    check_number("step_size", step_size, low=0, high=1, above=True)
    check_integer("updates", updates, 1)
    robot = TabularPolicy(maze.num_states)
    with torch.no_grad():
        robot.table.copy_(torch.as_tensor(check_policy(maze, policy)).log())
    world, generator = MazeWorld(maze, groups=groups, max_steps=max_steps), torch.Generator().manual_seed(seed)
    V = np.zeros(maze.num_states, dtype=np.float32)
    for _ in bar(range(updates), desc=name):
        walks = world.rollout(robot, generator=generator)
        before, after = (walks.time_first(rows.observations["states"]) for rows in (walks.rows, walks.next_rows))
        now, then = (torch.from_numpy(V)[states] for states in (before, after))
        delta = surprise(walks.rewards, now, then, walks.terminated, walks.done)
        real = walks.time_first(walks.rows.mask)
        count = np.bincount(before[real], minlength=maze.num_states)
        total = np.bincount(before[real], weights=delta[real], minlength=maze.num_states)
        V += step_size * (total / np.maximum(count, 1)).astype(np.float32)
    return V
