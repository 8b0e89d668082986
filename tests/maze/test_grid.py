import copy
import dataclasses
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlcourse.maze import Action, Heading, Maze, MazeRewards, generate_maze
from rlcourse.maze.grid import neighbours
from tests.maze.conftest import follow_rules

mazes = st.builds(generate_maze, st.integers(2, 9), seed=st.integers(0, 10_000), loops=st.sampled_from([0.0, 0.3, 1.0]))


@given(mazes)
@settings(max_examples=30)
def test_the_tables_are_the_rules_of_the_world(maze):
    rules = maze.transitions
    assert rules.next_state.shape == (maze.size**2 * 4, 3)
    for state in range(maze.num_states):
        in_exit = state // 4 == maze.exit_cell
        assert rules.terminal[state] == in_exit
        for action in range(3):
            following, reward = (state, 0.0) if in_exit else follow_rules(maze, state, action)
            assert rules.next_state[state, action] == following
            assert rules.reward[state, action] == pytest.approx(reward)
            assert rules.hit_wall[state, action] == (action == 0 and following == state and not in_exit)


@given(mazes)
@settings(max_examples=20)
def test_a_step_never_crosses_a_wall_and_can_be_taken_back(maze):
    following = maze.transitions.next_state[maze.open_states, Action.FORWARD]
    moved = following != maze.open_states
    cell, heading = maze.open_states[moved] // 4, maze.open_states[moved] % 4
    assert not maze.walls[cell, heading].any()
    assert not maze.walls[following[moved] // 4, (heading + 2) % 4].any()  # nor on the wall's other side
    assert (neighbours(maze.size)[cell, heading] == following[moved] // 4).all()


@given(mazes)
@settings(max_examples=20)
def test_turning_four_times_is_turning_not_at_all(maze):
    follow = maze.transitions.next_state
    for turn, back in ((Action.TURN_LEFT, Action.TURN_RIGHT), (Action.TURN_RIGHT, Action.TURN_LEFT)):
        state = maze.open_states
        for _ in range(4):
            assert (follow[follow[state, turn], back] == state).all()
            state = follow[state, turn]
        assert (state == maze.open_states).all()


def test_a_right_turn_goes_clockwise():
    maze = generate_maze(3, seed=0)
    assert maze.transitions.next_state[Heading.NORTH, Action.TURN_RIGHT] == Heading.EAST
    assert maze.transitions.next_state[Heading.NORTH, Action.TURN_LEFT] == Heading.WEST


def test_the_rewards_add_up():
    maze = generate_maze(2, seed=0, loops=1.0, rewards=MazeRewards(exit=5, step=-0.5, wall=-2))
    beside_the_exit = 1 * 4 + Heading.SOUTH  # north-east corner of an empty 2 × 2 room
    assert maze.transitions.reward[beside_the_exit].tolist() == [4.5, -0.5, -0.5]
    assert maze.transitions.reward[1 * 4 + Heading.NORTH].tolist() == [-2.5, -0.5, -0.5]


def test_text_shows_walls_robot_and_exit():
    assert str(generate_maze(2, seed=1)).splitlines() == [
        "+---+---+",
        "| ▶     |",
        "+---+   +",
        "|     E |",
        "+---+---+",
    ]


def test_the_tables_cannot_be_changed_by_accident(small):
    for table in (small.walls, small.transitions.next_state, small.transitions.reward):
        with pytest.raises(ValueError, match="read-only"):
            table[0, 0] = 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        small.size = 5


def test_equal_mazes_are_equal_and_survive_copies(small):
    again = generate_maze(4, seed=3, loops=0.2)
    assert small == again == copy.deepcopy(small) == pickle.loads(pickle.dumps(small))
    assert len({small, again, generate_maze(4, seed=4, loops=0.2)}) == 2
    assert small != dataclasses.replace(small, rewards=MazeRewards(step=-0.02))


def parts(maze, **changes):
    names = ("size", "walls", "start_cell", "start_heading", "exit_cell", "rewards")
    return {name: getattr(maze, name) for name in names} | changes


def test_walls_that_are_no_maze_are_refused(small):
    room = generate_maze(4, seed=0, loops=1.0)
    one_sided, gap, sealed = (room.walls.copy() for _ in range(3))
    one_sided[5, 1] = True
    gap[0, Heading.NORTH] = False
    for cell, side in ((5, 0), (5, 1), (5, 2), (5, 3), (1, 2), (6, 3), (9, 0), (4, 1)):
        sealed[cell, side] = True
    for walls, message in (
        (one_sided, "agree on both sides"),
        (gap, "outer wall has a gap"),
        (sealed, "a way to the exit from every cell, there is none from cell 5"),
        (small.walls[:-1], r"walls must have the shape \(16, 4\), got \(15, 4\)"),
    ):
        with pytest.raises(ValueError, match=message):
            Maze(**parts(small, walls=walls))


def test_impossible_places_are_refused(small):
    for change, message in (
        ({"start_cell": 16}, "start_cell must be from 0 to 15, got 16"),
        ({"start_heading": 4}, "start_heading must be from 0 to 3, got 4"),
        ({"exit_cell": -1}, "exit_cell must be from 0 to 15, got -1"),
        ({"exit_cell": small.start_cell}, "start_cell and exit_cell must differ"),
    ):
        with pytest.raises(ValueError, match=message):
            Maze(**parts(small, **change))


@pytest.mark.parametrize("field", ["exit", "step", "wall"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), np.nan])
def test_rewards_must_be_finite(field, value):
    with pytest.raises(ValueError, match=rf"rewards\.{field} must be a finite number, got (nan|inf)"):
        MazeRewards(**{field: value})
