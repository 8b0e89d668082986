import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from rlcourse.equations import bradley_terry_loss, categorical_kl, dpo_loss, score_at_the_last_token

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


@quick
@given(seeds, st.floats(0.01, 2.0))
def test_dpo_is_bradley_terry_with_what_the_policy_itself_pays(seed, beta):
    chosen, rejected, ref_chosen, ref_rejected = sums = normal(4, 6, seed=seed, scale=3).unbind()
    paid = beta * (chosen - ref_chosen), beta * (rejected - ref_rejected)
    assert_close(dpo_loss(*sums, beta=beta), bradley_terry_loss(*paid))
    assert dpo_loss(chosen, rejected, chosen, rejected, beta=beta).item() == pytest.approx(math.log(2))


def test_dpo_is_least_at_the_policy_that_is_best_under_a_kl_penalty():
    """Bradley's and Terry's people, a reward for each of four answers, every pair as often as they choose it.

    What DPO learns from them is π_ref·exp(r/β) / Z, which maximises E[r] − β·KL(π‖π_ref).
    """
    rewards, reference = normal(2, 4, seed=7).unbind()
    reference, beta = reference.log_softmax(-1), 0.5
    best = (reference + rewards / beta).log_softmax(-1)

    def loss(policy):
        total = 0
        for one in range(4):
            for other in range(4):
                pair = [table[i].reshape(1) for table in (policy, reference) for i in (one, other)]
                total += torch.sigmoid(rewards[one] - rewards[other]) * dpo_loss(*pair, beta=beta)
        return total

    logits = best.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(loss(logits.log_softmax(-1)), logits)
    assert_close(gradient, torch.zeros(4, dtype=torch.float64), atol=1e-9, rtol=0)
    worth = lambda policy: (policy.exp() * rewards).sum() - beta * categorical_kl(policy, reference)  # noqa: E731
    for seed in range(5):
        other = (best + 0.3 * normal(4, seed=seed)).log_softmax(-1)
        assert loss(other) > loss(best) and worth(other) < worth(best)


def test_the_gradient_of_dpo():
    inputs = [normal(3, seed=seed).requires_grad_() for seed in range(4)]
    assert torch.autograd.gradcheck(lambda *sums: dpo_loss(*sums, beta=0.3), inputs)


def test_the_score_is_that_of_the_last_real_token_whatever_stands_behind_it():
    scores = torch.arange(8.0).reshape(2, 4).requires_grad_()
    mask = torch.tensor([[True, True, False, False], [True, True, True, True]])
    found = score_at_the_last_token(scores, mask)
    assert found.tolist() == [1.0, 7.0]
    found.sum().backward()
    assert scores.grad.nonzero().tolist() == [[0, 1], [1, 3]]
    garbage = torch.where(mask, scores.detach(), torch.nan)
    assert torch.equal(score_at_the_last_token(garbage, mask), found)
