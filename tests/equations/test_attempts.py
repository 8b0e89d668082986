from itertools import combinations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rlcourse.equations import best_of_k, majority_vote, pass_at_k

from .strategies import normal, quick, seeds


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


@quick
@given(seeds, st.integers(1, 3), st.integers(1, 6), st.data())
def test_best_of_k_is_the_mean_over_all_choices(seed, questions, made, data):
    """Scores may tie: of those that do, one is drawn."""
    k = data.draw(st.integers(1, made))
    scores, rewards = normal(questions, made, seed=seed).round(), normal(questions, made, seed=seed + 1)
    found = best_of_k(scores, rewards, k)
    for row, paid, one in zip(scores.tolist(), rewards.tolist(), found.tolist(), strict=True):
        worth = []
        for chosen in combinations(range(made), k):
            best = [paid[i] for i in chosen if row[i] == max(row[j] for j in chosen)]
            worth.append(sum(best) / len(best))
        assert one == pytest.approx(sum(worth) / len(worth))


@quick
@given(seeds, st.integers(1, 6), st.data())
def test_a_judge_who_knows_makes_best_of_k_pass_at_k(seed, made, data):
    k, right = data.draw(st.integers(1, made)), (normal(4, made, seed=seed) > 0).double()
    torch.testing.assert_close(best_of_k(right, right, k), pass_at_k(made, right.sum(1).long(), k))


@quick
@given(st.lists(st.integers(-1, 3), min_size=1, max_size=7), st.integers(0, 3))
def test_a_vote_is_right_as_often_as_its_lot_falls_on_the_right_result(results, right):
    counts = {result: results.count(result) for result in results if result >= 0}
    leaders = [result for result, count in counts.items() if count == max(counts.values())]
    expected = leaders.count(right) / len(leaders) if leaders else 0
    assert majority_vote(torch.tensor([results]), torch.tensor([right])).item() == pytest.approx(expected)


def test_votes_may_be_counted_of_small_whole_numbers_and_of_many_questions():
    results = torch.tensor([[5, 5, 7], [-1, -1, -1]], dtype=torch.int8)
    found = majority_vote(results, torch.tensor([5, 5], dtype=torch.int32))
    assert found.dtype == torch.float64 and found.tolist() == [1.0, 0.0]
