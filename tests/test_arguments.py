"""One wording for every mistake in a plain argument: its name, what it was, and what is allowed."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import torch

from rlcourse.arguments import (
    FAR,
    MOST,
    check_choice,
    check_flag,
    check_function,
    check_integer,
    check_number,
    describe,
)

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize("value", [0, 7, np.int64(3), np.uint8(5)])
def test_whole_numbers_of_python_and_numpy_count(value):
    check_integer("n", value, 0, 7)


@pytest.mark.parametrize("value", [True, np.bool_(True), 2.0, "2", None, Fraction(2), torch.tensor(2), [2]])
def test_what_is_no_whole_number_is_a_type_error(value):
    with pytest.raises(TypeError, match=r"^n must be a whole number, got "):
        check_integer("n", value, 0)


@pytest.mark.parametrize(
    ("value", "low", "high", "message"),
    [
        (0, 1, None, "n must be 1 or more, got 0"),
        (MOST + 1, 1, None, f"n must be from 1 to {MOST}, got {MOST + 1}"),
        (0, 1, FAR, "n must be 1 or more, got 0"),
        (FAR + 1, 1, FAR, f"n must be from 1 to {FAR}, got {FAR + 1}"),
        (-1, 0, 5, "n must be from 0 to 5, got -1"),
        (6, 0, 5, "n must be from 0 to 5, got 6"),
    ],
)
def test_a_count_out_of_range_is_told_the_range(value, low, high, message):
    with pytest.raises(ValueError) as caught:
        check_integer("n", value, low, high)
    assert str(caught.value) == message


def test_a_number_that_python_cannot_write_is_refused_all_the_same():
    with pytest.raises(ValueError, match=r"n must be from 1 to \d+, got "):
        check_integer("n", 10**5000, 1)
    with pytest.raises(ValueError, match="x must be 0 or more, got "):
        check_number("x", 10**5000, low=0)


@pytest.mark.parametrize("value", [0, 0.5, 1, np.float32(0.5), np.int64(1), Fraction(1, 2)])
def test_numbers_of_python_and_numpy_count(value):
    check_number("x", value, low=0, high=1)


@pytest.mark.parametrize("value", [True, np.bool_(True), "0.5", None, 1j, Decimal("0.5"), torch.tensor(0.5), [0.5]])
def test_what_is_no_number_is_a_type_error(value):
    with pytest.raises(TypeError, match=r"^x must be a number, got "):
        check_number("x", value, low=0, high=1)


@pytest.mark.parametrize(
    ("value", "limits", "message"),
    [
        (1.5, {"low": 0, "high": 1}, "x must be in [0, 1], got 1.5"),
        (NAN, {"low": 0, "high": 1}, "x must be in [0, 1], got nan"),
        (1, {"low": 0, "high": 1, "below": True}, "x must be in [0, 1), got 1"),
        (0, {"low": 0, "high": 1, "above": True}, "x must be in (0, 1], got 0"),
        (-1, {"low": 0}, "x must be 0 or more, got -1"),
        (0, {"low": 0, "above": True}, "x must be a number above 0, got 0"),
        (NAN, {"low": 0}, "x must be 0 or more, got nan"),
        (INF, {"low": 0, "below": True}, "x must be 0 or more, got inf"),
        (INF, {}, "x must be a finite number, got inf"),
        (-INF, {}, "x must be a finite number, got -inf"),
        (NAN, {}, "x must be a finite number, got nan"),
    ],
)
def test_a_number_out_of_range_is_told_the_range(value, limits, message):
    with pytest.raises(ValueError) as caught:
        check_number("x", value, **limits)
    assert str(caught.value) == message


def test_infinity_is_allowed_where_only_the_low_end_is_given():
    check_number("x", INF, low=0)


@pytest.mark.parametrize("value", [True, False, np.bool_(True), np.False_])
def test_flags_of_python_and_numpy_count(value):
    check_flag("f", value)


@pytest.mark.parametrize("value", ["no", 0, 1, None, torch.tensor(True), []])
def test_what_is_no_flag_is_a_type_error(value):
    with pytest.raises(TypeError, match=r"^f must be True or False, got "):
        check_flag("f", value)


@pytest.mark.parametrize("value", ["c", None, 1, ["a"], np.array(["a", "b"])])
def test_a_word_that_is_not_allowed_is_told_those_that_are(value):
    with pytest.raises(ValueError, match=r"^w must be one of 'a', 'b', got "):
        check_choice("w", value, ("a", "b"))


def test_what_cannot_be_called_is_no_function():
    check_function("f", len)
    with pytest.raises(TypeError, match=r"^f must be a function, got 3"):
        check_function("f", 3)


def test_a_long_value_is_cut_short_and_one_without_a_repr_is_told_too():
    class Broken:
        def __repr__(self):
            raise ValueError

    assert len(describe("x" * 1000)) <= 80
    assert describe(Broken()) == "Broken without a readable value"
