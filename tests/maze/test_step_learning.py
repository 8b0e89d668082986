"""The promise: REINFORCE, PPO and TRPO find the way out, with tables and networks, in mazes they know and in others.

Nothing here is about our maze only: the same code balances CartPole. Starts are random in training; every policy is
judged from the maze's own start, as it acts (drawing its actions), exactly, against the exact optimum. Longer runs,
five seeds of each, are recorded in assets/curves, TRPO's on CartPole and those in mazes never seen too; what they reach
is in tests/experiments/test_claims.py, and their first steps are made again in test_curves.py.
"""

import pytest
import torch

from rlcourse.algorithms import PPO, TRPO, PPOConfig, Reinforce, ReinforceConfig, Training, TRPOConfig
from rlcourse.algorithms.saving import resume_training, save_training
from rlcourse.maze import (
    GymnasiumWorld,
    ManyMazesVectorEnv,
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

pytestmark = pytest.mark.usefixtures("untyped")
"""Signatures are checked in tests/control and tests/algorithms, which make the same calls on small worlds."""


def tables(maze, seed):
    return TabularPolicy(maze.num_states), TabularValue(maze.num_states)


def networks(maze, seed):
    one_hot = torch.eye(maze.num_states)
    return NetworkPolicy(one_hot, seed=seed), NetworkValue(one_hot, seed=100 + seed)


def ppo(critic, **settings):
    return PPO(PPOConfig(**{"entropy_coef": 0.03, **settings}), critic=critic)


def trpo(critic, **settings):
    return TRPO(TRPOConfig(**{"target_kl": 0.01, "damping": 1e-3, "value_epochs": 4, **settings}), critic=critic)


def steps_in(maze, robots, steps, max_steps=None):
    envs = MazeVectorEnv(robots, maze=maze, max_steps=max_steps, random_start=True, autoreset_mode="SameStep")
    return GymnasiumWorld(envs, steps=steps)


def train(policy, world, algorithm, updates, seed):
    return Training(policy, world, algorithm, seed=seed).run(updates, progress=False)


def share_of_the_optimum(maze, policy):
    assert optimal_return(maze) > 0  # a share of a loss would say nothing
    return expected_return(maze, policy.probabilities(), max_steps=maze.num_states) / optimal_return(maze)


def test_reinforce_in_the_maze_of_8(eight):
    policy, critic = tables(eight, 0)
    settings = ReinforceConfig(learning_rate=0.1, value_learning_rate=0.1, minibatch_size=2048)
    train(policy, MazeWorld(eight, groups=256), Reinforce(settings, critic=critic), 70, 0)
    assert share_of_the_optimum(eight, policy) >= 0.95


@pytest.mark.parametrize("make", [ppo, trpo])
def test_a_network_in_the_maze_of_8(eight, make):
    policy, critic = networks(eight, 0)
    rate = {"learning_rate": 3e-3} if make is ppo else {"value_learning_rate": 3e-3}
    history = train(policy, steps_in(eight, 64, 64), make(critic, minibatch_size=512, **rate), 40, 0)
    assert share_of_the_optimum(eight, policy) >= 0.95
    assert make is ppo or history["policy_kl"].max() <= 0.01


def test_the_maze_of_12():
    """Training cuts episodes after 72 actions, so that robots begin in more places; a time limit is not an end.

    They are judged with all the time there is. With that limit in training too, some runs only learn to turn round.
    """
    maze = generate_maze(12, seed=6)  # its shortest way takes 75 actions
    policy, critic = tables(maze, 0)
    algorithm = ppo(critic, minibatch_size=2048, learning_rate=0.05)
    train(policy, steps_in(maze, 128, 128, max_steps=72), algorithm, 60, 0)
    assert share_of_the_optimum(maze, policy) >= 0.95


def test_trpo_as_it_stands_learns_a_table_and_uses_most_of_its_limit(eight):
    """With a damping of 0.1 it used 3 % of it, as the Fisher matrix is spread over hundreds of states."""
    policy, critic = tables(eight, 0)
    history = train(policy, steps_in(eight, 64, 64), TRPO(critic=critic), 70, 0)
    assert history["kl_used"][:15].mean() > 0.5
    assert history["kl_used"].max() <= 1
    assert share_of_the_optimum(eight, policy) >= 0.95


def test_ppo_as_it_stands_balances_cartpole_within_50k_steps():
    """All of ten seeds balance it to the end after 40, 44 and 48 updates; at 28, where some just have, luck decides."""
    policy, critic = NetworkPolicy(4, 2, seed=0), NetworkValue(4, seed=100)
    train(policy, GymnasiumWorld("CartPole-v1", num_envs=8, steps=128), PPO(critic=critic), 48, 0)
    assert episode_returns(policy, "CartPole-v1", num_envs=100).mean() >= 475


@pytest.mark.parametrize("kind", ["maze", "crumbs", "cartpole"])
def test_a_run_that_was_saved_and_resumed_goes_on_with_the_same_numbers(eight, kind, tmp_path):
    three = [generate_maze(8, seed=1000 + number) for number in range(3)]

    def fresh():
        worlds = {
            "maze": lambda: steps_in(eight, 8, 16),
            "crumbs": lambda: GymnasiumWorld(ManyMazesVectorEnv(8, three, random_start=True), steps=16),
            "cartpole": lambda: GymnasiumWorld("CartPole-v1", num_envs=8, steps=16),
        }
        shapes = {"maze": (torch.eye(eight.num_states), 3), "crumbs": (35, 3), "cartpole": (4, 2)}
        inputs, actions = shapes[kind]
        policy, critic = NetworkPolicy(inputs, actions, seed=0), NetworkValue(inputs, seed=1)
        return Training(policy, worlds[kind](), ppo(critic, minibatch_size=64), seed=0)

    straight, stopped = fresh(), fresh()
    straight.run(8, progress=False)
    stopped.run(5, progress=False)
    save_training(stopped, tmp_path / "run")
    resumed = resume_training(fresh(), tmp_path / "run")
    resumed.run(3, progress=False)
    for one, other in zip(straight.policy.parameters(), resumed.policy.parameters(), strict=True):
        assert torch.equal(one, other)
    for key in ("entropy", "approx_kl", "value_loss", "grad_norm"):
        assert straight.history[key].tolist() == resumed.history[key].tolist()
