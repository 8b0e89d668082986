"""Asking a policy, drawing from its answer, and acting on it."""

import gymnasium
import numpy as np
import pytest
import torch

from rlcourse.control import (
    GymnasiumWorld,
    NetworkPolicy,
    NetworkValue,
    TabularPolicy,
    TabularValue,
    choices_at,
    cumulative,
    draw,
    episode_returns,
    values_at,
)


def steered(policy, seed=0):
    """With weights far from zero."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in policy.parameters():
            weight.add_(torch.randn(weight.shape, generator=generator))
    return policy


@pytest.mark.parametrize("policy", [TabularPolicy(6, 4), NetworkPolicy(torch.eye(6), 4), NetworkPolicy(5, 4)])
@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_choices_are_the_policys_own_logprobs(policy, temperature):
    steered(policy)
    if policy.num_inputs is None:
        seen = torch.tensor([5, 0, 0, 3])
        expected = policy.probabilities(temperature=temperature)[seen]
    else:
        seen = torch.randn(4, 5, generator=torch.Generator().manual_seed(1))
        expected = policy.probabilities(seen, temperature=temperature)
    for given in (seen, seen.numpy()):
        logprobs = choices_at(policy, given, temperature=temperature)
        torch.testing.assert_close(logprobs.exp(), expected)
        assert not logprobs.requires_grad


def test_an_action_is_the_first_whose_chance_is_not_used_up():
    up_to = cumulative(np.array([[0.2, 0.5, 0.3]] * 6))
    assert draw(up_to, np.array([0.0, 0.19, 0.2, 0.69, 0.7, 0.999])).tolist() == [0, 0, 1, 1, 2, 2]


def test_an_action_without_a_chance_is_never_drawn():
    """At either end, and though a third thrice is less than 1 by rounding."""
    for chances in ([0.0, 1.0, 0.0], [1 / 3, 1 / 3, 1 / 3, 0.0], np.float32([0.1] * 10 + [0.0])):
        up_to = cumulative(np.array([chances] * 2))
        assert up_to[0, -1] == 1
        first, last = draw(up_to, np.array([0.0, np.nextafter(1.0, 0.0)]))
        assert chances[first] > 0
        assert chances[last] > 0


def test_actions_are_drawn_as_often_as_their_chances():
    chances = np.array([0.1, 0.2, 0.7])
    rng = np.random.default_rng(0)
    drawn = draw(np.repeat(cumulative(chances[None]), 20_000, axis=0), rng.random(20_000))
    assert np.bincount(drawn) / 20_000 == pytest.approx(chances, abs=0.015)


@pytest.mark.parametrize("make", [lambda: TabularPolicy(2, 3), lambda: NetworkPolicy(torch.eye(2), 3)])
def test_at_temperature_0_all_chance_is_on_the_likeliest_action(make):
    policy = steered(make())
    likeliest = policy.probabilities().argmax(-1)
    cold = policy.probabilities(temperature=0)
    assert torch.equal(cold, torch.nn.functional.one_hot(likeliest, 3).float())
    torch.testing.assert_close(policy.probabilities(temperature=1e-6), cold)
    torch.testing.assert_close(TabularPolicy(2, 3).probabilities(temperature=0)[:, 0], torch.ones(2))


def test_no_temperature_makes_a_chance_that_is_no_number():
    policy = TabularPolicy(1, 3)
    with torch.no_grad():
        policy.table.copy_(torch.tensor([[3e38, -3e38, 0.0]]))
    for temperature in (0, 1e-6, 0.1, 1.0, 1e30):
        assert policy.probabilities(temperature=temperature).sum() == pytest.approx(1)


@pytest.mark.parametrize("policy", [TabularPolicy(6, 4), NetworkPolicy(torch.eye(6), 4)])
def test_a_policy_acts_on_one_state_and_on_many(policy):
    steered(policy)
    best = policy.probabilities().argmax(-1).tolist()
    for state in (2, np.int64(2), torch.tensor(2)):
        action = policy.act(state, greedy=True)
        assert (type(action), action) == (int, best[2])
    for states in (np.arange(6), torch.arange(6), list(range(6))):
        actions = policy.act(states, greedy=True)
        assert (actions.dtype, actions.tolist()) == (np.int64, best)


def test_a_network_acts_on_one_observation_and_on_many():
    policy = steered(NetworkPolicy(6, 4))
    seen = torch.randn(5, 6, generator=torch.Generator().manual_seed(1))
    best = policy.probabilities(seen).argmax(-1).tolist()
    assert policy.act(seen[3].numpy(), greedy=True) == policy.act(seen[3].tolist(), greedy=True) == best[3]
    assert policy.act(seen[3].reshape(2, 3).numpy().astype(np.float64), greedy=True) == best[3]
    for batch in (seen, seen.numpy(), seen.numpy().reshape(5, 2, 3), seen.tolist()):
        assert policy.act(batch, greedy=True).tolist() == best
    assert policy.act(seen[:1], greedy=True).tolist() == best[:1]


def test_actions_drawn_follow_the_chances_and_the_generator():
    policy = steered(TabularPolicy(2, 3))
    states = np.repeat([0, 1], 5000)
    actions = policy.act(states, generator=torch.Generator().manual_seed(0))
    for state in (0, 1):
        shares = np.bincount(actions[states == state], minlength=3) / 5000
        assert shares == pytest.approx(policy.probabilities()[state].numpy(), abs=0.03)
    assert (actions == policy.act(states, generator=torch.Generator().manual_seed(0))).all()
    assert (actions != policy.act(states, generator=torch.Generator().manual_seed(1))).any()
    torch.manual_seed(5)
    first = policy.act(states)
    torch.manual_seed(5)
    assert (first == policy.act(states)).all()


def test_a_policy_that_acts_by_itself_earns_what_it_is_measured_to_earn():
    policy = steered(NetworkPolicy(4, 2), seed=3)
    env, total = gymnasium.make("CartPole-v1"), []
    for seed in range(100):
        seen, over = env.reset(seed=seed)[0], False
        total.append(0.0)
        while not over:
            seen, reward, terminated, truncated, _ = env.step(policy.act(seen, greedy=True))
            total[-1] += reward
            over = terminated or truncated
    measured = episode_returns(policy, "CartPole-v1", num_envs=100, greedy=True)
    assert abs(measured.mean() - np.mean(total)) < 4 * (measured.std() + 1) / 10


@pytest.mark.parametrize(
    ("policy", "seen"),
    [(TabularPolicy(3), np.zeros((2, 2), int)), (NetworkPolicy(4, 2), np.zeros(5)), (NetworkPolicy(4, 2), [[0] * 3])],
)
def test_an_observation_of_another_shape_is_refused(policy, seen):
    with pytest.raises((TypeError, ValueError), match="observation must be"):
        policy.act(seen)


def test_an_environment_that_shows_no_numbers_is_named():
    class Broken(gymnasium.Env):
        observation_space = gymnasium.spaces.Box(-1, 1, (2,))
        action_space = gymnasium.spaces.Discrete(2)

        def reset(self, *, seed=None, options=None):
            return np.array([0, np.nan], dtype=np.float32), {}

    world = GymnasiumWorld(gymnasium.vector.SyncVectorEnv([Broken] * 2), steps=1)
    with pytest.raises(ValueError, match="what the environment shows must be finite numbers"):
        world.rollout(NetworkPolicy(2, 2), generator=torch.Generator())


def test_values_are_the_critics_own():
    table, network = steered(TabularValue(6)), steered(NetworkValue(5))
    assert torch.equal(values_at(table, np.array([4, 1])), table.table[[4, 1], 0])
    other = NetworkValue(5)
    rows = torch.randn(3, 5, generator=torch.Generator().manual_seed(0))
    values = values_at(network, rows)
    assert values.shape == (3,) and not values.requires_grad and not torch.equal(values, values_at(other, rows))
    assert torch.allclose(values[1:2], values_at(network, rows[1:2])), "one observation at a time"
    with pytest.raises(ValueError, match="state"):
        values_at(network, np.array([1]))
