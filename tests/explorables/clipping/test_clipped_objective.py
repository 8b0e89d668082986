"""The clipped objective: its numbers against the closed form, its words against its numbers."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlcourse.explorables import clipped_objective, clipped_objective_figure
from rlcourse.explorables.clipping.clipped_objective import (
    ADVANTAGES,
    EPSILONS,
    RATIOS,
    VERDICTS,
    clipped_objective_plot,
)
from rlcourse.explorables.plotting.plot_view import PlotView

E, R, A = np.meshgrid(EPSILONS, RATIOS, ADVANTAGES, indexing="ij")


@pytest.fixture(scope="module")
def plot():
    return clipped_objective_plot(EPSILONS, RATIOS, ADVANTAGES)


def test_the_objective_is_the_smaller_of_clipped_and_unclipped(plot):
    expected = np.minimum(R * A, np.clip(R, 1 - E, 1 + E) * A)
    np.testing.assert_allclose(plot.arrays["objective"].values, expected, atol=1e-12)
    np.testing.assert_allclose(plot.arrays["unclipped"].values, (R * A)[0], atol=1e-12)


def test_the_slope_is_the_advantage_until_the_clip_holds(plot):
    beyond = np.sign(A) * (R - 1) - E  # how far past the corner in the direction of the push
    held = (A != 0) & (beyond >= -1e-9)
    np.testing.assert_allclose(plot.arrays["slope"].values, np.where(held, 0, A), atol=1e-12)


def test_the_drawn_slope_is_the_derivative_of_the_drawn_objective(plot):
    state = {"epsilon": 0.3, "advantage": -0.5, "ratio": 1}
    between = np.diff(plot.pick("objective", state, along="ratio")) / np.diff(RATIOS)
    middles = (np.array(RATIOS[1:]) + RATIOS[:-1]) / 2
    x, y = (plot.pick(name, state, along="corner") for name in ("corner_ratio", "slope_curve"))
    np.testing.assert_allclose(np.interp(middles, x, y), between, atol=1e-9)


def test_the_arrow_points_uphill_and_vanishes_with_the_slope(plot):
    right, up, slope = (plot.arrays[name].values for name in ("push_right", "push_up", "slope"))
    np.testing.assert_allclose(up, right * slope)
    assert (np.sign(right) == np.sign(slope)).all()
    assert (up >= 0).all(), "an update goes up the objective"


@pytest.mark.parametrize(
    ("ratio", "advantage", "verdict"),
    [
        (1.0, 0.0, 0),
        (1.2, 1.0, 1),  # the corner itself: nothing to gain by going on
        (1.9, 0.5, 1),
        (0.8, -1.0, 2),
        (0.1, -0.25, 2),
        (1.0, 0.5, 3),
        (0.8, 0.5, 3),
        (1.0, -0.5, 4),
        (1.2, -0.5, 4),
        (0.5, 1.0, 5),
        (2.0, -1.0, 6),
    ],
)
def test_the_verdict_says_what_happens_there(plot, ratio, advantage, verdict):
    state = {"epsilon": 0.2, "ratio": ratio, "advantage": advantage}
    assert plot.pick("verdict", state) == verdict
    assert plot.fill(VERDICTS[verdict], state) in plot.fill(plot.alt, state)


@given(st.floats(0.01, 0.99), st.floats(0.01, 2.5), st.floats(-1, 1))
@settings(max_examples=15)
def test_the_figure_marks_the_point_on_the_curve(epsilon, ratio, advantage):
    objective, slope = clipped_objective_figure(epsilon=epsilon, ratio=ratio, advantage=advantage).axes
    curve, unclipped, *_, point = objective.lines
    expected = min(ratio * advantage, min(max(ratio, 1 - epsilon), 1 + epsilon) * advantage)
    assert (point.get_xdata()[0], point.get_ydata()[0]) == pytest.approx((ratio, expected))
    assert np.interp(ratio, curve.get_xdata(), curve.get_ydata()) == pytest.approx(expected)
    assert np.interp(ratio, unclipped.get_xdata(), unclipped.get_ydata()) == pytest.approx(ratio * advantage)
    assert slope.patches[0].get_bbox().intervalx == pytest.approx([1 - epsilon, 1 + epsilon])


@pytest.mark.parametrize(
    "wrong",
    [{"epsilon": 0}, {"epsilon": 1}, {"ratio": 0}, {"ratio": 2.6}, {"advantage": 1.1}, {"advantage": math.nan}],
)
def test_a_state_outside_the_picture_is_refused(wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=name):
        clipped_objective_figure(**wrong)


def test_the_explorable_has_a_slider_for_each_parameter_and_starts_inside_the_band():
    try_this, row, view = clipped_objective().children
    assert "Try this" in try_this.value and "Watch" in try_this.value
    assert isinstance(view, PlotView)
    assert (view.epsilon, view.ratio, view.advantage) == (0.2, 1.0, 1.0)
    assert {slider.description for slider in row.children} == {"ratio ρ", "clip range ε", "advantage A"}
    assert {slider.value for slider in row.children} == {0.2, 1.0}
