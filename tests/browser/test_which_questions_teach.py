"""Which questions teach, under a learner's hands: a drag along the curve, keys for the size of a group and for when."""

import pytest

from rlcourse.explorables.groups.which_questions_teach import SIZES, which_questions_teach_plot

from .explorables import bars, drawn, latencies, press, pull, report_latency, series, slider_value
from .lab import complaints, open_notebook, run_all, write_notebook

REWARDS = """import torch

chances = torch.linspace(0, 0.6, 12)[:, None]
rewards = {
    "before": (torch.rand(12, 32, generator=torch.Generator().manual_seed(0)) < chances).float(),
    "later": (torch.rand(12, 32, generator=torch.Generator().manual_seed(1)) < chances + 0.4).float(),
}"""
CELL = f"{REWARDS}\nfrom rlcourse.explorables import which_questions_teach\n\nwhich_questions_teach(rewards)"
CHANCE = "chance p"


@pytest.fixture(scope="module")
def plot():
    given = {}
    exec(REWARDS, given)
    return which_questions_teach_plot(given["rewards"])


@pytest.fixture(scope="module")
def notebook(page, lab):
    open_notebook(page, lab, write_notebook(lab, "which_questions_teach", CELL))
    run_all(page)
    series(page, "curve").wait_for(state="attached", timeout=15_000)
    return page


def assert_drawn_as_computed(page, plot, size, moment):
    state = {"p": slider_value(page, CHANCE), "size": size, "moment": moment}
    assert drawn(page, "curve")[:, 1] == pytest.approx(plot.pick("curve", state, along="place"), abs=0.2)
    assert bars(page, "count")[:, 1] == pytest.approx(
        [count for count in plot.pick("count", state, along="bin")], abs=0.05
    )
    assert page.locator(".rlc-readout").all_text_contents() == [plot.fill(line, state) for line in plot.readouts]


def test_it_draws_what_python_computed_wherever_it_is_taken(notebook, plot):
    assert_drawn_as_computed(notebook, plot, 2, 0)
    press(notebook, "answers in a group", "ArrowRight", watch="curve")
    assert_drawn_as_computed(notebook, plot, 3, 0)
    press(notebook, "the model", "ArrowRight", watch="count")
    assert_drawn_as_computed(notebook, plot, 3, 1)
    share = float(plot.pick("share", {"p": 0.1, "size": 3, "moment": 1}))
    assert SIZES[3] == 16
    pull(notebook, "p", 0, to=(10.0, share))
    assert slider_value(notebook, CHANCE) == pytest.approx(0.1, abs=0.015)
    assert_drawn_as_computed(notebook, plot, 3, 1)
    assert complaints(notebook) == []


def test_a_key_press_is_painted_soon(notebook, record_property):
    milliseconds = latencies(notebook, CHANCE, keys=("ArrowLeft", "ArrowRight"), presses=20)
    report_latency("which questions teach", milliseconds, aim=50, record=record_property)
