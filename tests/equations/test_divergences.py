import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.distributions import Categorical, kl_divergence
from torch.testing import assert_close

from rlcourse.equations import categorical_entropy, categorical_kl, kl_k1, kl_k2, kl_k3

from .strategies import normal, quick, seeds

INF = float("inf")
ESTIMATES = [kl_k1, kl_k2, kl_k3]


@pytest.fixture
def policy():
    """Logits θ of a policy over a vocabulary of five, and those of its reference."""
    return normal(5, seed=1).requires_grad_(), normal(5, seed=2)


class TestCategoricalKL:
    def test_by_hand(self):
        """KL from a fair coin to one that falls on heads three times of four, and back."""
        fair, biased = torch.tensor([0.5, 0.5]).log(), torch.tensor([0.75, 0.25]).log()
        assert categorical_kl(fair, biased).item() == pytest.approx(0.5 * math.log(0.5 / 0.75) + 0.5 * math.log(2))
        assert categorical_kl(biased, fair).item() == pytest.approx(0.75 * math.log(1.5) + 0.25 * math.log(0.5))

    @quick
    @given(seeds, st.floats(0.1, 30))
    def test_agrees_with_torch_distributions(self, seed, scale):
        p, q = normal(2, 3, 4, 6, seed=seed, scale=scale).unbind()
        kl = categorical_kl(p, q)
        assert kl.shape == (3, 4)
        assert (kl >= -1e-12).all()
        assert_close(kl, kl_divergence(Categorical(logits=p), Categorical(logits=q)))

    @quick
    @given(seeds, st.floats(-100, 100))
    def test_is_0_between_equals_whatever_the_level_of_the_logits(self, seed, level):
        p = normal(3, 5, seed=seed)
        assert_close(categorical_kl(p, p + level), torch.zeros(3, dtype=torch.float64), atol=1e-12, rtol=0)

    def test_an_impossible_action_counts_nothing_in_value_and_gradient(self):
        """As under top-k sampling, in which most of the vocabulary has logit −∞."""
        p = torch.tensor([0.3, -INF, 1.2], dtype=torch.float64, requires_grad=True)
        q = torch.tensor([0.1, -INF, 0.5], dtype=torch.float64, requires_grad=True)
        possible = torch.tensor([0, 2])
        kl, expected = categorical_kl(p, q), categorical_kl(p[possible], q[possible])
        assert_close(kl, expected)
        for ours, theirs in zip(torch.autograd.grad(kl, [p, q]), torch.autograd.grad(expected, [p, q]), strict=True):
            assert_close(ours, theirs)

    def test_is_infinite_where_only_q_rules_an_action_out(self):
        assert categorical_kl(torch.zeros(2), torch.tensor([0.0, -INF])).item() == INF
        assert categorical_kl(torch.tensor([0.0, -INF]), torch.zeros(2)).item() == pytest.approx(math.log(2))

    def test_extreme_logits_stay_finite(self):
        p = torch.tensor([1e4, -1e4, 0.0], requires_grad=True)
        kl = categorical_kl(p, -p.detach())
        kl.backward()
        assert kl.item() == pytest.approx(2e4)
        assert torch.isfinite(p.grad).all()

    def test_gradients_once_and_twice(self):
        inputs = normal(3, 4, seed=3).requires_grad_(), normal(3, 4, seed=4).requires_grad_()
        assert torch.autograd.gradcheck(categorical_kl, inputs)
        assert torch.autograd.gradgradcheck(categorical_kl, inputs)


class TestEntropy:
    @quick
    @given(seeds, st.floats(0.1, 30))
    def test_agrees_with_torch_distributions(self, seed, scale):
        logits = normal(3, 6, seed=seed, scale=scale)
        entropy = categorical_entropy(logits)
        assert ((entropy >= 0) & (entropy <= math.log(6) + 1e-12)).all()
        assert_close(entropy, Categorical(logits=logits).entropy())

    def test_its_extremes(self):
        assert categorical_entropy(torch.zeros(8)).item() == pytest.approx(math.log(8))
        assert categorical_entropy(torch.tensor([1e4, 0.0, 0.0])).item() == 0

    def test_an_impossible_action_counts_nothing_in_value_and_gradient(self):
        logits = torch.tensor([0.0, -INF, 1.0], dtype=torch.float64, requires_grad=True)
        entropy, expected = categorical_entropy(logits), categorical_entropy(logits[torch.tensor([0, 2])])
        assert_close(entropy, expected)
        assert_close(torch.autograd.grad(entropy, logits), torch.autograd.grad(expected, logits))

    def test_gradients(self):
        assert torch.autograd.gradcheck(categorical_entropy, normal(3, 4, seed=5).requires_grad_())


class TestEstimatesByEnumeration:
    """All five tokens, each weighed by its probability: expectations without sampling."""

    @pytest.mark.parametrize("estimate", [kl_k1, kl_k3])
    def test_k1_and_k3_are_right_on_average(self, policy, estimate):
        logprobs, ref_logprobs = policy[0].log_softmax(-1), policy[1].log_softmax(-1)
        assert_close((logprobs.exp() * estimate(logprobs, ref_logprobs)).sum(), categorical_kl(*policy))

    def test_k2_is_biased_and_right_in_the_limit_of_near_policies(self, policy):
        def relative_error(nearness):
            near = policy[1] + nearness * (policy[0].detach() - policy[1])
            logprobs, ref_logprobs = near.log_softmax(-1), policy[1].log_softmax(-1)
            expected = (logprobs.exp() * kl_k2(logprobs, ref_logprobs)).sum()
            return abs(expected / categorical_kl(near, policy[1]) - 1).item()

        assert relative_error(1.0) > 0.05
        assert relative_error(1e-3) < 1e-3

    @pytest.mark.parametrize(
        ("estimate", "gradient_of"),
        [
            (kl_k1, None),
            (kl_k2, lambda logits, ref: categorical_kl(logits, ref)),
            (kl_k3, lambda logits, ref: categorical_kl(ref, logits)),
        ],
    )
    def test_expected_gradients_as_losses(self, policy, estimate, gradient_of):
        """The draw is not differentiated: E∇k1 = 0, E∇k2 = ∇KL(π‖π_ref), E∇k3 = ∇KL(π_ref‖π)."""
        logits, ref_logits = policy
        logprobs = logits.log_softmax(-1)
        loss = (logprobs.exp().detach() * estimate(logprobs, ref_logits.log_softmax(-1))).sum()
        (gradient,) = torch.autograd.grad(loss, logits)
        if gradient_of is None:
            expected = torch.zeros_like(logits)
        else:
            (expected,) = torch.autograd.grad(gradient_of(logits, ref_logits), logits)
            assert expected.abs().max() > 0.1
        assert_close(gradient, expected, atol=1e-12, rtol=1e-9)

    @pytest.mark.parametrize(("estimate", "right"), [(kl_k1, True), (kl_k2, False), (kl_k3, True)])
    def test_expected_gradients_weighted_by_the_ratio(self, policy, estimate, right):
        """ρ = π/π_old, π_old the same policy held fixed, differentiates the draw: k1 and k3 then have ∇KL(π‖π_ref)."""
        logits, ref_logits = policy
        logprobs = logits.log_softmax(-1)
        ratio = (logprobs - logprobs.detach()).exp()
        loss = (logprobs.exp().detach() * ratio * estimate(logprobs, ref_logits.log_softmax(-1))).sum()
        (gradient,) = torch.autograd.grad(loss, logits)
        (expected,) = torch.autograd.grad(categorical_kl(logits, ref_logits), logits)
        if right:
            assert_close(gradient, expected, atol=1e-12, rtol=1e-9)
        else:
            assert (gradient - expected).norm() > 0.1


class TwoTokens:
    """All nine answers of two tokens, with three choices each, of a policy that reads its prefix."""

    def __init__(self, seed):
        self.first, self.second = normal(3, seed=seed), normal(3, 3, seed=seed + 1)  # [V], [prefix V]
        self.weights = (self.first.requires_grad_(), self.second.requires_grad_())

    def logprobs(self):
        """log π of both tokens of each answer, [9, 2]."""
        first, second = self.first.log_softmax(-1), self.second.log_softmax(-1)
        return torch.stack([first[:, None].expand(3, 3), second], dim=-1).reshape(9, 2)

    def gradients(self, loss):
        return torch.autograd.grad(loss, self.weights, retain_graph=True)


class TestEstimatesOverAnAnswer:
    """What holds for one decision, and what does not for an answer of two tokens: every answer counted."""

    @pytest.fixture
    def answers(self):
        policy, reference = TwoTokens(seed=3), TwoTokens(seed=5)
        return policy, policy.logprobs(), reference.logprobs().detach()

    @staticmethod
    def of_answers(p, q):
        """KL between the distributions of whole answers, from the log-probabilities of their tokens."""
        p, q = p.sum(-1), q.sum(-1)
        return (p.exp() * (p - q)).sum()

    def test_k2_of_the_whole_answer_has_the_right_gradient(self, answers):
        policy, logprobs, ref_logprobs = answers
        chances = logprobs.sum(-1).exp().detach()
        loss = (chances * kl_k2(logprobs.sum(-1), ref_logprobs.sum(-1))).sum()
        assert_close(policy.gradients(loss), policy.gradients(self.of_answers(logprobs, ref_logprobs)))

    def test_k1_in_the_reward_has_the_right_gradient(self, answers):
        """The policy gradient with the sum of k1 over this token and the later ones as what is paid."""
        policy, logprobs, ref_logprobs = answers
        chances, paid = logprobs.sum(-1).exp().detach(), kl_k1(logprobs, ref_logprobs).detach()
        to_come = paid.flip(-1).cumsum(-1).flip(-1)  # [9, 2]
        loss = (chances[:, None] * to_come * logprobs).sum()
        assert_close(policy.gradients(loss), policy.gradients(self.of_answers(logprobs, ref_logprobs)))

    def test_k2_for_each_token_does_not_see_what_the_first_does_to_the_second(self, answers):
        policy, logprobs, ref_logprobs = answers
        chances = logprobs.sum(-1).exp().detach()
        first, second = policy.gradients((chances[:, None] * kl_k2(logprobs, ref_logprobs)).sum())
        full_first, full_second = policy.gradients(self.of_answers(logprobs, ref_logprobs))
        assert_close(second, full_second)
        assert (first - full_first).norm() > 0.1
        first_choice_alone = (logprobs[::3, 0].exp() * (logprobs - ref_logprobs)[::3, 0]).sum()
        assert_close(first, torch.autograd.grad(first_choice_alone, policy.first)[0])

    def test_k3_for_each_token_asks_the_second_about_prefixes_of_the_wrong_policy(self, answers):
        policy, logprobs, ref_logprobs = answers
        chances = logprobs.sum(-1).exp().detach()
        first, second = policy.gradients((chances[:, None] * kl_k3(logprobs, ref_logprobs)).sum())
        full_first, full_second = policy.gradients(self.of_answers(ref_logprobs, logprobs))
        assert_close(first, full_first)
        assert (second - full_second).norm() > 0.1 * full_second.norm()
        kl = categorical_kl(ref_logprobs[:, 1].reshape(3, 3), policy.second)  # [prefix], from π_ref to π
        over_own_prefixes = (policy.first.softmax(-1).detach() * kl).sum()
        assert_close(second, torch.autograd.grad(over_own_prefixes, policy.second)[0])

    def test_k1_for_each_token_has_no_expected_gradient(self, answers):
        policy, logprobs, ref_logprobs = answers
        chances = logprobs.sum(-1).exp().detach()
        for gradient in policy.gradients((chances[:, None] * kl_k1(logprobs, ref_logprobs)).sum()):
            assert_close(gradient, torch.zeros_like(gradient), atol=1e-12, rtol=0)


class TestEstimates:
    def test_by_hand(self):
        logprobs, ref_logprobs = torch.tensor([0.5]).log(), torch.tensor([0.25]).log()
        assert kl_k1(logprobs, ref_logprobs).item() == pytest.approx(math.log(2))
        assert kl_k2(logprobs, ref_logprobs).item() == pytest.approx(0.5 * math.log(2) ** 2)
        assert kl_k3(logprobs, ref_logprobs).item() == pytest.approx(0.5 + math.log(2) - 1)

    @quick
    @given(st.floats(-30, 30), st.floats(-30, 0))
    def test_their_formulas(self, difference, ref_logprob):
        ref_logprobs = torch.tensor([ref_logprob], dtype=torch.float64)
        logprobs = ref_logprobs + difference
        exact = (logprobs - ref_logprobs).item()
        assert kl_k1(logprobs, ref_logprobs).item() == exact
        assert kl_k2(logprobs, ref_logprobs).item() == pytest.approx(0.5 * exact**2)
        k3 = kl_k3(logprobs, ref_logprobs).item()
        assert k3 == pytest.approx(math.exp(-exact) + exact - 1, rel=1e-9, abs=1e-12)
        assert k3 >= 0

    @pytest.mark.parametrize("estimate", ESTIMATES)
    def test_equal_policies_cost_exactly_0(self, estimate):
        logprobs = normal(2, 3, seed=6)
        assert estimate(logprobs, logprobs.clone()).tolist() == [[0.0] * 3] * 2

    def test_k3_keeps_the_digits_of_a_small_difference(self):
        """In float32, exp(x) − 1 − x is off by a tenth here."""
        k3 = kl_k3(torch.tensor([0.0]), torch.tensor([1e-3]))
        assert k3.item() == pytest.approx(math.expm1(1e-3) - 1e-3, rel=1e-3)

    @pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
    @pytest.mark.parametrize("difference", [100.0, -100.0, 1000.0, -1000.0])
    @pytest.mark.parametrize("estimate", ESTIMATES)
    def test_far_apart_policies_stay_finite_and_keep_the_sign_of_the_gradient(self, estimate, difference, dtype):
        logprobs = torch.tensor([difference], dtype=dtype, requires_grad=True)
        value = estimate(logprobs, torch.zeros(1, dtype=dtype))
        value.backward()
        assert torch.isfinite(value)
        assert torch.isfinite(logprobs.grad)
        assert logprobs.grad.sign().item() == (1.0 if estimate is kl_k1 else math.copysign(1.0, difference))

    def test_k3_is_the_formula_below_its_limit_and_the_tangent_above(self):
        limit = 0.9 * math.log(torch.finfo(torch.float64).max)
        logratio = torch.tensor([limit - 1, limit, limit + 2], dtype=torch.float64)
        value = kl_k3(-logratio, torch.zeros_like(logratio))
        peak = math.exp(limit)
        expected = torch.tensor([math.exp(limit - 1), peak, peak * (1 + 2)], dtype=torch.float64)
        assert_close(value, expected, rtol=1e-9, atol=0)

    def test_a_token_that_the_reference_rules_out_costs_infinity(self):
        assert kl_k3(torch.zeros(1), torch.tensor([-INF])).item() == INF

    @pytest.mark.parametrize("estimate", ESTIMATES)
    def test_gradients(self, estimate):
        inputs = normal(2, 3, seed=7).requires_grad_(), normal(2, 3, seed=8).requires_grad_()
        assert torch.autograd.gradcheck(estimate, inputs)
