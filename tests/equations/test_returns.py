import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from rlcourse.equations import discounted_returns, gae, prefix_values, td_errors

from .strategies import Transitions, normal, quick, random_transitions, transitions, unit

NAN = float("nan")


def column(*numbers):
    return torch.tensor(numbers, dtype=torch.float64).unsqueeze(1)


def flags(*numbers):
    return torch.tensor(numbers, dtype=torch.bool).unsqueeze(1)


def run_gae(batch: Transitions, **numbers):
    return gae(batch.rewards, batch.values, batch.next_values, batch.terminated, batch.done, **numbers)


class TestDiscountedReturns:
    def test_by_hand(self):
        returns = discounted_returns(column(1, 2, 3), flags(0, 0, 1), gamma=0.5)
        assert_close(returns, column(1 + 1 + 0.75, 2 + 1.5, 3))

    def test_an_end_cuts_the_sum_and_keeps_its_own_reward(self):
        returns = discounted_returns(column(1, 10, 100, 1000), flags(0, 1, 0, 1), gamma=0.1)
        assert_close(returns, column(2, 10, 200, 1000))

    def test_bootstrap_is_read_only_where_the_last_step_is_not_done(self):
        rewards, done = (
            torch.ones(2, 3, dtype=torch.float64),
            torch.tensor([[False, True, False], [False, False, True]]),
        )
        bootstrap = torch.tensor([8.0, 8.0, NAN], dtype=torch.float64)
        returns = discounted_returns(rewards, done, gamma=0.5, bootstrap=bootstrap)
        assert_close(returns, torch.tensor([[3.5, 1.0, 1.5], [5.0, 5.0, 1.0]], dtype=torch.float64))

    def test_without_bootstrap_nothing_follows_the_last_step(self):
        assert_close(discounted_returns(column(1, 1), flags(0, 0), gamma=0.5), column(1.5, 1))

    @quick
    @given(transitions(), unit)
    def test_is_the_discounted_sum_up_to_the_end(self, batch, gamma):
        returns = discounted_returns(batch.rewards, batch.done, gamma=gamma, bootstrap=batch.next_values[-1])
        steps, envs = batch.rewards.shape
        for t, n in itertools.product(range(steps), range(envs)):
            ends = [k for k in range(t, steps) if batch.done[k, n]]
            last = ends[0] if ends else steps - 1
            expected = sum(gamma ** (k - t) * batch.rewards[k, n].item() for k in range(t, last + 1))
            expected += 0 if ends else gamma ** (steps - t) * batch.next_values[-1, n].item()
            assert returns[t, n].item() == pytest.approx(expected, abs=1e-9)

    def test_gradients(self):
        batch = random_transitions(5, 2, seed=1)
        inputs = batch.rewards.requires_grad_(), batch.next_values[-1].clone().requires_grad_()
        assert torch.autograd.gradcheck(
            lambda rewards, tail: discounted_returns(rewards, batch.done, gamma=0.9, bootstrap=tail), inputs
        )


class TestPrefixValues:
    def test_the_article_s_example(self):
        """ "2+2 is 4" is worth 0.8, and its prefixes 0.8γ, 0.8γ², 0.8γ³, in time order."""
        assert_close(prefix_values(0.8, 4, gamma=0.9), torch.tensor([0.8 * 0.9**3, 0.8 * 0.9**2, 0.8 * 0.9, 0.8]))

    @quick
    @given(st.floats(-10, 10), st.integers(1, 20), unit)
    def test_is_the_return_of_an_episode_that_pays_at_its_end(self, reward, length, gamma):
        rewards, done = torch.zeros(length, 1), torch.zeros(length, 1, dtype=torch.bool)
        rewards[-1], done[-1] = reward, True
        expected = discounted_returns(rewards, done, gamma=gamma)[:, 0]
        assert_close(prefix_values(reward, length, gamma=gamma), expected, atol=1e-6, rtol=1e-5)

    def test_the_extremes_of_gamma(self):
        assert_close(prefix_values(0.8, 3, gamma=0), torch.tensor([0.0, 0.0, 0.8]))
        assert_close(prefix_values(0.8, 3, gamma=1), torch.tensor([0.8, 0.8, 0.8]))

    def test_a_tensor_keeps_its_dtype_and_its_gradient(self):
        reward = torch.tensor(0.8, dtype=torch.float64, requires_grad=True)
        values = prefix_values(reward, 2, gamma=0.3)
        values.sum().backward()
        assert values.dtype == torch.float64
        assert reward.grad.item() == pytest.approx(1.3)


class TestTDErrors:
    def test_by_hand(self):
        deltas = td_errors(column(1, 2), column(3, 4), column(4, 50), flags(0, 0), gamma=0.5)
        assert_close(deltas, column(1 + 2 - 3, 2 + 25 - 4))

    def test_a_terminal_state_is_worth_nothing_whatever_stands_there(self):
        values, next_values = column(2).requires_grad_(), column(NAN).requires_grad_()
        delta = td_errors(column(1), values, next_values, flags(1), gamma=0.5)
        assert delta.item() == 1 - 2
        delta.sum().backward()
        assert (values.grad.item(), next_values.grad.item()) == (-1, 0)

    @quick
    @given(transitions(), unit)
    def test_is_what_gae_adds_up(self, batch, gamma):
        columns = batch.rewards, batch.values, batch.next_values, batch.terminated
        assert torch.equal(td_errors(*columns, gamma=gamma), run_gae(batch, gamma=gamma, gae_lambda=0))

    def test_with_the_true_values_its_expectation_is_the_true_advantage(self):
        """E[δ | s, a] = A(s, a) when V is V^π: every step through a small world, weighed by its probability."""
        world = SmallWorld()
        states, actions, probability = world.every_path(steps=1)
        rewards, terminated = world.reward[states[:-1], actions], states[1:] == world.exit
        values = world.values[states]
        deltas = td_errors(rewards, values[:-1], values[1:], terminated, gamma=SmallWorld.gamma)
        for state, action in itertools.product(range(3), range(2)):
            weight = probability * ((states[0] == state) & (actions[0] == action))
            assert_close((weight * deltas[0]).sum() / weight.sum(), world.advantages[state, action])


class TestGAE:
    @quick
    @given(transitions(), unit, unit)
    def test_is_the_discounted_sum_of_td_errors_up_to_the_end(self, batch, gamma, gae_lambda):
        advantages = run_gae(batch, gamma=gamma, gae_lambda=gae_lambda)
        steps, envs = batch.rewards.shape
        td_errors = batch.rewards + gamma * batch.next_values * (1.0 - batch.terminated.double()) - batch.values
        for t, n in itertools.product(range(steps), range(envs)):
            last = next((k for k in range(t, steps) if batch.done[k, n]), steps - 1)
            expected = sum((gamma * gae_lambda) ** (k - t) * td_errors[k, n].item() for k in range(t, last + 1))
            assert advantages[t, n].item() == pytest.approx(expected, abs=1e-9)

    @quick
    @given(transitions(), unit)
    def test_lambda_0_is_the_td_error(self, batch, gamma):
        next_values = torch.where(batch.terminated, 0.0, batch.next_values)
        assert_close(run_gae(batch, gamma=gamma, gae_lambda=0), batch.rewards + gamma * next_values - batch.values)

    @quick
    @given(transitions(), unit)
    def test_lambda_1_is_monte_carlo_minus_the_value(self, batch, gamma):
        """Where a time limit cuts an episode, the value of its last state joins the reward as the missing tail."""
        truncated = batch.done & ~batch.terminated
        rewards = batch.rewards + gamma * torch.where(truncated, batch.next_values, 0.0)
        returns = discounted_returns(rewards, batch.done, gamma=gamma, bootstrap=batch.next_values[-1])
        assert_close(run_gae(batch, gamma=gamma, gae_lambda=1), returns - batch.values)

    def test_a_time_limit_bootstraps_and_an_exit_does_not(self):
        def advantage(terminated):
            return gae(column(1), column(2), column(30), terminated, flags(1), gamma=0.5, gae_lambda=0.9).item()

        assert advantage(flags(0)) == pytest.approx(1 + 15 - 2)
        assert advantage(flags(1)) == pytest.approx(1 - 2)

    @pytest.mark.parametrize("terminated", [flags(1, 0), flags(0, 0)], ids=["exit", "time limit"])
    def test_both_ends_cut_the_trace(self, terminated):
        """The second row is another episode: whatever happens there, the first row does not hear of it."""
        advantages = [
            gae(column(1, r), column(2, 3), column(4, 5), terminated, flags(1, 0), gamma=0.9, gae_lambda=0.9)
            for r in (0, 1000)
        ]
        assert advantages[0][0] == advantages[1][0]
        assert advantages[0][1] != advantages[1][1]

    def test_what_is_not_read_may_be_anything(self):
        """NaN as the value of a terminal state, or in the episode that follows, reaches neither value nor gradient."""
        values = column(1, NAN).requires_grad_()
        next_values = column(NAN, 3).requires_grad_()
        terminated = flags(1, 0)
        advantages = gae(column(1, 1), values, next_values, terminated, terminated, gamma=0.9, gae_lambda=0.9)
        assert advantages[0].item() == 0
        advantages[0].sum().backward()
        assert_close(values.grad, column(-1, 0))
        assert_close(next_values.grad, column(0, 0))

    @pytest.mark.parametrize("gae_lambda", [0.0, 0.6, 1.0])
    @pytest.mark.parametrize("time_limit", [None, 0, 1])
    def test_with_the_true_values_its_expectation_is_the_true_advantage(self, gae_lambda, time_limit):
        """Every path of three steps through a small world, weighed by its probability: E[Â₀ | s, a] = A(s, a)."""
        world = SmallWorld()
        states, actions, probability = world.every_path(steps=3)
        rewards = world.reward[states[:-1], actions]
        terminated = states[1:] == world.exit
        done = terminated.clone()
        if time_limit is not None:
            done[time_limit] = True
        values, next_values = world.values[states[:-1]], world.values[states[1:]]
        advantages = gae(rewards, values, next_values, terminated, done, gamma=SmallWorld.gamma, gae_lambda=gae_lambda)
        for state, action in itertools.product(range(3), range(2)):
            here = (states[0] == state) & (actions[0] == action)
            weight = probability * here
            expected = world.advantages[state, action]
            assert_close((weight * advantages[0]).sum() / weight.sum(), expected)

    def test_agrees_with_torchrl(self):
        functional = pytest.importorskip("torchrl.objectives.value.functional")
        batch = random_transitions(40, 6, seed=3)
        columns = [batch.values, batch.next_values, batch.rewards, batch.done, batch.terminated]
        expected, targets = functional.generalized_advantage_estimate(
            0.97, 0.9, *(tensor.T.unsqueeze(-1) for tensor in columns)
        )
        ours = run_gae(batch, gamma=0.97, gae_lambda=0.9)
        # torchrl holds γ and λ in float32
        assert_close(ours, expected[..., 0].T, atol=1e-5, rtol=1e-5)
        assert_close(ours + batch.values, targets[..., 0].T, atol=1e-5, rtol=1e-5)

    def test_agrees_with_stable_baselines3(self):
        """SB3 knows no time limits at this point (it adds their tail to the reward), so every end is an exit."""
        buffers = pytest.importorskip("stable_baselines3.common.buffers")
        spaces = pytest.importorskip("gymnasium.spaces")
        steps, envs = 30, 4
        batch = random_transitions(steps, envs, seed=4)
        buffer = buffers.RolloutBuffer(
            steps, spaces.Discrete(2), spaces.Discrete(2), device="cpu", gae_lambda=0.9, gamma=0.97, n_envs=envs
        )
        started = np.ones(envs)
        for t in range(steps):
            numbers = batch.rewards[t].numpy(), started, batch.values[t], torch.zeros(envs)
            buffer.add(np.zeros(envs), np.zeros(envs), *numbers)
            started = batch.done[t].numpy()
        buffer.compute_returns_and_advantage(batch.next_values[-1], batch.done[-1].numpy())
        columns = batch.rewards, batch.values, batch.next_values, batch.done, batch.done
        ours = gae(*columns, gamma=0.97, gae_lambda=0.9)
        assert_close(ours.float(), torch.from_numpy(buffer.advantages), atol=1e-5, rtol=1e-5)
        assert_close((ours + batch.values).float(), torch.from_numpy(buffer.returns), atol=1e-5, rtol=1e-5)

    def test_gradients(self):
        batch = random_transitions(5, 2, seed=5)
        inputs = [t.clone().requires_grad_() for t in (batch.rewards, batch.values, batch.next_values)]
        assert torch.autograd.gradcheck(
            lambda *tensors: gae(*tensors, batch.terminated, batch.done, gamma=0.9, gae_lambda=0.8), inputs
        )


class SmallWorld:
    """Three states and two actions. Arriving in state 2 is the exit; the next episode then starts from state 2."""

    gamma, exit = 0.9, 2

    def __init__(self):
        self.reward = normal(3, 2, seed=6)
        self.policy = normal(3, 2, seed=7).softmax(-1)
        self.move = normal(3, 2, 3, seed=8).softmax(-1)
        goes_on = torch.tensor([1.0, 1.0, 0.0], dtype=torch.float64)
        # V = Σₐ π(a|s)·(R + γ Σ P(s'|s,a)·goes_on(s')·V(s')), as linear equations
        under_policy = torch.einsum("sa,sat->st", self.policy, self.move) * goes_on
        mean_reward = (self.policy * self.reward).sum(-1)
        self.values = torch.linalg.solve(torch.eye(3, dtype=torch.float64) - self.gamma * under_policy, mean_reward)
        action_values = self.reward + self.gamma * self.move @ (goes_on * self.values)
        self.advantages = action_values - self.values[:, None]

    def every_path(self, steps):
        """States [T+1, N], actions [T, N] and the probability [N] of each of the N paths."""
        choices = [range(3)] + [range(2), range(3)] * steps
        paths = torch.tensor(list(itertools.product(*choices))).T  # s₀ a₀ s₁ a₁ … s_T
        states, actions = paths[0::2], paths[1::2]
        chosen, moved = self.policy[states[:-1], actions], self.move[states[:-1], actions, states[1:]]
        return states, actions, (chosen * moved).prod(dim=0)
