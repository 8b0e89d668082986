"""One update of PPO against the paper's formula written out, minibatch by minibatch, in each layout."""

import math
from dataclasses import fields, replace

import pytest
import torch
from torch.testing import assert_close

from rlcourse.algorithms import PPO, PPOConfig
from rlcourse.algorithms.ppo import PATIENCE
from rlcourse.equations import clipped_surrogate, gae, ppo_gauges, token_rewards, value_loss
from tests.algorithms.by_hand import Recorder, check_wrong_kind, flat, gae_by_hand, gradient_of, places, standardised
from tests.algorithms.small_worlds import (
    BEST,
    Garbage,
    PolicyNet,
    SharedNet,
    StatePolicy,
    StateValue,
    rollout_of,
    spoilt,
    trained,
    widened,
)

NAN, INF = float("nan"), float("inf")
EVERYTHING = 10_000
"""A minibatch that holds all rows."""


def updated(policy, rollout, *, critic=None, lr=0.0, functions=None, **config):
    """The gradients of one update by steps of size `lr`, and what it reports."""
    options = {"max_grad_norm": 1e9, "epochs": 1, "minibatch_size": EVERYTHING, "gamma": 0.9, "gae_lambda": 0.8}
    ppo = PPO(PPOConfig(**options | config), critic=critic, **functions or {})
    recorder = Recorder(*(model for model in (policy, critic) if model is not None), lr=lr)
    stats = ppo.update(policy, recorder, rollout)
    return recorder.gradients, stats


def advantages_of(rollout, critic, *, normalize=True, rewards=None):
    """What the policy learns from, and what the critic does, {(row, column): number} each."""
    raw = gae_by_hand(rollout, critic, gamma=0.9, gae_lambda=0.8, rewards=rewards)
    table, states = critic.table.detach()[:, 0], rollout.rows.observations["states"]
    returns = {place: advantage + table[states[place]].item() for place, advantage in raw.items()}
    return (standardised(raw) if normalize else raw), returns


def minus_j(policy, critic, rollout, rows, advantages, returns, **options):
    """−J over the steps of some rows, with loops, from the paper (equations 7 and 9)."""
    c = {"clip_range": 0.2, "value_clip_range": None, "value_coef": 0.5, "entropy_coef": 0.0, "temperature": 1.0}
    c |= options
    seen, old_values = rollout.rows.observations["states"], critic.table.detach()[:, 0].clone()
    terms = []
    for row, column in advantages:
        if row not in rows:
            continue
        state, action = seen[row, column], rollout.rows.actions[row, column]
        logprobs = (policy.table[state] / c["temperature"]).log_softmax(-1)
        ratio = (logprobs[action] - rollout.rows.old_logprobs[row, column]).exp()
        a, target = advantages[row, column], returns[row, column]
        if a >= 0:
            gain = torch.clamp(ratio, max=1 + c["clip_range"]) * a
        else:
            gain = torch.clamp(ratio, min=1 - c["clip_range"]) * a
        value = critic.table[state, 0]
        error = (value - target) ** 2
        if c["value_clip_range"] is not None:
            old = c.get("old_values", old_values)[state]
            near = old + (value - old).clamp(-c["value_clip_range"], c["value_clip_range"])
            error = torch.maximum(error, (near - target) ** 2)
        entropy = -(logprobs.exp() * logprobs).sum()
        terms.append(-gain + c["value_coef"] * 0.5 * error - c["entropy_coef"] * entropy)
    return torch.stack(terms).sum() / len(terms)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"clip_range": 0.05},
        {"value_coef": 0.0},
        {"value_coef": 2.0, "entropy_coef": 0.3},
        {"entropy_coef": 0.3, "temperature": 0.6},
        {"temperature": 1.7},
    ],
    ids=str,
)
@pytest.mark.parametrize("normalize", [True, False])
def test_the_gradient_is_the_papers_formula(rollout, options, normalize):
    policy, critic = StatePolicy(seed=9), StateValue()  # not the policy that sampled: ratios are far from 1
    found, stats = updated(policy, rollout, critic=critic, normalize_advantages=normalize, **options)
    advantages, returns = advantages_of(rollout, critic, normalize=normalize)
    loss = minus_j(policy, critic, rollout, range(EVERYTHING), advantages, returns, **options)
    expected = gradient_of(loss, policy, critic)
    assert_close(found[0], expected, rtol=1e-6, atol=1e-9)
    assert len(found) == 1
    assert stats["grad_norm"] == pytest.approx(expected.norm().item())
    assert stats["clip_fraction"] > 0.1


def test_the_gradient_is_that_of_the_lines_of_stable_baselines3(rollout):
    """SB3's loss has no ½ in front of the value's square, so its vf_coef 0.5 is our value_coef 1."""
    policy, critic = StatePolicy(seed=9), StateValue()
    found, stats = updated(policy, rollout, critic=critic, value_coef=1.0, entropy_coef=0.01)
    raw, returns = advantages_of(rollout, critic, normalize=False)
    where = torch.tensor(list(raw))
    states = rollout.rows.observations["states"][where[:, 0], where[:, 1]]
    actions = rollout.rows.actions[where[:, 0], where[:, 1]]
    old_log_prob = rollout.rows.old_logprobs[where[:, 0], where[:, 1]]
    advantages = torch.tensor(list(raw.values()), dtype=torch.float64)
    target = torch.tensor(list(returns.values()), dtype=torch.float64)
    distribution = torch.distributions.Categorical(logits=policy.table[states])
    log_prob, entropy, values = distribution.log_prob(actions), distribution.entropy(), critic.table[states, 0]
    # stable_baselines3/ppo/ppo.py, PPO.train
    advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    ratio = torch.exp(log_prob - old_log_prob)
    policy_loss_1 = advantages * ratio
    policy_loss_2 = advantages * torch.clamp(ratio, 1 - 0.2, 1 + 0.2)
    policy_loss = -torch.min(policy_loss_1, policy_loss_2).mean()
    clip_fraction = torch.mean((torch.abs(ratio - 1) > 0.2).float()).item()
    value_loss = torch.nn.functional.mse_loss(target, values)
    entropy_loss = -torch.mean(entropy)
    loss = policy_loss + 0.01 * entropy_loss + 0.5 * value_loss
    log_ratio = log_prob - old_log_prob
    approx_kl_div = torch.mean((torch.exp(log_ratio) - 1) - log_ratio).item()
    assert_close(found[0], gradient_of(loss, policy, critic), rtol=1e-6, atol=1e-9)
    assert stats["clip_fraction"] == pytest.approx(clip_fraction)
    assert stats["approx_kl"] == pytest.approx(approx_kl_div)
    assert stats["value_loss"] == pytest.approx(0.5 * value_loss.item())


@pytest.mark.parametrize("clip", [0.0, 0.05, 100.0])
def test_the_values_are_clipped_around_what_they_were_before_the_update(rollout, clip):
    """In the second epoch, when the critic has moved."""
    policy, critic = StatePolicy(), StateValue()
    old_values = critic.table.detach()[:, 0].clone()
    advantages, returns = advantages_of(rollout, critic)
    options = {"value_clip_range": clip, "value_coef": 1.0}
    found, _ = updated(policy, rollout, critic=critic, epochs=2, lr=0.5, **options)
    assert len(found) == 2
    policy, critic = StatePolicy(), StateValue()
    for gradient in found:
        loss = minus_j(
            policy, critic, rollout, range(EVERYTHING), advantages, returns, old_values=old_values, **options
        )
        expected = gradient_of(loss, policy, critic)
        assert_close(gradient, expected, rtol=1e-6, atol=1e-9)
        policy.table.data -= 0.5 * expected[: policy.table.numel()].view_as(policy.table)
        critic.table.data -= 0.5 * expected[policy.table.numel() :].view_as(critic.table)


def test_every_minibatch_of_every_epoch_is_the_formula_at_the_weights_of_that_moment(rollout):
    """Steps are really taken, and advantages, returns and old log-probabilities stay what they were."""
    order = []

    class Watched(StatePolicy):
        def logprobs(self, episodes, **options):
            order.append(episodes.observations["row"].tolist())
            return super().logprobs(episodes, **options)

    critic = StateValue()
    advantages, returns = advantages_of(rollout, critic)
    found, _ = updated(Watched(), rollout, critic=critic, epochs=3, minibatch_size=5, lr=0.3)
    policy, critic = StatePolicy(), StateValue()
    assert len(found) == len(order)
    for gradient, rows in zip(found, order, strict=True):
        expected = gradient_of(minus_j(policy, critic, rollout, rows, advantages, returns), policy, critic)
        assert_close(gradient, expected, rtol=1e-6, atol=1e-9)
        policy.table.data -= 0.3 * expected[: policy.table.numel()].view_as(policy.table)
        critic.table.data -= 0.3 * expected[policy.table.numel() :].view_as(critic.table)


@pytest.mark.parametrize("size", [1, 4, 7, EVERYTHING])
def test_every_row_is_visited_exactly_once_per_epoch(rollout, size):
    visits = []

    class Watched(StatePolicy):
        def logprobs(self, episodes, **options):
            visits.append(episodes.observations["row"].tolist())
            return super().logprobs(episodes, **options)

    found, _ = updated(Watched(), rollout, critic=StateValue(), epochs=3, minibatch_size=size)
    rows = len(rollout.rows.mask)
    batches = -(-rows // size)
    assert len(found) == len(visits) == 3 * batches  # nothing else asks the policy again
    epochs = [[row for batch in visits[e * batches : (e + 1) * batches] for row in batch] for e in range(3)]
    assert all(sorted(epoch) == list(range(rows)) for epoch in epochs)
    assert epochs[0] != epochs[1]


def test_what_is_reported_is_the_mean_over_the_last_epoch(rollout):
    """With weights that do not move, each minibatch by hand."""
    order = []

    class Watched(StatePolicy):
        def logprobs(self, episodes, **options):
            order.append(episodes.observations["row"].tolist())
            return super().logprobs(episodes, **options)

    policy, critic = Watched(seed=9), StateValue()
    found, stats = updated(policy, rollout, critic=critic, epochs=2, minibatch_size=5)
    _, returns = advantages_of(rollout, critic)
    totals = torch.zeros(4, dtype=torch.float64)
    last = order[len(order) // 2 :]
    for rows, gradient in zip(last, found[len(order) // 2 :], strict=True):
        numbers = []
        for row, column in returns:
            if row in rows:
                state, action = rollout.rows.observations["states"][row, column], rollout.rows.actions[row, column]
                log_ratio = (
                    policy.table.detach()[state].log_softmax(-1)[action] - rollout.rows.old_logprobs[row, column]
                )
                ratio = log_ratio.exp().item()
                error = critic.table.detach()[state, 0].item() - returns[row, column]
                numbers.append([not 0.8 <= ratio <= 1.2, ratio - 1 - log_ratio.item(), 0.5 * error**2])
        means = torch.tensor(numbers, dtype=torch.float64).mean(0)
        totals += torch.cat([means, gradient.norm()[None]])
    names = ("clip_fraction", "approx_kl", "value_loss", "grad_norm")
    assert [stats[name] for name in names] == pytest.approx((totals / len(last)).tolist())


def test_at_the_old_policy_one_minibatch_of_everything_gives_the_policy_gradient(rollout):
    policy, critic = StatePolicy(), StateValue()
    found, stats = updated(policy, rollout, critic=critic, value_coef=0.0)
    advantages, _ = advantages_of(rollout, critic)
    terms = [
        policy.table[rollout.rows.observations["states"][place]].log_softmax(-1)[rollout.rows.actions[place]] * a
        for place, a in advantages.items()
    ]
    assert_close(found[0], gradient_of(-torch.stack(terms).sum() / len(terms), policy, critic), rtol=1e-6, atol=1e-9)
    assert found[0].norm() > 1e-3
    assert stats["clip_fraction"] == 0
    assert stats["approx_kl"] == pytest.approx(0, abs=1e-15)


class TestKl:
    """The price per token of leaving the reference."""

    def test_it_is_taken_off_the_rewards(self, rollout):
        policy, critic, reference = StatePolicy(seed=9), StateValue(), StatePolicy(seed=5)
        rewards, price = rollout.rewards.clone(), []
        for n, walk in places(rollout):
            for t, row, column in walk:
                state, action = rollout.rows.observations["states"][row, column], rollout.rows.actions[row, column]
                ref = reference.table.detach()[state].log_softmax(-1)[action]
                price.append(rollout.rows.old_logprobs[row, column] - ref)
                rewards[t, n] -= 0.3 * price[-1]
        advantages, returns = advantages_of(rollout, critic, rewards=rewards)
        found, stats = updated(policy, rollout, critic=critic, kl_coef=0.3, functions={"reference": reference})
        loss = minus_j(policy, critic, rollout, range(EVERYTHING), advantages, returns)
        assert_close(found[0], gradient_of(loss, policy, critic), rtol=1e-6, atol=1e-9)
        assert stats["kl"] == pytest.approx(torch.stack(price).mean().item())
        assert stats["reward"] == pytest.approx(rollout.episode_returns.mean().item())  # without the price
        assert reference.table.grad is None

    def test_the_score_stands_on_the_last_token_and_the_price_on_each(self):
        """What the learner's advantage function gets to see of an answer of three words."""
        rollout, seen = rollout_of("answers"), []
        reference = StatePolicy(seed=5)

        def watched(rewards, *columns, **options):
            seen.append(rewards)
            return gae(rewards, *columns, **options)

        functions = {"reference": reference, "advantage_fn": watched}
        updated(StatePolicy(), rollout, critic=StateValue(), kl_coef=0.1, functions=functions)
        rows = rollout.rows
        for answer, length in enumerate(rows.mask.sum(1).tolist()):
            for t in range(rows.mask.shape[1]):
                ref = reference.table.detach()[t].log_softmax(-1)[rows.actions[answer, t]]
                price = 0.1 * (rows.old_logprobs[answer, t] - ref).item() if t < length else 0.0
                score = rows.rewards[answer].item() if t == length - 1 else 0.0
                assert seen[0][t, answer].item() == pytest.approx(score - price)

    def test_a_function_for_the_rewards_is_trained_with(self):
        """The course's own says what is taken off anyway; one of the learner's is given the same, and obeyed."""
        rollout, asked = rollout_of("answers"), []

        def doubled(scores, logprobs, ref_logprobs, mask, *, kl_coef):
            asked.append((scores, logprobs, ref_logprobs, mask, kl_coef))
            return 2 * token_rewards(scores, logprobs, ref_logprobs, mask, kl_coef=kl_coef)

        gradients = []
        for function in (None, token_rewards, doubled):
            functions = {"reference": StatePolicy(seed=5)} | ({"rewards_fn": function} if function else {})
            options = {"kl_coef": 0.3, "normalize_advantages": False, "functions": functions}
            gradients.append(updated(StatePolicy(seed=9), rollout, critic=StateValue(), **options)[0])
        for usual, same, other in zip(*gradients, strict=True):
            assert_close(same, usual)
            assert not torch.allclose(other, usual)
        assert torch.equal(asked[0][0], rollout.rows.rewards) and asked[0][4] == 0.3

    def test_a_policy_that_is_its_reference_pays_nothing(self, rollout):
        policy = StatePolicy()
        functions = {"reference": StatePolicy()}
        found, stats = updated(policy, rollout, critic=StateValue(), kl_coef=0.5, functions=functions)
        plain, _ = updated(policy, rollout, critic=StateValue())
        assert stats["kl"] == pytest.approx(0, abs=1e-12)
        assert_close(found[0], plain[0])

    def test_without_a_price_a_reference_is_only_measured(self, rollout):
        functions = {"reference": StatePolicy(seed=5)}
        found, stats = updated(StatePolicy(), rollout, critic=StateValue(), functions=functions)
        plain, without = updated(StatePolicy(), rollout, critic=StateValue())
        assert torch.equal(found[0], plain[0])
        assert set(stats) - set(without) == {"kl"}

    def test_the_reference_is_asked_at_the_sampling_temperature(self):
        policy, reference = StatePolicy(), StatePolicy()
        rollout = rollout_of("answers", policy=policy, temperature=0.6)
        _, stats = updated(policy, rollout, critic=StateValue(), temperature=0.6, functions={"reference": reference})
        assert stats["kl"] == pytest.approx(0, abs=1e-12)


class TestEarlyStop:
    def test_it_stops_and_says_how_far_the_policy_is(self, rollout):
        policy, critic = StatePolicy(), StateValue()
        found, stats = updated(policy, rollout, critic=critic, epochs=50, lr=1.0, target_kl=0.003)
        assert 1 < len(found) < 50
        assert stats["approx_kl"] > 1.5 * 0.003
        assert stats["approx_kl"] == pytest.approx(self.k3(policy, rollout, range(EVERYTHING)))
        replay, _ = updated(second := StatePolicy(), rollout, critic=StateValue(), epochs=len(found), lr=1.0)
        assert_close(flat(second), flat(policy), rtol=0, atol=0)  # only the steps are fewer
        one_less = StatePolicy()
        updated(one_less, rollout, critic=StateValue(), epochs=len(found) - 1, lr=1.0)
        assert self.k3(one_less, rollout, range(EVERYTHING)) <= 1.5 * 0.003
        assert len(replay) == len(found)

    def test_within_an_epoch_too(self, rollout):
        visits = []

        class Watched(StatePolicy):
            def logprobs(self, episodes, **options):
                visits.append(episodes.observations["row"].tolist())
                return super().logprobs(episodes, **options)

        policy = Watched()
        found, stats = updated(
            policy, rollout, critic=StateValue(), epochs=50, minibatch_size=4, lr=1.0, target_kl=0.003
        )
        assert len(visits) == len(found) + 1  # the last one is looked at, and no step is taken
        middle_of_an_epoch = len(visits) % -(-len(rollout.rows.mask) // 4) != 0
        assert middle_of_an_epoch
        assert stats["approx_kl"] == pytest.approx(self.k3(policy, rollout, visits[-1]))
        assert stats["approx_kl"] > PATIENCE * 0.003
        assert "grad_norm" not in stats

    def test_a_limit_that_is_never_reached_changes_nothing(self, rollout):
        options = {"critic": StateValue(), "epochs": 3, "minibatch_size": 6}
        first, plain = updated(StatePolicy(), rollout, **options, target_kl=1e6)
        second, stats = updated(StatePolicy(), rollout, **options)
        assert len(first) == len(second)
        assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))
        assert plain == stats

    @staticmethod
    def k3(policy, rollout, rows):
        """The mean of r − 1 − log r over the steps of some rows."""
        terms = []
        for row, column in rollout.rows.mask.nonzero().tolist():
            if row in rows:
                state, action = rollout.rows.observations["states"][row, column], rollout.rows.actions[row, column]
                new = policy.table.detach()[state].log_softmax(-1)[action]
                log_ratio = (new - rollout.rows.old_logprobs[row, column]).item()
                terms.append(math.exp(log_ratio) - 1 - log_ratio)
        return sum(terms) / len(terms)


@pytest.mark.parametrize("entropy_coef", [0.0, 0.1])
def test_garbage_behind_the_mask_changes_nothing(rollout, entropy_coef):
    policy, critic, reference = StatePolicy(seed=9), StateValue(), StatePolicy(seed=5)
    options = {"entropy_coef": entropy_coef, "kl_coef": 0.2, "value_clip_range": 0.1, "epochs": 2, "minibatch_size": 6}
    clean, stats = updated(policy, rollout, critic=critic, functions={"reference": reference}, **options)
    functions = {"reference": Garbage(reference)}
    found, bad_stats = updated(Garbage(policy), spoilt(rollout), critic=Garbage(critic), functions=functions, **options)
    assert len(found) == len(clean)
    assert all(torch.equal(a, b) for a, b in zip(found, clean, strict=True))
    assert bad_stats == stats


@pytest.mark.parametrize("world", ["walks", "answers"])
def test_more_padding_changes_nothing(world):
    """Neither behind the rows nor as rows of nothing else: the minibatches are the same."""
    rollout = rollout_of(world)
    options = {"critic": StateValue(), "epochs": 2, "minibatch_size": 3, "entropy_coef": 0.1}
    first, stats = updated(StatePolicy(seed=9), rollout, **options)
    second, wide_stats = updated(StatePolicy(seed=9), widened(rollout), **options)
    assert len(first) == len(second)
    for a, b in zip(first, second, strict=True):
        assert_close(a, b, rtol=1e-12, atol=1e-14)
    assert wide_stats == pytest.approx(stats, rel=1e-9)


def test_an_objective_may_say_anything_in_the_padding():
    rollout = rollout_of("answers")
    order = torch.randperm(len(rollout.rows.mask), generator=torch.Generator().manual_seed(rollout.seed))
    garbage = torch.where(rollout.rows.mask[order], 0.0, NAN)  # the one minibatch lies in this order

    def careless(*columns, **clip):
        return clipped_surrogate(*columns, **clip) + garbage

    found, _ = updated(StatePolicy(seed=9), rollout, critic=StateValue(), functions={"objective": careless})
    plain, _ = updated(StatePolicy(seed=9), rollout, critic=StateValue())
    assert torch.equal(found[0], plain[0])


def test_what_an_objective_makes_of_the_padding_is_not_counted():
    """Even if it depends on the answer's real words, as where each is given the probability of its whole answer."""
    rollout = rollout_of("answers")

    def whole_answers(logprobs, *_, **__):
        return logprobs.sum(1, keepdim=True).exp().expand_as(logprobs)

    functions = {"objective": whole_answers}
    found, _ = updated(StatePolicy(), rollout, critic=StateValue(), value_coef=0.0, functions=functions)
    found[0] = found[0][: StatePolicy().table.numel()]
    policy, total = StatePolicy(), 0.0
    for answer, mask in zip(policy.logprobs(rollout.rows), rollout.rows.mask, strict=True):
        words = [logprob for logprob, counts in zip(answer, mask, strict=True) if counts]
        total = total + len(words) * sum(words).exp()
    assert_close(found[0], gradient_of(-total / rollout.rows.mask.sum(), policy))


def test_one_step_and_equal_advantages_give_no_nan():
    rollout = rollout_of("answers")
    one = replace(rollout, rows=replace(rollout.rows, mask=torch.zeros_like(rollout.rows.mask)))
    one.rows.mask[0, 0] = True
    found, stats = updated(StatePolicy(), one, critic=StateValue())
    assert found[0].isfinite().all()
    assert stats["approx_kl"] == stats["approx_kl"]
    constant = {"advantage_fn": lambda rewards, *_, **__: torch.full_like(rewards, 0.1)}
    found, _ = updated(StatePolicy(), rollout, critic=StateValue(), functions=constant)
    assert found[0].isfinite().all()


def test_the_same_seed_gives_the_same_bits(rollout):
    results = []
    for seed in (0, 0, 1):
        policy, critic = StatePolicy(), StateValue()
        options = {"epochs": 3, "minibatch_size": 5, "lr": 0.2}
        updated(policy, replace(rollout, seed=seed), critic=critic, **options)
        results.append(flat(policy, critic))
    assert torch.equal(results[0], results[1])
    assert not torch.equal(results[0], results[2])


def test_the_gradient_of_both_together_is_cut_to_its_greatest_length(rollout):
    policy, critic = StatePolicy(), StateValue()
    cut, stats = updated(policy, rollout, critic=critic, max_grad_norm=1e-3)
    whole, _ = updated(policy, rollout, critic=critic)
    assert cut[0].norm().item() == pytest.approx(1e-3, rel=1e-3)
    assert_close(cut[0] / cut[0].norm(), whole[0] / whole[0].norm())
    assert stats["grad_norm"] == pytest.approx(whole[0].norm().item())  # the length before


class TestOptimizer:
    def test_the_critic_may_have_a_learning_rate_of_its_own(self):
        policy, critic = StatePolicy(), StateValue()
        for given, used in ((None, 0.03), (0.07, 0.07)):
            config = PPOConfig(learning_rate=0.03, value_learning_rate=given)
            optimizer = PPO(config, critic=critic).make_optimizer(policy)
            assert isinstance(optimizer, torch.optim.Adam)
            assert optimizer.defaults["eps"] == 1e-5
            groups = [(group["lr"], group["params"]) for group in optimizer.param_groups]
            assert groups == [(0.03, [policy.table]), (used, [critic.table])]

    def test_and_steps_with_it(self, rollout):
        policy, critic = StatePolicy(), StateValue()
        config = PPOConfig(
            learning_rate=0.03, value_learning_rate=0.07, epochs=1, minibatch_size=EVERYTHING, max_grad_norm=1e9
        )
        ppo, before = PPO(config, critic=critic), (flat(policy), flat(critic))
        ppo.update(policy, ppo.make_optimizer(policy), rollout)
        assert (flat(policy) - before[0]).abs().max().item() == pytest.approx(0.03, rel=1e-2)
        assert (flat(critic) - before[1]).abs().max().item() == pytest.approx(0.07, rel=1e-2)

    def test_shared_weights_are_trained_once_with_the_policys_rate(self):
        net = SharedNet()
        (group,) = PPO(PPOConfig(learning_rate=0.03)).make_optimizer(net).param_groups
        assert [id(p) for p in group["params"]] == [id(p) for p in net.parameters()]
        assert group["lr"] == 0.03

    def test_a_head_on_the_policys_body_is_the_critics_own(self):
        policy = SharedNet()
        head = torch.nn.Parameter(torch.zeros(4, 1, dtype=torch.float64))

        class Head(SharedNet):
            def parameters(self):
                return iter([policy.body, head])

        config = PPOConfig(learning_rate=0.03, value_learning_rate=0.07)
        groups = PPO(config, critic=Head()).make_optimizer(policy).param_groups
        assert [group["lr"] for group in groups] == [0.03, 0.07]
        assert [[id(p) for p in group["params"]] for group in groups] == [
            [id(p) for p in policy.parameters()],
            [id(head)],
        ]


def test_a_policy_can_be_its_own_critic(rollout):
    """One body, two heads, one gradient."""
    net, twin = SharedNet(), SharedNet()
    found, stats = updated(net, rollout, value_coef=0.7, entropy_coef=0.1)
    frozen = StateValue()
    frozen.table.data = (twin.body.tanh() @ twin.value_head).detach()
    advantages, returns = advantages_of(rollout, frozen)
    values, logits = twin.body.tanh() @ twin.value_head, twin.body.tanh() @ twin.head
    logprobs, terms = logits.log_softmax(-1), []
    for place, advantage in advantages.items():
        state, action = rollout.rows.observations["states"][place], rollout.rows.actions[place]
        ratio = (logprobs[state, action] - rollout.rows.old_logprobs[place]).exp()
        gain = torch.minimum(ratio * advantage, ratio.clamp(0.8, 1.2) * advantage)
        entropy = -(logprobs[state].exp() * logprobs[state]).sum()
        terms.append(-gain - 0.1 * entropy + 0.7 * 0.5 * (values[state, 0] - returns[place]) ** 2)
    expected = gradient_of(torch.stack(terms).sum() / len(terms), twin)
    assert_close(found[0], expected, rtol=1e-6, atol=1e-9)
    assert stats["grad_norm"] == pytest.approx(expected.norm().item())


class TestLearnersFunctions:
    def test_those_that_do_what_ours_do_give_the_same_bits(self, rollout):
        """Ours are handed the tensors themselves, and gauge the last epoch only; theirs get copies, and gauge all."""
        ours = {"objective": clipped_surrogate, "value_loss_fn": value_loss, "gauges": ppo_gauges}
        calls = dict.fromkeys(ours, 0)

        def theirs(name):
            def function(*given, **how):
                calls[name] += 1
                return ours[name](*given, **how)

            return function

        found = []
        for functions in (None, {name: theirs(name) for name in ours}):
            policy, critic = StatePolicy(seed=9), StateValue()
            options = {"epochs": 3, "minibatch_size": 5, "lr": 0.2, "entropy_coef": 0.1}
            _, stats = updated(policy, rollout, critic=critic, functions=functions, **options)
            found.append((flat(policy, critic).tolist(), stats))
        assert found[0] == found[1]
        assert calls["gauges"] == calls["objective"] == calls["value_loss_fn"] > 3

    def test_they_are_used(self, rollout):
        seen = []

        def mine(rewards, values, next_values, terminated, done, *, gamma, gae_lambda):
            seen.append((gamma, gae_lambda))
            return rewards - values

        def objective(logprobs, old_logprobs, advantages, *, clip_low, clip_high):
            seen.append((clip_low, clip_high))
            return 3 * logprobs * advantages

        policy, critic = StatePolicy(seed=9), StateValue()
        functions = {"advantage_fn": mine, "objective": objective}
        found, _ = updated(
            policy, rollout, critic=critic, functions=functions, normalize_advantages=False, clip_range=0.3
        )
        assert seen == [(0.9, 0.8), (0.3, 0.3)]
        terms = []
        paid, states = rollout.in_rows(rollout.rewards), rollout.rows.observations["states"]
        for place in map(tuple, rollout.rows.mask.nonzero().tolist()):
            logprob = policy.table[states[place]].log_softmax(-1)[rollout.rows.actions[place]]
            advantage = (paid[place] - critic.table[states[place], 0]).detach()
            error = critic.table[states[place], 0] - (advantage + critic.table[states[place], 0].detach())
            terms.append(-3 * logprob * advantage + 0.5 * 0.5 * error**2)
        loss = torch.stack(terms).sum() / len(terms)
        assert_close(found[0], gradient_of(loss, policy, critic), rtol=1e-6, atol=1e-9)

    @pytest.mark.parametrize(
        ("functions", "error", "message"),
        [
            ({"advantage_fn": lambda rewards, *_, **__: rewards[0]}, ValueError, "advantage_fn must return the shape"),
            ({"advantage_fn": lambda *_, **__: None}, TypeError, "advantage_fn must return a tensor, got None"),
            ({"advantage_fn": lambda r, *_, **__: r * NAN}, ValueError, "advantage_fn must return finite advantages"),
            ({"objective": lambda logp, *_, **__: logp.mean()}, ValueError, r"objective must return the shape .*\[\]"),
            ({"objective": lambda *_, **__: 0.0}, TypeError, "objective must return a tensor, got 0.0"),
            ({"objective": lambda logp, *_, **__: logp * NAN}, FloatingPointError, "gradient's length is nan"),
        ],
    )
    def test_what_they_do_wrong_is_refused_with_nothing_changed(self, rollout, functions, error, message):
        policy, critic = StatePolicy(), StateValue()
        before = flat(policy, critic)
        ppo = PPO(critic=critic, **functions)
        with pytest.raises(error, match=message):
            ppo.update(policy, ppo.make_optimizer(policy), rollout)
        assert torch.equal(flat(policy, critic), before)


class TestWhatIsMissing:
    def test_a_critic(self, rollout):
        policy = PolicyNet()
        with pytest.raises(ValueError, match=r"PPO needs a critic: PPO\(config, critic=...\)"):
            PPO().make_optimizer(policy)
        with pytest.raises(ValueError, match=r"PPO needs a critic: PPO\(config, critic=...\)"):
            updated(policy, rollout)

    def test_a_reference(self):
        with pytest.raises(ValueError, match=r"kl_coef=0.1 needs a reference policy: PPO\(config, reference=...\)"):
            PPO(PPOConfig(kl_coef=0.1))
        with pytest.raises(ValueError, match=r"rewards_fn needs a reference policy: PPO\(config, "):
            PPO(rewards_fn=token_rewards)
        with pytest.raises(TypeError, match=r"rewards_fn must be a function of \(scores, logprobs, "):
            PPO(rewards_fn=gae, reference=StatePolicy())

    def test_a_reference_that_is_a_copy(self, rollout):
        policy = StatePolicy()
        with pytest.raises(ValueError, match="reference must be a copy"):
            updated(policy, rollout, critic=StateValue(), kl_coef=0.1, functions={"reference": policy})

    def test_logits_for_an_entropy_bonus(self, rollout):
        class Mute(StatePolicy):
            logits = None

            def logprobs(self, episodes, *, temperature=1.0):
                return (
                    StatePolicy.logits(self, episodes).log_softmax(-1).gather(-1, episodes.actions[..., None])[..., 0]
                )

        policy, critic = Mute(), StateValue()
        updated(policy, rollout, critic=critic)
        before = flat(policy, critic)
        with pytest.raises(TypeError, match=r"entropy_coef=0.1 needs a policy with logits\(\)"):
            updated(policy, rollout, critic=critic, entropy_coef=0.1, lr=0.1)
        assert torch.equal(flat(policy, critic), before)


@pytest.mark.parametrize("bad", [NAN, INF])
def test_numbers_that_are_not_finite_are_refused_with_nothing_changed(rollout, bad):
    rewards = rollout.rewards.clone()
    rewards[1, 0] = bad
    policy, critic = StatePolicy(), StateValue()
    before = flat(policy, critic)
    with pytest.raises(ValueError, match=f"rewards must be finite, got {bad}"):
        updated(policy, replace(rollout, rewards=rewards), critic=critic, lr=0.1)
    assert torch.equal(flat(policy, critic), before)
    broken = StateValue()
    broken.table.data[0] = bad
    with pytest.raises(ValueError, match=r"critic\.values must be finite"):
        updated(policy, rollout, critic=broken, lr=0.1)
    assert torch.equal(flat(policy, critic), before)


def test_it_samples_at_its_temperature_with_a_seed_from_the_generator(rollout):
    temperatures = []

    class World:
        def rollout(self, policy, *, temperature, generator):
            temperatures.append(temperature)
            return rollout

    ppo = PPO(PPOConfig(temperature=0.7))
    seeds = [ppo.collect(World(), StatePolicy(), torch.Generator().manual_seed(s)).seed for s in (0, 0, 1)]
    assert temperatures == [0.7] * 3
    assert seeds[0] == seeds[1] != seeds[2]


@pytest.mark.parametrize("world", ["steps", "answers"])
def test_it_learns_the_small_worlds_for_five_seeds(world):
    config = PPOConfig(gamma=0.95, learning_rate=0.1, epochs=3, minibatch_size=100)
    for seed in range(5):
        rewards = trained(PPO(config, critic=StateValue()), world, seed)
        assert rewards[0] < 0.5 * BEST[world]
        assert sum(rewards[-10:]) / 10 > 0.9 * BEST[world]


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"gamma": -0.1}, r"gamma must be in \[0, 1\], got -0.1"),
        ({"gae_lambda": 1.1}, r"gae_lambda must be in \[0, 1\], got 1.1"),
        ({"clip_range": 1}, r"clip_range must be in \[0, 1\), got 1"),
        ({"clip_range": -0.1}, r"clip_range must be in \[0, 1\), got -0.1"),
        ({"value_clip_range": -0.1}, "value_clip_range must be None or at least 0, got -0.1"),
        ({"value_clip_range": NAN}, "value_clip_range must be None or at least 0, got nan"),
        ({"epochs": 0}, "epochs must be at least 1, got 0"),
        ({"minibatch_size": 0}, "minibatch_size must be at least 1, got 0"),
        ({"learning_rate": 0}, "learning_rate must be above 0, got 0"),
        ({"learning_rate": INF}, "learning_rate must be above 0, got inf"),
        ({"value_learning_rate": 0}, "value_learning_rate must be None or above 0, got 0"),
        ({"value_coef": -1}, "value_coef must be at least 0, got -1"),
        ({"entropy_coef": NAN}, "entropy_coef must be at least 0, got nan"),
        ({"kl_coef": -0.1}, "kl_coef must be at least 0, got -0.1"),
        ({"max_grad_norm": 0}, "max_grad_norm must be above 0, got 0"),
        ({"target_kl": 0}, "target_kl must be None or above 0, got 0"),
        ({"temperature": 0}, "temperature must be at least 1e-06.*got 0"),
        ({"temperature": INF}, "temperature must be at least 1e-06.*got inf"),
    ],
)
def test_a_setting_out_of_range_is_refused_by_name(setting, message):
    with pytest.raises(ValueError, match=message):
        PPOConfig(**setting)


OPTIONAL = ("value_learning_rate", "value_clip_range", "target_kl")


@pytest.mark.parametrize("name", [field.name for field in fields(PPOConfig) if field.type is not bool])
@pytest.mark.parametrize("value", ["1", None, True])
def test_a_setting_of_the_wrong_kind_is_refused_by_name(name, value):
    if value is None and name in OPTIONAL:
        PPOConfig(**{name: None})
    else:
        check_wrong_kind(PPOConfig, name, value)
