"""Pictures of notebook 03: what is drawn is what was handed in, and the words say it."""

import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb

from rlcourse.explorables.values.value_pictures import (
    learning_picture,
    maps_picture,
    steps_picture,
    walks_picture,
)
from rlcourse.maze import generate_maze, solve
from rlcourse.showing.style import SIGNED

MAZE = generate_maze(4, seed=0)
EXACT = solve(MAZE, gamma=0.97, policy=np.full((MAZE.num_states, 3), 1 / 3))


def curve(axes, label):
    return next(line for line in axes.lines if line.get_label() == label)


def tiles(axes):
    return next(drawn for drawn in axes.collections if drawn.get_array() is not None)


def maps(picture):
    """The axes that hold a map, without the colour bars'."""
    return [axes for axes in picture.figure.axes if axes.get_title("left")]


def test_rewards_returns_and_both_kinds_of_ends_are_drawn():
    rewards, returns = np.array([-0.01, 0.99, -0.06, -0.01]), np.array([0.95, 0.99, -0.07, -0.01])
    done, terminated = np.array([False, True, False, True]), np.array([False, True, False, False])
    picture = steps_picture(rewards, returns, terminated=terminated, done=done)
    above, below = picture.figure.axes
    np.testing.assert_allclose([bar.get_height() for bar in above.patches], rewards)
    gap = np.nan  # between one episode and the next
    np.testing.assert_array_equal(below.lines[0].get_ydata(), [0.95, 0.99, gap, -0.07, -0.01, gap])
    np.testing.assert_array_equal(below.lines[0].get_xdata(), [0, 1, gap, 2, 3, gap])
    assert [(text.get_text(), text.xy[0]) for text in above.texts] == [("exit", 1.5), ("time limit", 3.5)]
    assert {line.get_xdata()[0] for line in below.lines[1:]} == {1.5, 3.5}
    assert "1 at the exit, 1 at a time limit" in picture.alt


def test_returns_without_a_guess_are_drawn_beside_those_with_one_and_both_can_be_seen():
    """They come as a learner's function returns them, as tensors."""
    rewards, returns, without = (
        torch.full((3,), -0.01),
        torch.tensor([0.1, 0.2, 0.3]),
        torch.tensor([-0.9, -0.5, -0.01]),
    )
    never = torch.zeros(3, dtype=torch.bool)
    picture = steps_picture(rewards, returns, terminated=never, done=never, without=without)
    below = picture.figure.axes[1]
    np.testing.assert_allclose(curve(below, "without a guess").get_ydata(), without)
    np.testing.assert_allclose(curve(below, "with the critic's guess after the last row").get_ydata(), returns)
    assert below.get_ylim()[0] < -0.9 and "−0.01" in picture.alt


def test_the_average_of_the_walks_is_drawn_and_ends_at_their_mean():
    returns = np.array([1.0, 0.0, 0.5, -0.5])
    picture = walks_picture(MAZE, MAZE.start_state, returns, exact=0.2)
    _, left, right = picture.figure.axes
    assert sum(bar.get_height() for bar in left.patches) == len(returns)
    np.testing.assert_allclose(right.lines[0].get_ydata(), [1.0, 0.5, 0.5, 0.25])
    assert right.lines[1].get_ydata()[0] == 0.2
    assert "ends at +0.250, beside the exact value, +0.200" in picture.alt


def test_maps_stand_two_in_a_row_and_share_one_scale():
    picture = maps_picture(MAZE, {"exact": EXACT.V, "half": EXACT.V / 2, "none": 0 * EXACT.V})
    shown = EXACT.V[MAZE.open_states]
    assert [axes.get_title("left") for axes in maps(picture)] == ["exact", "half", "none"]
    for axes, share in zip(maps(picture), (1, 0.5, 0), strict=True):
        np.testing.assert_allclose(tiles(axes).get_array(), share * shown)
        assert tiles(axes).get_clim() == (-np.abs(shown).max(), np.abs(shown).max())
        assert axes.get_subplotspec().get_gridspec().ncols == 2
    assert sum(not axes.get_visible() for axes in picture.figure.axes) == 1, "the fourth place is empty"
    assert f"exact, from {shown.min():+.2f} to {shown.max():+.2f}".replace("-", "−") in picture.alt


def test_maps_are_palest_at_0_blue_above_and_vermillion_below():
    advantages = np.where(np.arange(MAZE.num_states) % 2, 0.3, -0.1)
    (axes,) = maps(maps_picture(MAZE, {"A": advantages}))
    drawn = tiles(axes)
    assert drawn.get_clim() == (-0.3, 0.3)
    for number, place in ((-0.3, 0), (0.0, 32), (0.3, 64)):
        assert drawn.to_rgba(number)[:3] == pytest.approx(to_rgb(SIGNED.colors[place]))


def test_no_map_is_refused():
    with pytest.raises(ValueError, match="maps must hold at least one map, got none"):
        maps_picture(MAZE, {})


def test_a_robot_that_was_stopped_is_drawn_as_far_as_it_came():
    runs = {"λ = 0": [([0, 5, 10], [-5.0, -3.0, -2.0]), ([0, 5], [-5.0, -4.0])], "λ = 1": []}
    picture = learning_picture(runs, best_possible=0.4, turning=-0.5, updates=10)
    (axes,) = picture.figure.axes
    assert [line.get_xdata().tolist() for line in axes.lines[:2]] == [[0, 5, 10], [0, 5]]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["λ = 0"]
    assert "λ = 0: −2.00, −4.00; λ = 1: no robot yet" in picture.alt


@pytest.mark.parametrize("robots", [[], [([], [])]])
def test_no_curve_at_all_is_no_reason_to_warn(robots):
    """Warnings are errors in these tests."""
    picture = learning_picture({"λ = 0": robots}, best_possible=0.4, turning=-0.5, updates=40)
    assert "λ = 0: no robot yet" in picture.alt
