"""One draw at a time: every ball against a recursion by hand, the pushes against the slope, the words against both."""

import math

import numpy as np
import pytest
import torch

from rlcourse.explorables import one_draw_at_a_time, one_draw_at_a_time_figure
from rlcourse.explorables.gradients.one_draw_at_a_time import (
    BASELINES,
    DRAWS,
    HIGHEST,
    LOWEST,
    NEEDLES,
    RATE,
    STARTS,
    needles_of,
    one_draw_at_a_time_plot,
    roll,
)


@pytest.fixture(scope="module")
def plot():
    return one_draw_at_a_time_plot(STARTS, BASELINES)


def by_hand(theta, baseline, needles):
    """θ after each draw, and how many pushes went down, where b is."""
    thetas, wrong = [theta], 0
    for needle in needles:
        p = 1 / (1 + math.exp(-theta))
        push = (1.0 - baseline) * (1 - p) if needle < p else -(0.5 - baseline) * p
        wrong += push < 0
        theta += RATE * push
        thetas.append(theta)
    return thetas, wrong


@pytest.mark.parametrize("needles", NEEDLES)
def test_the_balls_roll_as_a_recursion_by_hand_says(plot, needles):
    falls = needles_of(needles).tolist()
    for i, start in enumerate(STARTS):
        for j, baseline in enumerate(BASELINES):
            thetas, wrong = by_hand(start, baseline, falls)
            np.testing.assert_allclose(plot.arrays["theta"].values[needles, i, j], thetas, atol=1e-12)
            assert plot.arrays["wrong"].values[needles, i, j, -1] == wrong
        thetas, wrong = by_hand(start, 0.0, falls)
        np.testing.assert_allclose(plot.arrays["theta_plain"].values[needles, i], thetas, atol=1e-12)
        assert plot.arrays["wrong_plain"].values[needles, i, -1] == wrong


@pytest.mark.parametrize("baseline", [0.0, 0.75])
def test_on_average_a_push_is_the_slope_of_the_hill(baseline):
    many = 20_000
    needles = torch.rand(many, DRAWS, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    start = torch.full((many,), 0.5, dtype=torch.float64)
    _, pushes = roll(start, torch.full_like(start, baseline), needles)
    p = 1 / (1 + math.exp(-0.5))
    error = pushes[:, 0].std() / math.sqrt(many)
    assert abs(pushes[:, 0].mean() - 0.5 * p * (1 - p)) < 4 * error + 1e-12


def test_halfway_between_the_pays_every_push_goes_uphill(plot):
    assert (plot.arrays["wrong"].values[:, :, BASELINES.index(0.75)] == 0).all()
    assert (plot.arrays["wrong_plain"].values[..., -1] > 0).any()


def test_the_first_needles_let_both_balls_climb_and_the_second_ones_feed_their_own_bad_luck(plot):
    """As the notebook says, of the usual start."""
    first, unlucky = ({"needles": which, "start": -1.0, "baseline": 0.75, "draw": DRAWS} for which in (0, 1))
    assert plot.pick("theta", first) > 2 and plot.pick("theta_plain", first) > 2
    assert plot.pick("wrong_plain", first) >= 10 and plot.pick("walk_plain", first, along="time").min() < -1.5
    assert plot.pick("theta", unlucky) > 2 and plot.pick("wrong_plain", unlucky) == DRAWS
    assert (np.diff(plot.pick("walk_plain", unlucky, along="time")) < 0).all(), "a becomes rarer with each draw"


def test_the_dashed_line_is_the_slope_where_the_needle_fell_and_all_pushes_are_in_the_picture(plot):
    state = {"needles": 2, "start": 1.0, "baseline": 0.25, "draw": 9}
    p = 1 / (1 + math.exp(-plot.pick("before", state)))
    assert plot.pick("mean", state) == pytest.approx(0.5 * p * (1 - p))
    boxes = np.stack([plot.arrays["box_a"].values, plot.arrays["box_b"].values])
    assert boxes.min() >= LOWEST and boxes.max() <= HIGHEST - 0.1, "below the letters"


def test_both_balls_can_be_seen_where_they_are_in_one_place(plot):
    state = {"needles": 0, "start": -1.0, "baseline": 0.75, "draw": 0}
    assert plot.pick("ball_x", state, along="ball") == [plot.pick("theta_plain", state)] == [plot.pick("theta", state)]
    later = state | {"draw": 20}
    assert plot.pick("ball_J", later, along="ball") == [plot.pick("J_plain", later)] != [plot.pick("J", later)]


def test_a_trail_ends_where_its_ball_is(plot):
    trail = plot.pick("so_far", {"draw": 7}, along="time")
    np.testing.assert_array_equal(trail[:8], range(8))
    assert np.isnan(trail[8:]).all()


def test_the_needle_hits_the_box_that_is_marked(plot):
    state = {"needles": 2, "start": -1.0, "baseline": 0.25}
    for draw in range(1, DRAWS + 1):
        left, right = plot.pick("drawn_x", state | {"draw": draw}, along="edge")
        assert left <= needles_of(2)[draw - 1] <= right


def test_the_words_say_what_happened(plot):
    state = {"needles": 0, "start": -1.0, "baseline": 0.75}
    assert plot.fill(plot.readouts[0], state | {"draw": 0}) == "Draw 0. No needle has fallen yet."
    (_, after), needle = by_hand(-1.0, 0.75, needles_of(0)[:1].tolist())[0], needles_of(0)[0].item()
    part = "a" if needle < 1 / (1 + math.e) else "b"
    said = plot.fill(plot.readouts[0], state | {"draw": 1})
    assert f"fell on {needle:.2f}, in the part of {part}," in said
    assert said.endswith(f"θ moves by twice as much, from −1.00 to {after:+.2f}.".replace("-", "−"))


def test_it_opens_before_the_first_draw_and_can_be_printed_after_any():
    assert one_draw_at_a_time().view.draw == 0
    assert len(one_draw_at_a_time_figure(draw=40, start=2.5).axes) == 3
    with pytest.raises(ValueError, match=r"draw must be in \[0, 40\], got 41"):
        one_draw_at_a_time_figure(draw=41)
