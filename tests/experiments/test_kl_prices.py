"""What the runs at five prices of KL show, over five seeds; DPO beside them. Claims of notebook 09."""

import numpy as np
import pytest

from rlcourse.experiments import ASKED, load_curves, load_prices, load_replies


def ends(column):
    return {price: np.array([run.last(column) for run in runs.values()]) for price, runs in load_prices().items()}


def test_at_a_price_of_a_tenth_gold_prefers_it_in_85_percent_and_for_free_in_less_than_10():
    wins = ends("gold_win_rate")
    assert wins[0.1].min() >= 0.85
    assert wins[0.0].max() < 0.10


def test_the_higher_the_price_the_lower_the_score_and_the_nearer_it_stays():
    for column in ("score", "answer_kl"):
        means = [values.mean() for values in ends(column).values()]
        assert means == sorted(means, reverse=True)


def test_stopping_in_time_would_not_have_been_enough():
    """The best moment of each run without a price is behind the end of every run at a price of 0.1."""
    best = [np.nanmax(run["gold_win_rate"]) for run in load_prices()[0.0].values()]
    assert max(best) < ends("gold_win_rate")[0.1].min()


def test_dpo_beats_the_reference_on_every_seed_and_rlhf_beats_dpo_at_the_same_kl():
    wins, kls = ends("gold_win_rate"), ends("answer_kl")
    order = sorted(kls, key=lambda price: kls[price].mean())
    for run in load_curves("rlhf-dpo").values():
        assert run.last("gold_win_rate") >= 0.65
        there = np.interp(run.last("answer_kl"), [kls[p].mean() for p in order], [wins[p].mean() for p in order])
        assert run.last("gold_win_rate") < there


def test_there_are_replies_wherever_something_was_measured():
    for price, replies in load_replies().items():
        measured = [row for row in load_prices()[price][0] if "score" in row]
        assert len(replies) == len(measured)
        assert all(len(row) == len(ASKED) and all(isinstance(text, str) for text in row) for row in replies)


@pytest.mark.parametrize("price", [0.1])
def test_at_the_end_the_replies_have_changed(price):
    replies = load_replies()[price]
    assert replies[0] != replies[-1]
