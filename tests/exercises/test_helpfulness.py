"""Every exercise of the catalogue meets whatever a learner may hand in with a helpful message, and never a traceback.

The functions here do to each exercise what half-written and mistaken code does; new exercises are covered as they come.
"""

import _thread
import threading

import numpy as np
import pytest
import torch

from rlcourse.exercises import check
from rlcourse.exercises.calling import apply
from rlcourse.exercises.catalogue import EXERCISES
from rlcourse.exercises.comparing import as_array

pytestmark = [
    pytest.mark.parametrize("exercise", EXERCISES.values(), ids=list(EXERCISES)),
    pytest.mark.usefixtures("untyped"),  # the right answers meet the checks of signatures in test_catalogue
]

OUR_FILES = ("calling.py", "checking.py", "comparing.py", "gradients.py", "Traceback", "rlcourse/exercises")


def rejected(exercise, function, *expected):
    """The exercise is not passed; the message holds one of the words in each expected piece, and a way on."""
    result = check(exercise.name, function)
    assert not result.passed
    for piece in expected:
        words = piece if isinstance(piece, tuple) else (piece,)
        assert any(word in result.message for word in words), result.message
    assert not any(ours in result.message for ours in OUR_FILES), result.message
    assert exercise.title in result.message and f'hint("{exercise.name}")' in result.message
    return result


def instead_of_the_value(exercise, change):
    """A function like the reference, whose value has been changed at the end."""
    return lambda *positional, **keywords: change(exercise.reference(*positional, **keywords))


def returns_whole_numbers(exercise):
    return as_array(first_value(exercise)).dtype.kind in "iu"


def first_value(exercise):
    return apply(exercise.reference, exercise.reference, exercise.cases[0].inputs)


def as_tensor(value):
    return value if isinstance(value, torch.Tensor) else torch.as_tensor(as_array(value))


# ---- not written yet -------------------------------------------------------------------------------------------------


def dots(*positional, **keywords):
    """A docstring."""
    ...


def passes(*positional, **keywords):
    pass


def returns_dots(*positional, **keywords):
    answer = ...
    return answer


def not_implemented(*positional, **keywords):
    raise NotImplementedError("your turn")


@pytest.mark.parametrize("stub", [dots, passes, returns_dots, not_implemented])
def test_an_unfilled_stub_is_not_started(exercise, stub):
    rejected(exercise, stub, "not started yet", "Replace the `...` by your code")


def dots_in_arithmetic(*positional, **keywords):
    return 2 * ... - 1


def dots_in_torch(*positional, **keywords):
    return torch.exp(...)


def dots_in_numpy(*positional, **keywords):
    return np.exp(...)


def dots_in_a_loop(*positional, **keywords):
    return sum(...)


@pytest.mark.parametrize("stub", [dots_in_arithmetic, dots_in_torch, dots_in_numpy, dots_in_a_loop])
def test_dots_left_in_an_expression_are_named(exercise, stub):
    rejected(exercise, stub, "TypeError", "There is still a `...` in your function to fill in", "line ")


def test_dots_among_what_is_returned_are_named(exercise):
    rejected(exercise, lambda *positional, **keywords: (..., ...), "returned a `...`", exercise.returns)


def test_a_missing_return_is_named(exercise):
    def no_return(*positional, **keywords):
        answer = exercise.reference(*positional, **keywords)  # noqa: F841

    rejected(exercise, no_return, "returned None", "`return`")


def test_yield_in_the_place_of_return_is_named(exercise):
    def yields(*positional, **keywords):
        yield exercise.reference(*positional, **keywords)

    rejected(exercise, yields, "returned a generator", exercise.returns)


# ---- the wrong kind of value ---------------------------------------------------------------------------------------


def test_a_wrong_shape_is_named(exercise):
    wrong = instead_of_the_value(exercise, lambda value: torch.stack([as_tensor(value)] * 2))
    rejected(exercise, wrong, "The shape is wrong", exercise.returns)


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda value: as_tensor(value).detach().long(), "torch.int64 cannot hold fractions"),
        (lambda value: as_tensor(value).detach() > 0, "torch.bool"),
        (lambda value: as_tensor(value).detach().half(), "torch.float16 keeps three digits"),
        (lambda value: as_tensor(value).detach().numpy().astype(np.float16), "float16 keeps three digits"),
    ],
    ids=["int64", "bool", "float16", "NumPy's float16"],
)
def test_a_dtype_that_cannot_hold_the_answer_is_named(exercise, change, words):
    if as_array(first_value(exercise)).dtype.kind == "b":
        change, words = lambda value: as_tensor(value).double() + 1, "got"  # 0 and 1 will do for a mask
    if returns_whole_numbers(exercise):
        change, words = lambda value: as_tensor(value).double(), "whole numbers (int) are wanted"
    rejected(exercise, instead_of_the_value(exercise, change), words)


@pytest.mark.parametrize("value, words", [("0.5", "a str"), ({"a": 1}, "a dict"), (object(), "an object")])
def test_a_value_that_is_no_number_is_named(exercise, value, words):
    rejected(exercise, lambda *positional, **keywords: value, f"returned {words}", exercise.returns)


@pytest.mark.parametrize("strange, words", [(float("nan"), "There is NaN"), (float("inf"), "There is infinity")])
def test_nan_and_infinity_are_named(exercise, strange, words):
    wrong = instead_of_the_value(exercise, lambda value: torch.full_like(as_tensor(value).double(), strange))
    rejected(exercise, wrong, (words, "whole numbers"))


def test_a_list_that_holds_itself_is_no_error_of_ours(exercise):
    endless = []
    endless.append(endless)
    rejected(exercise, lambda *positional, **keywords: endless, "returned a list that holds itself", "[...]")


def test_a_tensor_without_numbers_is_no_error_of_ours(exercise):
    nowhere = torch.empty(2, device="meta")
    rejected(exercise, lambda *positional, **keywords: nowhere, "returned a Tensor")


# ---- the wrong kind of function --------------------------------------------------------------------------------------


def test_an_error_is_shown_with_the_learners_line(exercise):
    def divides_by_zero(*positional, **keywords):
        count = 0
        return 1 / count

    rejected(exercise, divides_by_zero, "ZeroDivisionError", "return 1 / count", "line ", exercise.cases[0].about)


def test_leaving_python_is_an_error_like_any_other(exercise):
    def leaves(*positional, **keywords):
        raise SystemExit

    rejected(exercise, leaves, "SystemExit")


def test_too_few_and_too_many_arguments_are_named(exercise):
    names = list(exercise.cases[0].inputs)
    rejected(exercise, lambda: 0, "should take the arguments", *names)
    rejected(exercise, lambda *positional, one_more, **keywords: 0, "should take the arguments", "one_more")


def test_a_value_in_the_place_of_the_function_is_named(exercise):
    rejected(exercise, first_value(exercise), "without parentheses")


def test_an_endless_loop_can_be_interrupted(exercise):
    presses = threading.Timer(0.05, _thread.interrupt_main)  # the learner presses ■ …

    def endless(*positional, **keywords):
        presses.start()  # … once the loop is running, however slow the machine is until then
        while True:
            pass

    rejected(exercise, endless, "You stopped your function", "loops", exercise.cases[0].about)
    presses.join()


def test_inputs_changed_in_place_are_named(exercise):
    changed = []

    def changes(*positional, **keywords):
        value = exercise.reference(*positional, **keywords)
        given = [*positional, *keywords.values()]
        changed[:] = [name for name, x in zip(exercise.cases[0].inputs, given, strict=True) if change(x)]
        return value

    def change(x):
        if isinstance(x, torch.Tensor) and not x.requires_grad:
            x.data[...] = ~x if x.dtype == torch.bool else x + 1
        elif isinstance(x, list):
            x.append(x[-1])
        return (isinstance(x, torch.Tensor) and not x.requires_grad) or isinstance(x, list)

    result = check(exercise.name, changes)
    if not changed:
        pytest.skip("nothing among the inputs can be changed in place")
    assert not result.passed
    assert any(f"`{name}`" in result.message for name in changed) and "changed" in result.message, result.message
    assert check(exercise.name, exercise.reference).passed  # the cases are as they were
