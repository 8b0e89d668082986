"""PPO and DPO at equal KL under a learner's hands: keys and the player draw what was measured up to there."""

import numpy as np
import pytest

from rlcourse.experiments import load_curves, load_prices
from rlcourse.explorables.rlhf.equal_kl import equal_kl_plot

from .explorables import drawn, latencies, press, report_latency, series, slider
from .lab import complaints, open_notebook, run_all, write_notebook

CELL = """from rlcourse.experiments import load_curves, load_prices
from rlcourse.explorables import equal_kl

equal_kl(load_prices(), load_curves("rlhf-dpo"))"""
PRICE = "PPO's price"


@pytest.fixture(scope="module")
def opened(page, lab):
    open_notebook(page, lab, write_notebook(lab, "equal_kl", CELL))
    run_all(page)
    series(page, "ppo_won").wait_for(timeout=30_000)
    return page


@pytest.fixture(scope="module")
def plot():
    return equal_kl_plot(load_prices(), load_curves("rlhf-dpo"))


def assert_drawn_as_measured(page, plot, state):
    for far, won, along in (
        ("ppo_far", "ppo_won", "moment"),
        ("dpo_far_3", "dpo_won_3", "moment"),
        ("dpo_far_runs", "dpo_won_runs", "run"),
    ):
        known = np.stack([plot.pick(name, state, along) for name in (far, won)], axis=1)
        np.testing.assert_allclose(drawn(page, won), known, atol=0.6)
    assert page.locator(".rlc-readout").all_text_contents() == [plot.fill(line, state) for line in plot.readouts]


def test_keys_and_the_player_draw_what_was_measured_up_to_there(opened, plot, record_property):
    press(opened, PRICE, "Home", watch="ppo_won")
    assert_drawn_as_measured(opened, plot, {"price": 0, "step": 60})
    slider(opened, "updates").focus()
    opened.keyboard.press("Home")
    press(opened, "updates", "ArrowRight", watch="dpo_won_3")
    assert_drawn_as_measured(opened, plot, {"price": 0, "step": 10})
    opened.locator("[data-plays=step]").click()
    done = "document.querySelector('.rlc-readout').textContent.includes('after 60 updates')"
    opened.wait_for_function(done, timeout=20_000)
    report_latency("equal KL", latencies(opened, PRICE), aim=50, record=record_property)
    assert complaints(opened) == []
