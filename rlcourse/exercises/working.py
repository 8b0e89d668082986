"""Put a passed exercise to work: the learner's own function where a notebook needs one.

`check` takes an answer in any clothes that mean the same, a NumPy array or a list of numbers too. A training loop
does not: it wants tensors, and it wants them soon. `at_work` stands between the two.
"""

from collections.abc import Callable, Mapping
from functools import wraps

import numpy as np
import torch
from torch import Tensor

from rlcourse.exercises.timing import is_quick
from rlcourse.showing.message import Message, show

TOO_SLOW = (
    "Yours is right, but it seems to go through the numbers one by one. The course’s takes its place: it is quicker."
)


def at_work(
    result: object, mine: Callable, course: Callable, *, try_on: Callable[[Callable], object] | None = None
) -> Callable:
    """The function to go on with: the learner's once it has passed and is quick enough, else the course's.

    What the learner's returns becomes a tensor of the inputs' dtype: arrays, numbers, and lists of these; tensors in a
    list keep their gradient. Functions among its inputs, such as the product with a matrix, take arrays as well.

    Args:
        result: What `check` returned, or anything that is true when the learner's function shall be used.
        mine: The learner's function.
        course: The course's.
        try_on: Calls the function it is given on a few thousand numbers. If that takes long, the learner is told, and
            the notebook goes on with the course's: a loop over single numbers is right, and would train all day.
    """
    if not result:
        return course

    @wraps(mine)
    def working(*positional: object, **keywords: object) -> object:
        dtype = _dtype_of(positional, keywords)
        if dtype is None:  # a function of plain numbers and lists
            return mine(*positional, **keywords)
        given = [_willing(value, dtype) for value in positional]
        named = {name: _willing(value, dtype) for name, value in keywords.items()}
        return _as_tensor(mine(*given, **named), dtype)

    if try_on is not None and not is_quick(try_on, working):
        show(Message("→", TOO_SLOW))
        return course
    return working


def _dtype_of(positional: tuple, keywords: Mapping[str, object]) -> torch.dtype | None:
    """The dtype of the first tensor of floating-point numbers."""
    for value in (*positional, *keywords.values()):
        if isinstance(value, Tensor) and value.is_floating_point():
            return value.dtype
    return None


def _willing(value: object, dtype: torch.dtype) -> object:
    """A function that takes arrays and lists as well as tensors; anything else as it is."""
    if not callable(value) or isinstance(value, Tensor):
        return value

    def willing(*given: object, **named: object) -> object:
        tensors = {name: _as_tensor(one, dtype) for name, one in named.items()}
        return value(*(_as_tensor(one, dtype) for one in given), **tensors)

    return willing


def _as_tensor(value: object, dtype: torch.dtype) -> Tensor:
    """The numbers as a tensor, with its graph if there is one."""
    if isinstance(value, Tensor):
        return value.to(dtype)
    if _holds_tensor(value):
        return torch.stack([_as_tensor(entry, dtype) for entry in value])
    return torch.as_tensor(np.asarray(value), dtype=dtype)


def _holds_tensor(value: object) -> bool:
    """Whether a list, or a list in it, has tensors. Lists of numbers go through NumPy, which is much quicker."""
    if not isinstance(value, (list, tuple)):
        return False
    return any(isinstance(entry, Tensor) for entry in value) or any(map(_holds_tensor, value[:1]))
