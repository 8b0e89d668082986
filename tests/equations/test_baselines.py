"""The mean of the parallel walks as a baseline: by hand, and what it must not depend on."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rlcourse.equations import group_advantages, step_advantages

RETURNS = torch.tensor([[3.0, 1.0, 2.0], [4.0, 0.0, 9.0], [5.0, 7.0, 9.0]])
MASK = torch.tensor([[True, True, True], [True, True, False], [True, False, False]])


def by_hand(returns, mask):
    rows = []
    for values, counts in zip(returns.tolist(), mask.tolist(), strict=True):
        walking = [value for value, count in zip(values, counts, strict=True) if count]
        baseline = sum(walking) / len(walking) if walking else 0.0
        rows.append([value - baseline if count else 0.0 for value, count in zip(values, counts, strict=True)])
    return torch.tensor(rows, dtype=returns.dtype)


def test_each_step_is_compared_with_the_walks_still_under_way():
    expected = torch.tensor([[1.0, -1.0, 0.0], [2.0, -2.0, 0.0], [0.0, 0.0, 0.0]])
    torch.testing.assert_close(step_advantages(RETURNS, MASK), expected)


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 10_000))
def test_it_is_the_mean_by_hand(steps, walks, seed):
    generator = torch.Generator().manual_seed(seed)
    returns = torch.randn(steps, walks, generator=generator, dtype=torch.float64)
    mask = torch.rand(steps, walks, generator=generator) < 0.6
    torch.testing.assert_close(step_advantages(returns, mask), by_hand(returns, mask))
    torch.testing.assert_close(step_advantages(returns, mask.long()), by_hand(returns, mask))


def test_the_advantages_of_a_step_add_up_to_0():
    torch.testing.assert_close(step_advantages(RETURNS, MASK).sum(dim=1), torch.zeros(3))


@pytest.mark.parametrize("garbage", [1e9, math.inf, math.nan])
def test_what_stands_in_the_padding_does_not_matter(garbage):
    filled = torch.where(MASK, RETURNS, garbage)
    torch.testing.assert_close(step_advantages(filled, MASK), step_advantages(RETURNS, MASK))


def test_where_every_walk_has_ended_there_is_0_and_not_nan():
    assert (step_advantages(RETURNS, torch.zeros_like(MASK)) == 0).all()


def test_at_a_single_step_it_is_the_group_without_the_standard_deviation():
    everyone = torch.ones(1, 3, dtype=torch.bool)
    expected = group_advantages(RETURNS[:1], scale="none")
    torch.testing.assert_close(step_advantages(RETURNS[:1], everyone), expected)


def test_a_reward_that_all_walks_get_changes_nothing():
    torch.testing.assert_close(step_advantages(RETURNS - 17.0, MASK), step_advantages(RETURNS, MASK))
