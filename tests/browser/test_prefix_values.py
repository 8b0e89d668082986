"""The values of prefixes under a learner's hands: keys on the sliders, bars read back in a real browser."""

import numpy as np
import pytest

from rlcourse.equations import prefix_values
from rlcourse.explorables.values.prefix_values import TEXTS, prefix_values_plot

from .explorables import bars, latencies, press, report_latency, slider_value
from .lab import complaints, open_notebook, run_all, write_notebook

CELL = "from rlcourse.explorables import prefix_values\n\nprefix_values()"


@pytest.fixture(scope="module")
def notebook(page, lab):
    open_notebook(page, lab, write_notebook(lab, "prefix_values", CELL))
    run_all(page)
    page.locator('.rlc-plot [data-series="value"]').wait_for(timeout=15_000)
    return page


def test_keys_on_the_sliders_draw_what_the_equation_says(notebook):
    page = notebook
    for label, key in (("discount", "ArrowLeft"), ("reward", "ArrowLeft"), ("discount", "Home"), ("discount", "End")):
        press(page, label, key, watch="value")
        gamma, reward = slider_value(page, "discount"), slider_value(page, "reward")
        cursors, heights = bars(page, "value").T
        np.testing.assert_allclose(cursors, range(1, len(TEXTS) + 1), atol=0.01)
        np.testing.assert_allclose(heights, prefix_values(reward, len(TEXTS), gamma=gamma), atol=5e-3)
    assert (gamma, reward) == (1.0, 0.7)


def test_texts_numbers_and_words_stand_in_the_picture(notebook):
    page = notebook
    state = {"gamma": slider_value(page, "discount"), "reward": slider_value(page, "reward")}
    plot = prefix_values_plot()
    texts = page.locator(".rlc-plot svg text").all_text_contents()
    assert set(TEXTS) <= set(texts)
    drawn = page.locator(".rlc-marks text").all_text_contents()
    assert drawn == [plot.fill(f"{{value_{i}:.2f}}", state) for i in range(len(TEXTS))]
    assert page.locator(".rlc-plot [role=img]").get_attribute("aria-label") == plot.fill(plot.alt, state)
    assert complaints(page) == []


def test_a_key_press_is_painted_soon(notebook, record_property):
    report_latency(
        "prefix values",
        latencies(notebook, "discount", keys=("ArrowLeft", "ArrowRight")),
        aim=50,
        record=record_property,
    )
