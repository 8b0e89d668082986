"""A value head while it learns: dots are what it said, bars what there is to learn, and the gap lies between them."""

import numpy as np
import pytest

from rlcourse.explorables import value_head_learns, value_head_learns_figure
from rlcourse.explorables.values.value_head_learns import value_head_learns_plot

TOKENS, TARGETS = ["2", " is", "<end>"], np.array([-0.2, -0.4, -0.8])
SAID = {0: np.zeros(3), 5: np.array([-0.1, -0.5, -0.6]), 10: np.array([-0.2, -0.4, -0.79])}


def test_dots_stand_beside_their_bars_and_the_gap_is_the_largest_distance():
    plot = value_head_learns_plot(TOKENS, TARGETS, SAID)
    np.testing.assert_array_equal(plot.pick("target", {"updates": 5}, along="cursor"), TARGETS)
    for updates, gap in ((0, 0.8), (5, 0.2), (10, 0.01)):
        np.testing.assert_array_equal(plot.pick("said", {"updates": updates}, along="cursor"), SAID[updates])
        assert plot.pick("apart", {"updates": updates}) == pytest.approx(gap)
    assert plot.panels[0].x.names == ("|", "2|", "2␣is|")
    told = plot.fill(plot.readouts[0], {"updates": 5})
    assert told == (
        "After 5 updates: at the first cursor −0.100 (to learn: −0.200), at the last −0.600 (to learn: −0.800). The "
        "largest gap is 0.200."
    )
    assert plot.panels[0].y.low < -0.8 and plot.panels[0].y.high > 0, "rewards below 0 have room"


def test_it_opens_untrained_can_be_played_and_prints_its_last_state():
    view = value_head_learns(TOKENS, TARGETS, SAID).view
    assert (view.updates, view.plays) == (0, ["updates"])
    left = value_head_learns_figure(TOKENS, TARGETS, SAID).axes[0]
    assert any(np.allclose(line.get_ydata(), SAID[10]) for line in left.lines if len(line.get_ydata()) == 3)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({0: np.zeros(3)}, "two or more numbers of updates"),
        ({0: np.zeros(3), 1: np.zeros(3), 5: np.zeros(3)}, "evenly spaced"),
        ({0: np.zeros(3), 5: np.zeros(2)}, r"said\[5\] must have one value for each of 3 tokens, got \[2\]"),
    ],
)
def test_what_fits_to_no_slider_or_no_answer_is_refused(said, words):
    with pytest.raises(ValueError, match=words):
        value_head_learns(TOKENS, TARGETS, said)
