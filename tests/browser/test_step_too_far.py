"""A step too far under a learner's hands: its length dragged along J, a walk played, read back in a real browser."""

import numpy as np
import pytest
import torch

from rlcourse.explorables.gradients.step_too_far import ACTIONS, LENGTHS, step_too_far_plot
from rlcourse.maze import TabularPolicy, expected_return, generate_maze, walk

from .explorables import drawn, latencies, pull, report_latency, slider_value
from .lab import complaints, open_notebook, run_all, write_notebook

CELL = """
import torch

from rlcourse.explorables import step_too_far
from rlcourse.maze import generate_maze

chance = torch.Generator().manual_seed(0)
logits, uphill = torch.randn(2, 64, 3, generator=chance)
step_too_far(generate_maze(4, seed=0), logits, {"one batch": uphill, "another": -uphill}, max_steps=80)
"""
SIZE, PATIENCE = 4, 80


@pytest.fixture(scope="module")
def notebook(page, lab):
    open_notebook(page, lab, write_notebook(lab, "step_too_far", CELL))
    run_all(page)
    page.locator('.rlc-plot [data-series="J"]').wait_for(timeout=15_000)
    return page


def policy_after(length):
    """π(a|s) after a step of that length, from a policy's own softmax."""
    logits, uphill = torch.randn(2, 64, 3, generator=torch.Generator().manual_seed(0))
    policy = TabularPolicy(64)
    with torch.no_grad():
        policy.table.copy_(logits + length * uphill / uphill.norm())
    return policy.probabilities()


def test_a_dragged_length_shows_that_robot_and_its_walk(notebook):
    page, maze = notebook, generate_maze(SIZE, seed=0)
    J = [expected_return(maze, policy_after(length), max_steps=PATIENCE) for length in LENGTHS]
    np.testing.assert_allclose(drawn(page, "J"), np.stack([LENGTHS, J], axis=1), atol=0.03)
    pull(page, "length", 0, to=(30.0, J[15]))
    length = int(slider_value(page, "length of the step"))
    assert length == 30
    page.locator('.rlc-play[data-plays="time"]').click()
    page.get_by_text(f"after {ACTIONS} actions").wait_for(timeout=15_000)
    last = int(walk(maze, policy_after(length), seed=0, max_steps=ACTIONS)[-1]) // 4
    middle = drawn(page, "robot_y").mean(axis=0)
    assert (int(SIZE - middle[1]), int(middle[0])) == divmod(last, SIZE)


def test_the_words_follow(notebook):
    page = notebook
    logits, uphill = torch.randn(2, 64, 3, generator=torch.Generator().manual_seed(0))
    gradients = {"one batch": uphill, "another": -uphill}
    plot = step_too_far_plot(generate_maze(SIZE, seed=0), logits, gradients, max_steps=PATIENCE)
    state = {"length": slider_value(page, "length of the step"), "time": slider_value(page, "a walk"), "gradient": 0}
    assert page.locator(".rlc-plot [role=img]").get_attribute("aria-label") == plot.fill(plot.alt, state)
    assert page.locator(".rlc-readout").all_text_contents() == [plot.fill(line, state) for line in plot.readouts]
    assert complaints(page) == []


def test_another_batch_puts_its_gradient_in_the_place_of_the_first(notebook):
    page, maze = notebook, generate_maze(SIZE, seed=0)
    page.get_by_role("button", name="another", exact=True).click()
    page.get_by_text("(the gradient: another)").wait_for(timeout=5_000)
    J = [expected_return(maze, policy_after(-length), max_steps=PATIENCE) for length in LENGTHS]
    np.testing.assert_allclose(drawn(page, "J"), np.stack([LENGTHS, J], axis=1), atol=0.03)


def test_a_key_press_is_painted_soon(notebook, record_property):
    report_latency("a step too far", latencies(notebook, "length of the step"), aim=50, record=record_property)
