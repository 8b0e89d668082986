"""A walk under a learner's hands: the robot is dragged back along its way, and the sum says what its return is."""

import numpy as np
import pytest

from rlcourse.equations import discounted_returns
from rlcourse.explorables.values.return_of_a_walk import _walk_of, return_of_a_walk_plot
from rlcourse.explorables.values.walk_by_walk import paid

from .explorables import drawn, press, pull, series, slider_value
from .lab import complaints, open_notebook, run_all, write_notebook

CELL = "from rlcourse.explorables import return_of_a_walk\n\nreturn_of_a_walk()"


@pytest.fixture(scope="module")
def notebook(page, lab):
    open_notebook(page, lab, write_notebook(lab, "return_of_a_walk", CELL))
    run_all(page)
    series(page, "returns").wait_for(timeout=15_000)
    return page


def test_the_robot_is_dragged_back_and_the_sum_is_its_return(notebook):
    page = notebook
    maze, states = _walk_of(None, None)
    plot = return_of_a_walk_plot(maze, states)
    row, column = divmod(int(states[10]) // 4, maze.size)
    pull(page, "step", 0, to=(column + 0.5, maze.size - row - 0.5))
    step, gamma = int(slider_value(page, "step")), slider_value(page, "discount")
    assert states[step] // 4 == states[10] // 4, "it stands where it was let go"
    state = {"step": step, "discount": list(plot.arrays["gamma"].values).index(gamma)}
    said = page.locator(".rlc-plot").first.inner_text()
    assert all(plot.fill(line, state) in said for line in plot.readouts)


def test_the_slider_for_gamma_draws_the_returns_of_the_equation(notebook):
    page = notebook
    rewards, done = paid(*_walk_of(None, None))
    for key in ("ArrowLeft", "Home"):
        press(page, "discount", key, watch="returns")
        expected = discounted_returns(rewards, done, gamma=slider_value(page, "discount"))[:, 0]
        np.testing.assert_allclose(drawn(page, "returns")[:, 1], expected, atol=0.01)
    assert complaints(page) == []
