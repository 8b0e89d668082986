"""What tokens weigh, under a learner's hands: answers that are dragged, and the kernel's answer read back."""

import numpy as np
import pytest

from rlcourse.explorables.groups import weights_per_token as module

from .explorables import bars, handle, latencies, pull, report_latency, series
from .lab import complaints, open_notebook, run_all, write_notebook


@pytest.fixture(scope="module")
def notebook(page, lab):
    cell = "from rlcourse.explorables import weights_per_token\n\nweights_per_token()"
    open_notebook(page, lab, write_notebook(lab, "weights", cell))
    run_all(page)
    series(page, "GRPO_up").wait_for(timeout=20_000)
    assert complaints(page) == []
    return page


def compare(page, state):
    """Every bar of every member is what the kernel computes for this state."""
    plot = module.weights_per_token_plot(state)
    for name in ("GRPO", "Dr_GRPO", "DAPO", "GSPO", "CISPO", "RLOO"):
        for sign in ("up", "down"):
            there = np.isfinite(plot.arrays["at"].values)
            drawn = bars(page, f"{name}_{sign}")
            np.testing.assert_allclose(drawn[:, 1], plot.arrays[f"{name}_{sign}"].values[there], atol=0.15)


def test_a_dragged_answer_and_a_dragged_token_change_what_all_six_draw(notebook):
    page, state = notebook, {control.name: float(control.start) for control in module.controls()}
    compare(page, state)
    grip = handle(page, "length_A reward_A", 0)
    before = series(page, "GRPO_up").evaluate("mark => mark.outerHTML")
    pull(page, "length_A reward_A", 0, to=(7, 0.5))
    page.wait_for_function(
        "before => document.querySelector(`.rlc-marks [data-series='GRPO_up']`).outerHTML !== before", arg=before
    )
    page.wait_for_timeout(400)
    compare(page, state | {"length_A": 7.0, "reward_A": 0.5})
    grip.focus()
    keys = {"keys": ("ArrowRight", "ArrowLeft"), "presses": 8}
    took = [ms for ms in latencies(page, None, **keys) if ms == ms]  # NaN: an answer to the key before came in between
    report_latency("weights per token", took, aim=100)
