"""The film of a run under a learner's hands: updates are dragged, keyed and played, and the answers follow."""

import numpy as np
import pytest

from rlcourse.experiments import load_curves, load_film
from rlcourse.explorables.thinking.run_film import thinking_film_plot

from .explorables import bars, latencies, press, pull, report_latency, series, slider
from .lab import complaints, open_notebook, run_all, write_notebook

CELL = """from rlcourse.experiments import load_curves, load_film
from rlcourse.explorables import thinking_film

thinking_film(load_film(), load_curves("thinking"))"""


@pytest.fixture(scope="module")
def opened(page, lab):
    open_notebook(page, lab, write_notebook(lab, "thinking_film", CELL))
    run_all(page)
    series(page, "accuracy_curve").wait_for(timeout=30_000)
    return page


@pytest.fixture(scope="module")
def plot():
    return thinking_film_plot(load_film(), load_curves("thinking"))


def assert_shown(page, plot, **state):
    assert page.locator(".rlc-readout").all_text_contents() == [plot.fill(line, state) for line in plot.readouts]
    for name in ("right_length", "wrong_length"):
        np.testing.assert_allclose(bars(page, name)[:, 1], plot.pick(name, state, "answer"), atol=0.3)


def test_the_end_can_be_reached_by_keys_and_another_moment_by_hand(opened, plot):
    last = load_film().steps[-1]
    press(opened, "updates", "End", watch="right_length")
    assert_shown(opened, plot, step=last, question=1)
    pull(opened, "step", 0, to=(last / 2, 50))
    at = min(load_film().steps, key=lambda step: abs(step - last / 2))
    assert_shown(opened, plot, step=at, question=1)
    press(opened, "question", "ArrowRight", watch="right_length")
    assert_shown(opened, plot, step=at, question=2)
    assert complaints(opened) == []


def test_it_plays_and_answers_at_once(opened, plot, record_property):
    slider(opened, "updates").focus()
    opened.keyboard.press("Home")
    opened.locator("[data-plays=step]").click()
    done = f"document.querySelector('.rlc-readout').textContent.includes('After {load_film().steps[-1]} updates')"
    opened.wait_for_function(done, timeout=20_000)
    press(opened, "updates", "Home", watch="right_length")
    report_latency("thinking film", latencies(opened, "updates"), aim=50, record=record_property)
