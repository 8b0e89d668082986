import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from rlcourse.equations import (
    aggregate,
    clip_fraction,
    clipped_surrogate,
    group_advantages,
    policy_gradient,
    ppo_gauges,
    surrogate,
)

from .strategies import normal, quick, random_mask, seeds

NAN, INF = float("nan"), float("inf")
CLIP = {"clip_low": 0.2, "clip_high": 0.28}


def log(*ratios):
    return torch.tensor(ratios, dtype=torch.float64).log()


class TestPolicyGradient:
    def test_by_hand(self):
        """An action of probability e⁻² that was worth 3, and one of e⁻¹ that was worth −4."""
        logprobs = torch.tensor([-2.0, -1.0], dtype=torch.float64)
        assert policy_gradient(logprobs, torch.tensor([3.0, -4.0], dtype=torch.float64)).tolist() == [-6.0, 4.0]

    def test_its_expected_gradient_is_that_of_the_expected_advantage(self):
        """Σ π·∇(log π·A) = ∇ Σ π·A, by enumeration of five actions (the score-function trick)."""
        logits, advantages = normal(5, seed=1).requires_grad_(), normal(5, seed=3)
        logprobs = logits.log_softmax(-1)
        estimate = (logprobs.exp().detach() * policy_gradient(logprobs, advantages)).sum()
        expected = logprobs.exp() @ advantages
        assert_close(*(torch.autograd.grad(value, logits, retain_graph=True)[0] for value in (estimate, expected)))

    def test_a_baseline_changes_none_of_it(self):
        logits, advantages = normal(5, seed=1).requires_grad_(), normal(5, seed=3)
        logprobs = logits.log_softmax(-1)
        expected = [(logprobs.exp().detach() * policy_gradient(logprobs, advantages - b)).sum() for b in (0.0, 7.0)]
        assert_close(*(torch.autograd.grad(value, logits, retain_graph=True)[0] for value in expected))

    def test_its_gradient_is_that_of_the_surrogate_at_the_old_policy(self):
        logprobs, advantages = normal(3, 4, seed=4).requires_grad_(), normal(3, 4, seed=5)
        values = policy_gradient(logprobs, advantages), surrogate(logprobs, logprobs.detach(), advantages)
        assert_close(*(torch.autograd.grad(value.sum(), logprobs)[0] for value in values))

    def test_with_advantages_of_1_it_is_minus_the_cross_entropy(self):
        """Reinforcement learning with a label in the place of the advantage is supervised learning."""
        logits, actions = normal(6, 5, seed=7), torch.tensor([0, 1, 2, 3, 4, 0])
        logprobs = logits.log_softmax(-1).gather(1, actions[:, None])[:, 0]
        value = policy_gradient(logprobs, torch.ones((), dtype=torch.float64)).mean()
        assert_close(value, -torch.nn.functional.cross_entropy(logits, actions))

    def test_advantages_of_sequences_broadcast_over_their_tokens(self):
        logprobs, advantages = normal(3, 5, seed=8), normal(3, 1, seed=9)
        assert_close(policy_gradient(logprobs, advantages), logprobs * advantages.expand(3, 5))

    def test_gradients(self):
        inputs = [normal(2, 3, seed=seed).requires_grad_() for seed in (6, 7)]
        assert torch.autograd.gradcheck(policy_gradient, inputs)


class TestSurrogate:
    def test_by_hand(self):
        """An action from 0.5 to 0.25 in probability: half the advantage, not twice."""
        assert surrogate(log(0.25), log(0.5), torch.tensor([3.0], dtype=torch.float64)).item() == pytest.approx(1.5)

    def test_turns_an_expectation_under_the_old_policy_into_one_under_the_new(self):
        """Σ π_old·(π/π_old)·A = Σ π·A, by enumeration of five actions, in value and in gradient."""
        logits, old_logits, advantages = normal(5, seed=1).requires_grad_(), normal(5, seed=2), normal(5, seed=3)
        logprobs, old_logprobs = logits.log_softmax(-1), old_logits.log_softmax(-1)
        estimate = (old_logprobs.exp() * surrogate(logprobs, old_logprobs, advantages)).sum()
        expected = logprobs.exp() @ advantages
        assert_close(estimate, expected)
        gradients = [torch.autograd.grad(value, logits, retain_graph=True)[0] for value in (estimate, expected)]
        assert_close(*gradients)

    def test_its_gradient_at_the_old_policy_is_the_policy_gradient(self):
        logprobs, advantages = normal(4, seed=4).requires_grad_(), normal(4, seed=5)
        value = surrogate(logprobs, logprobs.detach(), advantages)
        assert_close(value.detach(), advantages)
        assert_close(torch.autograd.grad(value.sum(), logprobs)[0], advantages)

    def test_gradients(self):
        inputs = [normal(2, 3, seed=seed).requires_grad_() for seed in (6, 7, 8)]
        assert torch.autograd.gradcheck(surrogate, inputs)


class TestClippedSurrogate:
    @pytest.mark.parametrize(
        ("ratio", "advantage", "objective", "slope"),
        [
            (1.0, 1.0, 1.0, 1.0),
            (1.0, -1.0, -1.0, -1.0),
            (1.1, 2.0, 2.2, 2.2),
            (1.5, 2.0, 2.56, 0.0),  # likelier and good: gained enough
            (0.5, 2.0, 1.0, 1.0),  # good and yet less likely: not clipped
            (1.5, -2.0, -3.0, -3.0),  # bad and yet likelier: not clipped
            (0.5, -2.0, -1.6, 0.0),  # less likely and bad: gained enough
            (1.25, 2.0, 2.5, 2.5),  # the upper bound is its own
            (0.75, -2.0, -1.6, 0.0),
        ],
    )
    def test_every_corner(self, ratio, advantage, objective, slope):
        """The slope is with respect to the log-probability, so it is ratio·A or 0."""
        logprobs = log(ratio).requires_grad_()
        value = clipped_surrogate(logprobs, log(1.0), torch.tensor([advantage], dtype=torch.float64), **CLIP)
        value.backward()
        assert value.item() == pytest.approx(objective)
        assert logprobs.grad.item() == pytest.approx(slope)

    @quick
    @given(seeds, st.floats(0, 0.9), st.floats(0, 3))
    def test_is_the_lower_of_both_and_the_surrogate_inside(self, seed, clip_low, clip_high):
        logprobs, old_logprobs, advantages = normal(3, 4, 5, seed=seed).unbind()
        clipped = clipped_surrogate(logprobs, old_logprobs, advantages, clip_low=clip_low, clip_high=clip_high)
        plain = surrogate(logprobs, old_logprobs, advantages)
        ratio = (logprobs - old_logprobs).exp()
        bounded = ratio.clip(1 - clip_low, 1 + clip_high) * advantages
        assert (clipped <= plain + 1e-12).all()
        assert (clipped <= bounded + 1e-12).all()
        assert ((clipped == plain) | (clipped == bounded)).all()
        inside = (ratio >= 1 - clip_low) & (ratio <= 1 + clip_high)
        assert_close(clipped[inside], plain[inside])

    def test_advantages_of_sequences_broadcast_over_their_tokens(self):
        logprobs, old_logprobs = normal(2, 3, 5, seed=9).unbind()
        advantages = normal(3, 1, seed=10)
        value = clipped_surrogate(logprobs, old_logprobs, advantages, **CLIP)
        assert_close(value, clipped_surrogate(logprobs, old_logprobs, advantages.expand(3, 5), **CLIP))
        one = clipped_surrogate(logprobs, old_logprobs, torch.tensor(0.5, dtype=torch.float64), **CLIP)
        assert one.shape == (3, 5)

    def test_first_inner_step_of_grpo(self):
        """Nothing has moved: the ratio is 1, the loss −mean Â, and the gradient is not 0."""
        advantages = group_advantages(torch.tensor([[1.0, 0.0, 0.0]], dtype=torch.float64)).reshape(3, 1)
        logprobs, mask = normal(3, 4, seed=11).requires_grad_(), torch.ones(3, 4, dtype=torch.bool)
        per_token = clipped_surrogate(logprobs, logprobs.detach(), advantages, **CLIP)
        loss = -aggregate(per_token, mask, mode="sequence-mean")
        loss.backward()
        assert loss.item() == pytest.approx(-advantages.mean().item())
        assert_close(logprobs.grad, -advantages.expand(3, 4) / 12)

    def test_sequence_ratios_equal_token_ratios_on_answers_of_one_token(self):
        """GSPO takes the mean log-ratio of the sequence; of one token, that is the token's."""
        logprobs, old_logprobs, advantages = normal(3, 6, 1, seed=12).unbind()
        of_sequence = (logprobs - old_logprobs).mean(dim=1, keepdim=True)
        ours = clipped_surrogate(of_sequence, torch.zeros_like(of_sequence), advantages, **CLIP)
        assert_close(ours, clipped_surrogate(logprobs, old_logprobs, advantages, **CLIP))

    @pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
    @pytest.mark.parametrize("logratio", [100.0, -100.0, 1000.0, -1000.0])
    @pytest.mark.parametrize("advantage", [1.0, 0.0, -1.0])
    def test_extreme_ratios_stay_finite(self, logratio, advantage, dtype):
        advantages = torch.tensor([advantage], dtype=dtype)
        for objective in (surrogate, lambda *tensors: clipped_surrogate(*tensors, **CLIP)):
            logprobs = torch.tensor([logratio], dtype=dtype, requires_grad=True)
            value = objective(logprobs, torch.zeros(1, dtype=dtype), advantages)
            value.backward()
            assert torch.isfinite(value)
            assert torch.isfinite(logprobs.grad)

    def test_a_bad_action_that_ran_away_is_still_pulled_back(self):
        logprobs = torch.tensor([100.0], requires_grad=True)
        clipped_surrogate(logprobs, torch.zeros(1), torch.tensor([-1.0]), **CLIP).backward()
        assert logprobs.grad.item() < 0

    def test_garbage_behind_the_mask_reaches_neither_value_nor_gradient(self):
        """Any finite number, up to float32's 1e30, may stand in the padding of the log-probabilities."""
        mask = random_mask(4, 6, seed=13)
        logprobs, old_logprobs = normal(2, 4, 6, seed=14).float().unbind()
        advantages = normal(4, 1, seed=15).float()

        def loss_and_gradient(garbage, old_garbage):
            inputs = torch.where(mask, logprobs, garbage).requires_grad_()
            old = torch.where(mask, old_logprobs, old_garbage)
            per_token = clipped_surrogate(inputs, old, advantages, **CLIP)
            loss = aggregate(per_token, mask, mode="sequence-mean")
            return loss.detach(), torch.autograd.grad(loss, inputs)[0]

        clean = loss_and_gradient(0.0, 0.0)
        assert (clean[1][~mask] == 0).all()
        for garbage, old_garbage in [(1e30, 0.0), (0.0, -1e30), (-1e30, 1e30), (5.0, -700.0)]:
            assert_close(loss_and_gradient(garbage, old_garbage), clean, rtol=0, atol=0)

    def test_gradients(self):
        inputs = [normal(3, 4, seed=seed).requires_grad_() for seed in (16, 17, 18)]
        assert torch.autograd.gradcheck(lambda *tensors: clipped_surrogate(*tensors, **CLIP), inputs)


class TestClipFraction:
    def test_by_hand(self):
        ratios = log(0.7, 0.85, 1.0, 1.25, 1.3, 2.0, 0.1, 0.79)
        assert clip_fraction(ratios, torch.zeros_like(ratios), **CLIP).item() == 5 / 8

    def test_which_way_round(self):
        """Twice as likely is outside 1.28; half as likely is inside 1 − 0.6."""
        assert clip_fraction(log(0.6), log(0.3), clip_low=0.6, clip_high=0.28).item() == 1
        assert clip_fraction(log(0.3), log(0.6), clip_low=0.6, clip_high=0.28).item() == 0

    def test_the_bounds_themselves_are_inside(self):
        assert clip_fraction(log(0.5), log(0.5), clip_low=0, clip_high=0).item() == 0

    def test_only_what_counts_is_counted(self):
        ratios = log(2.0, 1.0, 2.0, 1.0)
        ratios[2:] = torch.tensor([NAN, 1e30])
        mask = torch.tensor([True, True, False, False])
        assert clip_fraction(ratios, torch.zeros_like(ratios), **CLIP, mask=mask).item() == 0.5
        assert clip_fraction(ratios, torch.zeros_like(ratios), **CLIP, mask=~mask & False).item() == 0

    def test_has_no_gradient(self):
        assert not clip_fraction(normal(3, seed=1).requires_grad_(), normal(3, seed=2), **CLIP).requires_grad


class TestGauges:
    def test_by_hand(self):
        """Ratios 2 and ½: the mean of 2 − 1 − log 2 and ½ − 1 + log 2 is ¼; both are outside."""
        kl, fraction = ppo_gauges(log(2.0, 0.5), log(1.0, 1.0), torch.ones(2, dtype=torch.bool), clip_range=0.4)
        assert kl.item() == pytest.approx(0.25) and fraction.item() == 1

    def test_its_expectation_is_the_kl_from_the_policy_that_drew(self):
        old, new = (torch.tensor(p, dtype=torch.float64) for p in ([0.5, 0.3, 0.2], [0.2, 0.2, 0.6]))
        drawn = torch.arange(3).repeat_interleave((10 * old).round().long())  # each action as often as it is likely
        kl, _ = ppo_gauges(new.log()[drawn], old.log()[drawn], torch.ones(10, dtype=torch.bool), clip_range=0.2)
        assert kl.item() == pytest.approx((old * (old / new).log()).sum().item())

    def test_garbage_behind_the_mask_changes_nothing_and_no_gradient_is_left(self):
        new, old = log(2.0, 0.9, 1.0).requires_grad_(), log(1.0, 1.0, NAN)
        gauges = torch.stack(ppo_gauges(new, old, torch.tensor([True, True, False]), clip_range=0.2))
        assert_close(gauges, torch.stack(ppo_gauges(new[:2], old[:2], torch.ones(2).bool(), clip_range=0.2)))
        assert not gauges.requires_grad
        assert [gauge.item() for gauge in ppo_gauges(new, old, torch.zeros(3).bool(), clip_range=0.2)] == [0, 0]
