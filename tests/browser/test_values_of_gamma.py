"""The heat maps under a learner's hands: keys, buttons and clicks; colours read back from a real browser."""

import numpy as np
import pytest

from rlcourse.explorables.values.values_of_gamma import GAMMAS, QUANTITIES, values_of_gamma_plot
from rlcourse.maze import solve
from rlcourse.maze.generation import generate_maze
from rlcourse.showing.style import SIGNED

from .explorables import latencies, press, report_latency, series, slider_value
from .lab import complaints, open_notebook, run_all, write_notebook

MAZE = generate_maze(8, seed=0)
CELL = """
from rlcourse.explorables import values_of_gamma
from rlcourse.maze.generation import generate_maze

values_of_gamma(generate_maze(8, seed=0))
"""


def shades(page, name):
    """Where each tile's colour stands on the scale, from −1 to 1."""
    fills = series(page, name).locator("path").evaluate_all("all => all.map(tile => tile.getAttribute('fill'))")
    return np.array([SIGNED.colors.index(fill) for fill in fills]) / 32 - 1


def assert_drawn(page, name, numbers, reach):
    np.testing.assert_allclose(shades(page, name), numbers / reach, atol=0.51 / 32)


@pytest.fixture(scope="module")
def notebook(page, lab):
    open_notebook(page, lab, write_notebook(lab, "values_of_gamma", CELL))
    run_all(page)
    page.locator('.rlc-plot [data-series="V"]').wait_for(timeout=15_000)
    return page


def test_keys_on_the_slider_colour_the_maps_by_the_exact_values(notebook):
    page = notebook
    for key in ("ArrowLeft", "ArrowLeft", "End", "Home", "PageUp"):
        press(page, "discount", key, watch="V")
        exact = solve(MAZE, gamma=slider_value(page, "discount"))
        V, Q, A = (getattr(exact, name)[MAZE.open_states] for name in "VQA")
        assert_drawn(page, "V", V, np.abs(Q).max())
        assert_drawn(page, "chosen", A[:, 0], np.abs(A).max())


def test_the_buttons_choose_what_is_drawn_on_the_right_and_the_colour_bar_follows(notebook):
    page = notebook
    press(page, "discount", "End", watch="V")
    exact = solve(MAZE, gamma=GAMMAS[-1])
    Q, A = exact.Q[MAZE.open_states], exact.A[MAZE.open_states]
    for quantity, numbers, reach in (
        ("Q right", Q[:, 2], np.abs(Q).max()),
        ("A left", A[:, 1], np.abs(A).max()),
    ):
        page.get_by_role("button", name=quantity).click()
        page.wait_for_function(
            "wanted => document.querySelector('.rlc-plot [role=img]').getAttribute('aria-label').includes(wanted)",
            arg=f"and {quantity}.",
            timeout=5000,
        )
        assert_drawn(page, "chosen", numbers, reach)
        bar = page.locator(".rlc-panel").nth(1).locator(".rlc-bar")
        lowest, highest = bar.locator("text").first.text_content(), bar.locator("text").last.text_content()
        assert [float(text.replace("−", "-")) for text in (lowest, highest)] == pytest.approx(
            [-reach, reach], abs=0.005
        )
        assert bar.locator("rect").last.get_attribute("fill") == SIGNED.colors[-1]


def test_a_click_and_the_slider_choose_the_same_state(notebook):
    page = notebook
    changed = "before => document.querySelector('.rlc-readout').textContent !== before"
    before = page.locator(".rlc-readout").first.text_content()
    series(page, "V").locator("path").nth(100).click()
    page.wait_for_function(changed, arg=before, timeout=5000)
    plot = values_of_gamma_plot(MAZE)
    state = {"discount": len(GAMMAS) - 1, "quantity": QUANTITIES.index("A left"), "seat": 100}
    assert page.locator(".rlc-readout").all_text_contents() == [plot.fill(line, state) for line in plot.readouts]
    before = page.locator(".rlc-readout").first.text_content()
    page.locator(".jp-OutputArea .widget-slider", has_text="state").locator(".noUi-handle").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(changed, arg=before, timeout=5000)
    state["seat"] = 101
    assert page.locator(".rlc-readout").all_text_contents() == [plot.fill(line, state) for line in plot.readouts]
    assert page.locator(".rlc-plot [role=img]").get_attribute("aria-label") == plot.fill(plot.alt, state)
    assert complaints(page) == []


def test_a_key_press_is_painted_soon(notebook, record_property):
    milliseconds = latencies(notebook, "discount", keys=("ArrowLeft", "ArrowRight"))
    report_latency("values over gamma", milliseconds, aim=50, record=record_property)
