"""A default dtype and a default device that the user has set change nothing of what an equation gives."""

import pytest
import torch

from tests.equations.calls import CALLS, call, numbers

PLAIN = {"prefix_values": {"reward": 0.8}, "discounted_returns": {"bootstrap": None}, "clip_fraction": {"mask": None}}
PLAIN |= {"value_loss": {"mask": None, "old_values": None, "clip_range": None}}
"""The calls once more with what may be left out, or be a plain number: there something new has to be made."""
EVERY = [(name, {}) for name in CALLS] + list(PLAIN.items())


@pytest.fixture(params=[torch.float64, torch.float16, torch.bfloat16], ids=str)
def another_dtype(request):
    before = torch.get_default_dtype()
    torch.set_default_dtype(request.param)
    yield
    torch.set_default_dtype(before)


@pytest.fixture
def another_device():
    torch.set_default_device("meta")
    yield
    torch.set_default_device(None)


EXPECTED = [numbers(call(name, **changes)) for name, changes in EVERY]


WITH_ANSWERS = list(zip(EVERY, EXPECTED, strict=True))


def assert_the_same(got, expected):
    assert got.dtype == expected.dtype and got.device == expected.device and torch.equal(got, expected)


@pytest.mark.parametrize(("which", "expected"), WITH_ANSWERS, ids=[name for name, _ in EVERY])
def test_a_default_dtype_changes_nothing(another_dtype, which, expected):
    assert_the_same(numbers(call(which[0], **which[1])), expected)


@pytest.mark.parametrize(("which", "expected"), WITH_ANSWERS, ids=[name for name, _ in EVERY])
def test_a_default_device_changes_nothing(another_device, which, expected):
    assert_the_same(numbers(call(which[0], **which[1])), expected)
