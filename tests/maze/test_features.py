"""What the robot perceives, against walks with the rules written out and against the maze turned round."""

import numpy as np
import pytest
import torch

from rlcourse.maze import Maze, egocentric, generate_maze
from rlcourse.maze.features import around
from tests.maze.conftest import follow_rules


def turned(maze):
    """The same maze after a quarter turn to the right: what was in the north is in the east."""

    def cell(number):
        row, column = divmod(number, maze.size)
        return column * maze.size + maze.size - 1 - row

    walls = np.zeros_like(maze.walls)
    for old in range(maze.num_cells):
        walls[cell(old)] = np.roll(maze.walls[old], 1)
    heading = (maze.start_heading + 1) % 4
    return Maze(maze.size, walls, cell(maze.start_cell), heading, cell(maze.exit_cell)), cell


@pytest.mark.parametrize("view", [0, 1, 2])
def test_it_does_not_know_where_north_is(view):
    maze = generate_maze(5, seed=1, loops=0.2)
    other, cell = turned(maze)
    mine, theirs = egocentric(maze, view=view), egocentric(other, view=view)
    for old in range(maze.num_cells):
        for heading in range(4):
            assert torch.equal(mine[4 * old + heading], theirs[4 * cell(old) + (heading + 1) % 4])


@pytest.mark.parametrize("view", [0, 1, 2])
def test_sizes_and_ranges(view):
    seen = egocentric(generate_maze(4, seed=0), view=view)
    assert seen.shape == (64, 2 * (2 * view + 1) * (2 * view + 2) + 6)
    assert seen.dtype == torch.float32
    walls = seen[:, :-6]
    assert set(walls.unique().tolist()) == {0.0, 1.0}
    assert (seen.abs() <= 1).all()


def test_its_own_walls_sight_and_compass_are_what_driving_shows():
    """With view 0 the walls are those of the robot's own cell: ahead, left, right, behind, in reading order."""
    maze = generate_maze(6, seed=2, loops=0.1)
    seen = egocentric(maze, view=0)
    exit_row, exit_column = divmod(maze.exit_cell, maze.size)
    for state in maze.open_states.tolist():
        facing = [state]  # after 0, 1, 2, 3 turns to the right: ahead, right, back, left
        for _ in range(3):
            facing.append(follow_rules(maze, facing[-1], 2)[0])
        blocked = [follow_rules(maze, turn, 0)[0] == turn for turn in facing]
        assert seen[state, :4].tolist() == [blocked[0], blocked[3], blocked[1], blocked[2]]
        for side, turn in enumerate(facing):
            cells, here = 0, turn
            while not maze.walls[here // 4, here % 4]:
                here, cells = follow_rules(maze, here, 0)[0], cells + 1
            assert seen[state, 4 + side].item() == pytest.approx(cells / (1 + cells))
        row, column = divmod(state // 4, maze.size)
        ahead, right = ((-1, 0), (0, 1), (1, 0), (0, -1))[state % 4], ((0, 1), (1, 0), (0, -1), (-1, 0))[state % 4]
        away = (exit_row - row, exit_column - column)
        for number, direction in zip(seen[state, 8:].tolist(), (ahead, right), strict=True):
            distance = away[0] * direction[0] + away[1] * direction[1]
            assert number == pytest.approx(distance / (1 + abs(distance)))


def test_it_sees_the_walls_of_the_next_cells_too():
    """With view 1, the cell ahead's walls are where the robot would see its own after driving there."""
    maze = generate_maze(6, seed=2, loops=0.3)
    seen, own = egocentric(maze, view=1)[:, :24], egocentric(maze, view=0)[:, :4]
    # Rows of the 3 × 3 cells' plan, 7 pixels high, hold in turn 3 walls (across) and 4 walls (along).
    rows = torch.split(seen, [3, 4, 3, 4, 3, 4, 3], dim=1)
    for state in range(maze.num_states):
        after, _ = follow_rules(maze, state, 0)
        picked = [rows[0][state, 1], rows[1][state, 1], rows[1][state, 2], rows[2][state, 1]]
        if not maze.walls[state // 4, state % 4]:
            assert [wall.item() for wall in picked] == own[after].tolist()


def test_outside_the_maze_all_is_wall():
    seen = egocentric(generate_maze(3, seed=0), view=1)[:, :24]
    rows = torch.split(seen, [3, 4, 3, 4, 3, 4, 3], dim=1)
    assert torch.cat(rows[:3], dim=1)[0].all()  # the north-west corner, looking north: all that is ahead
    assert all(row[0, : row.shape[1] - 2].all() for row in rows)  # and all on the left


def test_two_mazes_that_differ_far_away_look_the_same_from_here():
    """What it perceives with view 1 does not tell the map: a wall opened far away changes nothing."""
    maze = generate_maze(8, seed=0)
    walls = maze.walls.copy()
    closed = [c for c in range(40, 60) if walls[c, 1] and c % 8 < 7]
    walls[closed[0], 1] = walls[closed[0] + 1, 3] = False
    changed = Maze(8, walls, maze.start_cell, maze.start_heading, maze.exit_cell)
    same = (egocentric(maze) == egocentric(changed)).all(dim=1)
    assert same[:32].all()
    assert not same.all()


def test_around_names_the_cells_ahead_right_behind_and_left():
    assert around(3)[4 * 4 + 0].tolist() == [1, 5, 7, 3]  # the middle, looking north
    assert around(3)[4 * 4 + 1].tolist() == [5, 7, 3, 1]  # looking east
    assert around(3)[0].tolist() == [-1, 1, 3, -1]  # the north-west corner, looking north


def test_wrong_views_are_errors():
    with pytest.raises(ValueError, match="view must be from 0 to 16, got -1"):
        egocentric(generate_maze(3, seed=0), view=-1)
