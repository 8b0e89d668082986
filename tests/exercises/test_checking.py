"""Whatever a learner's function does, `check` answers with a helpful message and never with a traceback."""

import signal
import time
from functools import partial

import numpy as np
import pytest
import torch

from rlcourse.equations import group_advantages, kl_k3
from rlcourse.exercises import check, examining
from rlcourse.exercises.catalogue import EXERCISES
from rlcourse.exercises.record import load_record


def rejected(name, function, *expected):
    """The exercise is not passed, and the message holds every one of the expected pieces."""
    result = check(name, function)
    assert not result.passed
    assert not result
    assert "Traceback" not in result.message
    for piece in expected:
        assert piece in result.message, result.message
    return result


def stub_that_raises(rewards):
    """A docstring."""
    raise NotImplementedError("your turn")


def stub_of_dots(rewards):
    """A docstring."""
    ...


def stub_that_passes(rewards):
    pass


def stub_that_returns_dots(rewards):
    advantages = ...
    return advantages


@pytest.mark.parametrize("stub", [stub_that_raises, stub_of_dots, stub_that_passes, stub_that_returns_dots])
def test_an_unfilled_stub_is_not_started_and_not_an_attempt(stub):
    result = rejected("group_advantages", stub, "not started yet", 'hint("group_advantages")')
    assert "Replace the `...` by your code and run this cell again." in result.message
    assert result.cases_passed == 0 and result.cases_total == 8 and result.slip is None
    assert load_record().exercise("group_advantages").attempts == 0


def test_a_half_finished_stub():
    def no_return(rewards):
        centred = rewards - rewards.mean(dim=1, keepdim=True)  # noqa: F841

    def a_blank_left(rewards):
        std = ...
        return rewards / std

    rejected("group_advantages", no_return, "returned None", "`return`")
    rejected("group_advantages", a_blank_left, "TypeError", "There is still a `...`")


def test_a_case_that_still_returns_dots_is_not_finished_rather_than_not_started():
    def turns_only(row, column, heading, action, wall_ahead):
        return (row, column, (heading + (action == 2) - (action == 1)) % 4) if action else ...

    result = rejected("maze_step", turns_only, "forward, looking north", "Not finished", "still returns `...`")
    assert "not started" not in result.message
    assert result.cases_passed == 16
    assert load_record().exercise("maze_step").attempts == 1


def test_dots_inside_a_value_are_named():
    rejected("maze_step", lambda row, column, *rest: (row, column, ...), "returned a `...`")


def test_a_mean_without_keepdim_gets_a_hint_beside_the_error():
    def in_torch(rewards):
        return (rewards - rewards.mean(1)) / (rewards.std(1) + 1e-4)

    def in_numpy(rewards):
        rewards = rewards.numpy()
        return (rewards - rewards.mean(1)) / (rewards.std(1, ddof=1) + 1e-4)

    def another_error(rewards):
        return rewards.sum().item() / 0

    for function in (in_torch, in_numpy):
        rejected("group_advantages", function, "an easy question and a hard one", "have the shape [P, 1]", "keepdim")
    assert "[P, 1]" not in rejected("group_advantages", another_error, "ZeroDivisionError").message


def test_a_branch_that_is_not_written_yet():
    def only_unequal(rewards):
        if (rewards == rewards[0, 0]).all():
            raise NotImplementedError
        return group_advantages(rewards)

    result = rejected("group_advantages", only_unequal, "all answers alike", "not written yet")
    assert result.cases_passed == 6


def test_the_smallest_failing_case_is_shown_with_inputs_expected_and_got():
    def doubled(rewards):
        return 2 * group_advantages(rewards)

    result = rejected("group_advantages", doubled, "one question, two answers", "[[1., 0.]]", "0.707", "1.414")
    assert result.cases_passed == 2  # the constant groups
    assert result.slip is None


def test_of_a_large_value_the_first_difference_is_shown():
    def wrong_in_one_place(logprobs, ref_logprobs):
        k3 = kl_k3(logprobs, ref_logprobs)
        if k3.numel() == 160:
            k3[3, 7] += 1
        return k3

    result = rejected("kl_k3", wrong_in_one_place, "eight of twenty", "at [3, 7]", "1 of 160 differ")
    assert len(result.message) < 1000


def test_differences_in_late_digits_are_visible():
    def a_little_off(logprobs, ref_logprobs):
        return kl_k3(logprobs, ref_logprobs) + 1e-4

    message = rejected("kl_k3", a_little_off).message
    expected = next(line for line in message.splitlines() if "expected" in line).split("=")[1]
    got = next(line for line in message.splitlines() if "got" in line).split("=")[1]
    assert expected != got


def test_an_error_is_shown_with_its_line():
    def divides_by_zero(rewards):
        count = 0
        return rewards.sum().item() / count

    result = rejected("group_advantages", divides_by_zero, "ZeroDivisionError", "sum().item() / count", "line ")
    assert "checking.py" not in result.message and "calling.py" not in result.message


def test_an_error_inside_torch_is_shown_at_the_learners_line():
    def bad_call(rewards):
        return torch.nn.functional.cross_entropy(rewards, rewards[:, :0])

    rejected("group_advantages", bad_call, "line ", "torch.nn.functional.cross_entropy(rewards")


def test_endless_recursion_is_an_error_like_any_other():
    def endless(rewards, gamma):
        return endless(rewards, gamma)

    rejected("discounted_return", endless, "RecursionError")


@pytest.mark.parametrize(
    "value, expected",
    [
        ("abc", "returned a str"),
        ({"a": 1}, "returned a dict"),
        ([[1.0], [1.0, 2.0]], "rows of different lengths"),
        (np.array(["a"]), "array of <U1"),
        (torch.zeros(1, 2, dtype=torch.complex64), "array of complex64"),
        (iter(()), "returned a tuple_iterator"),
    ],
)
def test_a_wrong_type_is_named(value, expected):
    rejected("group_advantages", lambda rewards: value, expected, "[P, G]")


def test_a_wrong_shape_is_named():
    rejected("group_advantages", lambda rewards: rewards.mean(dim=1), "shape is wrong", "[1] where [1, 2]")
    rejected("discounted_return", lambda rewards, gamma: [1.0], "shape is wrong", "[1] where a single number")
    rejected("maze_step", lambda *state: (1, 2), "[2] where [3]", "(row, column, heading)")


def test_a_wrong_dtype_is_named():
    rejected("group_advantages", lambda rewards: group_advantages(rewards).long(), "torch.int64 cannot hold fractions")
    rejected("group_advantages", lambda rewards: rewards > 0, "torch.bool")
    rejected("group_advantages", lambda rewards: group_advantages(rewards).half(), "torch.float16")
    rejected("maze_step", lambda row, column, *rest: (row / 1, column, 0), "whole numbers")


def test_nan_is_named():
    rejected("group_advantages", lambda rewards: rewards * torch.nan, "NaN")
    rejected("group_advantages", lambda rewards: rewards + torch.inf, "infinity")
    rejected("discounted_return", lambda rewards, gamma: float("nan"), "NaN")
    rejected("discounted_return", lambda rewards, gamma: float("inf"), "infinity")


def test_warnings_of_the_learners_code_do_not_drown_the_message(recwarn):
    rejected("group_advantages", lambda rewards: rewards.numpy() / 0)
    assert not recwarn.list


def test_inputs_changed_in_place_are_noticed():
    def in_place(rewards):
        rewards -= rewards.mean(dim=1, keepdim=True)
        return rewards / (rewards.std(dim=1, keepdim=True) + 1e-4)

    def reversing(rewards, gamma):
        rewards.reverse()
        total = 0.0
        for reward in rewards:
            total = reward + gamma * total
        return total

    rejected("group_advantages", in_place, "changed `rewards`")
    rejected("discounted_return", reversing, "changed `rewards`")
    assert check("group_advantages", group_advantages).passed  # the cases are as they were


def test_an_endless_loop_is_stopped_by_interrupt():
    def endless(rewards, gamma):
        signal.raise_signal(signal.SIGINT)  # the learner presses ■
        while True:
            time.sleep(0.01)

    rejected("discounted_return", endless, "You stopped your function", "one step", "loops")


def test_an_interrupt_in_a_later_case_shows_that_case():
    def endless_for_two(rewards, gamma):
        if len(rewards) == 2:
            raise KeyboardInterrupt
        return rewards[0]

    result = rejected("discounted_return", endless_for_two, "one step later")
    assert result.cases_passed == 1


def test_a_slip_that_was_interrupted_as_it_was_tried_is_found_the_next_time(monkeypatch):
    exercise = EXERCISES["discounted_return"]
    slip, whole_call = exercise.slips[0], examining.call
    monkeypatch.setattr(examining, "_KEPT", {})

    def pressed(function, *given):
        def interrupted(*_, **__):
            raise KeyboardInterrupt

        return whole_call(interrupted if function in slip.functions else function, *given)

    def mine(*given, **named):
        return slip.function(*given, **named)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(examining, "call", pressed)
        assert examining.examine(exercise, mine).slip is None
    assert examining.examine(exercise, mine).slip is slip


def work(seconds):
    """Keep the processor busy."""
    started = time.process_time()
    while time.process_time() - started < seconds:
        pass


def test_a_slow_function_is_cut_short_and_that_is_no_attempt(monkeypatch):
    monkeypatch.setattr(examining, "SECONDS", 0.05)

    def slow(rewards):
        work(0.04)
        return group_advantages(rewards)

    result = rejected("group_advantages", slow, "unfinished, 3 cases of 8 tried, 3 right", "the 2 after it")
    assert result.cases_passed == 3
    assert load_record().exercise("group_advantages").attempts == 0


def test_what_only_takes_long_the_first_time_passes(monkeypatch):
    """The first call may load and compile: `torch.func` takes seconds."""
    monkeypatch.setattr(examining, "SECONDS", 0.2)
    called = []

    def loads_first(rewards):
        if not called:
            work(0.4)
        called.append(1)
        return group_advantages(rewards)

    assert check("group_advantages", loads_first).passed


def test_waiting_for_a_busy_machine_does_not_count(monkeypatch):
    monkeypatch.setattr(examining, "SECONDS", 0.1)

    def waits(rewards):
        time.sleep(0.05)
        return group_advantages(rewards)

    assert check("group_advantages", waits).passed


def test_a_wrong_function_that_is_slow_too_is_shown_what_is_wrong(monkeypatch):
    monkeypatch.setattr(examining, "SECONDS", 0.05)

    def slow_and_wrong(rewards):
        work(0.06)
        return rewards

    rejected("group_advantages", slow_and_wrong, "✗", "2 cases of 8 tried", "expected")
    assert load_record().exercise("group_advantages").attempts == 0


@pytest.mark.parametrize(
    "function, expected",
    [
        (torch.zeros(2), "without parentheses; this is a Tensor"),
        (None, "this is None"),
        (3, "this is an int"),
        (lambda: 0, "arguments (rewards)"),
        (lambda rewards, scale: 0, "'scale'"),
    ],
)
def test_what_cannot_be_called_like_the_exercise(function, expected):
    rejected("group_advantages", function, expected)


def test_other_callables_than_functions():
    class Adder:
        def __call__(self, rewards):
            return group_advantages(rewards)

    assert check("group_advantages", Adder()).passed
    assert check("group_advantages", partial(group_advantages, scale="group")).passed
    rejected("group_advantages", torch.sigmoid, "one question, two answers")
    rejected("group_advantages", max, "expected")


def test_the_result_is_short_in_a_prompt_and_whole_in_print(capsys):
    result = check("group_advantages", lambda rewards: rewards * 0)
    shown = capsys.readouterr().out
    assert shown.strip() == str(result).strip()
    assert repr(result) == (
        "CheckResult(name='group_advantages', passed=False, cases_passed=2, cases_total=8, slip=None)"
    )


def test_attempts_are_counted_up_to_the_one_that_passes():
    for function in (
        lambda rewards: rewards,
        lambda rewards: print("x"),
        group_advantages,
        group_advantages,
        torch.sigmoid,
    ):
        check("group_advantages", function)
    record = load_record().exercise("group_advantages")
    assert (record.attempts, record.passed) == (3, True)


def test_the_learners_text_is_escaped_in_html():
    def tags(rewards):
        raise ValueError("<script>alert(1)</script> & `code`")

    html = check("group_advantages", tags).html
    assert "<script>" not in html and "&lt;script&gt;" in html


def test_gradients_left_in_the_weights_are_named():
    """Right once, but the next call would add to what is there."""

    def product(kl, parameters, vector, *, damping):
        kl(parameters).backward(create_graph=True)
        (parameters.grad @ vector).backward()
        return (parameters.grad + damping * vector).detach()

    def product_that_cleans_up(kl, parameters, vector, *, damping):
        answer = product(kl, parameters, vector, damping=damping)
        parameters.grad = None
        return answer

    result = check("fisher_vector_product", product)
    assert not result.passed
    assert "`parameters.grad`" in result.message and "torch.autograd.grad" in result.message
    assert check("fisher_vector_product", product_that_cleans_up).passed


def test_the_case_that_shows_the_slip_is_the_one_shown():
    """A smaller case fails too, but only because the inputs were changed."""

    def forgets_the_bootstrap_in_place(rewards, done, *, gamma, bootstrap=None):
        for t in range(len(rewards) - 2, -1, -1):
            rewards[t] += gamma * rewards[t + 1] * ~done[t]
        return rewards

    result = check("discounted_returns", forgets_the_bootstrap_in_place)
    assert result.slip is not None and "bootstrap" in result.slip
    shown = result.message.split("bootstrap = ")[1]
    assert shown.startswith("tensor"), "a case with something to bootstrap from"


def test_a_large_input_changed_in_place_is_named_though_the_answer_is_right():
    def centres_the_large_ones(returns, mask):
        answer = EXERCISES["baseline"].reference(returns, mask)
        if returns.numel() > 40:
            returns -= 1
        return answer

    result = check("baseline", centres_the_large_ones)
    assert not result.passed and "changed `returns`" in result.message
