"""World one: the robot in the maze of the notebooks, with tables; and CartPole, with small networks."""

from collections.abc import Callable, Mapping
from functools import partial

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from rlcourse.algorithms import GRPO, PPO, Algorithm, GRPOConfig, PPOConfig, Training
from rlcourse.equations import discounted_returns, step_advantages
from rlcourse.experiments.experiment import Experiment
from rlcourse.experiments.recipes import maze_training, ppo, reinforce, the_maze, training_world, trpo
from rlcourse.maze import (
    GymnasiumWorld,
    ManyMazesVectorEnv,
    MazeWorld,
    NetworkPolicy,
    NetworkValue,
    TabularPolicy,
    episode_returns,
    expected_return,
    generate_maze,
    optimal_return,
    success_rate,
)


def share_of_the_optimum(policy: TabularPolicy) -> Mapping[str, float]:
    """The exact expected return from the maze's start, as a share of the best there is; drawing its actions."""
    maze = the_maze()
    reached = expected_return(maze, policy.probabilities(), max_steps=maze.num_states)
    return {"optimality": reached / optimal_return(maze)}


def balancing(policy: NetworkPolicy) -> Mapping[str, float]:
    """The mean return of 100 episodes of CartPole; 500 is the most, 475 counts as solved."""
    return {"balance": float(episode_returns(policy, "CartPole-v1", num_envs=100).mean())}


def escaping(policy: NetworkPolicy) -> Mapping[str, float]:
    """The share of 100 mazes that no robot was trained on out of which it gets in time."""
    unseen = [generate_maze(8, seed=number) for number in range(100)]
    return {"solved": success_rate(policy, unseen, walks=1).rate}


def less_the_mean_of_each_step(
    rewards: Float[Tensor, "T N"], done: Bool[Tensor, "T N"], *, gamma: float | int
) -> Float[Tensor, "T N"]:
    """The returns, less their mean over the walks that are under way at the same step: a baseline without training."""
    under_way = torch.cat([torch.ones_like(done[:1]), ~done[:-1]])
    return step_advantages(discounted_returns(rewards, done, gamma=gamma), under_way)


def _whole_episodes() -> MazeWorld:
    return MazeWorld(the_maze(), groups=256)


def _train_table(make_world: Callable[[], object], make_algorithm: Callable[..., Algorithm], seed: int) -> Training:
    return maze_training(make_algorithm, make_world(), seed=seed)


def _train_network(steps: int, make_algorithm: Callable[..., Algorithm], seed: int) -> Training:
    policy, critic = NetworkPolicy(4, 2, seed=seed), NetworkValue(4, seed=100 + seed)
    return Training(policy, GymnasiumWorld("CartPole-v1", num_envs=8, steps=steps), make_algorithm(critic), seed=seed)


def _train_scout(seed: int) -> Training:
    """A robot that learns to get out of any maze: as notebook 06 trains it."""
    practice = [generate_maze(8, seed=1000 + number) for number in range(300)]
    world = GymnasiumWorld(ManyMazesVectorEnv(128, practice, random_start=True), steps=64)
    policy, critic = NetworkPolicy(world.num_inputs, seed=seed), NetworkValue(world.num_inputs, seed=100 + seed)
    return Training(policy, world, PPO(PPOConfig(**SCOUT), critic=critic), seed=seed)


def _in_the_maze(name: str, title: str, world: Callable[[], object], algorithm: Callable, steps: int) -> Experiment:
    return Experiment(f"maze-{name}", title, partial(_train_table, world, algorithm), steps, share_of_the_optimum, 5)


def _on_cartpole(name: str, title: str, rollout: int, algorithm: Callable, steps: int) -> Experiment:
    return Experiment(f"cartpole-{name}", title, partial(_train_network, rollout, algorithm), steps, balancing, 10)


def grpo(critic: object) -> Algorithm:
    """GRPO: 64 starting points with 16 episodes each, and no critic."""
    return GRPO(GRPOConfig(num_generations=16, learning_rate=0.1))


SCOUT = {"learning_rate": 2e-3, "minibatch_size": 2048, "entropy_coef": 0.01}
"""The settings of PPO for a network that meets many mazes."""

MAZE = (
    _in_the_maze(
        "reinforce-plain",
        "REINFORCE without a baseline of any kind",
        _whole_episodes,
        lambda critic: reinforce(None, normalize_advantages=False),
        steps=70,
    ),
    _in_the_maze(
        "reinforce-step-mean",
        "REINFORCE with the mean of each step taken off",
        _whole_episodes,
        lambda critic: reinforce(None, normalize_advantages=False, advantage_fn=less_the_mean_of_each_step),
        steps=70,
    ),
    _in_the_maze("reinforce", "REINFORCE with a critic as the baseline", _whole_episodes, reinforce, steps=70),
    _in_the_maze("trpo", "TRPO, at most 0.01 nats a step", training_world, trpo, steps=70),
    _in_the_maze("ppo", "PPO, clipped at 0.2", training_world, ppo, steps=70),
    _in_the_maze("grpo", "GRPO, 16 episodes from each of 64 places", lambda: MazeWorld(the_maze()), grpo, steps=70),
    _on_cartpole(
        "trpo",
        "TRPO balances a pole, 1,024 steps a rollout",
        128,
        partial(trpo, damping=0.01, value_epochs=10, value_learning_rate=1e-3, minibatch_size=128),
        steps=140,
    ),
    _on_cartpole(
        "ppo",
        "PPO balances a pole, 256 steps a rollout",
        32,
        partial(ppo, epochs=20, gamma=0.98, gae_lambda=0.8, learning_rate=1e-3, entropy_coef=0.0, minibatch_size=256),
        steps=580,
    ),
    Experiment("mazes-ppo", "PPO in 300 mazes at once, measured in 100 others", _train_scout, 40, escaping, 5),
)
"""The experiments of this world."""
