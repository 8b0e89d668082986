import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from rlcourse.equations import cispo, clipped_surrogate, policy_gradient, truncated_importance_weights

from .strategies import normal, quick, seeds


@quick
@given(seeds, st.floats(1.0, 50.0))
def test_weighted_by_them_a_mean_over_the_samplers_choices_is_one_over_the_trainers(seed, cap):
    """By enumeration of five choices; a cap that cuts nothing off costs nothing."""
    policy, sampler = normal(2, 5, seed=seed, scale=0.5).log_softmax(-1).unbind()
    worth = normal(5, seed=seed + 1)
    weights = truncated_importance_weights(policy, sampler, cap=cap)
    assert weights.max() <= cap
    expected = (policy.exp() * worth).sum()
    mean = (sampler.exp() * weights * worth).sum()
    lost = ((policy.exp() - cap * sampler.exp()).clamp(min=0) * worth).sum()
    assert_close(mean, expected - lost)


def test_the_weights_of_ones_own_samples_are_1_and_are_constants():
    logprobs = normal(3, 4, seed=0).requires_grad_()
    weights = truncated_importance_weights(logprobs, logprobs.detach(), cap=2)
    assert_close(weights, torch.ones(3, 4, dtype=torch.float64))
    assert not weights.requires_grad


@quick
@given(seeds)
def test_cispo_pushes_every_token_by_its_clipped_weight(seed):
    logprobs = normal(4, 6, seed=seed).requires_grad_()
    old, advantages = normal(4, 6, seed=seed + 1), normal(4, 1, seed=seed + 2)
    (found,) = torch.autograd.grad(cispo(logprobs, old, advantages, clip_low=0.3, clip_high=0.5).sum(), logprobs)
    ratio = (logprobs - old).exp().detach()
    assert_close(found, ratio.clamp(0.7, 1.5) * advantages)


def test_the_first_step_is_reinforce_and_later_no_token_is_dropped():
    logprobs = torch.tensor([-1.0, -1.0], requires_grad=True)
    advantages, clip = torch.tensor([1.0, -1.0]), {"clip_low": 0.2, "clip_high": 0.2}

    def gradient(objective):
        return torch.autograd.grad(objective.sum(), logprobs)[0]

    now = logprobs.detach()
    assert_close(gradient(cispo(logprobs, now, advantages, **clip)), gradient(policy_gradient(logprobs, advantages)))
    before = now - torch.tensor([1.0, -1.0])  # both have gone the way they were pushed, far out of the range
    assert gradient(clipped_surrogate(logprobs, before, advantages, **clip)).tolist() == [0, 0]
    assert gradient(cispo(logprobs, before, advantages, **clip)).tolist() == pytest.approx([1.2, -0.8])


def test_without_a_lower_bound():
    logprobs = torch.tensor([-9.0], requires_grad=True)
    (found,) = torch.autograd.grad(
        cispo(logprobs, torch.zeros(1), torch.ones(1), clip_low=1.0, clip_high=0.2), logprobs
    )
    assert found.item() == pytest.approx(torch.tensor(-9.0).exp().item())


@pytest.mark.parametrize("gap", [1e4, -1e4, 3e38])
def test_garbage_behind_a_mask_stays_finite(gap):
    logprobs = torch.tensor([gap], requires_grad=True)
    objective = cispo(logprobs, torch.tensor([-gap]), torch.tensor([1e30]), clip_low=1.0, clip_high=1e30)
    objective.backward()
    assert objective.isfinite().all() and logprobs.grad.isfinite().all()
    assert truncated_importance_weights(logprobs, -logprobs.detach(), cap=3).isfinite().all()
