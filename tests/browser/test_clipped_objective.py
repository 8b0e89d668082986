"""The clipped objective under a learner's hands: keys on its sliders, in a real browser."""

import numpy as np
import pytest
import torch

from rlcourse.equations import clipped_surrogate
from rlcourse.explorables.clipping.clipped_objective import ADVANTAGES, EPSILONS, RATIOS, clipped_objective_plot

from .explorables import drawn, latencies, press, pull, report_latency, series, slider, slider_value
from .lab import interrupt, open_notebook, run_all, start_all, wait_idle, write_notebook

CELL = "from rlcourse.explorables import clipped_objective\n\nclipped_objective()"


@pytest.fixture(scope="module")
def notebook(page, lab):
    open_notebook(page, lab, write_notebook(lab, "clipped_objective", CELL))
    return page


@pytest.fixture
def opened(notebook):
    """The explorable as the cell makes it."""
    run_all(notebook)
    series(notebook, "objective").wait_for(timeout=10_000)
    return notebook


def test_a_key_on_a_slider_draws_what_the_equation_says(opened):
    page = opened
    for label, key in (("clip range", "ArrowRight"), ("advantage", "ArrowLeft"), ("clip range", "ArrowLeft")):
        press(page, label, key, watch="objective")
        ratios, objective = drawn(page, "objective").T
        epsilon, advantage = slider_value(page, "clip range"), slider_value(page, "advantage")
        logprobs = torch.from_numpy(ratios).log()
        expected = clipped_surrogate(
            logprobs, torch.zeros_like(logprobs), torch.tensor(advantage).double(), clip_low=epsilon, clip_high=epsilon
        )
        np.testing.assert_allclose(objective, expected, atol=5e-4)  # pixels are written with two digits
    assert (epsilon, advantage) == (0.2, 0.75)


def test_the_picture_is_described_in_words_and_the_words_follow(opened):
    page = opened
    plot = clipped_objective_plot(EPSILONS, RATIOS, ADVANTAGES)
    picture = page.locator('.rlc-plot [role="img"]')
    state = {"epsilon": 0.2, "ratio": 1.0, "advantage": 1.0}
    assert picture.get_attribute("aria-label") == plot.fill(plot.alt, state)

    press(page, "clip range", "ArrowRight", watch="objective")
    press(page, "advantage", "ArrowLeft", watch="objective")
    slider(page, "ratio").focus()
    for _ in range(12):  # 1.00 → 1.24, past 1 + ε
        page.keyboard.press("ArrowRight")
    page.get_by_text("Slope 0: no more push.").wait_for(timeout=3000)
    state = {"epsilon": 0.22, "ratio": 1.24, "advantage": 0.75}
    assert picture.get_attribute("aria-label") == plot.fill(plot.alt, state)
    assert page.locator(".rlc-readout").all_text_contents() == [plot.fill(line, state) for line in plot.readouts]
    assert page.locator(".rlc-marks .rlc-shaft").count() == 0, "no push, no arrow"


def test_a_key_press_is_painted_soon(opened, record_property):
    report_latency("clipped objective", latencies(opened, "clip range"), aim=50, record=record_property)


def test_it_follows_while_a_cell_keeps_the_kernel_busy(page, lab):
    open_notebook(page, lab, write_notebook(lab, "busy", CELL, "import time\n\ntime.sleep(300)"))
    start_all(page)
    series(page, "objective").wait_for(timeout=60_000)
    busy = page.locator(".jp-StatusBar-TextItem", has_text="| Busy")
    busy.wait_for(timeout=10_000)
    for _ in range(3):
        press(page, "clip range", "ArrowRight", watch="objective")
    assert drawn(page, "objective")[-1, 1] == pytest.approx(1.26, abs=5e-4)
    pull(page, "epsilon", 0, to=(1.4, 2.0))
    assert slider_value(page, "clip range") == 0.4
    assert drawn(page, "objective")[-1, 1] == pytest.approx(1.4, abs=5e-4)
    assert busy.count() == 1
    interrupt(page)
    wait_idle(page, seconds=10)
