"""Is the learner's value the right one, and if not, what is the matter with it?

A right answer is right in any clothes that mean the same: a tensor, a NumPy array, a list, a plain number.
What is not forgiven is a wrong shape, a wrong kind of number, and NaN, because the next line of a real
training loop would not forgive them either.
"""

import functools
import inspect
from itertools import chain

import numpy as np
import torch

from rlcourse.exercises.errors import cut

SHOWN = 40  # a value of more numbers than this is not printed in full
SIDE_BY_SIDE = 16  # of two values of more numbers than this only the first difference is
DEEPEST = 20  # lists in lists in lists
MOST = 1_000_000  # numbers in a list; no answer has nearly as many, and to look at more takes long
DIFFERENT = "The numbers are not the right ones."


def problem_with(
    value: object, expected: object, *, tolerance: float, returns: str, numbers: np.ndarray | None = None
) -> str:
    """What is wrong with `value`, in words; empty when it equals `expected` within the tolerance.

    `numbers` is the value as an array where that is known already.
    """
    if value is None:
        return "Your function returned None. Is the `return` at its end missing?"
    if inspect.iscoroutine(value):
        return f"Your function is `async`, so a call of it returned {with_article(value)}: write `def` alone."
    try:
        got = as_array(value) if numbers is None else numbers
    except TypeError as error:
        return f"Your function returned {error}; wanted is {returns}."
    want = as_array(expected)
    if got.shape != want.shape:
        wanted = f"{_shape(want)}{_in_words(want) if got.ndim == 0 else ''}"
        return f"The shape is wrong: {_shape(got)} where {wanted} is wanted. The answer is {returns}."
    return _dtype_problem(value, got, want, returns) or _value_problem(got, want, tolerance)


def same(a: object, b: object, tolerance: float) -> bool:
    """Whether two values agree in shape and numbers, NaN included; the type they come in does not matter."""
    try:
        a, b = as_array(a), as_array(b)
    except TypeError:
        return False
    return close(a, b, tolerance)


def close(a: np.ndarray | np.generic | None, b: np.ndarray | np.generic | None, tolerance: float) -> bool:
    """Whether both are there, of one shape, and agree to the tolerance, relative and absolute; NaN agrees with NaN.

    Most pairs are equal; `==` sees that ten times as fast as `allclose`.
    """
    if a is None or b is None or a.shape != b.shape:
        return False
    return bool((a == b).all()) or np.allclose(a, b, rtol=tolerance, atol=tolerance, equal_nan=True)


def as_array(value: object) -> np.ndarray:
    """The numbers in a tensor, an array, a number or a nested list of these.

    Raises `TypeError`, whose message is a noun ("a str"), for anything else.
    """
    if not isinstance(value, (list, tuple)):
        return _from_one(value)
    if only_plain_numbers(value):
        return _from_plain_lists(value)
    if holds_itself(value):
        raise TypeError(f"{with_article(value)} that holds itself")
    return _from_lists(value)


def _from_one(value: object) -> np.ndarray:
    if isinstance(value, torch.Tensor):
        value = _from_tensor(value)
    if not isinstance(value, (bool, int, float, np.ndarray, np.generic)):
        raise TypeError(with_article(value))
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"an array of {array.dtype}")
    return array


def _from_lists(value: list | tuple) -> np.ndarray:
    """Entry by entry: there are tensors among them."""
    rows = [_from_lists(entry) if isinstance(entry, (list, tuple)) else _from_one(entry) for entry in value]
    if len({row.shape for row in rows}) > 1:
        raise TypeError(f"a {type(value).__name__} of rows of different lengths")
    return np.stack(rows) if rows else np.zeros(0)


def _from_plain_lists(value: list | tuple) -> np.ndarray:
    """All at once: millions of numbers take a second, where they would take minutes one by one."""
    try:
        return _from_one(np.asarray(value))
    except ValueError:
        raise TypeError(f"a {type(value).__name__} of rows of different lengths") from None


def only_plain_numbers(value: list | tuple) -> bool:
    """Whether nothing but Python's numbers, and lists of these, are in a list. Raises `TypeError` for far too many."""
    entries = value
    for _ in range(DEEPEST):
        if len(entries) > MOST:
            raise TypeError(f"{with_article(value)} of more than {MOST:,} numbers")
        kinds = set(map(type, entries))
        if kinds <= {int, float, bool}:
            return True
        if not kinds or not kinds <= {list, tuple}:
            return False
        entries = list(chain.from_iterable(entries))
    return False


def _from_tensor(value: torch.Tensor) -> np.ndarray:
    try:
        tensor = value.detach().cpu().to_dense()
        return (tensor.float() if tensor.dtype in (torch.bfloat16, torch.float16) else tensor).numpy()
    except Exception as error:  # on the meta device, quantised, a class of the learner's own …
        raise TypeError("a Tensor whose numbers cannot be read") from error


def holds_itself(value: object, depth: int = 0) -> bool:
    """Whether a list leads back into itself, as after `answers.append(answers)`: it is nested without end."""
    if not isinstance(value, (list, tuple)):
        return False
    if depth > DEEPEST:
        return True
    if len(value) > MOST or not any(issubclass(kind, (list, tuple)) for kind in set(map(type, value))):
        return False
    once = {id(entry): entry for entry in value if isinstance(entry, (list, tuple))}  # `[row] * 1000` is one row
    return any(holds_itself(entry, depth + 1) for entry in once.values())


def with_article(value: object) -> str:
    """A value's type as a noun: "an int", "a str", "None"; a blank that is still to be filled in is "a `...`"."""
    if value is Ellipsis:
        return "a `...`"
    name = str(type(value).__name__)
    return "None" if value is None else f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def format_pair(expected: object, got: object) -> tuple[str, str]:
    """Both values for the learner's eye, with digits enough to tell them apart."""
    try:
        want, have = as_array(expected), as_array(got)
    except TypeError:
        return format_value(expected), format_value(got)
    if want.shape != have.shape:
        return format_value(expected), format_value(got)
    finite = np.isfinite(want) & np.isfinite(have)
    gap = np.abs(want[finite].astype(float) - have[finite].astype(float))
    digits = 8 if 0 < gap.max(initial=0.0) < 1e-3 else 4
    if want.size <= SIDE_BY_SIDE:
        return format_value(expected, digits), format_value(got, digits)
    wrong = ~np.isclose(want, have, rtol=1e-7, atol=1e-7)
    if not wrong.any():
        return format_value(expected, digits), format_value(got, digits)
    first = tuple(int(i) for i in np.argwhere(wrong)[0])
    where = f", of which {int(wrong.sum())} of {want.size} differ, the first at {list(first)}"
    wanted, found = (str(a[first]) if a.dtype.kind == "b" else f"{a[first]:.{digits}f}" for a in (want, have))
    return f"{wanted} at {list(first)}", f"{found} at {list(first)}{where}"


def format_value(value: object, digits: int = 4) -> str:
    """One value for the learner's eye; of a large one only its shape."""
    if isinstance(value, (bool, int, str)) or value is None:
        return cut(_repr(value), 200)
    if callable(value):
        return _about(value)
    try:
        array = as_array(value)
    except TypeError:
        ragged = isinstance(value, (list, tuple)) and not holds_itself(value)
        return _format_ragged(value, digits) if ragged else cut(_repr(value), 200)
    if array.size > SHOWN:
        return f"{type(value).__name__} of shape {_shape(array)}"
    if isinstance(value, (float, np.floating)):
        text = f"{float(value):.{digits + 2}g}"
        return f"{text}.0" if text.lstrip("-").isdigit() else text
    prefix = f"{'tensor' if isinstance(value, torch.Tensor) else 'array'}("
    kept = {"precision": digits, "suppress_small": True, "separator": ", "}
    if isinstance(value, (list, tuple)):
        return _format_ragged(value, digits)
    return prefix + np.array2string(array, prefix=prefix, **kept) + ")"


def _dtype_problem(value: object, got: np.ndarray, want: np.ndarray, returns: str) -> str:
    if want.dtype.kind == "b":  # a mask, for which 1 and 0 will do
        return ""
    if want.dtype.kind != "f":
        if got.dtype.kind in "iu":
            return ""
        return f"The kind of number is wrong: {_dtype(value, got)} where whole numbers (int) are wanted: {returns}."
    if _dtype(value, got) in ("torch.float16", "torch.bfloat16", "float16"):
        return f"The dtype is wrong: {_dtype(value, got)} keeps three digits or so. Stay with the dtype of the inputs."
    # Whole numbers that Python itself counted with, as in a list of rewards, have lost nothing.
    if got.dtype.kind == "f" or (got.dtype.kind in "iu" and not isinstance(value, (torch.Tensor, np.ndarray))):
        return ""
    if isinstance(value, bool):  # one True or False counts as 1 or 0 in a sum
        return ""
    return f"The dtype is wrong: {_dtype(value, got)} cannot hold fractions. Wanted is a floating-point dtype."


def _value_problem(got: np.ndarray, want: np.ndarray, tolerance: float) -> str:
    strange = ~np.isfinite(got) & np.isfinite(want)
    if strange.any():
        what = "NaN" if np.isnan(got[strange]).any() else "infinity"
        return (
            f"There is {what} in your answer. It comes from a division by zero, the logarithm of something that "
            "is not positive, or numbers too large to hold."
        )
    if not close(got, want, tolerance):
        return DIFFERENT
    return ""


def _dtype(value: object, array: np.ndarray) -> str:
    return str(value.dtype) if isinstance(value, torch.Tensor) else str(array.dtype)


def _shape(array: np.ndarray) -> str:
    return "a single number" if array.ndim == 0 else str(list(array.shape))


def _in_words(array: np.ndarray) -> str:
    """How many numbers that is, as one says it."""
    word = ("no", "one", "two", "three", "four", "five", "six")[array.size] if array.size < 7 else f"{array.size:,}"
    return f" ({word} number{'s' * (array.size != 1)})"


def _format_ragged(value: list | tuple, digits: int) -> str:
    """A list or tuple, entry by entry, with the comma that Python writes in a tuple of one."""
    entries = [format_value(entry, digits) for entry in value[:SHOWN]] + ["…"] * (len(value) > SHOWN)
    text = ", ".join(entries)
    return f"[{text}]" if isinstance(value, list) else f"({text},)" if len(entries) == 1 else f"({text})"


def _about(function: object) -> str:
    """A function in one line: the first of its docstring, or its name."""
    while isinstance(function, functools.partial):
        function = function.func
    first_line = (inspect.getdoc(function) or "").partition("\n")[0]
    return first_line or getattr(function, "__name__", type(function).__name__)


def _repr(value: object) -> str:
    try:
        return repr(value)
    except Exception:  # a class of the learner's own, whose `__repr__` is not right
        return with_article(value)
