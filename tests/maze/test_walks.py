"""Every walk, once: against the walks of the environment, and averages against dynamic programming."""

import itertools

import numpy as np
import pytest
import torch

from rlcourse.algorithms import Reinforce, ReinforceConfig
from rlcourse.equations import discounted_returns
from rlcourse.maze import MazeEnv, TabularPolicy, expected_return, generate_maze
from rlcourse.maze.walks import every_walk, walk_probabilities

MAZE = generate_maze(2, seed=0)


@pytest.fixture
def policy():
    policy = TabularPolicy(MAZE.num_states).double()
    with torch.no_grad():
        policy.table += torch.randn(policy.table.shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    return policy


def walks_of_the_environment(max_steps, start_state):
    """All sequences of actions, stepped through the environment; those that end early only once."""
    found = {}
    env = MazeEnv(maze=MAZE, max_steps=max_steps)
    for plan in itertools.product(range(3), repeat=max_steps):
        env.reset(options={"state": start_state})
        actions, rewards = [], []
        for action in plan:
            _, reward, terminated, truncated, _ = env.step(action)
            actions.append(action)
            rewards.append(reward)
            if terminated or truncated:
                break
        found[tuple(actions)] = (rewards, terminated)
    return found


@pytest.mark.parametrize("max_steps", [1, 5])
def test_they_are_the_walks_of_the_environment_each_once(max_steps):
    start = MAZE.start_state
    walks, expected = every_walk(MAZE, max_steps=max_steps), walks_of_the_environment(max_steps, start)
    lengths = walks.rows.mask.sum(dim=1).tolist()
    listed = {
        tuple(actions[:n]): (rewards[:n], bool(ended.any()))
        for actions, n, rewards, ended in zip(
            walks.rows.actions.tolist(), lengths, walks.rewards.T.tolist(), walks.terminated.T, strict=True
        )
    }
    assert len(listed) == len(lengths) == len(expected)
    assert listed.keys() == expected.keys()
    for actions, (rewards, ended) in expected.items():
        assert listed[actions][0] == pytest.approx(rewards)
        assert listed[actions][1] == ended


def test_their_probabilities_add_up_to_1_under_any_policy(policy):
    walks = every_walk(MAZE, max_steps=7)
    assert walk_probabilities(policy, walks).sum().item() == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("max_steps", [1, 4, 8])
def test_their_mean_return_is_the_expected_return(policy, max_steps):
    for start in (MAZE.start_state, int(MAZE.open_states[-1])):
        walks = every_walk(MAZE, max_steps=max_steps, start_state=start)
        mean = walk_probabilities(policy, walks) @ walks.rewards.sum(dim=0)
        exact = expected_return(MAZE, policy.probabilities(), max_steps=max_steps, start_state=start)
        assert mean.item() == pytest.approx(exact, abs=1e-12)


def test_every_walk_is_whole_so_that_its_returns_are_known():
    walks = every_walk(MAZE, max_steps=6)
    lengths = walks.episode_lengths.long()
    walk = torch.arange(len(lengths))
    assert walks.done[lengths - 1, walk].all() and (walks.done.sum(dim=0) == 6 - lengths + 1).all()
    first = discounted_returns(walks.rewards, walks.done, gamma=1.0)[0]
    np.testing.assert_allclose(first, walks.rewards.sum(dim=0))
    np.testing.assert_allclose(walks.episode_returns, walks.rewards.sum(dim=0), rtol=1e-6)
    assert (walks.rewards[~walks.rows.mask.T] == 0).all()
    assert not walks.terminated[~walks.rows.mask.T].any() and walks.terminated.any()


def test_an_algorithm_can_learn_from_them(policy):
    policy.float()
    walks = every_walk(MAZE, max_steps=4)
    reinforce = Reinforce(ReinforceConfig())
    stats = reinforce.update(policy, reinforce.make_optimizer(policy), walks)
    assert stats["used"] == 1 and stats["grad_norm"] > 0


@pytest.mark.parametrize("max_steps", [0, 12, 2.5])
def test_too_many_walks_are_refused(max_steps):
    with pytest.raises((TypeError, ValueError), match="max_steps"):
        every_walk(MAZE, max_steps=max_steps)
