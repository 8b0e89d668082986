"""Workings read clause by clause, and prices on length: what is said is what arithmetic and the equations say."""

import numpy as np
import pytest
import torch

from rlcourse.equations import group_advantages, length_penalty
from rlcourse.explorables.thinking.clauses import clause_by_clause, clauses, clauses_page, worth
from rlcourse.explorables.thinking.price_of_length import (
    GROUPS,
    LENGTHS,
    RULES,
    price_of_length_figure,
    price_of_length_plot,
)
from rlcourse.language import Chain, ChainAnswers

CHAIN = Chain(23, 4, 7)  # 51


@pytest.mark.parametrize(
    ("clause", "value", "left"),
    [("37+2*7", 51, 2), ("44+7", 51, 1), ("51", 51, 0), ("I guess 48", None, None), ("37+", None, None)],
)
def test_what_a_clause_comes_to(clause, value, left):
    assert worth(clause) == (clause, value, left)


def test_the_first_false_clause_is_named():
    words, page = clauses_page(CHAIN, " 23+4*7 is 30+3*7 is 38+2*7 is 45+1*7 is 52.")
    assert words == "23+4*7 is 51. The answer is wrong in the end; clause 3 is the first that is false."
    assert page.count("✗ comes to 52") == 3 and page.count("✓") == 2
    assert clauses_page(CHAIN, CHAIN.working())[0].endswith("right in the end; every clause is true.")
    assert list(clauses(CHAIN.working()))[-1] == "51"


def test_everybody_is_asked_the_same():
    said = ChainAnswers((CHAIN,), 1, (CHAIN.working(),), (30,), (1.0,), (51,), (0.0,))
    assert len(clause_by_clause({"before": {4: said}, "after": {4: said}}).view.pages) == 2
    with pytest.raises(ValueError, match="the same lengths for all"):
        clause_by_clause({"before": {4: said}, "after": {5: said}})


def test_what_is_drawn_is_paid_by_the_equations_and_the_verdict_is_true():
    plot = price_of_length_plot()
    state = {"weight": 0.5, "rule": 1, "group": 0}
    rewards = torch.tensor([next(iter(GROUPS.values()))], dtype=torch.float64)
    paid = length_penalty(rewards, torch.tensor([LENGTHS]), weight=0.5)
    drawn = plot.pick("paid_right", state, "answer") + plot.pick("paid_wrong", state, "answer")
    np.testing.assert_allclose(drawn, paid[0])
    drawn = plot.pick("advantage_right", state, "answer") + plot.pick("advantage_wrong", state, "answer")
    np.testing.assert_allclose(drawn, group_advantages(paid)[0])
    assert plot.fill("{verdict}", state).startswith("Every right answer earns more")
    assert plot.fill("{verdict}", state | {"rule": 0}).startswith("A short wrong answer earns more")
    alone = {"weight": 0.3, "group": list(GROUPS).index("all wrong")}
    teach = [plot.fill("{teaches}", alone | {"rule": i}) for i in range(len(RULES))]
    assert teach == ["The group teaches something.", "The group teaches nothing."]
    for panel, name in zip(plot.panels, ("paid", "advantage"), strict=True):
        both = np.concatenate([plot.arrays[f"{name}_{who}"].values for who in ("right", "wrong")])
        assert panel.y.low < both.min() and both.max() < panel.y.high
    assert len(price_of_length_figure(weight=0.5).axes) == 2
