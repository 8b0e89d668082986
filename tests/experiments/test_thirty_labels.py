"""Thirty labels by one rule give a reward model that agrees with the rule on pairs it has never seen, on each seed."""

import pytest

from rlcourse.experiments.language import fresh_policy, thirty_labels
from rlcourse.language import TASTES, choose, chosen_from, draw_pairs, preference_accuracy


@pytest.mark.parametrize(("taste", "seed"), [("short", seed) for seed in range(3)] + [("friendly", 0), ("helpful", 3)])
def test_it_agrees_on_three_quarters_of_unseen_pairs(taste, seed):
    rule, policy = TASTES[taste], fresh_policy()
    learned = draw_pairs(policy, 30, seed=seed, taste=rule)  # what `thirty_labels` learns from
    unseen = draw_pairs(policy, 120, seed=100 + seed, taste=rule, without=learned)
    labels = chosen_from(unseen, [choose(pair, rule) for pair in unseen])
    assert preference_accuracy(thirty_labels(taste, seed), labels) >= 0.75
