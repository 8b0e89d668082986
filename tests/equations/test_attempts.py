from itertools import combinations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rlcourse.equations import pass_at_k

from .strategies import quick


@quick
@given(st.data(), st.integers(1, 8))
def test_is_the_share_of_choices_that_hold_a_right_one(data, made):
    right, k = data.draw(st.integers(0, made)), data.draw(st.integers(1, made))
    choices = list(combinations([True] * right + [False] * (made - right), k))
    assert pass_at_k(made, right, k).item() == pytest.approx(sum(map(any, choices)) / len(choices))


@quick
@given(st.floats(0.05, 0.95), st.integers(1, 4))
def test_is_right_on_average_where_the_obvious_estimate_is_not(chance, k):
    """Over every number of right answers out of 6, as often as it comes."""
    right = torch.arange(7)
    often = torch.distributions.Binomial(6, torch.tensor(chance, dtype=torch.float64)).log_prob(right.double()).exp()
    truth = 1 - (1 - chance) ** k
    assert (often * pass_at_k(6, right, k)).sum().item() == pytest.approx(truth, abs=1e-9)
    obvious = (often * (1 - (1 - right / 6) ** k)).sum().item()
    assert (obvious < truth - 1e-6) == (k > 1)


def test_many_questions_and_many_attempts():
    made, right = torch.tensor([200, 10_000]), torch.tensor([3, 0], dtype=torch.uint8)
    found = pass_at_k(made, right, 100)
    assert found.dtype == torch.float64
    assert found[0].item() == pytest.approx(1 - (100 * 99 * 98) / (200 * 199 * 198))
    assert found[1].item() == 0
    assert pass_at_k(5, torch.tensor([[4], [5]]), 2).tolist() == [[1.0], [1.0]]
