"""World one: the robot in the maze of the notebooks, with tables; and CartPole, with small networks."""

from collections.abc import Callable, Mapping
from functools import partial

from rlcourse.algorithms import GRPO, Algorithm, GRPOConfig, Training
from rlcourse.experiments.experiment import Experiment
from rlcourse.experiments.recipes import maze_training, ppo, reinforce, the_maze, training_world, trpo
from rlcourse.maze import (
    GymnasiumWorld,
    MazeWorld,
    NetworkPolicy,
    NetworkValue,
    TabularPolicy,
    episode_returns,
    expected_return,
    optimal_return,
)


def share_of_the_optimum(policy: TabularPolicy) -> Mapping[str, float]:
    """The exact expected return from the maze's start, as a share of the best there is; drawing its actions."""
    maze = the_maze()
    reached = expected_return(maze, policy.probabilities(), max_steps=maze.num_states)
    return {"optimality": reached / optimal_return(maze)}


def balancing(policy: NetworkPolicy) -> Mapping[str, float]:
    """The mean return of 100 episodes of CartPole; 500 is the most, 475 counts as solved."""
    return {"balance": float(episode_returns(policy, "CartPole-v1", num_envs=100).mean())}


def _whole_episodes() -> MazeWorld:
    return MazeWorld(the_maze(), groups=256)


def _train_table(make_world: Callable[[], object], make_algorithm: Callable[..., Algorithm], seed: int) -> Training:
    return maze_training(make_algorithm, make_world(), seed=seed)


def _train_network(steps: int, make_algorithm: Callable[..., Algorithm], seed: int) -> Training:
    policy, critic = NetworkPolicy(4, 2, seed=seed), NetworkValue(4, seed=100 + seed)
    return Training(policy, GymnasiumWorld("CartPole-v1", num_envs=8, steps=steps), make_algorithm(critic), seed=seed)


def _in_the_maze(name: str, title: str, world: Callable[[], object], algorithm: Callable, steps: int) -> Experiment:
    return Experiment(f"maze-{name}", title, partial(_train_table, world, algorithm), steps, share_of_the_optimum, 5)


def _on_cartpole(name: str, title: str, rollout: int, algorithm: Callable, steps: int) -> Experiment:
    return Experiment(f"cartpole-{name}", title, partial(_train_network, rollout, algorithm), steps, balancing, 10)


def grpo(critic: object) -> Algorithm:
    """GRPO: 64 starting points with 16 episodes each, and no critic."""
    return GRPO(GRPOConfig(num_generations=16, learning_rate=0.1))


MAZE = (
    _in_the_maze(
        "reinforce-plain",
        "REINFORCE without a baseline of any kind",
        _whole_episodes,
        lambda critic: reinforce(None, normalize_advantages=False),
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
)
"""The experiments of this world."""
