"""Three people and one pair: the bars are the annotators' own probabilities; tastes differ where hands are steady."""

import pytest

from rlcourse.explorables.replies.who_prefers import who_prefers, who_prefers_figure, who_prefers_plot
from rlcourse.language import REQUESTS
from rlcourse.language.tasks.annotators import ANNOTATORS

TEA = REQUESTS[1]
PAIRS = {"one": (f" {TEA.good}.", f" Sure! {TEA.bad}. Enjoy!"), "two": (f" {TEA.good}.", f" {TEA.bad}.")}


def test_the_bars_are_the_annotators_own_probabilities():
    plot = who_prefers_plot(ANNOTATORS, TEA, PAIRS)
    for pair, replies in enumerate(PAIRS.values()):
        own = [one.probability(TEA, *replies) for one in ANNOTATORS]
        assert plot.pick("chance", {"pair": pair, "noise": 0.8}, "person") == pytest.approx(own)
    assert TEA.good in plot.fill(plot.readouts[0], {"pair": 0, "noise": 0.8})


def test_of_three_steady_hands_one_against_two_leaves_one_agreement_in_three():
    plot = who_prefers_plot(ANNOTATORS, TEA, PAIRS)
    assert plot.pick("chance", {"pair": 0, "noise": 0}, "person").tolist() == [1, 0, 1]  # Ben stands alone
    assert plot.pick("agree", {"pair": 0, "noise": 0}) == pytest.approx(100 / 3)
    assert plot.pick("agree", {"pair": 1, "noise": 0}) == 100


def test_it_opens_can_be_printed_and_refuses_nobody():
    assert [one.description for one in who_prefers(ANNOTATORS, TEA, PAIRS).children[1].children][1] == "unsteady hands"
    assert who_prefers_figure(ANNOTATORS, TEA, PAIRS, pair=1, noise=2).axes
    with pytest.raises(ValueError, match="people must be two at least"):
        who_prefers_plot(ANNOTATORS[:1], TEA, PAIRS)
