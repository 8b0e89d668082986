"""What holds in any episode, for any choices, and for whatever an update learns from."""

import gymnasium
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rlcourse.algorithms import Episodes, logprobs_and_entropy, measure_bytes, measure_cost, run_episode
from rlcourse.control import TabularPolicy
from tests.algorithms.test_saving import grpo_on_a_table
from tests.equations.strategies import quick, random_mask, seeds


class Script(gymnasium.Env):
    """Tells its steps as they are written down: what each pays, and how the last one ends."""

    def __init__(self, rewards, terminated):
        self.rewards, self.terminated = rewards, terminated

    def reset(self, *, seed=None, options=None):
        self.time = 0
        return 0, {}

    def step(self, action):
        self.time += 1
        last = self.time == len(self.rewards)
        ended = last and self.terminated, last and not self.terminated
        return self.time, self.rewards[self.time - 1], *ended, {"done": action}


@quick
@given(st.lists(st.floats(-5, 5), min_size=1, max_size=9), st.booleans())
def test_an_episode_is_written_down_whole_and_each_action_answers_the_state_before_it(rewards, terminated):
    states, actions, paid, infos, end = run_episode(Script(rewards, terminated), lambda state: 10 * state)
    assert states == [*range(len(rewards) + 1)] and paid == rewards
    assert actions == [10 * state for state in states[:-1]] == [info["done"] for info in infos]
    assert end == ("terminated" if terminated else "truncated")


@quick
@given(st.integers(1, 4), st.integers(1, 5), st.integers(1, 4), seeds, st.floats(0.3, 3))
def test_entropy_is_what_an_action_is_worth_in_nats_and_the_log_probability_that_of_the_policy(
    rows, steps, actions, seed, temperature
):
    generator, mask = torch.Generator().manual_seed(seed), random_mask(rows, steps, seed=seed)
    policy = TabularPolicy(3, actions)
    with torch.no_grad():
        policy.table.normal_(generator=generator)
    states = torch.randint(3, (rows, steps), generator=generator)
    taken = torch.where(mask, torch.randint(actions, (rows, steps), generator=generator), 0)
    zeros = torch.zeros(rows, steps)
    batch = Episodes({"states": states}, taken, mask, zeros, zeros[:, 0], 1)
    logprobs, entropy = logprobs_and_entropy(policy, batch, temperature=temperature, entropy_coef=0.1)
    chances = (policy.table[states] / temperature).softmax(-1)
    chosen = chances.gather(-1, taken[..., None])[..., 0].log()
    torch.testing.assert_close(logprobs, torch.where(mask, chosen, 0.0))
    mean = torch.where(mask, torch.distributions.Categorical(probs=chances).entropy(), 0.0)
    torch.testing.assert_close(entropy, mean, atol=1e-5, rtol=1e-5)
    alone, nothing = logprobs_and_entropy(policy, batch, temperature=temperature, entropy_coef=0)
    torch.testing.assert_close(alone, logprobs)
    assert nothing is None


@settings(max_examples=4)
@given(st.integers(3, 5), st.integers(1, 3))
def test_bytes_are_those_of_the_tensors_and_measuring_only_learns(groups, repeats):
    training = grpo_on_a_table()
    training.world.groups, before = groups, training.policy.logits.detach().clone()
    cost = measure_cost(training, repeats=repeats)
    bytes_ = training.policy.logits.nbytes
    assert cost.weights["policy"] == cost.gradients == bytes_ and cost.optimizer >= 2 * bytes_
    assert cost.peak >= cost.activations > 0 and cost.total == sum(cost.weights.values()) + cost.optimizer + cost.peak
    assert min(cost.sampling_seconds, cost.update_seconds) > 0
    assert training.history == [] and not torch.equal(before, training.policy.logits)
    again = measure_bytes(training)
    assert (again.weights, again.gradients, again.optimizer) == (cost.weights, cost.gradients, cost.optimizer)


@pytest.mark.parametrize("repeats", [1.5, True])
def test_repeats_are_whole(untyped, repeats):
    with pytest.raises((TypeError, ValueError), match="repeats must be"):
        measure_cost(grpo_on_a_table(), repeats=repeats)
