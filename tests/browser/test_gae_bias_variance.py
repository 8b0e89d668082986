"""Bias and spread of GAE under a learner's hands: keys on its sliders, in a real browser."""

import numpy as np
import pytest

from rlcourse.equations import gae
from rlcourse.experiments.recipes import half_trained_policy
from rlcourse.explorables.values.advantage_estimates import (
    against_the_average,
    exact_moments,
    wrong_values,
)
from rlcourse.explorables.values.gae_bias_variance import PLACES, WALKS, _walks, _whole_plot
from rlcourse.maze import generate_maze, solve

from .explorables import drawn, latencies, press, report_latency, series, slider_value
from .lab import open_notebook, run_all, write_notebook

CELL = "from rlcourse.explorables import gae_bias_variance\n\ngae_bias_variance()"
AIM_MS = 50


@pytest.fixture(scope="module")
def notebook(page, lab):
    open_notebook(page, lab, write_notebook(lab, "gae_bias_variance", CELL))
    return page


@pytest.fixture
def opened(notebook):
    """The explorable as the cell makes it."""
    run_all(notebook)
    series(notebook, "error").wait_for(timeout=20_000)
    return notebook


def expected_estimates(gamma, gae_lambda, error):
    """Each walk's Â by `rlcourse.equations.gae`, measured from its state's average, computed here and now."""
    maze = generate_maze(8, seed=0)
    policy = half_trained_policy(maze)
    states = np.sort(np.random.default_rng(0).choice(maze.open_states, PLACES, replace=False))
    walks = _walks(maze, policy, states, 0)
    solution = solve(maze, gamma=gamma, policy=policy)
    values = wrong_values(maze, solution.V, error)
    now, after = (walks.rewards.new_tensor(values[of]) for of in (walks.states, walks.next_states))
    columns = walks.rewards, now, after, walks.terminated, walks.terminated
    single = gae(*columns, gamma=gamma, gae_lambda=gae_lambda)[0].numpy()
    mean, variance = exact_moments(maze, policy, values, gamma=gamma, gae_lambda=gae_lambda)
    average = against_the_average(policy, mean)
    bias = np.sqrt(np.square(mean - average[:, None] - solution.A)[states].mean())
    exact = np.repeat(solution.A[states].ravel(), WALKS)
    return exact, single - np.repeat(average[states], 3 * WALKS), bias, np.sqrt(variance[states].mean())


def test_keys_draw_what_gae_says_about_the_walks(opened):
    page = opened
    for label, key in (("λ", "End"), ("λ", "ArrowLeft"), ("discount", "ArrowLeft"), ("critic", "ArrowRight")):
        press(page, label, key, watch="single")
        gamma, gae_lambda = slider_value(page, "discount"), slider_value(page, "λ")
        error = slider_value(page, "critic")
        exact, single, bias, spread = expected_estimates(gamma, gae_lambda, error)
        np.testing.assert_allclose(drawn(page, "single"), np.stack([exact, single], axis=1), atol=2e-3)
        for name, value in (("bias", bias), ("spread", spread), ("error", np.hypot(bias, spread))):
            lambdas, curve = drawn(page, name).T
            assert np.interp(gae_lambda, lambdas, curve) == pytest.approx(value, abs=5e-4), name
    assert (gamma, gae_lambda, error) == (0.95, 0.95, 0.15)


def test_the_picture_is_described_in_words_and_the_words_follow(opened):
    page, plot = opened, _whole_plot()
    picture = page.locator('.rlc-plot [role="img"]')
    state = {"gamma": 0.97, "gae_lambda": 0.0, "critic_error": 0.1}
    assert picture.get_attribute("aria-label") == plot.fill(plot.alt, state)
    press(page, "λ", "ArrowRight", watch="single")
    state["gae_lambda"] = 0.05
    assert picture.get_attribute("aria-label") == plot.fill(plot.alt, state)
    assert page.locator(".rlc-readout").all_text_contents() == [plot.fill(line, state) for line in plot.readouts]


def test_a_critic_that_is_right_leaves_no_bias_to_see(opened):
    page = opened
    press(page, "critic", "Home", watch="bias")
    assert np.abs(drawn(page, "bias")[:, 1]).max() < 5e-4
    exact, mean = drawn(page, "mean").T
    np.testing.assert_allclose(mean, exact, atol=2e-3)


@pytest.mark.parametrize("label", ["λ", "discount", "critic"])
def test_a_key_press_is_painted_soon(opened, record_property, label):
    back_and_forth = ("ArrowLeft", "ArrowRight") if label == "discount" else ("ArrowRight", "ArrowLeft")
    milliseconds = latencies(opened, label, keys=back_and_forth)
    report_latency(f"gae_bias_variance, {label}", milliseconds, aim=AIM_MS, record=record_property)
