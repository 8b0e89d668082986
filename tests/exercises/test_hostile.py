"""Whatever a learner's function is, raises or returns, `check` answers in its own words, and soon."""

import asyncio
import time

import pytest
import torch

from rlcourse.equations import group_advantages
from rlcourse.exercises import check
from rlcourse.exercises.record import load_record


class Mute(Exception):
    """An error that cannot say what it is."""

    def __str__(self):
        raise RuntimeError("no words")


class Faceless:
    """A value that cannot be shown."""

    def __repr__(self):
        raise RuntimeError("no face")


class OfItsOwnKind(BaseException):
    """No `Exception` at all."""


@pytest.mark.parametrize(
    "error", [GeneratorExit(), asyncio.CancelledError(), OfItsOwnKind("x"), Mute("x"), StopIteration(), SystemExit(3)]
)
def test_any_exception_is_the_learners(error):
    def raises(rewards):
        raise error

    result = check("group_advantages", raises)
    assert type(error).__name__ in result.message and "line " in result.message
    assert "rlcourse/exercises" not in result.message


@pytest.mark.parametrize("value", [Faceless(), [Faceless()], 10**5000], ids=["face", "faces", "large"])
def test_a_value_that_cannot_be_shown_is_no_error_of_ours(value):
    assert "wanted is" in check("group_advantages", lambda rewards: value).message


def test_a_function_that_is_wrapped_around_itself_is_called_like_any_other():
    def mine(rewards):
        return rewards

    mine.__wrapped__ = mine
    assert "expected" in check("group_advantages", mine).message


def test_a_function_that_is_async_is_told_so(recwarn):
    async def mine(rewards):
        return rewards

    assert "write `def` alone" in check("group_advantages", mine).message
    assert not recwarn.list


@pytest.mark.parametrize("answer", [[1.0] * 3_000_000, [[1.0]] * 3_000_000, [[[1.0]] * 1500] * 1500])
def test_millions_of_numbers_are_judged_quickly(answer):
    started = time.process_time()
    result = check("group_advantages", lambda rewards: answer)
    check("policy_gradient", lambda logprobs, advantages: answer)
    assert time.process_time() - started < 5
    assert not result.passed and "numbers" in result.message and len(result.message) < 2500


def test_a_long_list_of_right_length_is_still_judged():
    assert "[999999] where a single number" in check("discounted_return", lambda r, gamma: [1.0] * 999_999).message


def test_a_long_error_is_cut():
    def raises(rewards):
        raise RuntimeError("a word and another " * 1000)

    assert len(check("group_advantages", raises).message) < 1200


def test_what_the_function_prints_is_shown_once(capsys):
    def prints(rewards):
        print("the rewards are", tuple(rewards.shape))
        return rewards

    result = check("group_advantages", prints)
    shown = capsys.readouterr().out
    assert shown.count("the rewards are") == 1 and "the rewards are (1, 2)" in result.message


def test_what_a_right_function_prints_is_shown_once(capsys):
    def prints(rewards):
        print("hello")
        return group_advantages(rewards)

    assert check("group_advantages", prints).passed
    assert capsys.readouterr().out.count("hello") == 1


def test_endless_printing_is_cut():
    def prints(rewards):
        for _ in range(10_000):
            print("again and again")
        raise KeyboardInterrupt

    assert len(check("group_advantages", prints).message) < 4000


def test_a_stopped_check_is_no_attempt():
    def stopped(rewards):
        raise KeyboardInterrupt

    result = check("group_advantages", stopped)
    assert "○" in result.message and "unfinished" in result.message
    assert not load_record().exercise("group_advantages").attempts


def test_a_helper_of_ones_own_is_shown_beside_the_line_that_called_it():
    def helper(rewards):
        return rewards.no_such_thing

    def mine(rewards):
        return helper(rewards)

    message = check("group_advantages", mine).message
    assert "return helper(rewards)" in message and "return rewards.no_such_thing" in message


def test_a_name_that_is_nearly_right_is_offered():
    def mine(logits_p, logits_q):
        log_q = logits_q.log_softmax(dim=-1)
        return (log_q.exp() * log_Q).sum(dim=-1)

    message = check("categorical_kl", mine).message
    assert "Did you mean `log_q`?" in message
    assert "Some cases have a single distribution" not in message, "a clue from the learner's own line"


def test_a_clue_is_not_looked_for_in_the_learners_line():
    def mine(rewards):
        return rewards / 0 if rewards.sum() else undefined

    assert "keepdim" not in check("group_advantages", lambda rewards: missing("size of tensor")).message


def test_a_graph_that_is_used_up_is_no_slip():
    def backward_inside(logprobs, advantages):
        objective = logprobs * advantages
        objective.sum().backward()
        return objective

    result = check("policy_gradient", backward_inside)
    assert result.slip is None and "calls `.backward()`" in result.message
    assert result.message.count("backward through the graph") == 0


def test_a_value_shared_between_calls_is_judged_as_it_was_returned():
    shared = torch.zeros(1, 2)

    def reuses(rewards):
        if rewards.shape != shared.shape:
            return group_advantages(rewards)
        return shared.copy_(group_advantages(rewards))

    assert check("group_advantages", reuses).passed
