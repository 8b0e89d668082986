"""Gradient step and natural-gradient step under a learner's hands: keys on its sliders, in a real browser."""

import numpy as np
import pytest
import torch

from rlcourse.equations import categorical_kl, conjugate_gradient, fisher_vector_product
from rlcourse.explorables.trust_region.natural_gradient_step import (
    DELTAS,
    FRACTIONS,
    STARTS,
    natural_gradient_step_plot,
)
from rlcourse.explorables.trust_region.two_junctions import expected_surrogate, logits_at

from .explorables import drawn, latencies, press, report_latency, series, slider_value
from .lab import open_notebook, run_all, write_notebook

CELL = "from rlcourse.explorables import natural_gradient_step\n\nnatural_gradient_step()"
START, DELTA = "before the step", "limit δ"


@pytest.fixture(scope="module")
def notebook(page, lab):
    open_notebook(page, lab, write_notebook(lab, "natural_gradient_step", CELL))
    return page


@pytest.fixture
def opened(notebook):
    """The explorable as the cell makes it."""
    run_all(notebook)
    series(notebook, "ellipse_y").wait_for(timeout=10_000)
    return notebook


def state_of(page):
    delta = min(DELTAS, key=lambda value: abs(value - slider_value(page, DELTA)))
    return {"start": slider_value(page, START), "delta": delta}


def kl_from(old, points):
    """KL(π_old‖π) at many points of the plane."""
    points = torch.as_tensor(np.asarray(points), dtype=torch.float64)
    return categorical_kl(logits_at(old).expand(*points.shape, 2), logits_at(points)).mean(-1).numpy()


def natural_step(old, delta):
    """As TRPO makes it: products with the Fisher matrix, conjugate gradient, length."""
    theta = old.clone().requires_grad_()

    def matvec(vector):
        kl = categorical_kl(logits_at(old), logits_at(theta)).mean()
        return fisher_vector_product(kl, [theta], vector, damping=0.0)

    (gradient,) = torch.autograd.grad(expected_surrogate(old, theta), theta)
    x = conjugate_gradient(matvec, gradient, iterations=5, tolerance=1e-12)
    return (2 * delta / (x @ matvec(x))).sqrt() * x, matvec


def test_a_key_on_a_slider_draws_what_the_equations_say(opened):
    page = opened
    for label, key in ((START, "ArrowRight"), (DELTA, "ArrowLeft"), (START, "ArrowLeft"), (DELTA, "ArrowLeft")):
        press(page, label, key, watch="ellipse_y")
        state = state_of(page)
        old, delta = torch.tensor([state["start"], 0.0], dtype=torch.float64), state["delta"]
        step, matvec = natural_step(old, delta)

        ellipse = torch.as_tensor(drawn(page, "ellipse_y")) - old
        half_squares = torch.stack([0.5 * x @ matvec(x) for x in ellipse])
        np.testing.assert_allclose(half_squares / delta, 1.0, atol=0.01)
        np.testing.assert_allclose(kl_from(old, drawn(page, "edge_y")) / delta, 1.0, atol=0.01)

        shares = np.array(FRACTIONS)
        expected = kl_from(old, old + torch.as_tensor(shares)[:, None] * step) / delta
        np.testing.assert_allclose(drawn(page, "natural_kl"), np.stack([shares, expected], axis=1), atol=2e-3)

        tried = drawn(page, "tried_y")
        lengths = 0.8 ** np.arange(len(tried))
        np.testing.assert_allclose(tried, old.numpy() + lengths[:, None] * step.numpy(), atol=5e-3)
        kls = kl_from(old, tried)
        assert kls[-1] <= delta and (kls[:-1] > delta).all()
    assert state["start"] == -4.0 and delta == DELTAS[4]


def test_the_words_follow(opened):
    page, plot = opened, natural_gradient_step_plot(STARTS, DELTAS)
    picture = page.locator('.rlc-plot [role="img"]')
    for label, key in ((START, "End"), (DELTA, "ArrowRight")):
        press(page, label, key, watch="ellipse_y")
    state = state_of(page)
    assert state == {"start": 2.0, "delta": DELTAS[7]}
    assert picture.get_attribute("aria-label") == plot.fill(plot.alt, state)
    assert page.locator(".rlc-readout").all_text_contents() == [plot.fill(line, state) for line in plot.readouts]


def test_one_unit_is_as_long_in_both_directions(opened):
    """Or the ellipse would not be the ellipse."""
    axes = opened.locator(".rlc-marks").first
    (left, right, x0, x1), (low, high, y0, y1) = (
        [float(v) for v in axes.get_attribute(f"data-{axis}").split()] for axis in "xy"
    )
    assert (x1 - x0) / (right - left) == pytest.approx((y0 - y1) / (high - low), rel=0.01)


def test_a_key_press_is_painted_soon(opened, record_property):
    report_latency("natural-gradient step", latencies(opened, START), aim=50, record=record_property)
