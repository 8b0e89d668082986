"""Steps lie in rows and time-first: the same numbers, in two orders."""

import pytest
import torch

from rlcourse.algorithms import ChoicePolicy, Critic, Policy, StepWorld
from tests.algorithms.conftest import TableWorld
from tests.algorithms.small_worlds import WORLDS, PolicyNet, SharedNet, StatePolicy, StateValue, rollout_of


def test_in_rows_the_steps_of_one_robot_follow_each_other(rollout):
    steps, robots = rollout.rewards.shape
    numbers = torch.arange(rollout.rows.mask.numel()).reshape(rollout.rows.mask.shape)
    time_first = rollout.time_first(numbers)
    assert time_first.shape == (steps, robots)
    for n in range(robots):
        assert time_first[:, n].tolist() == list(range(n * steps, (n + 1) * steps))


def test_each_order_leads_back_to_the_other(rollout):
    rows = torch.randn(rollout.rows.mask.shape)
    assert torch.equal(rollout.in_rows(rollout.time_first(rows)), rows)
    time_first = torch.randn(rollout.rewards.shape)
    assert torch.equal(rollout.time_first(rollout.in_rows(time_first)), time_first)


def test_rewards_and_ends_belong_to_the_states_and_actions_of_their_rows():
    """In the corridor what a step pays follows from its square and move alone, and so does the square it leads to."""
    for world in ("steps", "walks"):
        rollout = rollout_of(world)
        rows = rollout.rows
        square, move = rows.observations["states"], rows.actions
        to = (square + torch.tensor([1, -1, 0])[move]).clamp(min=0)
        assert torch.equal(rollout.next_observations["states"][rows.mask], to[rows.mask])
        paid = rollout.in_rows(rollout.rewards)
        torch.testing.assert_close(paid[rows.mask], (to == 3).double()[rows.mask] - 0.1)
        assert torch.equal(rollout.in_rows(rollout.terminated)[rows.mask], (to == 3)[rows.mask])


@pytest.mark.parametrize("world", ["steps", "walks"])
def test_next_rows_are_the_same_steps_with_what_was_seen_after_them(world):
    rollout = rollout_of(world)
    after, rows = rollout.next_rows, rollout.rows
    assert after.observations is rollout.next_observations
    for name in ("actions", "mask", "old_logprobs", "rewards", "num_generations"):
        assert getattr(after, name) is getattr(rows, name)


def test_answers_have_no_next_rows():
    assert rollout_of("answers").next_rows is None


def test_the_small_worlds_hold_every_kind_of_end():
    """Or the other tests would not test what they say."""
    steps, walks, answers = (rollout_of(world) for world in WORLDS)
    for rollout in (steps, walks):
        truncated = rollout.done & ~rollout.terminated & rollout.time_first(rollout.rows.mask)
        assert truncated.any()
        assert rollout.terminated.any()
    assert not steps.done[-1].all()  # an unfinished episode
    assert (steps.done.sum(0) > 1).all()  # several episodes per robot
    assert (~walks.rows.mask).any()
    assert len(set(answers.rows.mask.sum(1).tolist())) > 2


def test_what_a_policy_a_critic_and_a_world_must_have():
    assert isinstance(StatePolicy(), ChoicePolicy)
    assert isinstance(StateValue(), Critic)
    assert not isinstance(StateValue(), Policy)
    assert isinstance(SharedNet(), Critic)
    assert not isinstance(PolicyNet(), Critic)
    assert all(isinstance(world, StepWorld) for world in WORLDS.values())
    assert not isinstance(TableWorld(), StepWorld)
