import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from rlcourse.maze import (
    describe,
    describe_walk,
    draw_maze,
    draw_policy,
    draw_trajectory,
    draw_values,
    generate_maze,
    solve,
    walk,
)
from rlcourse.maze.pictures import AHEAD, robot_outline, wall_hits
from tests.programs import python


def pixels(figure):
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba()).copy()


@pytest.fixture(scope="module")
def best(eight):
    return solve(eight, gamma=0.95)


def all_pictures(maze, best):
    states = walk(maze, np.full((maze.num_states, 3), 1 / 3), max_steps=60)
    return {
        "maze": draw_maze(maze),
        "values": draw_values(maze, best.V),
        "policy": draw_policy(maze, best.policy),
        "trajectory": draw_trajectory(maze, states),
    }


def test_every_picture_is_drawn_on_opaque_white_and_names_the_exit(eight, best):
    for name, figure in all_pictures(eight, best).items():
        drawn = pixels(figure)
        assert (drawn[2, 2] == 255).all(), name
        assert (drawn[..., 3] == 255).all(), name
        assert "exit" in [text.get_text() for text in figure.axes[0].texts], name


def test_pictures_can_stand_side_by_side(eight, best):
    figure = Figure(figsize=(8, 4))
    axes = figure.subplots(1, 3)
    states = walk(eight, best.policy)
    assert draw_values(eight, best.V, axes=axes[0]) is figure
    assert draw_policy(eight, best.policy, axes=axes[1]) is figure
    assert draw_trajectory(eight, states, axes=axes[2], title="the way out") is figure
    assert axes[2].get_title("left") == "the way out"
    pixels(figure)


def test_every_wall_is_drawn_once(eight):
    pieces = draw_maze(eight).axes[0].collections[0].get_segments()
    ends = {frozenset(map(tuple, piece)) for piece in pieces}
    inner = eight.walls.sum() - 4 * 8  # each of these is on the list of two cells
    assert len(pieces) == len(ends) == 4 * 8 + inner // 2
    for cell, side in np.argwhere(eight.walls):
        middle = np.array([cell % 8 + 0.5, cell // 8 + 0.5]) + 0.5 * AHEAD[side]
        along = 0.5 * np.abs(AHEAD[side][::-1])
        assert frozenset([tuple(middle - along), tuple(middle + along)]) in ends


@pytest.mark.parametrize("state", range(4))
def test_the_robot_points_where_it_looks(state):
    tip, *_ = robot_outline(8, state)
    assert tip == pytest.approx(np.array([0.5, 0.5]) + 0.36 * AHEAD[state])


def test_arrows_are_as_long_as_their_action_is_likely(small):
    policy = np.tile([0.5, 0.46, 0.04], (small.num_states, 1))
    forward, left, right = draw_policy(small, policy).axes[0].collections[-3:]
    assert np.hypot(forward.U, forward.V) == pytest.approx(0.34 * 0.5)
    assert np.hypot(left.U, left.V) == pytest.approx(0.28 * 0.46)
    assert len(right.U) == 0  # under 5 %: not drawn
    assert [forward.U[0], forward.V[0]] == pytest.approx([0, -0.17])  # state 0 looks north, and y grows to the south
    assert [left.U[0], left.V[0]] == pytest.approx([-0.1288, 0])


def test_the_two_turns_stay_two_arrows(small):
    policy = np.tile([0.0, 0.5, 0.5], (small.num_states, 1))
    _, left, right = draw_policy(small, policy).axes[0].collections[-3:]
    apart = np.linalg.norm(left.get_offsets() - right.get_offsets(), axis=1)
    assert apart == pytest.approx(0.1)
    # They point away from each other: the gap between their ends is longer than that between their beginnings.
    ends = [arrow.get_offsets() + np.stack([arrow.U, arrow.V], axis=1) for arrow in (left, right)]
    assert (np.linalg.norm(ends[0] - ends[1], axis=1) > apart + 0.2).all()


def test_the_legend_says_which_arrow_is_which(small):
    legend = draw_policy(small, np.full((small.num_states, 3), 1 / 3)).axes[0].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["forward", "turn left or right"]


def test_a_close_up_shows_four_cells_with_their_numbers(small):
    values = np.arange(small.num_states, dtype=float)
    axes = draw_values(small, values, close_up=(2, 2)).axes[0]
    colours = next(c for c in axes.collections if c.get_array() is not None)
    shown = [4 * cell + heading for cell in (10, 11, 14) for heading in range(4)]  # the exit, cell 15, has no values
    assert colours.get_array().tolist() == shown
    numbers = {text.get_text(): text.get_position() for text in axes.texts if "." in text.get_text()}
    assert list(numbers) == [f"{state:.3f}" for state in shown]
    assert numbers["46.000"] == pytest.approx((3.5, 2.84))  # row 2, column 3, looking south
    assert axes.get_xlim() == pytest.approx((1.92, 4.08)) and axes.get_ylim() == pytest.approx((4.08, 1.92))
    assert len(axes.figure.axes) == 1  # no colour bar: the numbers are there


def test_a_close_up_away_from_the_exit_does_not_write_exit(eight):
    texts = draw_values(eight, np.zeros(eight.num_states), close_up=(0, 0)).axes[0].texts
    assert all(text.get_clip_on() for text in texts if text.get_text() == "exit")


@pytest.mark.parametrize("close_up", [(3, 0), (0, -1)])
def test_a_close_up_must_lie_in_the_maze(small, close_up):
    with pytest.raises(ValueError, match=r"close_up must be a row and a column from 0 to 2"):
        draw_values(small, np.zeros(small.num_states), close_up=close_up)


def test_the_colours_are_the_values_of_the_states(small):
    values = np.arange(small.num_states, dtype=float)
    triangles = draw_values(small, values).axes[0].collections[0]
    colours = next(c for c in triangles.axes.collections if c.get_array() is not None)
    assert colours.get_array().tolist() == values[small.open_states].tolist()
    east_of_cell_0 = colours.get_paths()[1].vertices[:3].mean(axis=0)
    assert east_of_cell_0 == pytest.approx([0.5 + 1 / 3, 0.5])


def test_the_maze_in_words(small):
    assert describe(small) == (
        "A maze of 4 by 4 cells. The robot is in row 0, column 0 and looks "
        f"{'east' if small.start_heading == 1 else 'south'}. The exit is in row 3, column 3. "
        f"From the start the shortest way out takes {round((1 - solve(small, gamma=1.0).V[small.start_state]) * 100)} "
        "actions."
    )
    assert "row 1, column 2 and looks west" in describe(small, state=6 * 4 + 3)


def test_a_walk_in_words():
    room = generate_maze(2, seed=0, loops=1.0)
    assert describe_walk(room, [0, 0, 1, 5, 6, 14]) == (
        "A walk of 5 actions from row 0, column 0. It visits 3 of 4 cells, hits a wall once and reaches the exit."
    )
    assert describe_walk(room, [0, 1]).endswith("hits no wall and is still inside, in row 0, column 0.")
    assert wall_hits(np.array([0, 0, 1, 5])).tolist() == [True, False, False]


def test_drawing_never_imports_pyplot():
    script = (
        "import sys\nfrom rlcourse.maze import *\nm = generate_maze(3, seed=0)\ndraw_maze(m)\n"
        "draw_values(m, solve(m, gamma=0.9).V)\nfilm(m, walk(m, solve(m, gamma=0.9).policy))\n"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    python(script)
