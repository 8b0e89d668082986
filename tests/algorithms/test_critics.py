"""Which critic is used, which rows it sees, and that it learns the returns."""

from dataclasses import replace

import pytest
import torch
from torch.testing import assert_close

from rlcourse.algorithms.critics import all_parameters, critic_of, fit_critic, minibatches
from rlcourse.algorithms.judging import judge
from rlcourse.equations import gae
from tests.algorithms.by_hand import Recorder, flat, gradient_of
from tests.algorithms.small_worlds import PolicyNet, SharedNet, StatePolicy, StateValue, rollout_of, spoilt, widened

FIT = {"epochs": 1, "minibatch_size": 1000, "max_grad_norm": 1e9, "seed": 0}


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


class TestCriticOf:
    def test_the_one_given_comes_first(self):
        critic = StateValue()
        assert critic_of(critic, SharedNet(), "PPO") is critic

    def test_a_policy_with_values_is_its_own(self):
        policy = SharedNet()
        assert critic_of(None, policy, "PPO") is policy

    @pytest.mark.parametrize("policy", [StatePolicy(), PolicyNet()])
    def test_without_either_the_message_says_what_to_do(self, policy):
        with pytest.raises(ValueError, match=r"TRPO needs a critic: TRPO\(config, critic=...\), or a policy with valu"):
            critic_of(None, policy, "TRPO")


def test_shared_weights_are_listed_once():
    net, critic = SharedNet(), StateValue()
    assert [id(p) for p in all_parameters(net, net)] == [id(p) for p in net.parameters()]
    assert [id(p) for p in all_parameters(net, critic)] == [id(p) for p in (*net.parameters(), critic.table)]


class TestMinibatches:
    @pytest.mark.parametrize("size", [1, 3, 4, 1000])
    def test_every_row_that_counts_comes_exactly_once(self, size):
        mask = torch.rand(10, 3, generator=generator()) < 0.3
        batches = list(minibatches(mask, size, generator()))
        counted = mask.any(1).nonzero()[:, 0].tolist()
        assert 3 < len(counted) < 10
        assert sorted(torch.cat(batches).tolist()) == counted
        assert [len(batch) for batch in batches[:-1]] == [size] * (len(batches) - 1)
        assert len(batches) == -(-len(counted) // size)

    def test_the_order_is_the_seeds_and_changes_from_one_time_to_the_next(self):
        mask, shared = torch.ones(20, 1, dtype=torch.bool), generator(3)
        first, again = (torch.cat(list(minibatches(mask, 8, shared))).tolist() for _ in range(2))
        assert first != again
        assert first == torch.cat(list(minibatches(mask, 8, generator(3)))).tolist()
        assert first != torch.cat(list(minibatches(mask, 8, generator(4)))).tolist()

    def test_rows_of_padding_do_not_change_the_order_of_the_others(self):
        mask = torch.ones(12, 2, dtype=torch.bool)
        padded = torch.nn.functional.pad(mask, (0, 1, 0, 5))
        plain, wide = (list(minibatches(m, 5, generator())) for m in (mask, padded))
        assert all(torch.equal(a, b) for a, b in zip(plain, wide, strict=True))


def judged_with(rollout, critic):
    return judge(rollout, critic, gae, gamma=0.9, gae_lambda=0.8)


class TestFitCritic:
    def test_its_gradient_is_that_of_half_the_mean_squared_error(self, rollout):
        critic = StateValue()
        judged, recorder = judged_with(rollout, critic), Recorder(critic)
        loss = fit_critic(critic, recorder, rollout.rows, judged, **FIT)
        table, terms = critic.table[:, 0], []
        for row, column in rollout.rows.mask.nonzero().tolist():
            state = rollout.rows.observations["states"][row, column]
            terms.append(0.5 * (table[state] - judged.returns[row, column]) ** 2)
        by_hand = torch.stack(terms).sum() / len(terms)
        assert loss == pytest.approx(by_hand.item())
        assert_close(recorder.gradients[0], gradient_of(by_hand, critic))

    def test_it_goes_through_every_row_once_an_epoch(self, rollout):
        seen = []

        class Watched(StateValue):
            def values(self, episodes):
                seen.append(episodes.observations["row"].tolist())
                return super().values(episodes)

        critic = Watched()
        judged, recorder = judged_with(rollout, critic), Recorder(critic)
        seen.clear()
        fit_critic(critic, recorder, rollout.rows, judged, **FIT | {"epochs": 3, "minibatch_size": 4})
        rows, batches = len(rollout.rows.mask), -(-len(rollout.rows.mask) // 4)
        assert len(recorder.gradients) == len(seen) == 3 * batches
        for epoch in range(3):
            visited = [row for batch in seen[epoch * batches : (epoch + 1) * batches] for row in batch]
            assert sorted(visited) == list(range(rows))

    def test_what_is_reported_is_the_mean_loss_of_the_last_time_through(self, rollout):
        critic = StateValue()
        judged, options = judged_with(rollout, critic), FIT | {"minibatch_size": 4}
        still = fit_critic(critic, Recorder(critic), rollout.rows, judged, **options | {"epochs": 2})
        order, losses = generator(), []
        for _ in range(2):
            losses = []
            for picked in minibatches(rollout.rows.mask, 4, order):
                mask = rollout.rows.mask[picked]
                losses.append(0.5 * (judged.values - judged.returns)[picked][mask].square().mean().item())
        assert still == pytest.approx(sum(losses) / len(losses))

    def test_the_values_come_to_be_the_mean_return_of_their_state(self, rollout):
        critic = StateValue()
        judged = judged_with(rollout, critic)
        optimizer = torch.optim.Adam(critic.parameters(), lr=0.1)
        fit_critic(critic, optimizer, rollout.rows, judged, **FIT | {"epochs": 200})
        mask, states = rollout.rows.mask, rollout.rows.observations["states"]
        for state in states[mask].unique():
            mean = judged.returns[mask & (states == state)].mean()
            assert critic.table[state].item() == pytest.approx(mean.item(), abs=0.01)

    def test_the_seed_decides_the_order_of_its_minibatches(self, rollout):
        results = []
        for seed in (0, 0, 1):
            critic = StateValue()
            judged, recorder = judged_with(rollout, critic), Recorder(critic, lr=0.3)
            fit_critic(critic, recorder, rollout.rows, judged, **FIT | {"minibatch_size": 4, "seed": seed})
            results.append(flat(critic))
        assert torch.equal(results[0], results[1])
        assert not torch.equal(results[0], results[2])

    def test_the_gradient_is_cut(self, rollout):
        critic = StateValue()
        judged, recorder = judged_with(rollout, critic), Recorder(critic)
        fit_critic(critic, recorder, rollout.rows, judged, **FIT | {"max_grad_norm": 1e-3})
        assert recorder.gradients[0].norm().item() == pytest.approx(1e-3, rel=1e-3)

    @pytest.mark.parametrize("world", ["walks", "answers"])
    def test_padding_changes_nothing(self, world):
        rollout = rollout_of(world)
        results = []
        for changed in (rollout, spoilt(rollout), widened(rollout)):
            critic = StateValue()
            judged, recorder = judged_with(changed, critic), Recorder(critic, lr=0.1)
            if changed is not rollout:
                garbage = torch.where(changed.rows.mask, 0.0, float("nan"))
                judged = replace(judged, returns=judged.returns + garbage)
            fit_critic(critic, recorder, changed.rows, judged, **FIT | {"epochs": 2, "minibatch_size": 4})
            results.append(critic.table.detach())
        assert torch.equal(results[0], results[1])
        assert_close(results[0], results[2], rtol=1e-12, atol=1e-14)
