"""One update of REINFORCE against the formula written out, and its expectation against the gradient of the return."""

import itertools
from dataclasses import fields, replace

import pytest
import torch
from torch.testing import assert_close

from rlcourse.algorithms import Reinforce, ReinforceConfig
from rlcourse.equations import discounted_returns, policy_gradient
from tests.algorithms.by_hand import Recorder, check_wrong_kind, flat, gradient_of, places, standardised
from tests.algorithms.small_worlds import (
    BEST,
    MOVES,
    WORLDS,
    Garbage,
    SharedNet,
    StatePolicy,
    StateValue,
    answers_of,
    rollout_of,
    spoilt,
    trained,
    widened,
)

NAN = float("nan")


def gradients(policy, rollout, *, critic=None, objective=policy_gradient, advantage_fn=discounted_returns, **config):
    """Every gradient of an update that moves nothing; the first is the policy's. And what the update reports."""
    values = {} if critic is None else {"value_epochs": 1}
    options = {"max_grad_norm": 1e9, **values, **config}
    recorder = Recorder(*(model for model in (policy, critic) if model is not None))
    algorithm = Reinforce(ReinforceConfig(**options), advantage_fn=advantage_fn, objective=objective, critic=critic)
    stats = algorithm.update(policy, recorder, rollout)
    return recorder.gradients, stats


def returns_by_hand(rollout, gamma):
    """{(row, column): Gₜ} of the steps whose episode ends in the rollout."""
    found = {}
    for n, walk in places(rollout):
        follows = None
        for t, row, column in reversed(walk):
            if rollout.done[t, n]:
                follows = 0.0
            if follows is not None:
                follows = float(rollout.rewards[t, n]) + gamma * follows
                found[row, column] = follows
    return found


def logprob(policy, rollout, place, temperature=1.0):
    """Log π(a|s) of one step, from the table."""
    state, action = rollout.rows.observations["states"][place], rollout.rows.actions[place]
    return (policy.table[state] / temperature).log_softmax(-1)[action]


def by_hand(policy, rollout, *, gamma, critic=None, normalize=False, temperature=1.0):
    """−mean log π·(G − V), step by step."""
    advantages = returns_by_hand(rollout, gamma)
    if critic is not None:
        states = rollout.rows.observations["states"]
        advantages = {place: g - critic.table.detach()[states[place], 0].item() for place, g in advantages.items()}
    if normalize:
        advantages = standardised(advantages)
    terms = [logprob(policy, rollout, place, temperature) * advantage for place, advantage in advantages.items()]
    return -torch.stack(terms).sum() / len(terms)


@pytest.mark.parametrize("normalize", [False, True])
@pytest.mark.parametrize("with_critic", [False, True])
@pytest.mark.parametrize(("gamma", "temperature"), [(0.9, 1.0), (1, 0.6)])
def test_the_update_is_the_formula(rollout, normalize, with_critic, gamma, temperature):
    policy, critic = StatePolicy(), StateValue() if with_critic else None
    options = {"normalize_advantages": normalize, "gamma": gamma, "temperature": temperature}
    found, stats = gradients(policy, rollout, critic=critic, **options)
    loss = by_hand(policy, rollout, gamma=gamma, critic=critic, normalize=normalize, temperature=temperature)
    expected = gradient_of(loss, policy)
    assert_close(found[0][: len(expected)], expected, rtol=1e-6, atol=1e-9)
    assert (found[0][len(expected) :] == 0).all()  # the policy's step is not the critic's
    assert stats["grad_norm"] == pytest.approx(expected.norm().item())


def test_then_the_critic_moves_towards_the_returns_and_the_policy_not_at_all(rollout):
    policy, critic = StatePolicy(), StateValue()
    found, stats = gradients(policy, rollout, critic=critic, gamma=0.9, value_epochs=3, minibatch_size=1000)
    assert len(found) == 1 + 3
    terms, states = [], rollout.rows.observations["states"]
    for place, g in returns_by_hand(rollout, 0.9).items():
        terms.append(0.5 * (critic.table[states[place], 0] - g) ** 2)
    loss = torch.stack(terms).sum() / len(terms)
    expected = gradient_of(loss, policy, critic)
    for gradient in found[1:]:
        assert_close(gradient, expected, rtol=1e-6, atol=1e-9)
    assert stats["value_loss"] == pytest.approx(loss.item())


def test_what_the_update_reports_of_the_critic_is_from_before_it(rollout):
    critic = StateValue()
    _, stats = gradients(StatePolicy(), rollout, critic=critic, gamma=0.9)
    found = returns_by_hand(rollout, 0.9)
    returns = torch.tensor(list(found.values()), dtype=torch.float64)
    states = rollout.rows.observations["states"]
    values = torch.stack([critic.table.detach()[states[place], 0] for place in found])
    share = 1 - (returns - values).var(correction=0) / returns.var(correction=0)
    assert stats["explained_variance"] == pytest.approx(share.item())


def test_steps_of_an_unfinished_episode_do_not_count():
    """Neither what they paid nor what was done in them."""
    rollout = rollout_of("steps")
    unfinished = {(row, column) for _, walk in places(rollout) for _, row, column in walk}
    unfinished -= set(returns_by_hand(rollout, 1))
    assert unfinished
    rewards, actions = rollout.in_rows(rollout.rewards).clone(), rollout.rows.actions.clone()
    for place in unfinished:
        rewards[place], actions[place] = 50.0, 2
    changed = replace(
        rollout, rows=replace(rollout.rows, actions=actions), rewards=rollout.time_first(rewards).contiguous()
    )
    first, second = (gradients(StatePolicy(), r, critic=StateValue())[0] for r in (rollout, changed))
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def test_an_episode_cut_by_a_time_limit_counts_as_it_stands():
    """Even if the state that it was cut in is worth a lot."""
    rollout = rollout_of("walks")
    critic = StateValue()
    cut = rollout.done & ~rollout.terminated & rollout.time_first(rollout.rows.mask)
    assert cut.any()
    loss = by_hand(StatePolicy(), rollout, gamma=0.9, critic=critic, normalize=False)
    assert loss.isfinite()
    after = {"states": torch.full_like(rollout.rows.actions, 3), "row": rollout.rows.observations["row"]}
    first, second = (
        gradients(StatePolicy(), r, critic=critic)[0] for r in (rollout, replace(rollout, next_observations=after))
    )
    assert torch.equal(first[0], second[0])


def test_from_a_rollout_in_which_no_episode_ends_nothing_is_learned(rollout):
    endless = replace(rollout, done=torch.zeros_like(rollout.done), terminated=torch.zeros_like(rollout.terminated))
    policy = StatePolicy()
    before = flat(policy)
    assert Reinforce().update(policy, Reinforce().make_optimizer(policy), endless) == {"used": 0.0}
    assert torch.equal(flat(policy), before)


class TestEveryAnswer:
    """All 27 answers of three words, each weighted by its probability: expectations without sampling."""

    def everything(self, policy):
        words = torch.tensor(list(itertools.product(range(MOVES), repeat=3)))
        states = torch.arange(3)
        logprobs = policy.table.log_softmax(-1)[states, words]
        mask = torch.ones_like(words, dtype=torch.bool)
        return answers_of(words, mask, logprobs.detach()), logprobs.sum(1).exp()

    def expected_gradient(self, critic):
        policy = StatePolicy()
        rollout, chance = self.everything(policy)

        def weighted(logprobs, advantages):
            return policy_gradient(logprobs, advantages) * chance.detach()[:, None]

        found, _ = gradients(policy, rollout, objective=weighted, critic=critic, gamma=1, normalize_advantages=False)
        return -found[0][: policy.table.numel()] * rollout.rows.mask.sum()

    @pytest.mark.parametrize("critic", [None, StateValue()], ids=["without a critic", "with a critic"])
    def test_the_expected_update_is_the_gradient_of_the_expected_return(self, critic):
        """∇ Σ p(answer)·score, which a baseline does not change."""
        policy = StatePolicy()
        rollout, chance = self.everything(policy)
        assert chance.sum().item() == pytest.approx(1)
        expected = gradient_of((chance * rollout.episode_returns).sum(), policy)
        assert_close(self.expected_gradient(critic), expected)

    def test_which_finite_differences_confirm(self):
        policy = StatePolicy()
        rollout, _ = self.everything(policy)
        found, step = self.expected_gradient(None), 1e-5
        for index in range(policy.table.numel()):
            sides = []
            for sign in (1, -1):
                moved = StatePolicy()
                moved.table.data.view(-1)[index] += sign * step
                sides.append((self.everything(moved)[1].detach() * rollout.episode_returns).sum().item())
            assert (sides[0] - sides[1]) / (2 * step) == pytest.approx(found[index].item(), abs=1e-8)


@pytest.mark.parametrize("objective", [policy_gradient, lambda logprobs, advantages: logprobs.exp() * advantages])
def test_garbage_behind_the_mask_changes_nothing(rollout, objective):
    policy, critic = StatePolicy(), StateValue()
    clean, stats = gradients(policy, rollout, critic=critic, objective=objective)
    found, spoilt_stats = gradients(Garbage(policy), spoilt(rollout), critic=Garbage(critic), objective=objective)
    assert len(found) == len(clean) > 1
    assert all(torch.equal(a, b) for a, b in zip(found, clean, strict=True))
    assert spoilt_stats == stats


@pytest.mark.parametrize("world", ["walks", "answers"])
def test_more_padding_changes_nothing(world):
    rollout = rollout_of(world)
    first, second = (gradients(StatePolicy(), r, critic=StateValue())[0] for r in (rollout, widened(rollout)))
    for a, b in zip(first, second, strict=True):
        assert_close(a, b, rtol=1e-12, atol=1e-14)


def test_an_objective_may_say_anything_in_the_padding():
    rollout = rollout_of("answers")

    def careless(logprobs, advantages):
        return torch.where(rollout.rows.mask, logprobs * advantages, NAN)

    found, plain = (gradients(StatePolicy(), rollout, objective=o)[0][0] for o in (careless, policy_gradient))
    assert torch.equal(found, plain)


def test_what_an_objective_makes_of_the_padding_is_not_counted():
    """Even if it depends on the answer's real words, as where each is given the probability of its whole answer."""
    rollout = rollout_of("answers")

    def whole_answers(logprobs, _):
        return logprobs.sum(1, keepdim=True).exp().expand_as(logprobs)

    found, _ = gradients(StatePolicy(), rollout, objective=whole_answers)
    policy, total = StatePolicy(), 0.0
    for answer, mask in zip(policy.logprobs(rollout.rows), rollout.rows.mask, strict=True):
        words = [logprob for logprob, counts in zip(answer, mask, strict=True) if counts]
        total = total + len(words) * sum(words).exp()
    assert_close(found[0], gradient_of(-total / rollout.rows.mask.sum(), policy))


@pytest.mark.parametrize("world", WORLDS)
def test_rewards_of_one_size_only_still_give_numbers(world):
    """Equal advantages are not divided by their deviation of 0."""
    rollout = rollout_of(world)
    constant = replace(rollout, rewards=torch.zeros_like(rollout.rewards))
    found, _ = gradients(StatePolicy(), constant, advantage_fn=lambda rewards, *_, **__: torch.full_like(rewards, 0.1))
    assert found[0].isfinite().all()


def test_the_learners_functions_are_used(rollout):
    seen = []

    def my_returns(rewards, done, *, gamma):
        seen.append((torch.equal(rewards, rollout.rewards), torch.equal(done, rollout.done), gamma))
        return 2 * discounted_returns(rewards, done, gamma=gamma)

    options = {"gamma": 0.9, "normalize_advantages": False}
    found, _ = gradients(
        StatePolicy(), rollout, advantage_fn=my_returns, objective=lambda logp, adv: 3 * logp * adv, **options
    )
    plain, _ = gradients(StatePolicy(), rollout, **options)
    assert_close(found[0], 6 * plain[0])
    assert seen == [(True, True, 0.9)]


def test_advantages_are_constants_even_if_a_learners_have_a_gradient(rollout):
    scale = torch.ones((), dtype=torch.float64, requires_grad=True)
    gradients(StatePolicy(), rollout, advantage_fn=lambda rewards, *_, **__: rewards * scale)
    assert scale.grad is None


@pytest.mark.parametrize(
    ("functions", "error", "message"),
    [
        ({"advantage_fn": lambda rewards, *_, **__: rewards[0]}, ValueError, "advantage_fn must return the shape"),
        ({"advantage_fn": lambda *_, **__: None}, TypeError, "advantage_fn must return a tensor, got None"),
        ({"advantage_fn": lambda r, *_, **__: r * NAN}, ValueError, "advantage_fn must return finite advantages"),
        ({"objective": lambda logprobs, _: logprobs.mean()}, ValueError, r"objective must return the shape .*\[\]"),
        ({"objective": lambda logprobs, _: logprobs * NAN}, FloatingPointError, "gradient's length is nan"),
    ],
)
def test_what_a_learners_function_does_wrong_changes_nothing(rollout, functions, error, message):
    policy, critic = StatePolicy(), StateValue()
    before = flat(policy, critic)
    algorithm = Reinforce(critic=critic, **functions)
    with pytest.raises(error, match=message):
        algorithm.update(policy, algorithm.make_optimizer(policy), rollout)
    assert torch.equal(flat(policy, critic), before)


def test_a_reward_that_is_not_finite_is_refused(rollout):
    rewards = rollout.rewards.clone()
    rewards[0, 0] = NAN
    with pytest.raises(ValueError, match=r"rewards must be finite, got nan at \[t, n\] = \[0, 0\]"):
        gradients(StatePolicy(), replace(rollout, rewards=rewards))


def test_the_gradient_is_cut_to_its_greatest_length(rollout):
    policy, critic = StatePolicy(), StateValue()
    found, stats = gradients(policy, rollout, critic=critic, max_grad_norm=1e-3)
    for gradient in found:
        assert gradient.norm().item() == pytest.approx(1e-3, rel=1e-3)
    assert stats["grad_norm"] > 1e-2  # what is reported is the length before


def test_policy_and_critic_have_learning_rates_of_their_own():
    policy, critic = StatePolicy(), StateValue()
    config = ReinforceConfig(learning_rate=0.03, value_learning_rate=0.07)
    optimizer = Reinforce(config, critic=critic).make_optimizer(policy)
    assert isinstance(optimizer, torch.optim.Adam)
    assert [(group["lr"], group["params"]) for group in optimizer.param_groups] == [
        (0.03, [policy.table]),
        (0.07, [critic.table]),
    ]
    assert len(Reinforce().make_optimizer(policy).param_groups) == 1


def test_each_step_of_the_optimiser_moves_one_of_the_two(rollout):
    """Adam's first step is as long as its learning rate in every weight that has a gradient, and 0 elsewhere."""
    policy, critic = StatePolicy(), StateValue()
    algorithm = Reinforce(
        ReinforceConfig(learning_rate=0.03, value_learning_rate=0.07, value_epochs=1, minibatch_size=1000),
        critic=critic,
    )
    before = flat(policy), flat(critic)
    algorithm.update(policy, algorithm.make_optimizer(policy), rollout)
    assert (flat(policy) - before[0]).abs().max().item() == pytest.approx(0.03, rel=1e-3)
    assert (flat(critic) - before[1]).abs().max().item() == pytest.approx(0.07, rel=1e-3)


def test_a_critic_that_shares_the_policys_weights_is_refused():
    net = SharedNet()
    with pytest.raises(ValueError, match="critic must have weights of its own: Reinforce"):
        Reinforce(critic=net).make_optimizer(net)


def test_it_samples_at_its_temperature_with_a_seed_from_the_generator(rollout):
    temperatures = []

    class World:
        def rollout(self, policy, *, temperature, generator):
            temperatures.append(temperature)
            return rollout

    algorithm = Reinforce(ReinforceConfig(temperature=0.7))
    seeds = [algorithm.collect(World(), StatePolicy(), torch.Generator().manual_seed(s)).seed for s in (0, 0, 1)]
    assert temperatures == [0.7] * 3
    assert seeds[0] == seeds[1] != seeds[2]


@pytest.mark.parametrize("with_critic", [False, True])
def test_the_same_seed_gives_the_same_bits(with_critic):
    results = []
    for seed in (0, 0, 1):
        policy, critic = StatePolicy(), StateValue() if with_critic else None
        values = {"minibatch_size": 8} if with_critic else {}
        algorithm = Reinforce(ReinforceConfig(learning_rate=0.05, **values), critic=critic)
        optimizer, generator = algorithm.make_optimizer(policy), torch.Generator().manual_seed(seed)
        for _ in range(3):
            algorithm.update(policy, optimizer, algorithm.collect(WORLDS["steps"], policy, generator))
        results.append(flat(*(model for model in (policy, critic) if model is not None)))
    assert torch.equal(results[0], results[1])
    assert not torch.equal(results[0], results[2])


@pytest.mark.parametrize("world", ["steps", "answers"])
@pytest.mark.parametrize("with_critic", [False, True])
def test_it_learns_the_small_worlds_for_five_seeds(world, with_critic):
    values = {"value_learning_rate": 0.1} if with_critic else {}
    config = ReinforceConfig(gamma=0.95, learning_rate=0.1, **values)
    for seed in range(5):
        rewards = trained(Reinforce(config, critic=StateValue() if with_critic else None), world, seed)
        assert rewards[0] < 0.5 * BEST[world]
        assert sum(rewards[-10:]) / 10 > 0.85 * BEST[world]


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"gamma": 1.1}, r"gamma must be in \[0, 1\], got 1.1"),
        ({"gamma": NAN}, r"gamma must be in \[0, 1\], got nan"),
        ({"learning_rate": 0}, "learning_rate must be above 0, got 0"),
        ({"learning_rate": float("inf")}, "learning_rate must be above 0, got inf"),
        ({"value_learning_rate": -1}, "value_learning_rate must be above 0, got -1"),
        ({"value_epochs": 0}, "value_epochs must be at least 1, got 0"),
        ({"minibatch_size": 0}, "minibatch_size must be at least 1, got 0"),
        ({"max_grad_norm": 0.0}, "max_grad_norm must be above 0, got 0.0"),
        ({"temperature": 0}, "temperature must be at least 1e-06.*got 0"),
    ],
)
def test_a_setting_out_of_range_is_refused_by_name(setting, message):
    with pytest.raises(ValueError, match=message):
        ReinforceConfig(**setting)


@pytest.mark.parametrize("name", [field.name for field in fields(ReinforceConfig) if field.type is not bool])
@pytest.mark.parametrize("value", ["1", None, True])
def test_a_setting_of_the_wrong_kind_is_refused_by_name(name, value):
    check_wrong_kind(ReinforceConfig, name, value)
