"""Gradient and natural-gradient step: every number against its closed form for two independent Bernoulli policies."""

import math

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from rlcourse.explorables import natural_gradient_step, natural_gradient_step_figure
from rlcourse.explorables.plotting.plot_view import PlotView
from rlcourse.explorables.trust_region.natural_gradient_step import (
    DELTAS,
    FRACTIONS,
    PLANE,
    STARTS,
    VERDICTS,
    natural_gradient_step_plot,
)
from rlcourse.explorables.trust_region.two_junctions import PAYS, directions_from, expected_surrogate, mean_kl

STATES = [(start, delta) for start in (-4.0, -2.25, 0.0, 2.0) for delta in (DELTAS[0], DELTAS[6], DELTAS[-1])]


@pytest.fixture(scope="module")
def plot():
    return natural_gradient_step_plot(STARTS, DELTAS)


def sigmoid(x):
    return 1 / (1 + np.exp(-np.asarray(x, dtype=float)))


def kl_by_hand(old, new):
    """The mean over both junctions of the KL of two Bernoulli distributions; θ along the last axis."""
    p, q = sigmoid(old), sigmoid(new)
    return (p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q))).mean(-1)


def expected_return(theta):
    return 0.5 * (sigmoid(theta) * np.array(PAYS)).sum(-1)


def theta(*values):
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.parametrize("old", [(-4.0, 0.0), (0.5, -1.0), (2.0, 3.0)])
class TestTwoJunctions:
    def test_the_surrogate_is_what_the_return_gains(self, old):
        for new in ((0.0, 0.0), (1.0, -2.0)):
            gained = expected_return(new) - expected_return(old)
            assert expected_surrogate(theta(*old), theta(*new)).item() == pytest.approx(gained, abs=1e-12)

    def test_the_kl_is_that_of_two_coins(self, old):
        new = torch.randn(5, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
        assert_close(mean_kl(theta(*old), new), torch.from_numpy(kl_by_hand(old, new.numpy())))

    def test_the_fisher_matrix_is_the_slope_of_each_sigmoid(self, old):
        slopes = sigmoid(old) * (1 - sigmoid(old))
        assert_close(directions_from(theta(*old)).fisher, torch.diag(torch.from_numpy(slopes / 2)))

    def test_the_gradient_is_the_slope_times_what_the_turn_pays(self, old):
        slopes = sigmoid(old) * (1 - sigmoid(old))
        assert_close(directions_from(theta(*old)).gradient, torch.from_numpy(slopes / 2 * np.array(PAYS)))

    def test_the_natural_direction_is_the_same_from_everywhere(self, old):
        """F⁻¹g = what each better turn pays more: however flat the sigmoid is there."""
        assert_close(directions_from(theta(*old)).natural, theta(*PAYS))


@pytest.mark.parametrize(("start", "delta"), STATES)
class TestPlot:
    def points(self, plot, start, delta, name, along):
        state = {"start": start, "delta": delta}
        return np.stack([plot.pick(f"{name}_{axis}", state, along=along) for axis in "xy"], axis=-1)

    def test_the_ellipse_is_where_the_quadratic_model_is_delta(self, plot, start, delta):
        steps = self.points(plot, start, delta, "ellipse", "angle") - [start, 0]
        fisher = np.diag(sigmoid([start, 0]) * (1 - sigmoid([start, 0])) / 2)
        np.testing.assert_allclose(0.5 * np.einsum("ni,ij,nj->n", steps, fisher, steps), delta, rtol=1e-6)
        assert np.ptp(np.arctan2(*steps.T)) > 5.9  # all around

    def test_the_edge_is_where_the_true_kl_is_delta(self, plot, start, delta):
        edge = self.points(plot, start, delta, "edge", "angle")
        np.testing.assert_allclose(kl_by_hand([start, 0], edge), delta, rtol=1e-6)

    def test_both_steps_end_on_the_ellipse_and_no_step_on_it_gains_more_than_the_natural_one(self, plot, start, delta):
        """To first order, as the gradient sees it."""
        slopes = sigmoid([start, 0]) * (1 - sigmoid([start, 0])) / 2
        gradient = slopes * PAYS
        gains = {}
        for name in ("natural", "plain"):
            step = self.points(plot, start, delta, name, None)
            assert 0.5 * (slopes * step**2).sum() == pytest.approx(delta, rel=1e-6)
            gains[name] = gradient @ step
        around = (self.points(plot, start, delta, "ellipse", "angle") - [start, 0]) @ gradient
        assert gains["natural"] >= around.max() - 1e-12
        assert gains["natural"] == pytest.approx(around.max(), rel=0.01)  # the ellipse has 72 corners
        assert gains["natural"] >= gains["plain"] - 1e-12

    def test_the_plain_step_goes_along_the_gradient(self, plot, start, delta):
        slopes = sigmoid([start, 0]) * (1 - sigmoid([start, 0]))
        step = self.points(plot, start, delta, "plain", None)
        assert step[1] / step[0] == pytest.approx(slopes[1] * PAYS[1] / (slopes[0] * PAYS[0]))

    def test_the_line_search_takes_the_first_length_that_keeps_the_limit_and_gains(self, plot, start, delta):
        state = {"start": start, "delta": delta}
        old, full = np.array([start, 0]), self.points(plot, start, delta, "natural", None)
        shares = plot.pick("tried", state, along="attempt")
        shares = shares[~np.isnan(shares)]
        np.testing.assert_allclose(shares, 0.8 ** np.arange(len(shares)))
        kls = kl_by_hand(old, old + shares[:, None] * full)
        gains = expected_return(old + shares[:, None] * full) - expected_return(old)
        fine = (kls <= delta) & (gains > 0)
        assert fine[-1] and not fine[:-1].any()
        assert plot.pick("share", state) == shares[-1]
        assert plot.pick("kl", state) == pytest.approx(kls[-1])
        assert plot.pick("natural_gain", state) == pytest.approx(gains[-1])
        np.testing.assert_allclose(self.points(plot, start, delta, "accepted", None), old + shares[-1] * full)
        drawn = plot.pick("tried_kl", state, along="attempt")
        np.testing.assert_allclose(drawn[: len(shares)], kls / delta)
        assert VERDICTS[int(shares[-1] < 1)].split(":")[0].split(".")[0] in plot.fill(plot.alt, state)

    def test_the_curves_are_the_kl_along_the_steps(self, plot, start, delta):
        state = {"start": start, "delta": delta}
        shares = np.array(FRACTIONS)
        for name in ("natural", "plain"):
            full = self.points(plot, start, delta, name, None)
            expected = kl_by_hand([start, 0], np.array([start, 0]) + shares[:, None] * full) / delta
            np.testing.assert_allclose(plot.pick(f"{name}_kl", state, along="fraction"), expected, atol=1e-9)


def test_no_accepted_step_is_above_the_limit_anywhere(plot):
    assert (plot.arrays["kl"].values <= np.array(DELTAS)).all()
    assert (plot.arrays["natural_gain"].values > 0).all()


def test_lines_of_equal_return_have_that_return(plot):
    for i, level in enumerate(PLANE.levels):
        points = np.stack([plot.arrays[f"level_{i}_{axis}"].values for axis in "xy"], axis=-1)
        np.testing.assert_allclose(expected_return(points), level, atol=1e-12)


def test_lines_of_equal_return_go_from_edge_to_edge_in_short_pieces(plot):
    for i in range(len(PLANE.levels)):
        x, y = (plot.arrays[f"level_{i}_{axis}"].values for axis in "xy")
        assert np.hypot(np.diff(x), np.diff(y)).max() < 0.3
        for end in (0, -1):
            assert min(np.abs(x[end] - PLANE.wide).min(), np.abs(y[end] - PLANE.high).min()) < 1e-9


def test_the_edge_of_the_true_kl_has_no_corner_in_sight(plot):
    edges = np.stack([plot.arrays[f"edge_{axis}"].values for axis in "xy"], axis=-1)[..., :-1, :]
    np.testing.assert_allclose(plot.arrays["edge_x"].values[..., 0], plot.arrays["edge_x"].values[..., -1])
    pieces = np.diff(edges, axis=-2, append=edges[..., :1, :])
    angles = np.arctan2(pieces[..., 1], pieces[..., 0])
    turns = np.diff(angles, axis=-1, append=angles[..., :1])  # at the end of each piece
    turns = np.abs((turns + np.pi) % (2 * np.pi) - np.pi)
    in_sight = np.roll(edges[..., 0], -1, axis=-1) > PLANE.wide[0]
    assert np.degrees(turns[in_sight].max()) < 35


def test_both_full_steps_end_inside_the_picture(plot):
    for name in ("natural", "plain"):
        x = np.array(STARTS)[:, None] + plot.arrays[f"{name}_x"].values
        assert x.min() > PLANE.wide[0] and x.max() < PLANE.wide[1]
        assert np.abs(plot.arrays[f"{name}_y"].values).max() < PLANE.high[1]


def test_the_figure_draws_the_ellipse_and_the_limit():
    plane, along = natural_gradient_step_figure(start=-3.3, delta=0.02).axes
    ellipse = next(line for line in plane.lines if line.get_label() == "bowl = δ")
    steps = np.array(ellipse.get_data()).T - [-3.3, 0]
    slopes = sigmoid([-3.3, 0]) * (1 - sigmoid([-3.3, 0]))
    np.testing.assert_allclose((slopes * steps**2).sum(-1) / 4, 0.02, rtol=1e-6)
    assert along.get_ylabel() == "KL / δ"


@pytest.mark.parametrize("wrong", [{"start": -4.5}, {"start": math.nan}, {"delta": 0}, {"delta": 0.5}])
def test_a_state_outside_the_picture_is_refused(wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=name):
        natural_gradient_step_figure(**wrong)


def test_the_explorable_has_two_sliders_and_little_to_send():
    try_this, row, view = natural_gradient_step().children
    assert "Try this" in try_this.value and "Watch" in try_this.value
    assert isinstance(view, PlotView)
    assert [slider.description for slider in row.children] == ["θ₁ before the step", "limit δ of the KL"]
    assert [slider.value for slider in row.children] == [view.start, view.delta]
    assert sum(map(len, view.numbers.values())) < 1_000_000
