"""Twenty rounds on one batch under a learner's hands: the rounds and a fence are dragged, and what is drawn then."""

import pickle
import re

import numpy as np
import pytest
import torch

from rlcourse.equations import clipped_surrogate
from rlcourse.explorables import promise, truth
from rlcourse.explorables.clipping.rounds import Rounds
from rlcourse.explorables.clipping.twenty_rounds import ARROWS, LONGEST, PUSH, picked_dots, twenty_rounds_plot
from rlcourse.explorables.clipping.twenty_rounds_panels import FLOOR, ROOF

from .explorables import drawn, latencies, pull, report_latency, series, slider, slider_value
from .lab import complaints, open_notebook, run_all, write_notebook

EPSILONS = (0.1, 0.3)
CELL = f"""import pickle
from pathlib import Path

from rlcourse.explorables import record_update, twenty_rounds

recorded = [record_update(bands, epochs=20, seed=3) for bands in ([0.999], {EPSILONS})]
Path("twenty_rounds.pickle").write_bytes(pickle.dumps(recorded))
twenty_rounds(*recorded)"""


@pytest.fixture(scope="module")
def recorded(opened, lab):
    """What the cell has recorded. The band of 0.999 is so wide that it stands for none."""
    return Rounds(*pickle.loads((lab.root / "twenty_rounds.pickle").read_bytes()))


@pytest.fixture(scope="module")
def opened(page, lab):
    open_notebook(page, lab, write_notebook(lab, "twenty_rounds", CELL))
    run_all(page)
    series(page, "promise_free").wait_for(timeout=20_000)
    return page


def arrows(page, name):
    """How far each small arrow reaches along the ratio axis, by the place of its tail."""
    shafts = re.findall(r"M([\d.-]+) ([\d.-]+)L([\d.-]+) [\d.-]+M", series(page, name).get_attribute("d"))
    low, high, start, end = map(float, page.locator(".rlc-marks").nth(3).get_attribute("data-x").split())
    pixels = np.array(shafts, dtype=float)
    return (pixels[:, 2] - pixels[:, 0]) / (end - start) * (high - low)


def test_a_drag_along_the_rounds_and_of_a_fence_draws_what_python_says(opened, recorded):
    page = opened
    pull(page, "round", 0, to=(12.6, 0.1))
    pull(page, "fence", 0, to=(np.log2(1.26), 0.5), panel=3)  # 1.3 is nearer than 1.1
    round_, fence, step = slider_value(page, "rounds"), 1, 50
    assert round_ == 12.5
    picked = picked_dots(recorded)
    log_ratio = (recorded.held.logprobs[fence, step] - recorded.held.old_logprobs)[picked]
    advantages = recorded.held.advantages[picked]
    x = (log_ratio / np.log(2)).clamp(FLOOR, ROOF)
    for name, mine in (("dot_y_good", advantages > 0), ("dot_y_bad", advantages < 0)):
        np.testing.assert_allclose(drawn(page, name)[:, 0], x[mine], atol=0.01)
    ratio = log_ratio.exp()
    no_push = (advantages > 0) & (ratio > 1.3) | (advantages < 0) & (ratio < 0.7)
    np.testing.assert_allclose(drawn(page, "dot_y")[:, 0], x[no_push], atol=0.01)
    leaf = log_ratio.clone().requires_grad_()
    clipped_surrogate(leaf, torch.zeros_like(leaf), advantages, clip_low=0.3, clip_high=0.3).sum().backward()
    outside = (ratio < 0.7) | (ratio > 1.3)
    plot = twenty_rounds_plot(recorded)
    one_in_eight = torch.from_numpy(plot.arrays["dot_y"].values.argsort().argsort() % ARROWS == 0)
    for name, which in (("push", ~outside & one_in_eight), ("push_back", outside & ~no_push)):
        length = (PUSH * leaf.grad[which]).clamp(-LONGEST, LONGEST)
        np.testing.assert_allclose(arrows(page, name), length, atol=0.02)
    for name, measure in (("promise", promise), ("truth", truth)):
        curve = drawn(page, f"{name}_free")
        np.testing.assert_allclose(curve[:, 1], measure(recorded.free)[::2], atol=0.01)
    state = {"round": 12.5, "fence": fence}
    assert page.locator('.rlc-plot [role="img"]').get_attribute("aria-label") == plot.fill(plot.alt, state)
    assert complaints(page) == []


def test_without_a_fence_nobody_is_outside_and_the_maps_are_one(opened):
    page = opened
    pull(page, "fence", 0, to=(2.8, 0.5), panel=3)
    assert "No fence: every action is pushed on" in page.locator(".rlc-readout").nth(1).text_content()
    assert series(page, "dot_y").get_attribute("d") == ""
    assert series(page, "way_dx").get_attribute("d") == series(page, "way_dx_free").get_attribute("d") != ""
    assert "mod-active" in page.locator(".widget-toggle-button", has_text="none").get_attribute("class")


def test_on_a_dark_page_the_maps_are_dark(opened):
    page = opened
    page.evaluate("document.body.dataset.jpThemeLight = 'false'")
    tiles = page.locator(".rlc-two-sided .rlc-tiles")
    turned = tiles.evaluate_all("all => all.map(one => getComputedStyle(one).filter)")
    page.evaluate("document.body.dataset.jpThemeLight = 'true'")
    assert len(turned) == 2 and all("invert(1)" in one for one in turned)
    assert page.locator(".rlc-ground").count() == 0, "no white paper under them"
    assert tiles.first.evaluate("one => getComputedStyle(one).filter") == "none"


def test_it_plays_and_keys_move_it(opened, record_property):
    page = opened
    slider(page, "rounds").focus()
    page.keyboard.press("Home")
    page.locator("[data-plays=round]").click()
    page.wait_for_function("document.querySelector('.rlc-readout').textContent.includes('After 20.0')", timeout=20_000)
    slider(page, "rounds").focus()
    page.keyboard.press("Home")
    page.wait_for_timeout(150)
    report_latency("twenty rounds", latencies(page, "rounds"), aim=50, record=record_property)


def test_maps_stand_beside_or_below(opened):
    """Two rows where there is room; on a narrow page the curves and the maps in pairs, the dots between them."""
    page = opened
    corner = "panels => panels.map(panel => [panel.getBoundingClientRect().x, panel.getBoundingClientRect().y])"
    places = {}
    for width in (1280, 1060):  # of which the file browser takes a third
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(400)
        places[width] = np.array(page.locator(".rlc-panel").evaluate_all(corner)).round()
    promise, truth, with_fences, dots, without = places[1280]
    assert promise[1] == truth[1] == with_fences[1] < dots[1] == without[1]
    assert with_fences[0] == without[0] > truth[0] > promise[0] == dots[0]
    promise, truth, with_fences, dots, without = places[1060]
    assert promise[1] == truth[1] < dots[1] < with_fences[1] == without[1]
    page.set_viewport_size({"width": 1280, "height": 900})
