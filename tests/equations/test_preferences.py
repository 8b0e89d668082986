import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from rlcourse.equations import bradley_terry_loss

from .strategies import normal, quick, seeds


def test_by_hand():
    """Scores 2 and 1: people are expected to agree with probability σ(1)."""
    assert bradley_terry_loss(torch.tensor([2.0]), torch.tensor([1.0])).item() == pytest.approx(
        math.log1p(math.exp(-1))
    )


def test_a_model_that_cannot_tell_pays_log_2():
    assert bradley_terry_loss(torch.zeros(3), torch.zeros(3)).item() == pytest.approx(math.log(2))


@quick
@given(seeds, st.integers(1, 9), st.floats(-50, 50))
def test_is_the_mean_over_pairs_and_only_differences_count(seed, pairs, level):
    chosen, rejected = normal(2, pairs, seed=seed).unbind()
    expected = sum(-math.log(1 / (1 + math.exp(b - a))) for a, b in zip(chosen, rejected, strict=True)) / pairs
    loss = bradley_terry_loss(chosen, rejected)
    assert loss.item() == pytest.approx(expected)
    assert_close(bradley_terry_loss(chosen + level, rejected + level), loss)


def test_pulls_a_pair_apart_by_how_surprising_it_was():
    chosen = torch.tensor([0.0, 3.0], requires_grad=True)
    rejected = torch.tensor([3.0, 0.0], requires_grad=True)
    bradley_terry_loss(chosen, rejected).backward()
    surprise = torch.sigmoid(torch.tensor([3.0, -3.0]))
    assert_close(chosen.grad, -surprise / 2)
    assert_close(rejected.grad, surprise / 2)


@pytest.mark.parametrize("difference", [1000.0, -1000.0])
def test_far_apart_scores_stay_finite(difference):
    chosen = torch.tensor([difference], requires_grad=True)
    loss = bradley_terry_loss(chosen, torch.zeros(1))
    loss.backward()
    assert loss.item() == max(0.0, -difference)
    assert chosen.grad.item() == (0.0 if difference > 0 else -1.0)


def test_gradients():
    inputs = normal(4, seed=1).requires_grad_(), normal(4, seed=2).requires_grad_()
    assert torch.autograd.gradcheck(bradley_terry_loss, inputs)
