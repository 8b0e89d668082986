"""Signatures are checked in a test's first calls, and in none of those that ask for no checks."""

import jaxtyping
import pytest
import torch

from rlcourse.equations import group_advantages

from .conftest import CHECKED_CALLS

WRONG = torch.zeros(3)  # no groups in it


@pytest.fixture
def many_calls():
    jaxtyping.config.calls = CHECKED_CALLS


def is_checked():
    try:
        group_advantages(WRONG)
    except jaxtyping.TypeCheckError:
        return True
    except (TypeError, ValueError):
        return False


def test_the_first_calls_are_checked_and_no_others():
    assert is_checked()
    jaxtyping.config.calls = CHECKED_CALLS
    assert not is_checked()


@pytest.mark.usefixtures("many_calls", "untyped")
def test_whoever_asks_for_no_checks_gets_none():
    jaxtyping.config.calls = 0
    assert not is_checked()


def test_and_the_next_test_has_them_again():
    assert is_checked()
