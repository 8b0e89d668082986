import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlcourse.maze import Heading, generate_maze
from rlcourse.maze.grid import neighbours
from tests.maze.conftest import fewest_actions

sizes, seeds = st.integers(2, 14), st.integers(0, 2**32)


def openings(maze):
    inner = neighbours(maze.size) >= 0
    return int((~maze.walls & inner).sum()) // 2


@given(sizes, seeds)
@settings(max_examples=40)
def test_every_maze_is_closed_symmetric_perfect_and_solvable(size, seed):
    maze = generate_maze(size, seed=seed)
    beside = neighbours(size)
    assert maze.walls[beside < 0].all()
    for cell, side in np.argwhere(beside >= 0):
        assert maze.walls[cell, side] == maze.walls[beside[cell, side], (side + 2) % 4]
    assert openings(maze) == size**2 - 1  # with a way everywhere, that is exactly one way everywhere
    assert fewest_actions(maze, maze.start_state) is not None


@given(sizes, seeds, st.floats(0, 1))
@settings(max_examples=40)
def test_loops_open_that_share_of_the_walls_left(size, seed, loops):
    perfect, looped = generate_maze(size, seed=seed), generate_maze(size, seed=seed, loops=loops)
    assert openings(looped) == size**2 - 1 + round(loops * (size - 1) ** 2)
    assert not (looped.walls & ~perfect.walls).any()  # it only opens


def test_the_seed_decides_everything():
    assert generate_maze(12, seed=5, loops=0.1) == generate_maze(12, seed=5, loops=0.1)
    assert len({generate_maze(8, seed=seed) for seed in range(50)}) == 50


def test_the_first_maze_of_the_course_stays_the_same():
    assert str(generate_maze(4, seed=0)).splitlines() == [
        "+---+---+---+---+",
        "| ▼ |           |",
        "+   +   +---+   +",
        "|   |   |   |   |",
        "+   +   +   +   +",
        "|   |   |   |   |",
        "+   +   +   +   +",
        "|       |     E |",
        "+---+---+---+---+",
    ]


@given(sizes, seeds)
@settings(max_examples=20)
def test_the_robot_starts_in_the_corner_facing_an_open_side(size, seed):
    maze = generate_maze(size, seed=seed)
    assert (maze.start_cell, maze.exit_cell) == (0, size**2 - 1)
    assert not maze.walls[0, maze.start_heading]
    assert maze.start_heading in (Heading.EAST, Heading.SOUTH)


@pytest.mark.parametrize("size", [0, 1, -3, 65, 10**9])
def test_impossible_sizes_are_refused_at_once(size):
    with pytest.raises(ValueError, match=rf"size must be from 2 to 64, got {size}"):
        generate_maze(size, seed=0)


@pytest.mark.parametrize("loops", [-0.1, 1.5, float("nan")])
def test_impossible_loops_are_refused(loops):
    with pytest.raises(ValueError, match=r"loops must be in \[0, 1\]"):
        generate_maze(4, seed=0, loops=loops)


def test_a_negative_seed_is_refused():
    with pytest.raises(ValueError, match="seed must be 0 or more, got -1"):
        generate_maze(4, seed=-1)
