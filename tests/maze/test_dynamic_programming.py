import time

import gymnasium
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from rlcourse.maze import (
    MazeEnv,
    MazeRewards,
    MazeVectorEnv,
    expected_return,
    generate_maze,
    optimal_return,
    shortest_path_length,
    solve,
    steps_to_exit,
    values_ahead,
)
from tests.maze.conftest import fewest_actions, follow_rules

sensible = st.builds(
    MazeRewards, exit=st.floats(0.5, 3), step=st.floats(-0.2, -0.001), wall=st.sampled_from([0.0, -0.05, -1.0])
)
any_rewards = st.builds(MazeRewards, exit=st.floats(-2, 2), step=st.floats(-0.2, 0.2), wall=st.floats(-0.5, 0.5))


def build(size, seed, rewards=None):
    return generate_maze(size, seed=seed, loops=0.2 * (seed % 3), rewards=rewards)


def some_policy(maze, seed=0):
    return np.random.default_rng(seed).dirichlet(np.ones(3), size=maze.num_states)


@given(st.integers(2, 8), st.integers(0, 999), sensible, st.sampled_from([0.3, 0.9, 0.99, 1.0]))
@settings(max_examples=40)
def test_with_sensible_rewards_the_best_is_the_shortest_way(size, seed, rewards, gamma):
    maze = build(size, seed, rewards)
    solution = solve(maze, gamma=gamma)
    for start in maze.open_states[:: size * 3]:
        steps = fewest_actions(maze, start)
        paid = sum(rewards.step * gamma**k for k in range(steps)) + rewards.exit * gamma ** (steps - 1)
        staying = rewards.step / (1 - gamma) if gamma < 1 else -np.inf
        assert solution.V[start] == pytest.approx(max(paid, staying), rel=1e-9, abs=1e-12)


@given(st.integers(2, 7), st.integers(0, 999), any_rewards, st.sampled_from([0.0, 0.5, 0.95, 0.999]))
@settings(max_examples=60)
def test_optimal_values_solve_bellmans_equation_whatever_is_paid(size, seed, rewards, gamma):
    maze = build(size, seed, rewards)
    solution = solve(maze, gamma=gamma)
    scale = 1 + np.abs(solution.Q).max()
    for state in maze.open_states[:: size * 2]:
        backups = []
        for action in range(3):
            following, reward = follow_rules(maze, state, action)
            worth = 0.0 if following // 4 == maze.exit_cell else solution.V[following]
            backups.append(reward + gamma * worth)
        assert solution.Q[state] == pytest.approx(backups, abs=1e-12 * scale)
        assert solution.V[state] == pytest.approx(max(backups), abs=1e-11 * scale)
    assert solution.A.max() <= 1e-11 * scale
    # The policy that comes with the values has those values.
    again = solve(maze, gamma=gamma, policy=solution.policy)
    assert_allclose(again.V, solution.V, rtol=0, atol=1e-8 * scale)


@given(st.integers(2, 7), st.integers(0, 999), st.sampled_from([0.0, 0.5, 0.99, 1 - 1e-6, 1.0]), st.booleans())
@settings(max_examples=40)
def test_a_policys_values_equal_a_dense_linear_solve(size, seed, gamma, certain):
    maze = build(size, seed)
    policy = some_policy(maze, seed)
    if certain:  # of one action in each state; most such policies go round in circles
        policy = solve(maze, gamma=1).policy if gamma == 1 else np.eye(3)[policy.argmax(axis=1)]
    moves, pay = np.zeros((maze.num_states, maze.num_states)), np.zeros(maze.num_states)
    for state in maze.open_states:
        for action in range(3):
            following, reward = follow_rules(maze, state, action)
            moves[state, following] += policy[state, action]
            pay[state] += policy[state, action] * reward
    dense = np.linalg.solve(np.eye(maze.num_states) - gamma * moves, pay)
    solution = solve(maze, gamma=gamma, policy=policy)
    assert_allclose(solution.V, dense, rtol=1e-8, atol=1e-10)
    assert_allclose((policy * solution.A).sum(axis=1), 0, atol=1e-9 * np.abs(dense).max())  # Σₐ π·A = 0


@pytest.mark.parametrize("gamma", [1 - 1e-9, np.nextafter(1, 0)])
def test_who_goes_round_in_circles_for_ever_pays_for_ever(small, gamma):
    turning = np.tile([0.0, 1.0, 0.0], (small.num_states, 1))
    values = solve(small, gamma=gamma, policy=turning).V[small.open_states]
    assert_allclose(values, small.rewards.step / (1 - gamma), rtol=1e-12)


def test_who_leaves_with_a_tiny_chance_pays_until_then_and_is_refused_where_it_cannot_be_told_from_none(small):
    """As the softmax of large logits: 1 + 1e-17 is 1, and yet such a row is not certain of its action."""
    wall, pay = np.flatnonzero(small.transitions.hit_wall[:, 0])[0], small.rewards
    policy = solve(small, gamma=1).policy
    policy[wall] = [1, 1e-10, 0]
    assert solve(small, gamma=1, policy=policy).V[wall] == pytest.approx((pay.step + pay.wall) / 1e-10, rel=1e-5)
    policy[wall] = [1, 1e-17, 0]
    with pytest.raises(ValueError, match="gamma = 1 needs a policy that leaves"):
        solve(small, gamma=1, policy=policy)


def test_values_are_the_mean_of_many_walks(small):
    """V^π(s) against plain simulation, 4 standard errors wide."""
    gamma, policy, rng = 0.9, some_policy(small), np.random.default_rng(0)
    value = solve(small, gamma=gamma, policy=policy).V[small.start_state]
    walks, horizon = 4_000, 120  # 0.9¹²⁰ is 3e-6
    state, returns = np.full(walks, small.start_state), np.zeros(walks)
    rules = small.transitions
    for step in range(horizon):
        action = (rng.random((walks, 1)) > policy[state].cumsum(axis=1)).sum(axis=1)
        returns += gamma**step * rules.reward[state, action]
        state = rules.next_state[state, action]
    assert abs(returns.mean() - value) < 4 * returns.std() / np.sqrt(walks)


def test_the_exit_is_worth_nothing_and_the_advantage_is_q_minus_v(small):
    for policy in (None, some_policy(small)):
        solution = solve(small, gamma=0.95, policy=policy)
        inside_exit = small.transitions.terminal
        assert not solution.V[inside_exit].any()
        assert not solution.Q[inside_exit].any()
        assert_allclose(solution.A, solution.Q - solution.V[:, None])
        assert_allclose(solution.policy.sum(axis=1), 1)


def test_a_policy_may_be_a_float32_tensor(small):
    policy = some_policy(small)
    from_tensor = solve(small, gamma=0.9, policy=torch.tensor(policy, dtype=torch.float32))
    assert_allclose(from_tensor.V, solve(small, gamma=0.9, policy=policy).V, atol=1e-6)


@pytest.mark.parametrize("rewards", [MazeRewards(step=0.01), MazeRewards(wall=0.05), MazeRewards(step=0, exit=0)])
def test_gamma_one_is_refused_where_the_best_robot_never_leaves(rewards):
    with pytest.raises(ValueError, match="gamma = 1 needs rewards that make leaving worthwhile"):
        solve(generate_maze(4, seed=0, rewards=rewards), gamma=1)


def test_gamma_one_works_where_time_is_free_and_the_exit_pays():
    maze = generate_maze(4, seed=0, rewards=MazeRewards(step=0))
    solution = solve(maze, gamma=1)
    assert solution.V[maze.open_states] == pytest.approx(1)
    assert expected_return(maze, solution.policy, max_steps=64) == pytest.approx(1)  # and the policy does leave


def test_gamma_one_is_refused_for_a_policy_that_goes_round_in_circles(small):
    circles = np.tile([0.0, 1.0, 0.0], (small.num_states, 1))
    with pytest.raises(ValueError, match="from state 0 this one never does"):
        solve(small, gamma=1, policy=circles)
    assert solve(small, gamma=0.9, policy=circles).V[small.open_states] == pytest.approx(-0.01 / 0.1)


def test_the_time_limit_is_part_of_the_expected_return(small):
    policy, limit = some_policy(small), 9
    by_hand = {state: 0.0 for state in range(small.num_states)}
    for _ in range(limit):
        before, by_hand = by_hand, dict.fromkeys(by_hand, 0.0)
        for state in small.open_states.tolist():
            for action in range(3):
                following, reward = follow_rules(small, state, action)
                by_hand[state] += policy[state, action] * (reward + 0.8 * before[following])
    start = small.start_state
    assert expected_return(small, policy, max_steps=limit, gamma=0.8) == pytest.approx(by_hand[start])
    assert expected_return(small, policy, max_steps=limit, gamma=0.8, start_state=9) == pytest.approx(by_hand[9])
    forever = solve(small, gamma=0.8, policy=policy).V[start]
    assert expected_return(small, policy, max_steps=500, gamma=0.8) == pytest.approx(forever)


def test_distances_are_those_of_a_forward_search(eight):
    steps = steps_to_exit(eight)
    assert shortest_path_length(eight) == steps[eight.start_state] == fewest_actions(eight, eight.start_state)
    assert all(steps[state] == fewest_actions(eight, state) for state in range(0, eight.num_states, 7))
    assert optimal_return(eight) == pytest.approx(1 - 0.01 * shortest_path_length(eight))


def test_it_takes_environments_too(small):
    values = solve(small, gamma=0.9).V
    wrapped = gymnasium.make("rlcourse/Maze-v0", maze=small)
    for maze in (MazeEnv(maze=small), wrapped, MazeVectorEnv(3, maze=small)):
        assert_array_equal(solve(maze, gamma=0.9).V, values)


def test_a_large_maze_is_solved_while_one_waits():
    maze = generate_maze(25, seed=1)
    uniform = np.full((2500, 3), 1 / 3)
    for policy in (None, uniform):
        seconds = []
        for _ in range(5):
            start = time.process_time()
            solve(maze, gamma=0.99, policy=policy)
            seconds.append(time.process_time() - start)
        assert min(seconds) < 1  # 50 ms is the promise, 4 to 15 usual; the rest is for machines that do much besides


def test_the_longest_time_limit_is_not_felt_by_a_policy_that_leaves(small):
    """And does not take long: once nothing changes any more, nothing will."""
    policy = np.full((small.num_states, 3), 1 / 3)
    exact = solve(small, gamma=1, policy=policy).V[small.start_state]
    assert expected_return(small, policy, max_steps=100_000) == pytest.approx(exact, rel=1e-9)


def test_values_ahead_are_those_of_the_last_actions_alone():
    maze = generate_maze(4, seed=0)
    policy = np.full((maze.num_states, 3), 1 / 3)
    rules = maze.transitions
    assert not values_ahead(rules, policy, actions_left=0, gamma=1.0).any()
    one = values_ahead(rules, policy, actions_left=1, gamma=0.5)
    assert_allclose(one, rules.reward.mean(axis=1))
    two = values_ahead(rules, policy, actions_left=2, gamma=0.5)
    assert_allclose(two, (rules.reward + 0.5 * one[rules.next_state]).mean(axis=1))
    with pytest.raises(ValueError, match=r"policy must have the shape \(64, 3\)"):
        values_ahead(rules, policy[:5], actions_left=1, gamma=1.0)
