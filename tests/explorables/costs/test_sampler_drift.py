"""A sampler apart from its trainer: the band and the shares are those of drawn log-ratios."""

import numpy as np
import pytest

from rlcourse.explorables.costs.sampler_drift import (
    NOISE,
    sampler_drift_figure,
    sampler_drift_plot,
    share_above,
    share_below,
)

PLOT = sampler_drift_plot()


def test_shares_and_ends_are_those_of_drawn_answers():
    sigma, length = NOISE[15], 512
    tokens = np.random.default_rng(0).normal(-(sigma**2) / 2, sigma, (10_000, length))
    ratios = np.exp(tokens.sum(1))
    assert ratios.mean() == pytest.approx(1, abs=0.03)  # of the sampler's own answers, for any two policies
    assert share_above(3.0, sigma=sigma, length=length) == pytest.approx((ratios > 3).mean(), abs=0.006)
    assert share_below(1 / 3, sigma=sigma, length=length) == pytest.approx((ratios < 1 / 3).mean(), abs=0.015)
    state = {"noise": sigma, "doublings": 9}
    low, high = (float(PLOT.pick(f"at_{end}", state)) for end in ("low", "high"))
    assert ((ratios > low) & (ratios < high)).mean() == pytest.approx(0.683, abs=0.02)
    drawn = [10 ** PLOT.pick(end, state, "every")[9] for end in ("low", "high")]
    assert drawn == pytest.approx([low, high])
    assert PLOT.pick("left_out", state, "every")[9] == pytest.approx(100 * share_above(3.0, sigma=sigma, length=512))


def test_the_shares_lie_inside_their_panel():
    axis = PLOT.panels[1].y
    for name in ("left_out", "below", "capped"):
        values = PLOT.arrays[name].values
        assert axis.low < values.min() and values.max() < axis.high


def test_the_words_say_what_is_drawn():
    said = PLOT.fill(PLOT.readouts[1], {"noise": 0.01, "doublings": 14})
    share = 100 * share_above(3.0, sigma=0.01, length=2**14)
    assert said.startswith("An answer of 16,384 tokens: two of three ratios lie between 0.")
    assert f"{share:.1f} % are above 3" in said


def test_a_figure_refuses_a_length_that_is_not_there():
    with pytest.raises(ValueError, match=r"doublings must be in \[0, 14\], got 15"):
        sampler_drift_figure(doublings=15)
