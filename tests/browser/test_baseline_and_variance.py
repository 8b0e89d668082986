"""Baseline and variance under a learner's hands: keys on the sliders, the cloud read back in a real browser."""

import numpy as np
import pytest

from rlcourse.explorables.gradients.baseline_and_variance import (
    BASELINES,
    BATCHES,
    DRAWN,
    baseline_and_variance_plot,
)
from rlcourse.explorables.gradients.walk_gradients import a_halfway_robot, every_gradient

from .explorables import drawn, latencies, press, report_latency, slider_value
from .lab import complaints, open_notebook, run_all, write_notebook

CELL = "from rlcourse.explorables import baseline_and_variance\n\nbaseline_and_variance()"


@pytest.fixture(scope="module")
def notebook(page, lab):
    open_notebook(page, lab, write_notebook(lab, "baseline_and_variance", CELL))
    run_all(page)
    page.locator('.rlc-plot [data-series="cloud_y"]').wait_for(timeout=15_000)
    return page


@pytest.fixture(scope="module")
def plot():
    return baseline_and_variance_plot(BASELINES, BATCHES)


def state_of(page):
    return {"baseline": slider_value(page, "baseline"), "batch": slider_value(page, "number of walks")}


def test_the_drawn_parabola_is_the_variance_over_every_walk(notebook):
    gradients = every_gradient(*a_halfway_robot())
    baselines, variance = drawn(notebook, "variance").T
    expected = [gradients.variance(gradients.of_baseline(b)) for b in BASELINES]
    np.testing.assert_allclose(baselines, BASELINES, atol=2e-3)
    np.testing.assert_allclose(variance, expected, atol=5e-3)


def test_keys_on_the_sliders_draw_the_cloud_of_that_baseline_and_batch(notebook, plot):
    page = notebook
    for label, key in (
        ("baseline", "ArrowRight"),
        ("number of walks", "ArrowRight"),
        ("baseline", "End"),
        ("number of walks", "End"),
        ("baseline", "Home"),
    ):
        press(page, label, key, watch="cloud_y")
        state = state_of(page)
        expected = [plot.pick(name, state, along="estimate") for name in ("cloud_x", "cloud_y")]
        dots = drawn(page, "cloud_y")
        assert len(dots) == DRAWN
        np.testing.assert_allclose(dots, np.stack(expected, axis=1), atol=0.02)
    assert state == {"baseline": -0.5, "batch": 128}
    press(page, "baseline", "ArrowRight", watch="cloud_y")  # leaves room to both sides for the tests that follow


def test_the_words_follow(notebook, plot):
    page = notebook
    press(page, "baseline", "ArrowRight", watch="cloud_y")
    state = state_of(page)
    assert page.locator(".rlc-plot [role=img]").get_attribute("aria-label") == plot.fill(plot.alt, state)
    assert page.locator(".rlc-readout").all_text_contents() == [plot.fill(line, state) for line in plot.readouts]
    assert complaints(page) == []


@pytest.mark.parametrize("label", ["baseline", "number of walks"])
def test_a_key_press_is_painted_soon(notebook, record_property, label):
    presses = latencies(notebook, label, keys=("ArrowLeft", "ArrowRight"))
    report_latency(f"baseline and variance, {label}", presses, aim=50, record=record_property)
