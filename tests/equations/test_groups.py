import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from rlcourse.equations import group_advantages, informative_share, leave_one_out_advantages

from .strategies import normal, quick, seeds

REWARDS = torch.tensor([[1.0, 0.0, 0.0, 1.0], [3.0, 1.0, 0.0, 0.0]], dtype=torch.float64)

groups = st.builds(
    lambda prompts, size, seed: normal(prompts, size, seed=seed), st.integers(1, 4), st.integers(2, 8), seeds
)


class TestGroupAdvantages:
    def test_by_hand(self):
        rewards = torch.tensor([[0.0, 2.0]], dtype=torch.float64)
        expected = 1 / (2**0.5 + 1e-4)  # the sample standard deviation of 0 and 2 is √2
        assert_close(group_advantages(rewards), torch.tensor([[-expected, expected]], dtype=torch.float64))

    @pytest.mark.parametrize(
        ("scale", "std"),
        [
            ("group", np.std(REWARDS.numpy(), axis=1, ddof=1, keepdims=True) + 1e-4),
            ("batch", np.std(REWARDS.numpy(), ddof=1) + 1e-4),
            ("none", 1.0),
        ],
    )
    def test_scales(self, scale, std):
        expected = (REWARDS.numpy() - REWARDS.numpy().mean(axis=1, keepdims=True)) / std
        assert_close(group_advantages(REWARDS, scale=scale), torch.from_numpy(expected))

    def test_the_group_s_own_scale_is_the_default(self):
        assert_close(group_advantages(REWARDS), group_advantages(REWARDS, scale="group"), rtol=0, atol=0)

    @pytest.mark.parametrize("scale", ["group", "batch", "none"])
    @pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
    @pytest.mark.parametrize("reward", [0.0, 0.1, 1 / 3, 0.7, -0.1, 1e6 + 0.1])
    def test_a_constant_group_gives_exactly_0(self, scale, dtype, reward):
        for size in range(2, 17):
            rewards = torch.tensor([[reward] * size, [0.0] * (size - 1) + [1.0]], dtype=dtype)
            advantages = group_advantages(rewards, scale=scale)
            assert advantages[0].tolist() == [0.0] * size
            assert advantages[1].abs().min() > 0

    @quick
    @given(groups, st.sampled_from(["group", "batch", "none"]), st.floats(-100, 100))
    def test_sums_to_0_and_does_not_depend_on_the_level(self, rewards, scale, level):
        advantages = group_advantages(rewards, scale=scale)
        assert_close(advantages.sum(dim=1), torch.zeros_like(advantages[:, 0]), atol=1e-9, rtol=0)
        assert_close(group_advantages(rewards + level, scale=scale), advantages, atol=1e-6, rtol=1e-6)

    @quick
    @given(groups, seeds)
    def test_the_order_of_responses_does_not_matter(self, rewards, seed):
        order = torch.randperm(rewards.shape[1], generator=torch.Generator().manual_seed(seed))
        assert_close(group_advantages(rewards[:, order]), group_advantages(rewards)[:, order])

    @quick
    @given(groups)
    def test_groups_do_not_see_each_other(self, rewards):
        for scale in ("group", "none"):
            each = [group_advantages(row[None], scale=scale) for row in rewards]
            assert_close(group_advantages(rewards, scale=scale), torch.cat(each))

    @quick
    @given(groups)
    def test_the_group_scale_makes_the_spread_1(self, rewards):
        std = rewards.std(dim=1)
        assert_close(group_advantages(rewards).std(dim=1), std / (std + 1e-4))


class TestLeaveOneOut:
    @quick
    @given(groups)
    def test_is_the_reward_minus_the_mean_of_the_others(self, rewards):
        advantages = leave_one_out_advantages(rewards)
        for p, i in itertools.product(*map(range, rewards.shape)):
            others = [rewards[p, j].item() for j in range(rewards.shape[1]) if j != i]
            assert advantages[p, i].item() == pytest.approx(rewards[p, i].item() - np.mean(others), abs=1e-9)

    def test_a_constant_group_gives_exactly_0(self):
        for size in range(2, 17):
            assert leave_one_out_advantages(torch.full((1, size), 0.1)).tolist() == [[0.0] * size]

    def test_gives_the_policy_gradient_itself_and_the_group_mean_a_share_of_it(self):
        """Every group of three out of three answers: E[1/G Σ Âᵢ∇log π] is ∇E[r], or (G−1)/G of it."""
        logits, reward = normal(3, seed=1).requires_grad_(), normal(3, seed=2)
        (policy_gradient,) = torch.autograd.grad(logits.softmax(-1) @ reward, logits)
        answers = torch.tensor(list(itertools.product(range(3), repeat=3)))  # [27, G]
        logprobs = logits.log_softmax(-1)[answers]
        probability = logprobs.sum(dim=1).exp().detach()

        def expected_gradient(advantages):
            objective = probability @ (advantages * logprobs).mean(dim=1)
            return torch.autograd.grad(objective, logits, retain_graph=True)[0]

        assert_close(expected_gradient(leave_one_out_advantages(reward[answers])), policy_gradient)
        assert_close(expected_gradient(group_advantages(reward[answers], scale="none")), 2 / 3 * policy_gradient)


class TestInformativeShare:
    @pytest.mark.parametrize("size", [1, 2, 3, 8])
    @pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 0.93, 1.0])
    def test_it_is_the_chance_of_all_groups_that_differ_counted_out(self, p, size):
        counted = 0.0
        for group in itertools.product([0, 1], repeat=size):
            chance = math.prod(p if right else 1 - p for right in group)
            counted += chance * (0 < sum(group) < size)
        found = informative_share(torch.tensor([p], dtype=torch.float64), num_generations=size)
        assert found.item() == pytest.approx(counted, abs=1e-12)

    def test_such_groups_are_those_with_an_advantage(self):
        rewards = torch.bernoulli(torch.full((4000, 4), 0.2), generator=torch.Generator().manual_seed(0))
        teaching = (group_advantages(rewards) != 0).any(1).double().mean().item()
        assert teaching == pytest.approx(informative_share(torch.tensor(0.2), num_generations=4).item(), abs=0.03)
