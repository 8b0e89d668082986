"""What can be dragged and played: hands on the picture itself, in a real browser, and what is drawn after."""

import numpy as np
import pytest
import torch

from rlcourse.equations import clipped_surrogate, prefix_values
from rlcourse.explorables.clipping.clipped_objective import ADVANTAGES, EPSILONS, RATIOS, clipped_objective_plot

from .explorables import bars, drawn, handle, latencies, pull, report_latency, series, slider, slider_value
from .lab import complaints, open_notebook, run_all, write_notebook

CELL = "from rlcourse.explorables import clipped_objective, prefix_values\n\nclipped_objective()"


@pytest.fixture(scope="module")
def notebook(page, lab):
    open_notebook(page, lab, write_notebook(lab, "handles", CELL, "prefix_values()"))
    run_all(page)
    series(page, "value").wait_for(timeout=10_000)
    return page


@pytest.fixture
def opened(notebook):
    """Both explorables, with their sliders wherever the test before has left them."""
    notebook.emulate_media(reduced_motion="no-preference")
    yield notebook
    notebook.mouse.move(2, 2)
    assert complaints(notebook) == []


def turn(page, label, key):
    slider(page, label).focus()
    page.keyboard.press(key)
    page.wait_for_timeout(150)


def surrogate(ratios, epsilon, advantage):
    logprobs = torch.as_tensor(ratios).log()
    bounds = {"clip_low": epsilon, "clip_high": epsilon}
    return clipped_surrogate(logprobs, torch.zeros_like(logprobs), torch.tensor(advantage).double(), **bounds).numpy()


def test_a_dot_is_dragged_along_its_curve_and_the_slider_follows(opened):
    page = opened
    turn(page, "ratio", "Home")
    pull(page, "ratio", 0, to=(1.7, 0.4))  # off the curve: the nearest of its dots is meant
    ratio, epsilon, advantage = (slider_value(page, label) for label in ("ratio", "clip range", "advantage"))
    curve = np.stack([RATIOS, surrogate(np.array(RATIOS), epsilon, advantage)], axis=1)
    box = page.locator(".rlc-marks").first.evaluate("marks => [marks.dataset.x, marks.dataset.y]")
    scale = [(float(b) - float(a)) / (float(high) - float(low)) for low, high, a, b in (axis.split() for axis in box)]
    distances = np.hypot(*((curve - [1.7, 0.4]) * scale).T)
    assert ratio == pytest.approx(RATIOS[distances.argmin()], abs=0.021)
    plot = clipped_objective_plot(EPSILONS, RATIOS, ADVANTAGES)
    state = {"epsilon": epsilon, "ratio": ratio, "advantage": advantage}
    assert page.locator('.rlc-plot [role="img"]').first.get_attribute("aria-label") == plot.fill(plot.alt, state)


def test_the_edge_of_the_band_and_the_lever_change_what_is_drawn(opened):
    page = opened
    pull(page, "epsilon", 0, to=(1.4, 2.0))
    pull(page, "advantage", 0, to=(2.4, -1.8))
    epsilon, advantage = slider_value(page, "clip range"), slider_value(page, "advantage")
    assert (epsilon, advantage) == (0.4, -0.75)
    ratios, objective = drawn(page, "objective").T
    np.testing.assert_allclose(objective, surrogate(ratios, epsilon, advantage), atol=2e-3)
    pull(page, "epsilon", 1, to=(0.9, 2.0))  # the other edge, which goes the other way
    assert slider_value(page, "clip range") == 0.1


def test_a_finger_drags_too(opened):
    page = opened
    turn(page, "discount", "End")
    session = page.context.new_cdp_session(page)
    grip = handle(page, "gamma", 0)
    grip.scroll_into_view_if_needed()
    box = grip.locator(".rlc-ring").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in (10, 20, 40):
        session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x, "y": y + step}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_timeout(200)
    gamma = slider_value(page, "discount")
    assert gamma < 0.9
    reward = slider_value(page, "reward")
    np.testing.assert_allclose(bars(page, "value")[:, 1], prefix_values(reward, 7, gamma=gamma), atol=5e-3)


def test_keys_move_a_handle_that_has_the_focus_and_its_name_is_the_sliders(opened):
    page = opened
    grip = handle(page, "ratio", 0)
    assert (grip.get_attribute("role"), grip.get_attribute("aria-label")) == ("slider", "ratio ρ")
    assert handle(page, "ratio", 1).get_attribute("tabindex") is None, "one stop for each parameter"
    grip.focus()
    for key in ("Home", "ArrowRight", "ArrowUp", "ArrowLeft", "PageUp"):
        page.keyboard.press(key)
    page.wait_for_timeout(150)
    assert slider_value(page, "ratio") == 0.14
    assert float(grip.get_attribute("aria-valuenow")) == pytest.approx(0.14)
    page.keyboard.press("End")
    page.wait_for_timeout(150)
    assert slider_value(page, "ratio") == 2.5


def test_a_hand_and_a_ring_say_what_can_be_dragged(opened):
    page = opened
    turn(page, "ratio", "Home")
    hit, ring = (handle(page, "ratio", 0).locator(f".rlc-{part}") for part in ("hit", "ring"))
    cursor, width = "element => getComputedStyle(element).cursor", "ring => getComputedStyle(ring).strokeWidth"
    assert hit.evaluate(cursor) == "grab"
    before = ring.evaluate(width)
    hit.hover()
    page.wait_for_timeout(300)
    assert ring.evaluate(width) > before
    assert handle(page, "ratio", 1).locator(".rlc-ring").evaluate(width) > before, "its partner lights up with it"
    page.mouse.down()
    assert hit.evaluate(cursor) == "grabbing"
    page.mouse.up()
    assert ring.evaluate("ring => getComputedStyle(ring).transitionDuration") == "0.12s, 0.12s"
    page.emulate_media(reduced_motion="reduce")
    assert ring.evaluate("ring => getComputedStyle(ring).transitionDuration") == "0s"


def test_a_sequence_plays_once_to_its_end_and_pauses(opened):
    page = opened
    play = page.locator("[data-plays=gamma]")
    turn(page, "discount", "Home")
    assert play.get_attribute("aria-label") == "Play discount γ"
    play.click()
    page.wait_for_timeout(250)
    assert play.get_attribute("aria-label") == "Pause discount γ"
    play.click()
    paused = slider_value(page, "discount")
    page.wait_for_timeout(250)
    assert 0 < slider_value(page, "discount") == paused < 1
    play.click()
    page.wait_for_function(
        "document.querySelector('[data-plays=gamma]').getAttribute('aria-label') === 'Play discount γ'", timeout=20_000
    )
    assert slider_value(page, "discount") == 1


def test_where_motion_is_not_wanted_a_press_is_one_step(opened):
    page = opened
    page.emulate_media(reduced_motion="reduce")
    turn(page, "discount", "Home")
    page.locator("[data-plays=gamma]").click()
    page.wait_for_timeout(300)
    assert slider_value(page, "discount") == 0.01


def test_a_drag_is_painted_soon(opened, record_property):
    page = opened
    turn(page, "ratio", "Home")
    box = handle(page, "ratio", 0).locator(".rlc-ring").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    milliseconds = latencies(page, None, moves=[(x + 4 * (i % 2 + 1), y) for i in range(40)])
    page.mouse.up()
    report_latency("dragging the ratio", milliseconds, aim=50, record=record_property)
