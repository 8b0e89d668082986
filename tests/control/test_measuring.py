"""Returns of whole episodes come to an end."""

import gymnasium
import pytest
from gymnasium.spaces import Discrete
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from rlcourse.control import TabularPolicy, episode_returns, measuring


class Corridor(gymnasium.Env):
    """Action 1 goes on, each step pays 1, the end comes after `length` steps forward; without one, never."""

    observation_space, action_space = Discrete(2), Discrete(2)

    def __init__(self, length):
        self.length = length

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.gone = 0
        return 0, {}

    def step(self, action):
        self.gone += action
        return 1, 1.0, self.gone == self.length, False, {}


def corridors(*lengths, mode=AutoresetMode.NEXT_STEP):
    return SyncVectorEnv([lambda length=length: Corridor(length) for length in lengths], autoreset_mode=mode)


def forward():
    policy = TabularPolicy(2, 2)
    policy.table.data[:, 1] = 1.0
    return policy


def test_a_policy_that_never_arrives_is_not_waited_for_without_end():
    """On the cliff a fresh table's likeliest action is 0, up, for ever."""
    with pytest.raises(ValueError, match="max_steps=200: 1 of 1 episodes had not ended after 10,000 steps"):
        episode_returns(TabularPolicy(48, 4), "CliffWalking-v1", num_envs=1, greedy=True)
    returns = episode_returns(TabularPolicy(48, 4), "CliffWalking-v1", num_envs=2, greedy=True, max_steps=20)
    assert returns.tolist() == [-20, -20]


@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
def test_a_limit_of_the_callers_ends_an_episode_with_what_it_has(mode):
    assert episode_returns(forward(), corridors(3, 50, mode=mode), greedy=True, max_steps=8).tolist() == [3, 8]
    assert episode_returns(forward(), corridors(3, 50, mode=mode), greedy=True).tolist() == [3, 50]


def test_how_many_have_not_ended_is_said(monkeypatch):
    monkeypatch.setattr(measuring, "PATIENCE", 30)
    with pytest.raises(ValueError, match="1 of 3 episodes had not ended after 30 steps"):
        episode_returns(forward(), corridors(3, 50, 7), greedy=True)


def test_a_time_limit_of_the_environments_own_is_enough(monkeypatch):
    monkeypatch.setattr(measuring, "PATIENCE", 5)
    assert episode_returns(TabularPolicy(16, 4), "FrozenLake-v1", num_envs=2, greedy=True).shape == (2,)
