"""The promise: GRPO, without a value function, finds the way out of the 8 × 8 maze."""

import time

import pytest

from rlcourse.algorithms import GRPO, GRPOConfig, Training
from rlcourse.maze import MazeWorld, TabularPolicy, expected_return, optimal_return, solve


def train(maze, *, starts="random", seed=0, steps=60):
    policy = TabularPolicy(maze.num_states)
    world = MazeWorld(maze, groups=32, starts=starts)
    training = Training(policy, world, GRPO(GRPOConfig(num_generations=16, learning_rate=0.1)), seed=seed)
    training.run(steps, progress=False)
    return policy, training.history


@pytest.fixture(scope="module", params=range(3))
def learned(eight, request):
    """What was learned, and the processor's seconds, so that what else the machine does makes nothing red."""
    start = time.process_time()
    policy, _ = train(eight, seed=request.param)
    return policy, time.process_time() - start


def test_grpo_reaches_95_percent_of_the_optimal_return(eight, learned):
    policy, seconds = learned
    achieved = expected_return(eight, policy.probabilities(), max_steps=eight.num_states)
    assert achieved >= 0.95 * optimal_return(eight)
    assert seconds < 30


def test_from_the_far_start_alone_it_only_learns_to_stand_still(eight):
    """Why starts are random: no episode from the start finds the exit, so all there is to learn is to avoid walls."""
    policy, history = train(eight, starts="start", steps=30)
    achieved = expected_return(eight, policy.probabilities(), max_steps=eight.num_states)
    assert achieved == pytest.approx(eight.num_states * eight.rewards.step, abs=0.3)
    assert history["reward"].max() < 0


def test_what_it_learned_everywhere_is_close_to_the_exact_optimum(eight, learned):
    policy, _ = learned
    best = solve(eight, gamma=0.99)
    chosen = policy.probabilities().numpy().argmax(axis=1)
    good = best.A[eight.open_states, chosen[eight.open_states]] > -0.03  # at most about two actions lost
    assert good.mean() > 0.95


def test_the_same_seed_learns_the_same(eight):
    first, again = (train(eight, steps=5)[0].table for _ in range(2))
    assert (first == again).all()
