"""Data that are k updates old: which policy sampled them, and what an update makes of them."""

import pytest
import torch

from rlcourse.algorithms import GRPO, GRPOConfig, LateWorld, Training
from tests.algorithms.conftest import TablePolicy, TableWorld


class Counting:
    """A world whose rewards say by which call they were sampled."""

    def __init__(self):
        self.calls, self.inner = 0, TableWorld()

    def sample_groups(self, policy, **how):
        episodes = self.inner.sample_groups(policy, **how)
        self.calls += 1
        episodes.rewards.fill_(self.calls)
        return episodes


def asked(world, times):
    how = {"num_generations": 2, "temperature": 1.0, "generator": torch.Generator().manual_seed(0)}
    return [int(world.sample_groups(TablePolicy(), **how).rewards[0]) for _ in range(times)]


def test_each_batch_is_handed_out_age_calls_after_it_was_sampled():
    inner = Counting()
    assert asked(LateWorld(inner, age=3), 5) == [1, 2, 3, 4, 5]
    assert inner.calls == 5 + 3  # the newest three wait


def test_at_age_0_it_is_the_world_itself():
    runs = [
        Training(TablePolicy(), world, GRPO(GRPOConfig(learning_rate=0.1)), seed=1).run(4, progress=False)
        for world in (TableWorld(), LateWorld(TableWorld(), age=0))
    ]
    assert runs[0]["reward"].tolist() == runs[1]["reward"].tolist()


def test_old_log_probabilities_are_those_of_the_policy_that_sampled():
    policy, seen = TablePolicy(), []
    world, grpo = LateWorld(TableWorld(), age=2), GRPO(GRPOConfig(learning_rate=0.1))
    optimizer, generator = grpo.make_optimizer(policy), torch.Generator().manual_seed(0)
    for _ in range(5):
        seen.append(TablePolicy())
        seen[-1].load_state_dict(policy.state_dict())
        episodes = grpo.collect(world, policy, generator)
        sampler = seen[max(0, len(seen) - 1 - 2)]
        mask = episodes.mask
        torch.testing.assert_close(sampler.logprobs(episodes)[mask].detach(), episodes.old_logprobs[mask])
        grpo.update(policy, optimizer, episodes)


@pytest.mark.parametrize(("age", "error"), [(-1, ValueError), (1.5, TypeError), (True, TypeError)])
def test_an_age_is_a_whole_number_of_at_least_0(age, error):
    with pytest.raises(error, match="age"):
        LateWorld(TableWorld(), age=age)


def test_a_world_that_has_no_groups_is_refused():
    with pytest.raises(TypeError, match="world"):
        LateWorld(object(), age=1)
