"""Checks of plain arguments, numbers, counts and choices, so that a mistake is named before any work starts.

Each names the argument, what it got and what is allowed, in one wording for the whole course. What a tensor is,
its dtype and its shape, is checked in `rlcourse.equations`. Left out: anything that returns more than the value.
"""

import math
from collections.abc import Collection
from numbers import Integral, Real

MOST = 2**31 - 1
"""The largest count taken anywhere: beyond it is a typing error, and some libraries crash."""
MOST_SEED = 2**63 - 1
"""The largest seed that NumPy, PyTorch and Gymnasium all take."""


def check_integer(name: str, value: object, low: int, high: int | None = None) -> None:
    """Raise unless `value` is a whole number from `low` to `high` (up to `MOST` when None).

    Raises:
        TypeError: it is no whole number; True and False are none.
        ValueError: it is out of the range.
    """
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name} must be a whole number, got {describe(value)}")
    most = MOST if high is None else high
    if not low <= value <= most:
        allowed = f"{low} or more" if value < low and high in (None, MOST_SEED) else f"from {low} to {most}"
        raise ValueError(f"{name} must be {allowed}, got {describe(value)}")


def check_number(name: str, value: object, *, low: float, high: float = math.inf, below: bool = False) -> None:
    """Raise unless low ≤ value ≤ high (value < high where `below`).

    Raises:
        TypeError: it is no number; True and False are none.
        ValueError: it is out of the range, or NaN.
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, got {describe(value)}")
    if not (low <= value < high if below else low <= value <= high):
        allowed = f"{low} or more" if high == math.inf else f"in [{low}, {high}{')' if below else ']'}"
        raise ValueError(f"{name} must be {allowed}, got {describe(value)}")


def check_choice(name: str, value: object, allowed: Collection[str]) -> None:
    """ValueError unless value is one of the words allowed."""
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {describe(value)}")


def describe(value: object) -> str:
    """What a value is, short enough for an error message."""
    try:
        words = repr(value)
    except Exception:  # a value's own __repr__ may fail, and a huge number has none
        words = "without a readable value"
    words = words if len(words) <= 80 else words[:77] + "…"
    return words if value is None or isinstance(value, (bool, Real, str)) else f"{type(value).__name__} {words}"
