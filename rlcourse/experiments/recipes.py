"""What notebooks, explorables and experiments start from again and again: one maze, one training world, three robots.

    training = maze_training(ppo)                 a table and a critic in the maze, with settings that suit them
    half_trained_policy(the_maze())               a robot that does the best thing half of the time

Left out: anything that is used once.
"""

from collections.abc import Callable
from functools import cache

import numpy as np
from jaxtyping import Float

from rlcourse.algorithms import (
    PPO,
    TRPO,
    Algorithm,
    Critic,
    PPOConfig,
    Reinforce,
    ReinforceConfig,
    Training,
    TRPOConfig,
)
from rlcourse.control import GymnasiumWorld, TabularPolicy, TabularValue
from rlcourse.equations import discounted_returns
from rlcourse.maze import Maze, MazeVectorEnv, generate_maze, solve

ROBOTS, STEPS = 64, 64
"""How many robots drive in the training world, and how many steps each of them makes in one rollout."""


@cache
def the_maze() -> Maze:
    """The maze of the notebooks, 8 × 8."""
    return generate_maze(8, seed=0)


def training_world(maze: Maze | None = None, *, robots: int = ROBOTS, steps: int = STEPS) -> GymnasiumWorld:
    """Robots in one maze, 64 of them for 64 steps at a time, each episode from anywhere: a robot learns all of it.

    Args:
        maze: `the_maze()` when None.
        robots: N.
        steps: T.
    """
    maze = the_maze() if maze is None else maze
    envs = MazeVectorEnv(robots, maze=maze, random_start=True, autoreset_mode="SameStep")
    return GymnasiumWorld(envs, steps=steps)


def maze_training(
    algorithm: Callable[..., Algorithm], world: object | None = None, *, seed: int = 0, **settings: object
) -> Training:
    """A fresh table, with a fresh critic, before its first step.

    Args:
        algorithm: makes an algorithm of a critic and settings, as `ppo`, `trpo` and `reinforce` here do.
        world: `training_world()` when None.
        seed: of the training.
        settings: for the algorithm, in the place of those that suit tables.
    """
    world = training_world() if world is None else world
    critic = TabularValue(world.num_states)
    return Training(TabularPolicy(world.num_states, world.num_actions), world, algorithm(critic, **settings), seed=seed)


def half_trained_policy(maze: Maze) -> Float[np.ndarray, "S 3"]:
    """π(a|s) of a robot that takes the best action (at γ = 0.99) half of the time, and any action else."""
    return 0.5 * solve(maze, gamma=0.99).policy + 0.5 / 3


def reinforce(
    critic: TabularValue | None, *, advantage_fn: Callable = discounted_returns, **settings: object
) -> Algorithm:
    """REINFORCE, with settings for tables, and with the critic as its baseline if there is one."""
    values = {} if critic is None else {"value_learning_rate": 0.1, "minibatch_size": 2048}
    config = ReinforceConfig(**{"learning_rate": 0.1} | values | settings)
    return Reinforce(config, advantage_fn=advantage_fn, critic=critic)


def trpo(critic: Critic, **settings: object) -> Algorithm:
    """TRPO, with settings for tables."""
    defaults = {"damping": 1e-3, "value_epochs": 4, "value_learning_rate": 0.1, "minibatch_size": 512}
    return TRPO(TRPOConfig(**defaults | settings), critic=critic)


def ppo(critic: Critic, **settings: object) -> Algorithm:
    """PPO, with settings for tables."""
    defaults = {"learning_rate": 0.1, "minibatch_size": 512, "entropy_coef": 0.03}
    return PPO(PPOConfig(**defaults | settings), critic=critic)
