"""The same step: every probability against the logistic function by hand."""

import math

import numpy as np
import pytest

from rlcourse.explorables import same_step, same_step_figure
from rlcourse.explorables.trust_region.same_step import STARTS, STEP, same_step_plot


def sigmoid(x):
    return 1 / (1 + np.exp(-np.asarray(x)))


def test_before_after_and_the_change_are_those_of_the_sigmoid():
    plot = same_step_plot()
    for start in STARTS:
        state = {"start": start}
        assert plot.pick("end", state) == start + STEP
        assert plot.pick("before", state) == pytest.approx(sigmoid(start))
        assert plot.pick("after", state) == pytest.approx(sigmoid(start + STEP))
        assert plot.pick("change", state) == pytest.approx(100 * (sigmoid(start + STEP) - sigmoid(start)))
        np.testing.assert_allclose(sigmoid(plot.pick("way_x", state, "piece")), plot.pick("way_y", state, "piece"))
    np.testing.assert_allclose(plot.arrays["changes"].values, plot.arrays["change"].values)


def test_it_is_harmless_where_it_opens_and_ruinous_around_zero():
    plot = same_step_plot()
    assert plot.pick("change", {"start": -6}) < 2 < 40 < plot.pick("change", {"start": -1})
    assert "from θ = −1.00, where π(left) is 26.9 %" in plot.fill(plot.alt, {"start": -1})


def test_the_dot_can_be_dragged_and_the_figure_shows_any_place_of_the_slider():
    assert {handle.moves for panel in same_step().view.plot.panels for handle in panel.handles} == {"start"}
    curve, changes = same_step_figure(start=2.25).axes
    assert curve.lines[-1].get_xdata()[0] == changes.lines[-1].get_xdata()[0] == 2.25


@pytest.mark.parametrize("wrong", [-7.25, 0.1, math.nan])
def test_a_place_that_is_not_on_the_slider_is_refused(wrong):
    with pytest.raises(ValueError, match="start"):
        same_step_figure(start=wrong)
