"""Which way a robot leaves a cell, held against walks that are followed one by one."""

import numpy as np
import pytest

from rlcourse.maze import generate_maze, solve, ways_out

MAZE = generate_maze(4, seed=0)
RANDOM = np.random.default_rng(0).dirichlet((1, 1, 1), MAZE.num_states)


def followed(policy, state, within):
    """The chance of each way out of the state's cell, by following every branch."""
    ways = np.zeros(4)
    if within:
        for action, chance in enumerate(policy[state]):
            after = int(MAZE.transitions.next_state[state, action])
            ways += chance * (followed(policy, after, within - 1) if after // 4 == state // 4 else np.eye(4)[state % 4])
    return ways


@pytest.mark.parametrize("within", [1, 4])
def test_the_ways_are_those_of_every_branch(within):
    ways = ways_out(MAZE, RANDOM, within=within)
    for cell in set(range(MAZE.num_cells)) - {MAZE.exit_cell}:
        branches = [followed(RANDOM, 4 * cell + heading, within) for heading in range(4)]
        np.testing.assert_allclose(ways[cell], np.mean(branches, axis=0), atol=1e-12)
    assert not ways[MAZE.exit_cell].any()


def test_the_best_robot_leaves_each_cell_for_sure_and_one_that_turns_never():
    inside = np.arange(MAZE.num_cells) != MAZE.exit_cell
    np.testing.assert_allclose(ways_out(MAZE, solve(MAZE, gamma=0.99).policy)[inside].sum(axis=1), 1)
    assert not ways_out(MAZE, np.tile([0.0, 1.0, 0.0], (MAZE.num_states, 1))).any()


def test_no_way_leads_through_a_wall():
    assert not ways_out(MAZE, RANDOM)[MAZE.walls].any()


@pytest.mark.parametrize("within", [0, 1.5])
def test_a_time_that_is_none_is_refused(within):
    with pytest.raises((TypeError, ValueError), match="within"):
        ways_out(MAZE, RANDOM, within=within)
