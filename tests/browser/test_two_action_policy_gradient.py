"""The two actions under a learner's hands: keys on the sliders, boxes read back in a real browser."""

import numpy as np
import pytest
import torch

from rlcourse.equations import policy_gradient
from rlcourse.explorables.gradients.two_action_policy_gradient import (
    BASELINES,
    REWARDS,
    THETAS,
    two_action_policy_gradient_plot,
)

from .explorables import drawn, latencies, press, report_latency, slider_value
from .lab import complaints, open_notebook, run_all, write_notebook

CELL = "from rlcourse.explorables import two_action_policy_gradient\n\ntwo_action_policy_gradient()"
LABELS = {"theta": "parameter", "reward_a": "action a pays", "reward_b": "action b pays", "baseline": "baseline"}


@pytest.fixture(scope="module")
def notebook(page, lab):
    open_notebook(page, lab, write_notebook(lab, "two_action_policy_gradient", CELL))
    run_all(page)
    page.locator('.rlc-plot [data-series="J"]').wait_for(timeout=15_000)
    return page


def state_of(page):
    return {name: slider_value(page, label) for name, label in LABELS.items()}


def by_autograd(state, *, takes_a):
    """The gradient of one sample, and how likely it is."""
    theta = torch.tensor(state["theta"], dtype=torch.float64, requires_grad=True)
    logprob = torch.nn.functional.logsigmoid(theta if takes_a else -theta)
    pays = torch.tensor(state["reward_a" if takes_a else "reward_b"] - state["baseline"], dtype=torch.float64)
    (gradient,) = torch.autograd.grad(policy_gradient(logprob, pays), theta)
    return gradient.item(), logprob.exp().item()


def test_keys_on_the_sliders_draw_what_the_equation_says(notebook):
    page = notebook
    for name, key, watch in (
        ("theta", "ArrowLeft", "box_a"),
        ("baseline", "ArrowRight", "box_b"),
        ("reward_a", "ArrowLeft", "box_a"),
        ("reward_b", "ArrowLeft", "box_b"),
        ("theta", "End", "box_a"),
        ("theta", "Home", "box_b"),
    ):
        press(page, LABELS[name], key, watch=watch)
        state = state_of(page)
        heights, widths = {}, {}
        for box, takes_a in (("box_a", True), ("box_b", False)):
            gradient, probability = by_autograd(state, takes_a=takes_a)
            edges = drawn(page, box)  # the outline of an area or the line on top of it: its highest x and its height
            heights[box] = edges[np.abs(edges[:, 1]).argmax(), 1]
            widths[box] = np.ptp(edges[:, 0])
            assert heights[box] == pytest.approx(gradient, abs=0.01)
            assert widths[box] == pytest.approx(probability, abs=0.005)
        thetas, J = drawn(page, "J").T
        p = 1 / (1 + np.exp(-thetas))
        np.testing.assert_allclose(J, p * state["reward_a"] + (1 - p) * state["reward_b"], atol=5e-3)
    assert state == {"theta": -4.0, "reward_a": 0.75, "reward_b": 0.25, "baseline": 0.25}


def test_the_words_follow(notebook):
    page = notebook
    plot = two_action_policy_gradient_plot(THETAS, REWARDS, REWARDS, BASELINES)
    state = state_of(page)
    assert page.locator(".rlc-plot [role=img]").get_attribute("aria-label") == plot.fill(plot.alt, state)
    assert page.locator(".rlc-readout").all_text_contents() == [plot.fill(line, state) for line in plot.readouts]
    assert complaints(page) == []


def test_a_key_press_is_painted_soon(notebook, record_property):
    report_latency("two-action policy gradient", latencies(notebook, "baseline"), aim=50, record=record_property)
