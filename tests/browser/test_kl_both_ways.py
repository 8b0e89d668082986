"""The KL of two distributions, both ways, under a learner's hands: keys on its sliders, in a real browser."""

import numpy as np
import pytest
import torch

from rlcourse.equations import categorical_kl, kl_k1, kl_k3
from rlcourse.explorables.trust_region.kl_both_ways import (
    ACTIONS,
    CENTRES,
    WIDTHS,
    kl_both_ways_plot,
    logits_of_p,
    logits_of_q,
)

from .explorables import bars, drawn, latencies, press, report_latency, series, slider_value
from .lab import open_notebook, run_all, write_notebook

CELL = "from rlcourse.explorables import kl_both_ways\n\nkl_both_ways()"


@pytest.fixture(scope="module")
def notebook(page, lab):
    open_notebook(page, lab, write_notebook(lab, "kl_both_ways", CELL))
    return page


@pytest.fixture
def opened(notebook):
    """The explorable as the cell makes it."""
    run_all(notebook)
    series(notebook, "q").wait_for(timeout=10_000)
    return notebook


def test_a_key_on_a_slider_draws_what_the_equations_say(opened):
    page, p = opened, logits_of_p()
    for label, key in (("width of q", "ArrowRight"), ("centre of q", "ArrowLeft"), ("centre of q", "ArrowLeft")):
        press(page, label, key, watch="q")
        centre, width = slider_value(page, "centre of q"), slider_value(page, "width of q")
        (q,) = logits_of_q([centre], [width])[0]
        np.testing.assert_allclose(drawn(page, "q"), np.stack([ACTIONS, q.softmax(-1)], axis=1), atol=5e-4)
        curves = logits_of_q(CENTRES, [width])[:, 0]
        both = {
            "kl_pq": categorical_kl(p.expand_as(curves), curves),
            "kl_qp": categorical_kl(curves, p.expand_as(curves)),
        }
        for name, expected in both.items():
            np.testing.assert_allclose(drawn(page, name), np.stack([CENTRES, expected], axis=1), atol=2e-3)
    assert (centre, width) == (0.0, 0.9)
    np.testing.assert_allclose(bars(page, "p"), np.stack([ACTIONS, p.softmax(-1)], axis=1), atol=5e-4)


def test_every_dot_is_what_the_estimate_says_of_some_action(opened):
    page, p = opened, logits_of_p().log_softmax(-1)
    press(page, "centre of q", "ArrowRight", watch="k1_draws")
    (q,) = logits_of_q([slider_value(page, "centre of q")], [slider_value(page, "width of q")])[0].log_softmax(-1)
    said = {name: estimate(q, p).numpy() for name, estimate in (("k1", kl_k1), ("k3", kl_k3))}
    for name, of_action in said.items():
        dots = drawn(page, f"{name}_draws")[:, 1]
        assert np.abs(dots[:, None] - of_action).min(axis=1).max() < 0.02
        low, high = drawn(page, f"{name}_spread")[:, 1]
        mean = (low + high) / 2
        assert mean == pytest.approx(categorical_kl(q, p).item(), abs=0.02)
    assert torch.exp(q).sum().item() == pytest.approx(1)


def test_the_words_follow(opened):
    page, plot = opened, kl_both_ways_plot(CENTRES, WIDTHS)
    picture = page.locator('.rlc-plot [role="img"]')
    for label, key in (("centre of q", "Home"), ("width of q", "ArrowRight")):
        press(page, label, key, watch="q")
    state = {"centre": slider_value(page, "centre of q"), "width": slider_value(page, "width of q")}
    assert state == {"centre": -3.0, "width": 0.9}
    assert picture.get_attribute("aria-label") == plot.fill(plot.alt, state)
    assert page.locator(".rlc-readout").all_text_contents() == [plot.fill(line, state) for line in plot.readouts]


def test_a_key_press_is_painted_soon(opened, record_property):
    report_latency("KL both ways", latencies(opened, "centre of q"), aim=50, record=record_property)
