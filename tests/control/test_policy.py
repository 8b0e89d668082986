import math

import pytest
import torch

from rlcourse.algorithms import Episodes
from rlcourse.maze import TabularPolicy


def episodes(states, actions):
    return Episodes(
        observations={"states": torch.tensor(states)},
        actions=torch.tensor(actions),
        mask=torch.ones(len(actions), len(actions[0]), dtype=torch.bool),
        old_logprobs=torch.zeros(len(actions), len(actions[0])),
        rewards=torch.zeros(len(actions)),
        num_generations=1,
    )


def test_a_fresh_policy_is_undecided():
    policy = TabularPolicy(5)
    assert policy.probabilities() == pytest.approx(torch.full((5, 3), 1 / 3))
    assert policy.entropy() == pytest.approx(torch.full((5,), math.log(3)))


def test_logprobs_are_read_from_the_right_row_and_column():
    policy = TabularPolicy(3)
    with torch.no_grad():
        policy.table.copy_(torch.tensor([[1.0, 2.0, 3.0], [0.0, 5.0, 0.0], [4.0, 0.0, 0.0]]))
    got = policy.logprobs(episodes([[0, 1], [2, 0]], [[2, 1], [0, 0]]), temperature=2.0)
    expected = [
        [1.5 - math.log(sum(map(math.exp, (0.5, 1, 1.5)))), 2.5 - math.log(2 + math.exp(2.5))],
        [2.0 - math.log(2 + math.exp(2.0)), 0.5 - math.log(sum(map(math.exp, (0.5, 1, 1.5))))],
    ]
    assert got.tolist() == [pytest.approx(row) for row in expected]


def test_the_gradient_is_one_hot_minus_probabilities_in_the_visited_state_only():
    policy = TabularPolicy(4)
    policy.logprobs(episodes([[2]], [[1]])).sum().backward()
    assert policy.table.grad[2] == pytest.approx(torch.tensor([-1 / 3, 2 / 3, -1 / 3]))
    assert not policy.table.grad[[0, 1, 3]].any()


def test_temperature_sharpens_and_flattens():
    policy = TabularPolicy(1)
    with torch.no_grad():
        policy.table[0, 0] = 1.0
    cold, usual, hot = (policy.probabilities(temperature=t)[0, 0] for t in (0.5, 1.0, 2.0))
    assert cold > usual > hot > 1 / 3
