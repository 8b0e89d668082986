"""The discount, turned: the curve, where it has fallen to one half, and what walks are worth."""

import numpy as np
import pytest

from rlcourse.explorables import how_far_ahead, how_far_ahead_figure
from rlcourse.explorables.values.how_far_ahead import GAMMAS, LATER, how_far_ahead_plot

WALKS = {"out": [-0.01] * 55 + [0.99], "round": [-0.01, -0.06, -0.01]}
PLOT = how_far_ahead_plot(WALKS)


@pytest.mark.parametrize("gamma", [0.5, 0.9, 0.99, 1.0])
def test_curve_and_returns_are_sums_of_powers(gamma):
    state = {"gamma": gamma}
    np.testing.assert_allclose(PLOT.pick("counts", state, along="later"), gamma ** np.arange(LATER + 1), rtol=1e-5)
    assert PLOT.pick("exit_counts", state) == pytest.approx(gamma**55)
    for i, rewards in enumerate(WALKS.values()):
        assert PLOT.pick(f"return_{i}", state) == pytest.approx(sum(gamma**t * r for t, r in enumerate(rewards)))


def test_the_handle_stands_on_the_curve_where_it_counts_half_or_where_the_picture_ends():
    half, at = PLOT.array("half").values, PLOT.array("at_half").values
    inside = half < LATER
    np.testing.assert_allclose(np.array(GAMMAS)[inside] ** half[inside], 0.5)
    np.testing.assert_allclose(at[inside], 0.5, atol=0.03)
    assert (half[-1], at[-1]) == (LATER, 1.0) and (np.diff(half) > 0).sum() >= inside.sum() - 1


def test_what_is_said_follows_the_slider():
    assert PLOT.fill(PLOT.readouts[0], {"gamma": 0.9}) == "A reward counts half as much when it comes 7 actions later."
    assert PLOT.fill(PLOT.readouts[0], {"gamma": 1.0}) == "A reward always counts in full."
    assert PLOT.fill(PLOT.readouts[2], {"gamma": 1.0}) == "The return of out +0.44, of round −0.08."


def test_it_is_drawn_on_the_page_and_on_paper():
    assert "55 actions later" in how_far_ahead(WALKS).view.picture().alt
    assert len(how_far_ahead_figure(WALKS, gamma=0.9).axes) == 1


@pytest.mark.parametrize("walks", [{}, {"none": []}])
def test_a_walk_without_rewards_is_refused(walks):
    with pytest.raises(ValueError, match="walks must hold at least one walk, and each at least one reward"):
        how_far_ahead(walks)
