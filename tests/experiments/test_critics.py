"""A critic that learns from walks comes near the exact values, as far as it is told the truth."""

import numpy as np
import pytest

from rlcourse.equations import td_errors
from rlcourse.experiments import learn_values
from rlcourse.experiments.recipes import half_trained_policy
from rlcourse.maze import generate_maze, solve

MAZE = generate_maze(3, seed=0)
POLICY = half_trained_policy(MAZE)


def by_td(rewards, values, next_values, terminated, done):
    return td_errors(rewards, values, next_values, terminated, gamma=0.9)


def test_it_comes_near_the_exact_values_also_where_walks_are_cut_short():
    exact = solve(MAZE, gamma=0.9, policy=POLICY).V
    V = learn_values(MAZE, POLICY, by_td, updates=200, max_steps=15)
    assert np.abs(V - exact)[MAZE.open_states].mean() < 0.03


def test_the_same_seed_gives_the_same_critic():
    one, same, other = (learn_values(MAZE, POLICY, by_td, updates=3, seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


@pytest.mark.parametrize(("options", "message"), [({"step_size": 0}, "step_size"), ({"updates": 0}, "updates")])
def test_what_is_out_of_range_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        learn_values(MAZE, POLICY, by_td, **options)
