"""The sums: a fixed split, slips that are wrong, and a reward that checks what it says it checks."""

import inspect
import random
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rlcourse.language import MAX_OPERAND, Sum, split_sums, sum_reward
from rlcourse.language.tasks.sums import computed_result, guessed_result

operands = st.integers(0, MAX_OPERAND)


def _score(question: Sum, completion: str) -> float:
    return sum_reward([question.prompt], [completion], answer=[question.answer])[0]


def test_the_split_holds_every_sum_once_and_a_fifth_of_them_back():
    training, held_out = split_sums()
    assert len(set(training) | set(held_out)) == len(training) + len(held_out) == (MAX_OPERAND + 1) ** 2
    assert len(held_out) == round(0.2 * (MAX_OPERAND + 1) ** 2)


def test_the_split_is_the_same_for_everybody():
    assert [(s.a, s.b) for s in split_sums()[1][:3]] == [(41, 10), (27, 33), (37, 40)]


@given(operands, operands)
def test_the_right_answer_is_paid_and_its_neighbours_are_not(a, b):
    question = Sum(a, b)
    assert _score(question, f" {question.statement(a + b)}") == 1
    assert _score(question, f" I guess {question.statement(a + b)}") == 1
    assert _score(question, f" {question.statement(a + b + 1)}") == 0
    assert _score(question, f" {question.statement(10 * (a + b) + 3)}") == 0


@pytest.mark.parametrize(
    "completion",
    [
        "",
        " 19",
        " 12+7 is",
        " 12+7 is 20. 12+7 is 19.",
        " 12+7 is 19. 12+7 is 20.",
        " 12+8 is 19.",
        " 7+12 is 19.",
        " 2+7 is 19.",
        " It is 19.",
        " 12+7 is 1 9.",
    ],
)
def test_only_the_sum_that_was_asked_counts(completion):
    assert _score(Sum(12, 7), completion) == 0


def test_a_prompt_that_ends_like_another_is_not_mistaken_for_it():
    assert _score(Sum(12, 7), " 2+7 is 19.") == 0
    assert sum_reward(["What is 112+7?"], [" 12+7 is 19."], answer=[19]) == [0.0]


def test_lists_of_different_length_are_refused():
    with pytest.raises(ValueError, match="got 1, 2 and 1"):
        sum_reward(["a"], ["b", "c"], answer=[1])


def test_who_computes_is_right_as_often_as_said_and_otherwise_wrong():
    rng, question = random.Random(0), Sum(12, 7)
    results = Counter(computed_result(question, 0.7, rng) for _ in range(4000))
    assert results[19] / 4000 == pytest.approx(0.7, abs=0.03)
    assert set(results) == {19, 9, 17, 18, 20, 21, 29, 91}


@given(operands, operands, st.integers(0, 1000))
def test_slips_are_never_right_and_never_negative(a, b, seed):
    question = Sum(a, b)
    slip = computed_result(question, 0.0, random.Random(seed))
    assert slip != question.answer
    assert slip >= 0
    assert 0 <= guessed_result(question, random.Random(seed)) <= question.answer + 9


@pytest.mark.parametrize("answer", [4, "4", " 4", "4\n", 4.0, np.int64(4), torch.tensor(4), "04"])
def test_a_right_result_may_be_a_number_or_a_text(answer):
    prompts = [Sum(2, 2).prompt] * 2
    assert sum_reward(prompts, [" 2+2 is 4.", " 2+2 is 5."], [answer] * 2) == [1.0, 0.0]


@pytest.mark.parametrize("answer", ["four", "", None, 4.5, float("inf"), [4], "4.0"])
def test_a_right_result_that_is_no_whole_number_is_refused(answer):
    with pytest.raises(ValueError, match="answer must hold whole numbers, as numbers or as text such as '4', got"):
        inspect.unwrap(sum_reward)([Sum(2, 2).prompt], [" 2+2 is 4."], [answer])


@pytest.mark.parametrize(("a", "b"), [("x", 2), (-1, 5), (1, 2.0), (True, 1), (None, 1)])
def test_a_sum_is_of_whole_numbers(a, b):
    with pytest.raises((TypeError, ValueError), match=r"must be (a whole number|0 or more), got"):
        inspect.unwrap(Sum.__post_init__)(SimpleNamespace(a=a, b=b))


def test_of_the_held_out_sums_405_were_seen_the_other_way_round():
    training, held_out = split_sums()
    seen = {(s.b, s.a) for s in training}
    assert (sum((s.a, s.b) in seen for s in held_out), len(held_out)) == (405, 500)
