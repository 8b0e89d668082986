"""A passed exercise at work: right answers in other clothes are fit for training."""

import time

import numpy as np
import pytest
import torch

from rlcourse.exercises import at_work, check
from rlcourse.exercises.calling import call
from rlcourse.exercises.catalogue import EXERCISES
from rlcourse.exercises.gradients import wrong_gradients

from .right_answers import RIGHT

REWARDS = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
ANSWERS = [(name, function) for name, functions in RIGHT.items() for function in functions]


def test_an_exercise_not_passed_is_left_to_the_course():
    result = check("td_error", lambda *_, **__: ...)
    assert at_work(result, print, len) is len


@pytest.mark.parametrize(
    "double",
    [
        lambda x: 2 * x,
        lambda x: 2 * x.numpy(),
        lambda x: (2 * x).tolist(),
        lambda x: [2 * row for row in x],
        lambda x: tuple(np.asarray(2 * row) for row in x),
        lambda x: 2 * x.double(),
    ],
)
def test_whatever_it_returns_becomes_a_tensor_like_the_inputs(double):
    doubled = at_work(True, double, len)(REWARDS)
    assert doubled.dtype == torch.float32
    assert torch.equal(doubled, 2 * REWARDS)


def test_a_single_number_becomes_a_tensor_without_axes():
    assert at_work(True, lambda x: float(x.sum()), len)(REWARDS).shape == ()
    assert at_work(True, lambda x: np.float64(x.sum()), len)(REWARDS).shape == ()


def test_gradients_survive_a_list_of_tensors():
    weights = REWARDS.clone().requires_grad_()
    at_work(True, lambda x: [row.square() for row in x], len)(weights).sum().backward()
    assert torch.equal(weights.grad, 2 * REWARDS)


def test_functions_among_the_inputs_take_arrays():
    def solver(matvec, b, *, twice):
        return matvec(np.ones(2)) + twice(b.tolist())

    matrix, vector = torch.eye(2), torch.tensor([1.0, 2.0])
    working = at_work(True, solver, len)
    assert working(matrix.matmul, vector, twice=lambda v: 2 * v).tolist() == [3.0, 5.0]


def test_functions_among_the_inputs_take_keywords():
    named = at_work(True, lambda product, b: product(p=b.tolist()), len)
    assert named(lambda p: 2 * p, REWARDS[0]).tolist() == [2.0, 4.0]


def test_what_is_made_of_tokens_has_a_dtype_of_its_own_and_keeps_its_graph():
    tokens, weights = torch.tensor([[1, 0]]), torch.tensor([0.5, 2.0], requires_grad=True)
    assert torch.equal(at_work(True, lambda t: t == 1, len)(tokens), torch.tensor([[True, False]]))
    assert torch.equal(at_work(True, lambda t: (t == 1).tolist(), len)(tokens), torch.tensor([[True, False]]))
    for looked_up in (lambda f, t: f(t), lambda f, t: [f(row) for row in t]):
        at_work(True, looked_up, len)(lambda t: weights[t], tokens).sum().backward()
    assert weights.grad.tolist() == [2.0, 2.0]


def test_long_lists_of_numbers_are_quick():
    numbers = torch.zeros(100, 1000)
    started = time.process_time()
    at_work(True, lambda x: x.tolist(), len)(numbers)
    assert time.process_time() - started < 0.2  # a tensor for each number would take a second


def test_a_right_answer_that_would_train_all_day_is_left_to_the_course(capsys):
    def number_by_number(x):
        started = time.process_time()
        while time.process_time() - started < 0.02:
            pass
        return 2 * x

    def quick(x):
        return 2 * x

    def course(x):
        return x + x

    assert at_work(True, number_by_number, course, try_on=lambda f: f(REWARDS)) is course
    assert "one by one" in capsys.readouterr().out
    assert at_work(True, quick, course, try_on=lambda f: f(REWARDS)).__name__ == "quick"
    assert capsys.readouterr().out == ""
    assert at_work(False, number_by_number, course, try_on=lambda f: f(REWARDS)) is course
    assert capsys.readouterr().out == ""


def test_a_function_that_only_waits_for_the_machine_is_quick_enough():
    def waits(x):
        time.sleep(0.02)
        return 2 * x

    assert at_work(True, waits, len, try_on=lambda f: f(REWARDS)).__name__ == "waits"


def test_an_answer_that_stops_with_an_error_at_work_is_left_to_the_course(capsys):
    def only_small(x):
        if x.numel() > 3:
            raise RuntimeError("too many for me")
        return 2 * x

    assert at_work(True, only_small, len, try_on=lambda f: f(REWARDS)) is len
    assert "too many for me" in capsys.readouterr().out


def test_the_users_default_dtype_and_device_change_nothing_at_work():
    before = torch.get_default_dtype()
    try:
        torch.set_default_dtype(torch.float64)
        with torch.device("meta"):
            doubled = at_work(True, lambda x: (2 * x).tolist(), len)(REWARDS)
    finally:
        torch.set_default_dtype(before)
    assert torch.equal(doubled, 2 * REWARDS) and doubled.dtype == torch.float32


def test_plain_numbers_stay_plain():
    assert at_work(True, lambda row, heading: (row, heading + 1), len)(1, 2) == (1, 3)


@pytest.mark.parametrize("clothes", [np.array, torch.tensor, np.float64])
def test_a_single_number_in_other_clothes_becomes_plain_where_no_tensor_was_given(clothes):
    assert f"{at_work(True, lambda rewards, gamma: clothes(1.5), len)([1.0], 0.5):+.2f}" == "+1.50"


def test_whole_numbers_in_other_clothes_become_plain_too():
    row, heading = at_work(True, lambda row, heading: (torch.tensor(row), np.int64(heading)), len)(1, 2)
    assert type(row) is int and type(heading) is int
    assert at_work(True, lambda row, heading: np.array([row, heading]), len)(1, 2) == [1, 2]


def test_it_keeps_its_name():
    def my_gae(x):
        """Mine."""

    assert at_work(True, my_gae, len).__name__ == "my_gae"


@pytest.mark.parametrize(("name", "function"), ANSWERS, ids=lambda value: getattr(value, "__name__", value))
def test_every_right_answer_is_at_work_what_the_course_s_function_is(name, function):
    """The same kind of value in every case: a tensor of the same shape and dtype, with a gradient where it has one.

    Several tensors come as one, which can be unpacked like them.
    """
    exercise = EXERCISES[name]
    working = at_work(True, function, exercise.reference)
    for case in exercise.cases:
        own = call(working, exercise.reference, case.inputs, exercise.gradient_of)
        course = call(exercise.reference, exercise.reference, case.inputs, exercise.gradient_of)
        assert not own.error
        several = isinstance(course.value, tuple) and isinstance(course.value[0], torch.Tensor)
        wanted = torch.stack(course.value) if several else course.value
        if isinstance(wanted, torch.Tensor):
            assert isinstance(own.value, torch.Tensor)
            assert (own.value.dtype, own.value.shape) == (wanted.dtype, wanted.shape)
            assert not wrong_gradients(own.gradients, course.gradients, exercise.tolerance)
        else:
            assert own.numbers.shape == course.numbers.shape and not isinstance(own.value, (torch.Tensor, np.ndarray))


@pytest.mark.parametrize(("name", "function"), ANSWERS, ids=lambda value: getattr(value, "__name__", value))
def test_every_right_answer_still_passes_at_work(name, function):
    course = EXERCISES[name].reference
    assert check(name, at_work(check(name, function), function, course)).passed


def test_rows_of_numbers_and_rows_of_tensors_may_stand_in_one_list():
    weights = torch.tensor([3.0, 4.0], requires_grad=True)
    answer = at_work(True, lambda a: [[1.0, 2.0], [a[0], a[1]]], torch.stack)(weights)
    assert answer.tolist() == [[1.0, 2.0], [3.0, 4.0]] and answer.requires_grad
