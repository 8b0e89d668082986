"""Two actions: the numbers against closed forms and finite differences, the words against the numbers."""

import math

import numpy as np
import pytest

from rlcourse.explorables import two_action_policy_gradient, two_action_policy_gradient_figure
from rlcourse.explorables.gradients.two_action_policy_gradient import (
    BASELINES,
    REWARDS,
    THETAS,
    VERDICTS,
    two_action_policy_gradient_plot,
)
from rlcourse.explorables.plotting.plot_view import PlotView

THETA, R_A, R_B, B = np.meshgrid(THETAS, REWARDS, REWARDS, BASELINES, indexing="ij")
P_A = 1 / (1 + np.exp(-THETA))
EVERYWHERE = ("theta", "reward_a", "reward_b", "baseline")


@pytest.fixture(scope="module")
def plot():
    return two_action_policy_gradient_plot(THETAS, REWARDS, REWARDS, BASELINES)


def everywhere(plot, name):
    """An array spread over all four grids."""
    array = plot.arrays[name]
    missing = [i for i, dim in enumerate(EVERYWHERE) if dim not in array.dims]
    return np.broadcast_to(np.expand_dims(array.values, missing), THETA.shape)


def test_the_expected_reward_is_the_probability_weighted_one(plot):
    np.testing.assert_allclose(everywhere(plot, "J"), P_A * R_A + (1 - P_A) * R_B, atol=1e-12)


def test_the_slope_is_that_of_finite_differences(plot):
    hair = 1e-5
    shifted = [1 / (1 + np.exp(-(THETA + step))) for step in (hair, -hair)]
    high, low = (p * R_A + (1 - p) * R_B for p in shifted)
    np.testing.assert_allclose(everywhere(plot, "slope"), (high - low) / (2 * hair), atol=1e-9)


def test_a_sample_of_a_pushes_by_what_is_left_to_be_gained_and_one_of_b_the_other_way(plot):
    np.testing.assert_allclose(everywhere(plot, "g_a"), (R_A - B) * (1 - P_A), atol=1e-12)
    np.testing.assert_allclose(everywhere(plot, "g_b"), -(R_B - B) * P_A, atol=1e-12)


def test_the_mean_of_the_samples_is_the_slope_whatever_the_baseline(plot):
    mean, slope = everywhere(plot, "mean"), everywhere(plot, "slope")
    np.testing.assert_allclose(mean, slope, atol=1e-12)
    np.testing.assert_allclose(np.ptp(mean, axis=3), 0, atol=1e-12)


def test_the_deviation_is_that_of_many_samples(plot):
    rng = np.random.default_rng(0)
    for state in ({"theta": 0.0, "baseline": 0.0}, {"theta": -2.0, "baseline": 0.75}):
        state |= {"reward_a": 1.0, "reward_b": 0.5}
        sampled_a = rng.random(200_000) < plot.pick("p_a", state)
        gradients = np.where(sampled_a, plot.pick("g_a", state), plot.pick("g_b", state))
        assert gradients.std() == pytest.approx(float(plot.pick("std", state)), rel=0.02)


def test_the_areas_of_the_boxes_add_up_to_the_slope(plot):
    for state in ({"theta": 1.4, "baseline": -0.5}, {"theta": -3.0, "baseline": 0.25}):
        state |= {"reward_a": 0.75, "reward_b": -0.25}
        area = 0.0
        for box in ("box_a", "box_b"):
            x, y = (plot.pick(name, state, along="edge") for name in (f"{box}_x", box))
            area += np.trapezoid(y, x)
        assert area == pytest.approx(float(plot.pick("slope", state)), abs=1e-12)
    assert plot.pick("box_a_x", state, along="edge")[0] == 0
    assert plot.pick("box_b_x", state, along="edge")[1] == 1


def test_the_tangent_touches_the_curve_at_the_point(plot):
    state = {"theta": 0.6, "reward_a": 1.0, "reward_b": -0.5, "baseline": 0.0}
    x, y = (plot.pick(name, state, along="end") for name in ("tangent_x", "tangent_y"))
    assert x.mean() == pytest.approx(0.6) and y.mean() == pytest.approx(float(plot.pick("J", state)))
    assert (y[1] - y[0]) / (x[1] - x[0]) == pytest.approx(float(plot.pick("slope", state)))


@pytest.mark.parametrize(
    ("theta", "reward_a", "reward_b", "baseline", "verdict"),
    [
        (0.0, 0.5, 0.5, 0.0, 0),
        (0.0, 1.0, 0.5, 0.75, 1),  # at π = ½ the mean of the two rewards leaves no scatter
        (0.0, 1.0, 0.5, 0.0, 2),
        (0.0, -0.5, 0.5, 1.0, 3),
        (2.0, 1.0, 0.5, 0.75, 4),
        (0.0, 1.0, 0.5, 0.5, 5),
        (1.0, -0.25, 0.5, -0.25, 5),
    ],
)
def test_the_verdict_says_what_happens_there(plot, theta, reward_a, reward_b, baseline, verdict):
    state = {"theta": theta, "reward_a": reward_a, "reward_b": reward_b, "baseline": baseline}
    assert plot.pick("verdict", state) == verdict
    assert VERDICTS[verdict] in plot.fill(plot.alt, state)


def test_what_the_verdicts_claim_holds_wherever_they_stand(plot):
    verdict = plot.choices["verdict"].values
    g_a, g_b, slope, std = (everywhere(plot, name) for name in ("g_a", "g_b", "slope", "std"))
    assert (np.abs(slope[verdict == 0]) < 1e-12).all()
    assert (std[verdict == 1] < 1e-9).all()
    assert ((g_a > 0) & (g_b < 0))[verdict == 2].all(), "each sample pushes its own action up"
    assert ((g_a < 0) & (g_b > 0))[verdict == 3].all(), "each sample pushes its own action down"
    assert (np.sign(g_a) == np.sign(slope))[verdict == 4].all() and (np.sign(g_b) == np.sign(slope))[verdict == 4].all()
    assert (g_a * g_b == 0)[verdict == 5].all()


def test_the_figure_marks_the_point_on_the_curve_and_both_boxes():
    left, right = two_action_policy_gradient_figure(theta=0.3, reward_a=0.9, reward_b=-0.1, baseline=0.2).axes
    p = 1 / (1 + math.exp(-0.3))
    curve, point = (next(line for line in left.lines if line.get_label() == name) for name in ("J(θ)", "at θ"))
    assert (point.get_xdata()[0], point.get_ydata()[0]) == pytest.approx((0.3, p * 0.9 - (1 - p) * 0.1))
    assert np.interp(0.3, curve.get_xdata(), curve.get_ydata()) == pytest.approx(point.get_ydata()[0])
    boxes = [area.get_paths()[0].get_extents() for area in right.collections]
    assert boxes[0].x1 == pytest.approx(p) == boxes[1].x0
    assert boxes[0].y1 == pytest.approx(0.7 * (1 - p)) and boxes[1].y1 == pytest.approx(0.3 * p)


@pytest.mark.parametrize(
    "wrong", [{"theta": 4.1}, {"reward_a": 1.1}, {"reward_b": -0.6}, {"baseline": math.nan}, {"theta": -math.inf}]
)
def test_a_state_outside_the_picture_is_refused(wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=name):
        two_action_policy_gradient_figure(**wrong)


def test_nothing_leaves_the_axes_in_any_state(plot):
    samples = plot.panels[1].y
    for name in ("g_a", "g_b"):
        assert samples.low < plot.arrays[name].values.min() and plot.arrays[name].values.max() < samples.high


def test_the_explorable_has_a_slider_for_each_parameter_and_sends_less_than_a_megabyte():
    try_this, row, view = two_action_policy_gradient().children
    assert "Try this" in try_this.value and "Watch" in try_this.value
    assert isinstance(view, PlotView)
    labels = {slider.description: slider.value for slider in row.children}
    assert labels == {"parameter θ": 0.0, "action a pays": 1.0, "action b pays": 0.5, "baseline": 0.0}
    assert sum(map(len, view.numbers.values())) < 1e6


def test_theta_alone_is_the_same_picture_without_a_word_of_a_baseline(plot):
    try_this, row, view = two_action_policy_gradient(only_theta=True).children
    alone, fixed = view.plot, {"reward_a": 1.0, "reward_b": 0.5, "baseline": 0.0}
    assert [slider.description for slider in row.children] == ["parameter θ"] and alone.parameters == {"theta"}
    for theta in (-4.0, 0.6, 4.0):
        for name in ("J", "slope", "g_a", "g_b", "mean"):
            state = {"theta": theta}
            assert alone.pick(name, state) == pytest.approx(float(plot.pick(name, state | fixed)))
    labels = [mark.label for panel in alone.panels for mark in panel.marks]
    words = (try_this.value, alone.alt, *alone.readouts, *labels)
    assert not [text for text in words if "baseline" in text]
