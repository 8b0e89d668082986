"""Policies on a map and the discount to turn, read back from the page: by button, by pointer, by dragging."""

import numpy as np
import pytest

from rlcourse.maze import generate_maze, solve, ways_out

from .explorables import drawn, handle, pull, slider_value
from .lab import cell_outputs, complaints, open_notebook, run_all, write_notebook

MAZE = generate_maze(4, seed=0)
BEST = solve(MAZE, gamma=0.9).policy
CELLS = (
    """
import numpy as np
from rlcourse.explorables import how_far_ahead, policy_maps
from rlcourse.maze import generate_maze, solve

maze = generate_maze(4, seed=0)
policy_maps(maze, {"undecided": np.full((maze.num_states, 3), 1 / 3), "best": solve(maze, gamma=0.9).policy})
""",
    'how_far_ahead({"the way out": [-0.01] * 30 + [0.99]})',
)


@pytest.fixture(scope="module")
def opened(page, lab):
    open_notebook(page, lab, write_notebook(lab, "policy_maps", *CELLS))
    run_all(page)
    cell_outputs(page, 1).locator(".rlc-plot .rlc-marks").first.wait_for(timeout=20_000)
    assert complaints(page) == []
    return page


def test_a_button_shows_another_policy_and_pointing_its_numbers(opened):
    opened.get_by_role("button", name="best", exact=True).click()
    opened.wait_for_timeout(300)
    scales = opened.locator(".rlc-stage .rlc-way").evaluate_all(
        "all => all.map(way => { const m = new DOMMatrix(way.style.transform); return Math.hypot(m.a, m.b) / 0.8; })"
    )
    inside = np.arange(MAZE.num_cells) != MAZE.exit_cell
    np.testing.assert_allclose(np.reshape(scales, (-1, 4))[inside], ways_out(MAZE, BEST)[inside], atol=1e-4)
    opened.locator('.rlc-stage [data-cell="5"] .rlc-value').hover(force=True)
    rows = opened.locator(".rlc-learning tbody tr").evaluate_all(
        "all => all.map(row => [...row.querySelectorAll('td')].map(cell => parseInt(cell.textContent)))"
    )
    np.testing.assert_array_equal(rows, (100 * BEST[20:24]).round().astype(int), "π alone, no V")
    pressed = opened.locator(".rlc-pages button").evaluate_all("all => all.map(one => one.ariaPressed)")
    assert pressed == ["false", "true"]
    assert "best" in opened.locator(".rlc-learning .rlc-when").text_content()


def test_the_table_stands_beside_the_map_where_there_is_room(opened):
    stage, aside = (opened.locator(f".rlc-learning .{name}").bounding_box() for name in ("rlc-stage", "rlc-aside"))
    assert aside["x"] > stage["x"] + stage["width"] and abs(aside["y"] - stage["y"]) < 20


def test_the_discount_can_be_dragged_along_the_curve(opened):
    ring = handle(opened, "gamma", 0).locator(".rlc-ring")
    ring.scroll_into_view_if_needed()
    pull(opened, "gamma", 0, to=(20, 0.5))
    gamma = slider_value(opened, "discount γ")
    assert np.log(0.5) / np.log(gamma) == pytest.approx(20, abs=2)
    later, counts = drawn(opened, "counts").T
    np.testing.assert_allclose(counts, gamma**later, atol=0.01)
