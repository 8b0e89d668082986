"""One draw at a time under a learner's hands: ▶, a dragged ball and a moved baseline, read back in a real browser."""

import numpy as np
import pytest
import torch

from rlcourse.equations import policy_gradient
from rlcourse.explorables.gradients.one_draw_at_a_time import (
    BASELINES,
    DRAWS,
    RATE,
    SEEDS,
    STARTS,
    one_draw_at_a_time_plot,
)

from .explorables import drawn, latencies, press, pull, report_latency, slider_value
from .lab import complaints, open_notebook, run_all, write_notebook

CELL = "from rlcourse.explorables import one_draw_at_a_time\n\none_draw_at_a_time()"
LABELS = {"draw": "draws", "baseline": "baseline", "start": "start θ", "needles": "other needles"}


@pytest.fixture(scope="module")
def notebook(page, lab):
    open_notebook(page, lab, write_notebook(lab, "one_draw_at_a_time", CELL))
    run_all(page)
    page.locator('.rlc-plot [data-series="hill"]').wait_for(timeout=15_000)
    return page


def rolled(start, baseline, needles):
    """θ before the first draw and after each: by autograd of `policy_gradient`, one action at a time."""
    thetas = [start]
    for needle in needles:
        theta = torch.tensor(thetas[-1], dtype=torch.float64, requires_grad=True)
        takes_a = needle < theta.sigmoid().item()
        logprob = torch.nn.functional.logsigmoid(theta if takes_a else -theta)
        pays = torch.tensor((1.0 if takes_a else 0.5) - baseline, dtype=torch.float64)
        (push,) = torch.autograd.grad(policy_gradient(logprob, pays), theta)
        thetas.append(thetas[-1] + RATE * push.item())
    return thetas


def check_trails(page):
    """Both balls' trails on the page against Python, for what the sliders say; returns that state."""
    state = {name: slider_value(page, label) for name, label in LABELS.items()}
    draws = int(state["draw"])
    seed = torch.Generator().manual_seed(SEEDS[int(state["needles"])])
    needles = torch.rand(DRAWS, generator=seed, dtype=torch.float64)[:draws].tolist()
    for name, baseline in (("walk", state["baseline"]), ("walk_plain", 0.0)):
        expected = np.stack([np.arange(draws + 1), rolled(state["start"], baseline, needles)], axis=1)
        np.testing.assert_allclose(drawn(page, name), expected, atol=0.02)
    return state


def test_play_draws_one_action_after_another_and_the_balls_roll_as_python_says(notebook):
    page = notebook
    page.locator('.rlc-play[data-plays="draw"]').click()
    page.get_by_text(f"Draw {DRAWS}. ").wait_for(timeout=15_000)
    assert check_trails(page) == {"draw": DRAWS, "baseline": 0.75, "start": -1.0, "needles": 0}


def test_a_dragged_ball_starts_elsewhere_with_another_baseline_and_other_needles(notebook):
    page = notebook
    for _ in range(3):
        press(page, LABELS["draw"], "PageDown", watch="walk")
    press(page, LABELS["baseline"], "ArrowLeft", watch="walk")
    press(page, LABELS["needles"], "ArrowRight", watch="walk")
    before = check_trails(page)
    # Let the last ball down the hill: the handle stands on it, and the start follows.
    pull(page, "start", 0, to=(-4.5, 0.45))
    after = check_trails(page)
    assert after["start"] < before["start"] and after | {"start": 0} == before | {"start": 0}


def test_the_words_follow(notebook):
    page = notebook
    plot = one_draw_at_a_time_plot(STARTS, BASELINES)
    state = {name: slider_value(page, label) for name, label in LABELS.items()}
    assert page.locator(".rlc-plot [role=img]").get_attribute("aria-label") == plot.fill(plot.alt, state)
    assert page.locator(".rlc-readout").all_text_contents() == [plot.fill(line, state) for line in plot.readouts]
    assert complaints(page) == []


def test_a_key_press_is_painted_soon(notebook, record_property):
    report_latency("one draw at a time", latencies(notebook, "draws"), aim=50, record=record_property)
