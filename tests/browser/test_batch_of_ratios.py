"""A batch of ratios under a learner's hands: keys on the sliders, bars read back in a real browser."""

import numpy as np
import pytest

from rlcourse.equations import clip_fraction, kl_k3
from rlcourse.explorables.clipping.batch_of_ratios import BIN, MIDDLES, TOP, batch_of_ratios_plot, record_update

from .explorables import bars, latencies, press, report_latency, slider, slider_value
from .lab import complaints, open_notebook, run_all, write_notebook

EPSILONS = (0.1, 0.15, 0.2, 0.25)
CELL = f"""from rlcourse.explorables import batch_of_ratios
from rlcourse.explorables.clipping.batch_of_ratios import record_update

if "recorded" not in globals():  # the cell is run anew for each test, and this takes two seconds
    recorded = record_update({EPSILONS}, seed=3)
batch_of_ratios(recorded)"""


@pytest.fixture(scope="module")
def recorded():
    return record_update(EPSILONS, seed=3)


@pytest.fixture(scope="module")
def notebook(page, lab):
    open_notebook(page, lab, write_notebook(lab, "batch_of_ratios", CELL))
    return page


@pytest.fixture
def opened(notebook):
    """The explorable as the cell makes it."""
    run_all(notebook)
    notebook.locator('.rlc-plot [data-series="good_pushed"]').wait_for(timeout=15_000)
    return notebook


def ratios_at(recorded, epsilon, step):
    """The ratios and whether A > 0, computed from the log-probabilities."""
    run = recorded.epsilons.index(epsilon)
    return (recorded.logprobs[run, step] - recorded.old_logprobs).exp().numpy(), recorded.advantages.numpy() > 0


def test_the_bars_are_the_ratios_after_each_key(opened, recorded):
    page = opened
    keys = (
        ("gradient step", "PageUp"),
        ("clip range", "ArrowLeft"),
        ("clip range", "ArrowLeft"),
        ("gradient step", "End"),
    )
    for label, key in keys:
        press(page, label, key, watch="good_all")
        epsilon, step = round(slider_value(page, "clip range"), 2), int(slider_value(page, "gradient step"))
        ratios, good = ratios_at(recorded, epsilon, step)
        beyond = np.where(good, ratios > 1 + epsilon, ratios < 1 - epsilon)
        edges = np.array([0, *(middle + BIN / 2 for middle in MIDDLES[:-1]), np.inf])
        for name, which in (("good", good), ("bad", ~good)):
            for series, counted in ((f"{name}_all", which), (f"{name}_pushed", which & ~beyond)):
                expected = 100 * np.histogram(ratios[counted], edges)[0] / which.sum()
                middles, heights = bars(page, series).T
                np.testing.assert_allclose(middles, MIDDLES, atol=0.01)
                shown = expected < TOP
                np.testing.assert_allclose(heights[shown], expected[shown], atol=0.15)
    assert (epsilon, step) == (0.1, 40)


def test_the_words_tell_what_the_equations_say(opened, recorded):
    page = opened
    for _ in range(3):
        press(page, "gradient step", "ArrowRight", watch="good_all")
    press(page, "clip range", "ArrowRight", watch="good_pushed")
    epsilon, step = round(slider_value(page, "clip range"), 2), int(slider_value(page, "gradient step"))
    assert (epsilon, step) == (0.25, 3)
    new, old = recorded.logprobs[recorded.epsilons.index(epsilon), step], recorded.old_logprobs
    clipped = 100 * float(clip_fraction(new, old, clip_low=epsilon, clip_high=epsilon))
    said = " ".join(page.locator(".rlc-readout").all_text_contents())
    assert f"(the clip fraction): {clipped:.0f} %" in said
    assert f"≈ {kl_k3(old, new).mean():.3f} nats" in said
    plot, state = batch_of_ratios_plot(recorded), {"epsilon": epsilon, "gradient_step": step}
    assert page.locator('.rlc-plot [role="img"]').get_attribute("aria-label") == plot.fill(plot.alt, state)
    assert complaints(page) == []


def test_before_the_first_step_all_stand_at_1_and_the_cut_bar_says_so(opened):
    page = opened
    slider(page, "gradient step").focus()
    page.keyboard.press("Home")
    heights = bars(page, "bad_all")[:, 1]
    assert np.flatnonzero(heights > 0.5).tolist() == [MIDDLES.index(1.0)]
    assert page.locator(".rlc-marks text").all_text_contents() == ["↑ 100 %", "↑ 100 %"]


def test_a_key_press_is_painted_soon(opened, record_property):
    report_latency("batch of ratios", latencies(opened, "gradient step"), aim=50, record=record_property)
