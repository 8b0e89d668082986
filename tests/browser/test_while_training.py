"""The explorables that draw in the browser go on answering while a training cell keeps the kernel busy."""

import pytest

from .lab import interrupt, open_notebook, start_all, wait_idle, write_notebook

FLAGSHIPS = {  # the explorable, and one of its sliders
    "prefix_values": "discount γ",
    "gae_bias_variance": "λ",
    "two_action_policy_gradient": "parameter θ",
    "baseline_and_variance": "baseline b",
    "kl_both_ways": "centre of q",
    "natural_gradient_step": "limit δ",
    "clipped_objective": "clip range",
    "batch_of_ratios": "gradient step",
}
TRAINING = """
from rlcourse.algorithms import PPO, Training
from rlcourse.maze import GymnasiumWorld, MazeVectorEnv, TabularPolicy, TabularValue

world = GymnasiumWorld(MazeVectorEnv(64, size=8, random_start=True), steps=64)
training = Training(TabularPolicy(world.num_states), world, PPO(critic=TabularValue(world.num_states)), seed=0)
training.run(100_000)
"""


@pytest.fixture(scope="module")
def training_page(page, lab):
    """A page with every flagship, a cell each, and below them a cell that trains for a long time."""
    cells = [f"from rlcourse.explorables import {name}\n\n{name}()" for name in FLAGSHIPS]
    open_notebook(page, lab, write_notebook(lab, "while_training", *cells, TRAINING))
    start_all(page)
    page.get_by_text("training:").wait_for(state="attached", timeout=90_000)  # below what the window shows
    yield page
    interrupt(page)
    wait_idle(page, seconds=20)


@pytest.mark.parametrize("name", FLAGSHIPS)
def test_a_flagship_follows_its_slider_while_the_kernel_trains(training_page, name):
    page = training_page
    cell = page.locator(".jp-NotebookPanel .jp-CodeCell").nth([*FLAGSHIPS].index(name))
    cell.scroll_into_view_if_needed()
    picture = cell.locator('.rlc-plot [role="img"]').first
    picture.wait_for(timeout=10_000)
    said = picture.get_attribute("aria-label")
    cell.locator(".widget-slider", has_text=FLAGSHIPS[name]).locator(".noUi-handle").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "([picture, said]) => picture.getAttribute('aria-label') !== said",
        arg=[picture.element_handle(), said],
        timeout=3000,
    )
    assert page.locator(".jp-StatusBar-TextItem", has_text="| Busy").count() == 1
