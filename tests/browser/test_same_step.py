"""The same step under a learner's hand: dragged along its curve in a real browser."""

import numpy as np
import pytest

from .explorables import drawn, pull, series, slider_value
from .lab import complaints, open_notebook, run_all, write_notebook

CELL = "from rlcourse.explorables import same_step\n\nsame_step()"


def test_the_step_is_drawn_along_the_sigmoid_from_wherever_the_dot_is_dragged(page, lab):
    open_notebook(page, lab, write_notebook(lab, "same_step", CELL))
    run_all(page)
    series(page, "way_y").wait_for(timeout=10_000)
    pull(page, "start", 0, to=(-1.0, 0.25))
    start = slider_value(page, "before the step")
    assert start == pytest.approx(-1, abs=0.25)
    x, y = drawn(page, "way_y").T
    np.testing.assert_allclose([x[0], x[-1]], [start, start + 2], atol=0.02)
    np.testing.assert_allclose(y, 1 / (1 + np.exp(-x)), atol=0.01)
    assert complaints(page) == []
