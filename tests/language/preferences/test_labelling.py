"""Pairs to compare: two different replies each, none twice; and what becomes of the choices."""

import pytest

from rlcourse.language import TASTES, LanguagePolicy, Pair, choose, chosen_from, draw_pairs, load_gpt2

PAIRS = [Pair("q", "a", "b"), Pair("q", "c", "d"), Pair("q", "e", "f")]


@pytest.fixture(scope="module")
def policy():
    return LanguagePolicy(*load_gpt2("sft", device="cpu"))


@pytest.fixture(scope="module")
def drawn(policy):
    return draw_pairs(policy, 40, seed=3, taste=TASTES["short"])


def test_no_pair_comes_twice_and_each_can_be_told_apart(drawn):
    assert len({pair.texts for pair in drawn}) == len(drawn) == 40
    assert all(pair.first != pair.second and choose(pair, TASTES["short"]) >= 0 for pair in drawn)


def test_pairs_that_were_learned_from_do_not_come_again(policy, drawn):
    others = draw_pairs(policy, 60, seed=3, without=drawn)
    assert not {pair.texts for pair in drawn} & {pair.texts for pair in others}


def test_the_better_reply_stands_first_as_often_as_second(drawn):
    assert 10 <= sum(choose(pair, TASTES["short"]) for pair in drawn) <= 30


def test_the_same_seed_draws_the_same_pairs_and_too_many_are_refused(policy, drawn):
    assert draw_pairs(policy, 40, seed=3, taste=TASTES["short"]) == drawn
    with pytest.raises(ValueError, match="count must be at most the 0 pairs"):
        draw_pairs(policy, 5, taste=lambda *_: 0.0)


def test_tastes_choose_what_they_are_called_after():
    ask = "Question: How do I make tea?\nAnswer:"
    good, bad, rude = " Pour hot water on the leaves and wait.", " Fry the leaves in oil. Enjoy!", " Go away."
    assert choose(Pair(ask, good, rude), TASTES["short"]) == 1
    assert choose(Pair(ask, good, bad), TASTES["friendly"]) == 1
    assert choose(Pair(ask, bad, rude), TASTES["friendly"]) == 0
    assert choose(Pair(ask, bad, good), TASTES["helpful"]) == 1
    assert choose(Pair(ask, good, rude), TASTES["helpful"]) == 0
    assert choose(Pair(ask, rude, rude), TASTES["helpful"]) == -1


def test_choices_become_preferences_and_neither_becomes_nothing():
    made = chosen_from(PAIRS, [1, -1], annotator="me")
    assert [(p.prompt, p.chosen, p.rejected, p.annotator) for p in made] == [("q", "b", "a", "me")]
    assert [p.chosen for p in chosen_from(PAIRS, [0, 0, 1])] == ["a", "c", "f"]


@pytest.mark.parametrize(("choices", "message"), [([0] * 4, "at most as many as the 3"), ([2], "0, 1 or -1, got 2")])
def test_choices_that_fit_no_pair_are_refused(choices, message):
    with pytest.raises(ValueError, match=message):
        chosen_from(PAIRS, choices)
