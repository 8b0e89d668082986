"""The group of answers under a learner's hands: keys on its slider, numbers read back from the picture."""

import numpy as np
import pytest
import torch

from rlcourse.equations import group_advantages
from rlcourse.explorables.groups.group_of_answers import GROUP_SIZE, group_of_answers_plot

from .explorables import drawn, latencies, press, report_latency, series, slider_value
from .lab import complaints, open_notebook, run_all, write_notebook

CELL = "from rlcourse.explorables import group_of_answers\n\ngroup_of_answers()"


@pytest.fixture(scope="module")
def notebook(page, lab):
    open_notebook(page, lab, write_notebook(lab, "group_of_answers", CELL))
    run_all(page)
    series(page, "reward").wait_for(state="attached", timeout=15_000)
    return page


def arrow_heads(page):
    """Where the arrows of the second panel end, by answer: {answer: advantage}."""
    marks = page.locator(".rlc-marks").nth(1)
    axes = [list(map(float, marks.get_attribute(f"data-{axis}").split())) for axis in "xy"]
    shafts = marks.locator(".rlc-shaft").evaluate_all("all => all.map(shaft => shaft.getAttribute('d'))")
    ends = [shaft.split("L")[1].split() for shaft in shafts]
    x, y = (
        [low + (float(end[i]) - start) / (stop - start) * (high - low) for end in ends]
        for i, (low, high, start, stop) in enumerate(axes)
    )
    return {round(answer): advantage for answer, advantage in zip(x, y, strict=True)}


def assert_drawn_as_computed(page):
    right = slider_value(page, "right answers")
    answers, rewards = drawn(page, "reward").T
    assert rewards.round(3).tolist().count(1.0) == right
    np.testing.assert_allclose(answers, range(1, GROUP_SIZE + 1), atol=0.01)
    advantages = group_advantages(torch.tensor(rewards.round(3))[None])[0].tolist()
    expected = {i + 1: a for i, a in enumerate(advantages) if a != 0}
    heads = arrow_heads(page)
    assert heads.keys() == expected.keys()
    assert [heads[i] for i in sorted(heads)] == pytest.approx([expected[i] for i in sorted(expected)], abs=0.01)
    plot = group_of_answers_plot()
    state = {"right": right}
    assert page.locator(".rlc-readout").all_text_contents() == [plot.fill(line, state) for line in plot.readouts]


def test_a_key_on_the_slider_draws_the_advantages_of_that_group(notebook):
    keys = [("ArrowRight", 4), ("Home", 0), ("ArrowRight", 1), ("End", GROUP_SIZE), ("ArrowLeft", GROUP_SIZE - 1)]
    for key, right in keys:  # one walk over the slider: each key starts where the one before it ended
        press(notebook, "right answers", key, watch="reward")
        assert slider_value(notebook, "right answers") == right, f"after {key}"
        assert_drawn_as_computed(notebook)
    assert complaints(notebook) == []


def test_a_key_press_is_painted_soon(notebook, record_property):
    milliseconds = latencies(notebook, "right answers", keys=("ArrowLeft", "ArrowRight"))
    report_latency("group of answers", milliseconds, aim=50, record=record_property)
