"""Environments made from a name with arguments of their own, and those that are refused with a way out."""

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium.spaces import Box, Dict, Discrete, MultiDiscrete
from gymnasium.vector import SyncVectorEnv
from gymnasium.wrappers import DtypeObservation, FlattenObservation, RescaleObservation

from rlcourse.control import GymnasiumWorld, episode_returns, policy_for
from rlcourse.control.environments import time_limit_of
from rlcourse.maze import MazeVectorEnv


class Showing(gymnasium.Env):
    """An environment with spaces to choose."""

    def __init__(self, sight, actions=None):
        self.observation_space, self.action_space = sight, actions or Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.observation_space.seed(seed)
        return self.observation_space.sample(), {}

    def step(self, action):
        return self.observation_space.sample(), 0.0, False, False, {}


def several(*spaces):
    return SyncVectorEnv([lambda: Showing(*spaces)] * 2)


def first_rollout(world):
    return world.rollout(policy_for(world), generator=torch.Generator().manual_seed(0))


def test_arguments_of_an_environment_are_passed_on():
    small, large = (GymnasiumWorld("FrozenLake-v1", steps=2, map_name=name) for name in ("4x4", "8x8"))
    assert (small.num_states, large.num_states) == (16, 64)
    limited = GymnasiumWorld("CliffWalking-v1", steps=30, num_envs=2, max_episode_steps=9)
    assert set(first_rollout(limited).episode_lengths.tolist()) == {9.0}
    wrapped = GymnasiumWorld("Blackjack-v1", steps=2, num_envs=2, wrappers=[FlattenObservation])
    assert first_rollout(wrapped).rows.observations["observations"].shape == (4, 1, wrapped.num_inputs)
    returns = episode_returns(policy_for(large), "FrozenLake-v1", num_envs=3, map_name="8x8")
    assert returns.shape == (3,)


def test_arguments_are_for_a_name_only():
    with pytest.raises(ValueError, match="map_name is only for a name; the environment that was given has 2 already"):
        GymnasiumWorld(MazeVectorEnv(2, size=3), steps=1, map_name="8x8")


@pytest.mark.parametrize("sight", [Dict({"a": Discrete(2), "b": Box(-1, 1, (3,))}), MultiDiscrete([2, 3])])
def test_observations_that_are_refused_can_be_had_with_the_wrapper_named(sight):
    with pytest.raises(ValueError, match=r"make_vec\(name, num_envs=8, wrappers=\[gymnasium\.wrappers\.Flatten"):
        GymnasiumWorld(several(sight), steps=1)
    flat = SyncVectorEnv([lambda: FlattenObservation(Showing(sight))] * 2)
    assert first_rollout(GymnasiumWorld(flat, steps=3)).rows.mask.shape == (6, 1)


def test_pictures_of_whole_numbers_are_refused_and_the_wrappers_named_scale_them():
    picture = Box(0, 255, (4, 5, 3), np.uint8)
    with pytest.raises(ValueError, match="must not show pictures of whole numbers") as error:
        GymnasiumWorld(several(picture), steps=1)
    for wrapper in ("RescaleObservation", "DtypeObservation", "FlattenObservation"):
        assert wrapper in str(error.value)

    def scaled():
        return FlattenObservation(RescaleObservation(DtypeObservation(Showing(picture), np.float32), 0, 1))

    seen = first_rollout(GymnasiumWorld(SyncVectorEnv([scaled] * 2), steps=20)).rows.observations["observations"]
    assert seen.shape == (40, 1, 60)
    assert 0 <= seen.min() < 0.1 < 0.9 < seen.max() <= 1


def test_whole_numbers_in_a_row_are_taken_as_they_are():
    """Such as MiniGrid's kinds of cells, or Blackjack's sums, flattened: they are no brightness."""
    seen = first_rollout(GymnasiumWorld(several(Box(0, 9, (6,), np.uint8)), steps=20)).rows.observations
    assert seen["observations"].max() == 9


@pytest.mark.parametrize("actions", [Box(-1, 1, (1,)), MultiDiscrete([2, 2])])
def test_actions_that_are_refused_name_a_wrapper(actions):
    with pytest.raises(ValueError, match=r"must have Discrete actions, got .*TransformAction"):
        GymnasiumWorld(several(Box(-1, 1, (2,)), actions), steps=1)


def test_the_time_limit_of_environments_is_known_where_there_is_one():
    assert time_limit_of(gymnasium.make_vec("CartPole-v1", num_envs=2)) == 500
    assert time_limit_of(gymnasium.make_vec("CliffWalking-v1", num_envs=2)) is None
    assert time_limit_of(gymnasium.make_vec("CliffWalking-v1", num_envs=2, max_episode_steps=7)) == 7
    assert time_limit_of(SyncVectorEnv([lambda: gymnasium.make("Acrobot-v1")])) == 500
    assert time_limit_of(MazeVectorEnv(2, size=3, max_steps=11)) == 11
    assert time_limit_of(several(Discrete(3))) is None
