"""Promise and truth under a learner's hands: the line is dragged, and the map shows where that policy goes."""

import pytest

from .explorables import pull, series
from .lab import complaints, open_notebook, run_all, write_notebook

CELL = """import numpy as np
from rlcourse.explorables import promise_and_truth, swept_robots
from rlcourse.algorithms import History
from rlcourse.maze import generate_maze, solve
from IPython.display import display

maze, visits = generate_maze(3, seed=0), np.ones((3, 36))
visits[2, :4] += 9
display(promise_and_truth(maze, [0, 0.04, 0.25], [0, 0.2, 0.5], [0, 0.15, -0.1], visits, limit=0.01))
history = [History([{"step": 1, "approx_kl": 0.1, "score": score}]) for score in (0.5, -1.0)]
policies = [[solve(maze, gamma=0.99).policy], [np.tile([0.0, 1.0, 0.0], (36, 1))]]
names = ("0.2", "no clip")
runs, last = ({name: [one] for name, one in zip(names, history)}, dict(zip(names, policies)))
display(swept_robots(maze, runs, last, metric="score", limit=0.01))"""


@pytest.fixture(scope="module")
def opened(page, lab):
    open_notebook(page, lab, write_notebook(lab, "promise_and_truth", CELL))
    run_all(page)
    series(page, "return_of_all").wait_for(timeout=20_000)
    return page


def colours(page, panel):
    tiles = page.locator(".rlc-plot .rlc-panel").nth(panel).locator(".rlc-tiles path, .rlc-tiles polygon")
    return tiles.evaluate_all("all => all.map(one => one.getAttribute('fill'))")


def test_the_line_is_dragged_to_a_policy_and_the_map_shows_where_that_one_goes(opened):
    page = opened
    assert len(set(colours(page, 1))) == 1, "the old policy goes where the old policy goes"
    pull(page, "far", 0, to=(0.48, 0.1))
    assert "promise +0.50, and −0.10 is what one gets" in page.locator(".rlc-readout").first.text_content()
    first, *others = colours(page, 1)
    assert first != others[0] and len(set(others)) == 1
    assert complaints(page) == []


def test_another_robot_of_the_sweep_is_dragged_to_and_its_map_has_no_arrows(opened):
    page = opened
    said = page.locator(".rlc-readout").nth(1)
    assert "learned with ε = 0.2" in said.text_content()
    arrows = series(page, "way_dx").get_attribute("d")
    pull(page, "robot", 0, to=(1.9, -0.9), panel=2)
    assert "learned with no clip. Its expected return is −1.00" in said.text_content()
    assert len(series(page, "way_dx").get_attribute("d")) < len(arrows)
    assert complaints(page) == []
