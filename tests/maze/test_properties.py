"""What holds in any maze, for any policy: what is worked out exactly agrees with every walk, counted one by one."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rlcourse.control import TabularPolicy
from rlcourse.maze import (
    egocentric,
    every_walk,
    expected_return,
    generate_maze,
    hits_by_state,
    leaving_chance,
    optimal_return,
    shortest_path_length,
    solve,
    steps_to_exit,
    values_ahead,
    walk,
    walk_probabilities,
    ways_out,
)
from tests.equations.strategies import seeds
from tests.maze.conftest import fewest_actions, follow_rules

few = settings(max_examples=15)
mazes = st.builds(
    lambda size, seed: generate_maze(size, seed=seed, loops=0.2 * (seed % 3)), st.integers(2, 4), st.integers(0, 999)
)


def any_policy(maze, seed):
    return np.random.default_rng(seed).dirichlet(np.ones(3), size=maze.num_states)


@few
@given(mazes, seeds, st.integers(1, 4))
def test_exact_numbers_are_means_over_every_walk(maze, seed, steps):
    table = any_policy(maze, seed)
    policy = TabularPolicy(maze.num_states)
    with torch.no_grad():
        policy.table.copy_(torch.from_numpy(np.log(table)))
    walks = every_walk(maze, max_steps=steps)
    chances = walk_probabilities(policy, walks).detach().double().numpy()
    assert chances.sum() == pytest.approx(1, abs=1e-5)
    paid, left, taken, hits = [], [], [], np.zeros(maze.num_states)
    for chance, actions, real in zip(chances, walks.rows.actions, walks.rows.mask, strict=True):
        state, total = maze.start_state, 0.0
        for action in actions[real].tolist():
            hits[state] += chance * (action == 0 and maze.walls[divmod(state, 4)])
            state, reward = follow_rules(maze, state, action)
            total += reward
        paid.append(total)
        left.append(state // 4 == maze.exit_cell)
        taken.append(int(real.sum()))
    mean = float(chances @ np.array(paid))
    assert expected_return(maze, table, max_steps=steps) == pytest.approx(mean, abs=1e-5)
    values = values_ahead(maze.transitions, table, actions_left=steps, gamma=1.0)
    assert values[maze.start_state] == pytest.approx(mean, abs=1e-5)
    assert leaving_chance(maze, table, max_steps=steps) == pytest.approx((chances @ left, chances @ taken), abs=1e-5)
    np.testing.assert_allclose(hits_by_state(maze, table, max_steps=steps), hits, atol=1e-5)


@few
@given(mazes, seeds, st.sampled_from([0.5, 0.9, 1.0]))
def test_no_policy_collects_more_than_the_best_and_the_best_needs_the_fewest_steps(maze, seed, gamma):
    best, steps = optimal_return(maze, gamma=gamma), steps_to_exit(maze)
    assert best == pytest.approx(solve(maze, gamma=gamma).V[maze.start_state])
    assert expected_return(maze, any_policy(maze, seed), max_steps=100, gamma=gamma) <= best + 1e-9
    assert shortest_path_length(maze) == steps[maze.start_state] == fewest_actions(maze, maze.start_state)
    for state in maze.open_states:  # one step further than the best of what may come next
        assert steps[state] == 1 + min(steps[follow_rules(maze, state, action)[0]] for action in range(3))


@few
@given(mazes, seeds, st.integers(1, 30))
def test_a_walk_goes_by_the_rules_and_ends_at_the_exit_or_the_limit(maze, seed, limit):
    states = walk(maze, any_policy(maze, seed), seed=seed, max_steps=limit).tolist()
    assert states[0] == maze.start_state and len(states) <= limit + 1
    for here, there in itertools.pairwise(states):
        assert here // 4 != maze.exit_cell
        assert there in {follow_rules(maze, here, action)[0] for action in range(3)}
    assert len(states) == limit + 1 or states[-1] // 4 == maze.exit_cell
    assert states == walk(maze, any_policy(maze, seed), seed=seed, max_steps=limit).tolist()


@few
@given(mazes, seeds, st.integers(1, 6))
def test_ways_out_of_a_cell_are_chances_that_grow_with_time_and_never_lead_through_walls(maze, seed, within):
    table = any_policy(maze, seed)
    now, later = (ways_out(maze, table, within=k) for k in (within, within + 1))
    assert (now >= 0).all() and (now.sum(axis=1) <= 1 + 1e-9).all() and (later >= now - 1e-12).all()
    assert not now[maze.walls].any() and not now[maze.exit_cell].any()
    open_ = ~maze.walls
    open_[maze.exit_cell] = False
    ahead = table.reshape(-1, 4, 3)[..., 0] / 4  # in one step: it stands that way, and drives
    np.testing.assert_allclose(ways_out(maze, table, within=1), np.where(open_, ahead, 0))


@few
@given(mazes, st.integers(0, 2))
def test_turning_right_turns_what_the_robot_sees_and_nothing_else(maze, view):
    """A quarter turn only gives the walls of its own cell another order: front, right, back, left."""
    seen = egocentric(maze, view=view)
    assert seen.shape == (maze.num_states, 2 * (2 * view + 1) * (2 * view + 2) + 6)
    assert seen.abs().max() <= 1
    sights = seen[:, -6:-2].reshape(-1, 4, 4)  # cell, heading, and ahead, right, back, left
    for heading in range(4):
        torch.testing.assert_close(sights[:, (heading + 1) % 4], sights[:, heading].roll(-1, dims=1))
    walls = seen[:, :-6].sum(dim=1).reshape(-1, 4)  # as many, from wherever they are looked at
    torch.testing.assert_close(walls, walls[:, :1].expand(-1, 4))
