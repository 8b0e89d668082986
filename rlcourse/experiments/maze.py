"""World one: the robot in the maze of the notebooks, with tables; and CartPole, with small networks."""

from collections.abc import Callable, Mapping
from functools import cache, partial

from rlcourse.algorithms import (
    GRPO,
    PPO,
    TRPO,
    Algorithm,
    Critic,
    GRPOConfig,
    PPOConfig,
    Reinforce,
    ReinforceConfig,
    Training,
    TRPOConfig,
)
from rlcourse.experiments.experiment import Experiment
from rlcourse.maze import (
    GymnasiumWorld,
    Maze,
    MazeVectorEnv,
    MazeWorld,
    NetworkPolicy,
    NetworkValue,
    TabularPolicy,
    TabularValue,
    episode_returns,
    expected_return,
    generate_maze,
    optimal_return,
)


@cache
def the_maze() -> Maze:
    """The maze of the notebooks, 8 × 8."""
    return generate_maze(8, seed=0)


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


def _steps() -> GymnasiumWorld:
    """64 robots, 64 steps at a time, each from anywhere in the maze."""
    envs = MazeVectorEnv(64, maze=the_maze(), random_start=True, autoreset_mode="SameStep")
    return GymnasiumWorld(envs, steps=64)


def _train_table(make_world: Callable[[], object], make_algorithm: Callable[..., Algorithm], seed: int) -> Training:
    states = the_maze().num_states
    return Training(TabularPolicy(states), make_world(), make_algorithm(TabularValue(states)), seed=seed)


def _train_network(steps: int, make_algorithm: Callable[..., Algorithm], seed: int) -> Training:
    policy, critic = NetworkPolicy(4, 2, seed=seed), NetworkValue(4, seed=100 + seed)
    return Training(policy, GymnasiumWorld("CartPole-v1", num_envs=8, steps=steps), make_algorithm(critic), seed=seed)


def _in_the_maze(name: str, title: str, world: Callable[[], object], algorithm: Callable, steps: int) -> Experiment:
    return Experiment(f"maze-{name}", title, partial(_train_table, world, algorithm), steps, share_of_the_optimum, 5)


def _on_cartpole(name: str, title: str, rollout: int, algorithm: Callable, steps: int) -> Experiment:
    return Experiment(f"cartpole-{name}", title, partial(_train_network, rollout, algorithm), steps, balancing, 10)


def reinforce(critic: TabularValue | None, **settings: object) -> Algorithm:
    """REINFORCE, with the critic as its baseline if there is one."""
    values = {} if critic is None else {"value_learning_rate": 0.1, "minibatch_size": 2048}
    return Reinforce(ReinforceConfig(**{"learning_rate": 0.1} | values | settings), critic=critic)


def trpo(critic: Critic, **settings: object) -> Algorithm:
    """TRPO, with settings for tables."""
    defaults = {"damping": 1e-3, "value_epochs": 4, "value_learning_rate": 0.1, "minibatch_size": 512}
    return TRPO(TRPOConfig(**defaults | settings), critic=critic)


def ppo(critic: Critic, **settings: object) -> Algorithm:
    """PPO, with settings for tables."""
    defaults = {"learning_rate": 0.1, "minibatch_size": 512, "entropy_coef": 0.03}
    return PPO(PPOConfig(**defaults | settings), critic=critic)


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
    _in_the_maze("trpo", "TRPO, at most 0.01 nats a step", _steps, trpo, steps=70),
    _in_the_maze("ppo", "PPO, clipped at 0.2", _steps, ppo, steps=70),
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
