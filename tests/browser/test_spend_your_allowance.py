"""Spend your allowance under a learner's hands: its arrow dragged, let go outside, and moved by keys, in a browser."""

import re

import numpy as np
import pytest
import torch

from rlcourse.explorables.trust_region.spend_your_allowance import DELTA, STEPS
from rlcourse.explorables.trust_region.two_junctions import (
    directions_from,
    expected_surrogate,
    mean_kl,
    search_along,
    true_edge,
)

from .explorables import bars, drawn, handle, latencies, pull, report_latency, series
from .lab import complaints, open_notebook, run_all, write_notebook

CELL = "from rlcourse.explorables import spend_your_allowance\n\nspend_your_allowance()"
TIP, DOT = "turn length", "start_1 start_2"


@pytest.fixture(scope="module")
def notebook(page, lab):
    open_notebook(page, lab, write_notebook(lab, "spend_your_allowance", CELL))
    return page


@pytest.fixture
def opened(notebook):
    """The explorable as the cell makes it."""
    notebook.emulate_media(reduced_motion="no-preference")
    run_all(notebook)
    series(notebook, "spent").wait_for(timeout=10_000)
    yield notebook
    notebook.mouse.move(2, 2)
    assert complaints(notebook) == []


def place(page, parameters):
    """Where a handle stands, in the units of the plane."""
    pixels = map(float, re.findall(r"[-\d.]+", handle(page, parameters, 0).get_attribute("transform")))
    marks = page.locator(".rlc-plot .rlc-marks").first
    ends = (map(float, marks.get_attribute(f"data-{axis}").split()) for axis in "xy")
    units = [
        low + (pixel - start) / (stop - start) * (high - low)
        for pixel, (low, high, start, stop) in zip(pixels, ends, strict=True)
    ]
    return torch.tensor(units, dtype=torch.float64)


def costs_and_gains(old, tip):
    """In per cent, of the allowance and of the most that it buys: the two bars."""
    around = true_edge(old, torch.tensor([DELTA], dtype=torch.float64), torch.linspace(0, 2 * torch.pi, 1001).double())
    most = expected_surrogate(old, around[0]).max()
    return [(100 * mean_kl(old, tip) / DELTA).item(), (100 * expected_surrogate(old, tip) / most).item()]


def drawn_bars(page):
    """How high the two bars are drawn, hatched part included."""
    return [bars(page, name)[-1, 1] for name in ("spent", "gained")]


def test_a_step_that_is_dragged_costs_and_gains_what_python_says_and_the_dot_takes_it_along(opened):
    page = opened
    for dot, aim in (((-4, 0), (-2.6, 0.3)), ((-1, 1), (-0.4, 1.2))):
        outside = torch.tensor(dot) + place(page, TIP) - place(page, DOT)
        pull(page, DOT, 0, to=dot)
        page.wait_for_function("!document.querySelector('.rlc-readouts').textContent.includes('let go')")
        if shortened := mean_kl(place(page, DOT), outside) > DELTA:
            assert mean_kl(place(page, DOT), place(page, TIP)) <= 1.01 * DELTA, "the dot was let go, and the step fits"
        pull(page, TIP, 0, to=aim)
        old, tip = place(page, DOT), place(page, TIP)
        np.testing.assert_allclose(old, dot, atol=0.01)
        assert (tip - torch.tensor(aim)).norm() < 0.15, "the grid is fine enough for a hand"
        np.testing.assert_allclose(drawn_bars(page), costs_and_gains(old, tip), atol=1.5)
        assert page.locator(".rlc-beyond").count() == 0
    assert shortened
    assert "within the allowance" in page.locator(".rlc-readouts").text_content()


def test_too_long_a_step_turns_orange_and_is_shortened_when_it_is_let_go(opened):
    page = opened
    ring = handle(page, TIP, 0).locator(".rlc-ring")
    ring.scroll_into_view_if_needed()
    box, old = ring.bounding_box(), place(page, DOT)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 190, box["y"] - 5, steps=3)
    page.wait_for_timeout(150)
    outside = place(page, TIP)
    assert mean_kl(old, outside) > DELTA
    assert page.locator('[data-series="spent"] .rlc-beyond').get_attribute("fill").startswith("url(#rlc-")
    assert page.locator('[data-series="spent"] rect').first.get_attribute("fill") == "#E69F00"
    assert "TOO MUCH" in page.locator(".rlc-readouts").text_content()
    page.mouse.up()
    page.wait_for_timeout(500)
    np.testing.assert_allclose(place(page, TIP) - old, 0.8 * (outside - old), atol=0.01, err_msg="one try")
    accepted, tried = search_along(old, outside - old, DELTA)
    page.wait_for_timeout(400 * len(tried))
    np.testing.assert_allclose(place(page, TIP), accepted, atol=0.01)
    np.testing.assert_allclose(drawn_bars(page), costs_and_gains(old, accepted), atol=1.5)
    assert page.locator(".rlc-beyond").count() == 0


def test_keys_turn_it_and_enter_lets_it_go_at_once_where_motion_is_not_wanted(opened):
    page = opened
    page.emulate_media(reduced_motion="reduce")
    grip = handle(page, TIP, 0)
    assert "Enter lets it go" in grip.get_attribute("aria-label")
    grip.focus()
    for key in ["ArrowLeft"] * 7 + ["PageUp"] * 4:
        page.keyboard.press(key)
    page.wait_for_timeout(100)
    old, outside = place(page, DOT), place(page, TIP)
    along, up = (outside - old).tolist()
    assert np.degrees(np.arctan2(up, along)) == pytest.approx(10, abs=0.5)
    page.keyboard.press("Enter")
    page.wait_for_timeout(200)
    accepted, tried = search_along(old, outside - old, DELTA)
    assert len(tried) > 2
    np.testing.assert_allclose(place(page, TIP), accepted, atol=0.01)


def test_the_trails_are_the_steps_that_both_directions_make(opened):
    page = opened
    page.locator("[data-plays=steps]").click()
    page.get_by_text(f"After {STEPS} steps").wait_for(timeout=15_000)
    for name, direction in (("plain", "gradient"), ("natural", "natural")):
        old = torch.tensor([-4.0, 0.0], dtype=torch.float64)
        for i, seen in enumerate(drawn(page, f"{name}_trail_y")):
            np.testing.assert_allclose(seen, old, atol=0.02, err_msg=f"{name}, step {i}")
            directions = directions_from(old)
            old, _ = search_along(old, directions.full_step(getattr(directions, direction), DELTA), DELTA)
        assert i == STEPS


def test_dragging_the_tip_is_painted_soon(opened, record_property):
    page = opened
    ring = handle(page, TIP, 0).locator(".rlc-ring")
    ring.scroll_into_view_if_needed()
    box = ring.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    moves = [(x + 15 * (i % 2 + 1), y) for i in range(20)]
    milliseconds = latencies(page, None, moves=moves, watched=".rlc-readouts")
    page.mouse.up()
    report_latency("dragging a free handle", milliseconds, aim=50, record=record_property)
