"""Promise and truth: what is handed in is what is drawn, and the map is the new policy's visits less the old one's."""

import numpy as np
import pytest

from rlcourse.explorables import promise_and_truth, promise_and_truth_figure
from rlcourse.explorables.trust_region.promise_and_truth import promise_and_truth_plot
from rlcourse.maze import generate_maze

MAZE = generate_maze(3, seed=0)
KLS, PROMISE, TRUTH = [0.0, 0.04, 0.25], [0.0, 0.2, 0.5], [0.0, 0.15, -0.1]
VISITS = np.ones((3, MAZE.num_states))
VISITS[2, :4] += 9  # in the first cell
GIVEN = (MAZE, KLS, PROMISE, TRUTH, VISITS)


def test_curves_and_map_are_what_was_handed_in():
    plot = promise_and_truth_plot(*GIVEN, limit=0.01)
    np.testing.assert_allclose(plot.arrays["root_curve"].values, [0, 0.2, 0.5])
    np.testing.assert_allclose(plot.arrays["promise_curve"].values, PROMISE)
    np.testing.assert_allclose(plot.arrays["truth_curve"].values, TRUTH)
    np.testing.assert_allclose(plot.arrays["change"].values[2], [36] + 8 * [0])
    assert (plot.arrays["change"].values[:2] == 0).all()
    # 40 of 72 visits are in the first cell, in the place of 4 of 36.
    assert plot.pick("elsewhere", {"far": 2}) == pytest.approx(100 * (40 / 72 - 4 / 36))
    assert "at 0.250 nats +0.50 and −0.10" in plot.fill(plot.alt, {"far": 2})


def test_the_line_can_be_dragged_and_the_figure_shows_any_of_the_policies():
    assert [handle.moves for handle in promise_and_truth(*GIVEN, limit=0.01).view.plot.panels[0].handles] == ["far"]
    curves, _, *_ = promise_and_truth_figure(*GIVEN, limit=0.01, far=1).axes
    assert [0.2, 0.15] in [
        [*line.get_xdata(), *line.get_ydata()] for line in curves.lines if len(line.get_xdata()) == 1
    ]


@pytest.mark.parametrize(
    "wrong", [(KLS[:2], PROMISE, TRUTH, VISITS), ([0, 0.3, 0.2], PROMISE, TRUTH, VISITS), ([0.1, 0.2, 0.3], *GIVEN[2:])]
)
def test_what_does_not_fit_together_is_refused(wrong):
    with pytest.raises(ValueError, match="kls"):
        promise_and_truth(MAZE, *wrong, limit=0.01)
