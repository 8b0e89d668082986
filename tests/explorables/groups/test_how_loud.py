"""How loudly a question is heard: the factor is that of a finite difference, and the words are those of the numbers."""

from itertools import product

import pytest
import torch

from rlcourse.equations import group_advantages
from rlcourse.explorables import how_loud, how_loud_figure
from rlcourse.explorables.groups.how_loud import CHANCES, how_loud_plot, loudness

PLOT = how_loud_plot()


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_the_factor_is_the_gradient_of_the_expected_objective_over_all_groups(p):
    """Two kinds of answers, right with the chance sigmoid(x): all 2³ groups, one by one, by autograd."""
    x = torch.logit(torch.tensor(p)).requires_grad_()
    right = torch.sigmoid(x)
    objective = 0.0
    for group in product((0.0, 1.0), repeat=3):
        rewards = torch.tensor([group])
        logprobs = torch.where(rewards == 1, right, 1 - right).log()
        objective += logprobs.sum().exp().detach() * (group_advantages(rewards) * logprobs).mean()
    pushed, of_p = torch.autograd.grad(objective, x)[0], p * (1 - p)
    assert loudness(torch.tensor([p]), 3, group_advantages).item() == pytest.approx((pushed / of_p).item(), rel=1e-4)


def test_without_the_std_every_question_is_heard_alike_and_with_it_the_ends_are_louder():
    plain, loud = PLOT.arrays["plain"].values, PLOT.arrays["with_std"].values
    assert plain == pytest.approx(7 / 8, abs=1e-4)
    assert loud == pytest.approx(loud[::-1], rel=1e-3)
    assert loud.argmin() == CHANCES.index(0.5) and (loud < PLOT.arrays["limit"].values * 1.2).all()
    assert (loud < PLOT.panels[0].y.high).all() and (PLOT.arrays["limit"].values < PLOT.panels[0].y.high).all()


def test_half_known_questions_hardly_have_silent_groups():
    assert PLOT.fill(PLOT.readouts[1], {"p": 0.5}).startswith("1 %")
    assert PLOT.fill(PLOT.readouts[1], {"p": 0.02}).startswith("85 %")
    shown = PLOT.pick("teaching", {"p": 0.3}, "right") + PLOT.pick("silent", {"p": 0.3}, "right")
    assert shown.sum() == pytest.approx(1, abs=1e-5)


def test_a_learners_advantages_are_those_that_are_drawn():
    mine = how_loud(advantage_fn=lambda rewards: 0 * rewards).view
    assert (mine.plot.arrays["with_std"].values == 0).all()
    assert len(how_loud_figure(p=0.1).axes) == 2
    with pytest.raises(ValueError, match="p must be"):
        how_loud_figure(p=1.5)
