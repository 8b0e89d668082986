"""Call a learner's function, whatever it does, and say in their terms what happened.

The function may raise, never end, return nothing, change its arguments or not be written yet. None of this
may end in a traceback through the course's code. `call` returns an `Answer`, so a value comes back as it is and
`comparing` judges it.

Left out: a time limit enforced from outside. It would need a second process, and what a learner writes in a
notebook cannot be sent to one; the ■ button does the same.
"""

import copy
import dis
import inspect
import io
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import numpy as np
import torch

from rlcourse.exercises.comparing import as_array, same, with_article
from rlcourse.exercises.errors import code_of, describe_error, describe_place
from rlcourse.exercises.gradients import Gradients, differentiate, require_gradients
from rlcourse.usual import usual_settings

PRINTED = 2000
"""Of what a function prints in one call, so many characters are kept: an endless loop may print for ever."""


@dataclass(frozen=True)
class Answer:
    """What one call of a learner's function came to."""

    outcome: Literal["returned", "raised", "interrupted", "not started"]
    """How the call ended."""
    value: object = None
    """What was returned."""
    error: str = ""
    """The error's name and message."""
    place: str = ""
    """The learner's line, or lines, at which it was raised."""
    changed: tuple[str, ...] = ()
    """The names of the arguments that the function changed in place."""
    filled: tuple[str, ...] = ()
    """The names of the weights among the arguments in whose `.grad` the function left something."""
    gradients: Gradients = field(default_factory=Gradients)
    """The gradient of the value by the inputs that the exercise names."""
    printed: str = ""
    """What the function printed."""

    @cached_property
    def numbers(self) -> np.ndarray | None:
        """The value as an array of its own, as it was when asked for first; None where it cannot be one.

        A function may return the same tensor from each call, and fill it anew.
        """
        try:
            return as_array(self.value).copy()
        except TypeError:
            return None


def call(
    function: Callable, reference: Callable, inputs: Mapping[str, object], gradient_of: Sequence[str] = ()
) -> Answer:
    """Call `function` on copies of `inputs`, passed as `reference` takes them. Raises nothing."""
    printed = _Printed()
    with usual_settings(), redirect_stdout(printed):
        answer = _call(function, reference, inputs, gradient_of)
    return replace(answer, printed=printed.getvalue())


def _call(function: Callable, reference: Callable, inputs: Mapping[str, object], gradient_of: Sequence[str]) -> Answer:
    given = require_gradients(copy.deepcopy(dict(inputs)), gradient_of)
    try:
        value = apply(function, reference, given)
        gradients = differentiate(value, given, gradient_of)
    except NotImplementedError:
        return Answer("not started")
    except KeyboardInterrupt:
        return Answer("interrupted")
    except BaseException as error:  # SystemExit, GeneratorExit and their kin are the learner's as well
        return Answer("raised", error=describe_error(error), place=describe_place(error, function))
    if inspect.iscoroutine(value):
        value.close()  # else Python warns, somewhere in the course's files, that nobody waited for it
    if value is Ellipsis or (value is None and does_nothing(function)):
        return Answer("not started", value)
    changed = tuple(name for name, before in inputs.items() if not unchanged(before, given[name]))
    filled = tuple(name for name, before in inputs.items() if is_weight(before) and given[name].grad is not None)
    return Answer("returned", value, changed=changed, filled=filled, gradients=gradients)


def call_own(
    function: Callable, reference: Callable, inputs: Mapping[str, object], gradient_of: Sequence[str] = ()
) -> Answer:
    """The same for a function of the course, the reference or a slip. Should it fail, the error is ours and raised."""
    with usual_settings():
        given = require_gradients(copy.deepcopy(dict(inputs)), gradient_of)
        value = apply(function, reference, given)
        gradients = differentiate(value, given, gradient_of)
    if gradients.error:
        raise RuntimeError(gradients.error)
    return Answer("returned", value, gradients=gradients)


def apply(function: Callable, reference: Callable, given: Mapping[str, object]) -> object:
    """What `function` returns for these inputs, passed as `reference` takes them."""
    positional, keywords = split_arguments(reference, given)
    return function(*positional, **keywords)


def split_arguments(reference: Callable, inputs: Mapping[str, object]) -> tuple[list, dict]:
    """The inputs as positional arguments, and those that the reference takes by keyword only."""
    parameters = inspect.signature(reference).parameters
    by_keyword = {name for name, p in parameters.items() if p.kind is inspect.Parameter.KEYWORD_ONLY}
    positional = [value for name, value in inputs.items() if name not in by_keyword]
    return positional, {name: value for name, value in inputs.items() if name in by_keyword}


def call_problem(function: object, reference: Callable, inputs: Mapping[str, object]) -> str:
    """Why `function` cannot be called like the reference at all; empty if it can."""
    if isinstance(function, str):
        return f"The second argument is the function itself, not its name: {function or 'f'} without the quotes."
    if not callable(function):
        return (
            "The second argument is the function itself, written without parentheses; this is "
            f"{with_article(function)}. If you wrote `f(...)`, write `f`."
        )
    positional, keywords = split_arguments(reference, inputs)
    try:
        inspect.signature(function).bind(*positional, **keywords)
    except TypeError as error:
        wanted = ", ".join([*list(inputs)[: len(positional)], *(f"{name}=…" for name in keywords)])
        return f"Your function should take the arguments ({wanted}); called with these, Python says: {error}."
    except Exception:  # a built-in function that does not tell its signature, or one that hides it
        return ""
    return ""


def does_nothing(function: Callable) -> bool:
    """Whether the function's body is only `...`, `pass` or a docstring."""
    code = code_of(function)
    if code is None:
        return False
    idle = {"RESUME", "NOP", "LOAD_CONST", "RETURN_CONST", "RETURN_VALUE"}
    return all(instruction.opname in idle for instruction in dis.get_instructions(code))


def is_weight(value: object) -> bool:
    """Whether this is a tensor whose `.grad` belongs to whoever trains with it."""
    return isinstance(value, torch.Tensor) and value.requires_grad


def unchanged(before: object, after: object) -> bool:
    """Whether an input is as it was, NaN included. Functions have no numbers to change."""
    if type(before) is not type(after):
        return False
    if isinstance(before, torch.Tensor):
        return before.dtype == after.dtype and before.shape == after.shape and same(before, after, 0.0)
    if isinstance(before, np.ndarray):
        return before.dtype == after.dtype and np.array_equal(before, after, equal_nan=before.dtype.kind == "f")
    if isinstance(before, Mapping):
        return before.keys() == after.keys() and all(unchanged(before[key], after[key]) for key in before)
    if isinstance(before, (list, tuple)):
        return len(before) == len(after) and all(map(unchanged, before, after))
    return callable(before) or before == after


class _Printed(io.StringIO):
    """Keeps the beginning of what is printed."""

    def write(self, text: str) -> int:
        super().write(text[: max(0, PRINTED - self.tell())])
        return len(text)
