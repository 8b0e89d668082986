"""From two scores to a preference: the curves are the sigmoid's and its logarithm's."""

import numpy as np

from rlcourse.explorables.replies.score_difference import DIFFERENCES, score_difference_plot


def test_bet_and_losses_are_those_of_the_sigmoid():
    plot = score_difference_plot()
    for difference in (-5.0, -0.3, 0.0, 2.2):
        state = {"difference": difference}
        bet = 1 / (1 + np.exp(-difference))
        np.testing.assert_allclose(plot.pick("chance", state), bet)
        np.testing.assert_allclose(plot.pick("loss_a", state), -np.log(bet))
        np.testing.assert_allclose(plot.pick("loss_b", state), -np.log(1 - bet))
    np.testing.assert_allclose(plot.arrays["chances"].values, 1 / (1 + np.exp(-np.array(DIFFERENCES))))
    assert "73 %" in plot.fill(plot.alt, {"difference": 1.0})
