"""What a rollout was worth, against sums written out, in each layout; and what must not change it."""

from dataclasses import replace

import pytest
import torch
from torch.testing import assert_close

from rlcourse.algorithms.judging import check_rollout, describe, expected, judge, normalized, reference_kl
from rlcourse.equations import gae
from tests.algorithms.by_hand import flat, gae_by_hand, places
from tests.algorithms.small_worlds import (
    Answers,
    Garbage,
    StatePolicy,
    StateValue,
    answers_of,
    rollout_of,
    spoilt,
    widened,
)

NAN, INF = float("nan"), float("inf")
GAE = {"gamma": 0.9, "gae_lambda": 0.8}


def judged_by_place(rollout, critic, **options):
    """The advantages that count, {(row, column): Â}."""
    judged = judge(rollout, critic, gae, **GAE | options)
    return {place: judged.advantages[place].item() for place in map(tuple, rollout.rows.mask.nonzero().tolist())}


@pytest.mark.parametrize(("gamma", "gae_lambda"), [(0.9, 0.8), (1, 1), (0.95, 0), (0, 0.5)])
def test_advantages_are_the_sum_of_td_errors_to_the_end_of_the_episode(rollout, gamma, gae_lambda):
    critic = StateValue()
    found = judged_by_place(rollout, critic, gamma=gamma, gae_lambda=gae_lambda)
    assert found == pytest.approx(gae_by_hand(rollout, critic, gamma=gamma, gae_lambda=gae_lambda), abs=1e-12)


def test_advantages_agree_with_torchrl(rollout):
    functional = pytest.importorskip("torchrl.objectives.value.functional")
    judged = judge(rollout, StateValue(), gae, **GAE)
    values, next_values = expected(rollout, StateValue())
    columns = values, next_values, rollout.rewards, rollout.done, rollout.terminated
    columns = [column.T[..., None] for column in columns]  # [N, T, 1]
    theirs, _ = functional.generalized_advantage_estimate(0.9, 0.8, *columns)
    theirs = rollout.in_rows(theirs[..., 0].T)
    mask = rollout.rows.mask
    assert_close(judged.advantages[mask], theirs[mask], atol=1e-6, rtol=1e-6)  # torchrl holds γ and λ in float32


def test_returns_are_raw_advantages_plus_values(rollout):
    critic = StateValue()
    judged = judge(rollout, critic, gae, **GAE)
    mask, states = rollout.rows.mask, rollout.rows.observations["states"]
    assert_close(judged.values, torch.where(mask, critic.table.detach()[states, 0], 0.0))
    assert_close(judged.returns, judged.advantages + judged.values)
    for number in (judged.advantages, judged.returns, judged.values):
        assert (number[~mask] == 0).all()
        assert not number.requires_grad


def test_with_lambda_1_the_returns_are_what_really_happened(rollout):
    """Discounted, to the end of the episode; a cut episode goes on with the value of the state it was cut in."""
    critic = StateValue()
    judged = judge(rollout, critic, gae, gamma=0.9, gae_lambda=1)
    for n, walk in places(rollout):
        follows = None
        for t, row, column in reversed(walk):
            if rollout.terminated[t, n]:
                follows = 0.0
            elif rollout.done[t, n] or follows is None:
                follows = float(critic.table.detach()[rollout.next_observations["states"][row, column], 0])
            follows = float(rollout.rewards[t, n]) + 0.9 * follows
            assert judged.returns[row, column].item() == pytest.approx(follows, abs=1e-12)


def ends(rollout, terminated):
    """Places of steps that ended an episode, by the world or by the time limit."""
    chosen = rollout.terminated if terminated else rollout.done & ~rollout.terminated
    return [(n, t, row, column) for n, walk in places(rollout) for t, row, column in walk if chosen[t, n]]


@pytest.mark.parametrize("world", ["steps", "walks"])
def test_a_time_limit_bootstraps_from_the_last_thing_seen(world):
    rollout, critic = rollout_of(world), StateValue()
    _, _, row, column = ends(rollout, terminated=False)[0]
    after = rollout.next_observations["states"].clone()
    before = critic.table.detach()[after[row, column], 0]
    after[row, column] = (after[row, column] + 1) % 4
    changed = replace(rollout, next_observations={**rollout.next_observations, "states": after})
    first, second = judged_by_place(rollout, critic), judged_by_place(changed, critic)
    difference = 0.9 * (critic.table.detach()[after[row, column], 0] - before).item()
    assert second[row, column] - first[row, column] == pytest.approx(difference)
    assert abs(difference) > 0.05


@pytest.mark.parametrize("world", ["steps", "walks"])
def test_what_is_seen_after_an_exit_is_worth_nothing(world):
    rollout = rollout_of(world)
    after = rollout.next_observations["states"].clone()
    for _, _, row, column in ends(rollout, terminated=True):
        after[row, column] = 0
    changed = replace(rollout, next_observations={**rollout.next_observations, "states": after})
    assert judged_by_place(changed, StateValue()) == judged_by_place(rollout, StateValue())


def test_the_trace_is_cut_at_both_kinds_of_end():
    """What the next episode of the same robot pays reaches nothing before it."""
    rollout = rollout_of("steps")
    for terminated in (True, False):
        n, t, row, column = ends(rollout, terminated)[0]
        assert t + 1 < len(rollout.rewards)
        rewards = rollout.rewards.clone()
        rewards[t + 1 :, n] += 100
        first, second = (judged_by_place(r, StateValue()) for r in (rollout, replace(rollout, rewards=rewards)))
        assert all(second[r, column] == first[r, column] for r in range(row - t, row + 1))
        assert second[row + 1, column] != first[row + 1, column]


def test_one_answer_by_hand():
    """Two words and an end, the score 2 on the end; V = 3, 4, 5, 6 at the four places, γ = 1, λ = ½."""
    mask = torch.tensor([[True, True, True, False]])
    rollout = answers_of(torch.tensor([[0, 0, 2, 0]]), mask, torch.full((1, 4), -1.0, dtype=torch.float64))
    critic = StateValue()
    critic.table.data = torch.tensor([[3.0], [4.0], [5.0], [6.0]], dtype=torch.float64)
    judged = judge(rollout, critic, gae, gamma=1, gae_lambda=0.5)
    # δ = 0 + 4 − 3, 0 + 5 − 4, 2 + 0 − 5
    assert judged.advantages.tolist() == [[1 + 0.5 * (1 + 0.5 * -3), 1 + 0.5 * -3, -3, 0]]
    assert judged.returns.tolist() == [[0.75 + 3, -0.5 + 4, 2, 0]]


def test_the_kl_price_is_k1_of_each_token_at_the_sampling_temperature(rollout):
    reference = StatePolicy(seed=5)
    price = reference_kl(rollout, reference, temperature=0.7)
    assert price.shape == rollout.rewards.shape
    found = torch.zeros_like(price)
    for n, walk in places(rollout):
        for t, row, column in walk:
            state, action = rollout.rows.observations["states"][row, column], rollout.rows.actions[row, column]
            ref = (reference.table[state] / 0.7).log_softmax(-1)[action]
            found[t, n] = (rollout.rows.old_logprobs[row, column] - ref).detach()
    assert_close(price, found)
    assert not price.requires_grad


def test_the_kl_price_is_on_average_the_kl_to_the_reference():
    policy, reference = StatePolicy(seed=0), StatePolicy(seed=5)
    many = Answers(20_000).rollout(policy, temperature=1.0, generator=torch.Generator().manual_seed(0))
    price = many.in_rows(reference_kl(many, reference, temperature=1.0))
    log_p, log_q = policy.table.log_softmax(-1), reference.table.log_softmax(-1)
    exact = (log_p.exp() * (log_p - log_q)).sum(-1)
    for column in range(4):
        counted = many.rows.mask[:, column]
        assert price[counted, column].mean().item() == pytest.approx(exact[column].item(), rel=0.15)


def test_garbage_behind_the_mask_changes_nothing(rollout):
    bad, critic, reference = spoilt(rollout), StateValue(), StatePolicy(seed=5)
    clean, found = judge(rollout, critic, gae, **GAE), judge(bad, Garbage(critic), gae, **GAE)
    for name in ("advantages", "returns", "values"):
        assert torch.equal(getattr(found, name), getattr(clean, name))
    prices = [reference_kl(r, m, temperature=1) for r, m in ((rollout, reference), (bad, Garbage(reference)))]
    assert torch.equal(*prices)
    assert describe(bad, found) == describe(rollout, clean)


@pytest.mark.parametrize("world", ["walks", "answers"])
def test_more_padding_changes_nothing(world):
    rollout, critic = rollout_of(world), StateValue()
    wide = widened(rollout)
    rows, columns = rollout.rows.mask.shape
    first, second = (judge(r, critic, gae, **GAE) for r in (rollout, wide))
    for name in ("advantages", "returns", "values"):
        assert torch.equal(getattr(second, name)[:rows, :columns], getattr(first, name))
        assert (getattr(second, name)[~wide.rows.mask] == 0).all()
    assert describe(wide, second) == pytest.approx(describe(rollout, first), rel=1e-12)
    a, b = normalized(first.advantages, rollout.rows.mask), normalized(second.advantages, wide.rows.mask)
    assert torch.equal(b[:rows, :columns], a)


def test_a_policy_that_looks_at_the_whole_row_gets_the_rows_in_their_own_shape(rollout):
    shapes = []

    class Looking(StateValue):
        def values(self, episodes):
            shapes.append(episodes.mask.shape)
            return super().values(episodes)

    judge(rollout, Looking(), gae, **GAE)
    assert set(shapes) == {rollout.rows.mask.shape}


def test_the_learners_advantage_function_gets_what_gae_gets(rollout):
    def mine(rewards, values, next_values, terminated, done, *, gamma, gae_lambda):
        assert torch.equal(rewards, rollout.rewards)
        assert torch.equal(terminated, rollout.terminated)
        assert torch.equal(done, rollout.done)
        assert (gamma, gae_lambda) == (0.9, 0.8)
        return rewards + 10 * values + 100 * next_values

    critic = StateValue()
    judged = judge(rollout, critic, mine, **GAE)
    table, after = critic.table.detach()[:, 0], rollout.next_observations
    states = rollout.rows.observations["states"]
    for n, walk in places(rollout):
        for t, row, column in walk:
            if rollout.terminated[t, n] and after is None:
                continue  # whatever stands after the last word is never read
            following = table[after["states"][row, column] if after else states[row, column + 1]]
            mean = rollout.rewards[t, n] + 10 * table[states[row, column]] + 100 * following
            assert judged.advantages[row, column].item() == pytest.approx(mean.item())


def test_advantages_are_constants_even_if_a_learners_have_a_gradient(rollout):
    scale = torch.ones((), dtype=torch.float64, requires_grad=True)

    @torch.enable_grad()
    def mine(rewards, *_, **__):
        return rewards * scale

    assert not judge(rollout, StateValue(), mine, **GAE).advantages.requires_grad


@pytest.mark.parametrize("bad", [NAN, INF])
def test_an_advantage_that_is_not_finite_is_refused_unless_it_is_padding(rollout, bad):
    def everywhere_but(mask):
        counted = rollout.time_first(mask)
        return lambda rewards, *_, **__: torch.where(counted, rewards, bad)

    mask = rollout.rows.mask
    judge(rollout, StateValue(), everywhere_but(mask), **GAE)
    without_one = mask.clone()
    without_one[2, 0] = False
    with pytest.raises(ValueError, match=f"advantage_fn must return finite advantages, got {bad} in row 2"):
        judge(rollout, StateValue(), everywhere_but(without_one), **GAE)


def test_an_advantage_function_must_return_one_number_per_step(rollout):
    with pytest.raises(ValueError, match=r"advantage_fn must return the shape .*, got"):
        judge(rollout, StateValue(), lambda rewards, *_, **__: rewards[:, :1], **GAE)
    with pytest.raises(TypeError, match=r"advantage_fn must return a tensor, got 0\.5"):
        judge(rollout, StateValue(), lambda *_, **__: 0.5, **GAE)


def test_values_must_be_one_finite_number_per_step(rollout):
    class Wrong(StateValue):
        def values(self, episodes):
            return super().values(episodes)[..., None]

    with pytest.raises(ValueError, match=r"critic\.values must return the shape"):
        judge(rollout, Wrong(), gae, **GAE)
    critic = StateValue()
    critic.table.data[0] = NAN
    with pytest.raises(ValueError, match=r"critic\.values must be finite"):
        judge(rollout, critic, gae, **GAE)


def test_judging_changes_no_weight_and_leaves_no_gradient(rollout):
    critic, policy = StateValue(), StatePolicy(seed=5)
    before = flat(critic, policy)
    judge(rollout, critic, gae, **GAE)
    reference_kl(rollout, policy, temperature=1.0)
    assert torch.equal(flat(critic, policy), before)
    assert critic.table.grad is None
    assert policy.table.grad is None


class TestNormalized:
    def test_has_mean_0_and_deviation_1_over_the_steps_that_count(self, rollout):
        mask = rollout.rows.mask
        advantages = torch.where(mask, torch.randn(mask.shape, dtype=torch.float64) * 7 + 3, 0.0)
        found = normalized(advantages, mask)
        assert found[mask].mean().item() == pytest.approx(0, abs=1e-9)
        assert found[mask].std().item() == pytest.approx(1, abs=1e-6)
        assert (found[~mask] == 0).all()

    def test_is_the_line_of_stable_baselines3(self):
        advantages = torch.tensor([[3.0, -1.0, 0.5, 9.0]], dtype=torch.float64)
        theirs = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
        assert_close(normalized(advantages, torch.ones(1, 4, dtype=torch.bool)), theirs, rtol=1e-14, atol=1e-14)

    @pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
    def test_leaves_a_single_step_and_equal_advantages_as_they_are(self, dtype):
        one = torch.tensor([[0.7, 0.0]], dtype=dtype)
        assert torch.equal(normalized(one, torch.tensor([[True, False]])), one)
        equal = torch.full((5, 3), 0.1, dtype=dtype)
        assert torch.equal(normalized(equal, torch.ones(5, 3, dtype=torch.bool)), equal)

    def test_does_not_depend_on_the_scale_of_rewards(self):
        advantages, mask = torch.randn(4, 5, dtype=torch.float64), torch.ones(4, 5, dtype=torch.bool)
        assert_close(normalized(1000 * advantages, mask), normalized(advantages, mask), rtol=1e-6, atol=1e-7)


class TestDescribe:
    def test_is_what_happened(self, rollout):
        judged = judge(rollout, StateValue(), gae, **GAE)
        stats, mask = describe(rollout, judged), rollout.rows.mask
        assert stats["reward"] == pytest.approx(sum(rollout.episode_returns.tolist()) / len(rollout.episode_returns))
        assert stats["length"] == pytest.approx(sum(rollout.episode_lengths.tolist()) / len(rollout.episode_lengths))
        assert stats["entropy"] == pytest.approx(-rollout.rows.old_logprobs[mask].mean().item())
        returns, values = judged.returns[mask], judged.values[mask]
        share = 1 - (returns - values).var(correction=0) / returns.var(correction=0)
        assert stats["explained_variance"] == pytest.approx(share.item())

    def test_the_entropy_estimate_is_right_on_average(self):
        policy = StatePolicy()
        many = Answers(20_000).rollout(policy, temperature=1.0, generator=torch.Generator().manual_seed(0))
        exact = torch.distributions.Categorical(logits=policy.table).entropy().detach()
        shares = many.rows.mask.double().sum(0)
        assert describe(many)["entropy"] == pytest.approx(((exact * shares).sum() / shares.sum()).item(), rel=0.02)

    def test_says_nothing_of_what_there_is_not(self):
        rollout = rollout_of("steps")
        none = torch.zeros(0, dtype=torch.float64)
        assert set(describe(replace(rollout, episode_returns=none, episode_lengths=none))) == {"entropy"}
        calm = replace(rollout, rewards=torch.zeros_like(rollout.rewards))
        nothing = StateValue()
        nothing.table.data.zero_()
        assert "explained_variance" not in describe(calm, judge(calm, nothing, gae, **GAE))


class TestCheckRollout:
    def test_a_reward_that_is_not_finite_is_named(self, rollout):
        check_rollout(rollout)
        rewards = rollout.rewards.clone()
        rewards[2, 1] = INF
        with pytest.raises(ValueError, match=r"rewards must be finite, got inf at \[t, n\] = \[2, 1\]"):
            check_rollout(replace(rollout, rewards=rewards))

    def test_a_rollout_of_nothing_is_refused(self, rollout):
        nothing = replace(rollout.rows, mask=torch.zeros_like(rollout.rows.mask))
        with pytest.raises(ValueError, match="must hold at least one step"):
            check_rollout(replace(rollout, rows=nothing))
