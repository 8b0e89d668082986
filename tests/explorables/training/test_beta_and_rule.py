"""A slider over recorded runs: each number is that of the records."""

import numpy as np
import pytest

from rlcourse.algorithms import History
from rlcourse.explorables import beta_and_rule, beta_and_rule_figure
from rlcourse.explorables.training.beta_and_rule import beta_and_rule_plot


def run(seed, beta):
    """Seven updates; what was meant falls without a leash."""
    rows = [
        {"step": s, "paid": 1 + 0.1 * s + seed, "meant": (1 - s / 8) ** (1 - beta), "kl": 0.01 * s} for s in range(8)
    ]
    return History(rows)


RUNS = {beta: {seed: run(seed, beta) for seed in (0, 1, 2)} for beta in (0.0, 0.5, 1.0)}


def test_what_is_drawn_and_said_is_what_was_recorded():
    plot = beta_and_rule_plot(RUNS)
    state = {"beta": 1.0}
    assert plot.pick("paid_mean", state, along="paid_step") == pytest.approx(2 + 0.1 * np.arange(8))
    assert plot.pick("paid_low", state, along="paid_step") == pytest.approx(1 + 0.1 * np.arange(8))
    assert float(plot.pick("meant_end", state)) == pytest.approx(100 * (1 / 8) ** 0.5)
    words = plot.fill(plot.readouts[0], state)
    assert words.startswith("β = 0.5: at the end the rule pays 2.70") and "35 % of the answers" in words
    assert plot.fill(plot.readouts[1], state) == "Of these values β = 1 serves best what was meant."


def test_it_has_a_slider_over_the_values_with_a_play_button():
    made = beta_and_rule(RUNS)
    assert list(made.children[1].children[0].options) == ["0", "0.5", "1"] and made.view.plays == ["beta"]
    assert len(beta_and_rule_figure(RUNS, beta=2).axes) == 3


def test_one_value_is_no_comparison():
    with pytest.raises(ValueError, match="at least two values of β"):
        beta_and_rule({0.0: RUNS[0.0]})
