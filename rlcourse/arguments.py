"""Checks of plain arguments, so that a mistake is named before any work starts: numbers, counts, flags, choices.

Each names the argument, what it got and what is allowed, in one wording for the whole course. What a tensor is,
its dtype and its shape, is checked in `rlcourse.equations`. Left out: anything that returns more than the value.
"""

import math
from collections.abc import Collection
from numbers import Integral, Real

MOST = 2**31 - 1
"""The largest count taken anywhere: beyond it is a typing error, and some libraries crash."""
FAR = 10_000
"""Whoever asks for too few is not told of a bound as far away as this."""
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
        allowed = f"{low} or more" if value < low and most >= FAR else f"from {low} to {most}"
        raise ValueError(f"{name} must be {allowed}, got {describe(value)}")


def check_number(
    name: str,
    value: object,
    *,
    low: float = -math.inf,
    high: float = math.inf,
    above: bool = False,
    below: bool = False,
) -> None:
    """Raise unless low ≤ value ≤ high (low < value where `above`, value < high where `below`).

    Infinity is allowed only where one end is given and the other is not.

    Raises:
        TypeError: it is no number; True and False are none.
        ValueError: it is out of the range, NaN, or a whole number too large for floating point.
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, got {describe(value)}")
    try:
        number = float(value)
    except OverflowError:
        number = math.nan
    inside = (low < number if above else low <= number) and (number < high if below else number <= high)
    if not inside or (low == -high and math.isinf(number)):
        raise ValueError(f"{name} must be {_range(low, high, above, below)}, got {describe(value)}")


def check_flag(name: str, value: object) -> None:
    """TypeError unless value is True or False, Python's or NumPy's: "no" would count as yes."""
    if not isinstance(value, bool) and type(value).__name__ not in ("bool", "bool_"):
        raise TypeError(f"{name} must be True or False, got {describe(value)}")


def check_choice(name: str, value: object, allowed: Collection[str]) -> None:
    """ValueError unless value is one of the words allowed."""
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {describe(value)}")


def check_function(name: str, value: object) -> None:
    """TypeError unless value can be called."""
    if not callable(value):
        raise TypeError(f"{name} must be a function, got {describe(value)}")


def _range(low: float, high: float, above: bool, below: bool) -> str:
    """The numbers allowed, in words."""
    if low == -math.inf and high == math.inf:
        return "a finite number"
    if high == math.inf:
        return f"a number above {low}" if above else f"{low} or more"
    return f"in {'(' if above else '['}{low}, {high}{')' if below else ']'}"


def describe(value: object) -> str:
    """What a value is, short enough for an error message."""
    try:
        words = repr(value)
    except Exception:  # a value's own __repr__ may fail, and a huge number has none
        words = "without a readable value"
    words = words if len(words) <= 80 else words[:77] + "…"
    return words if value is None or isinstance(value, (bool, Real, str)) else f"{type(value).__name__} {words}"
