"""Put a passed exercise to work: the learner's own function where a notebook needs one.

`check` takes an answer in any clothes that mean the same, a NumPy array or a list of numbers too. A training loop
does not: it wants tensors, and it wants them soon. `at_work` stands between the two.
"""

from collections.abc import Callable, Mapping
from functools import wraps

import numpy as np
import torch
from torch import Tensor

from rlcourse.exercises.calling import describe_error
from rlcourse.exercises.timing import is_quick
from rlcourse.showing.message import Message, show

TOO_SLOW = (
    "Yours is right, but on as many numbers as come now it takes long: it seems to go through them one by one, or to "
    "fill a whole matrix. The course’s takes its place: it is quicker."
)
STOPPED = (
    "Yours is right on every case of the exercise, but on what comes now it stops with an error. The course’s takes "
    "its place."
)


def at_work(
    result: object, mine: Callable, course: Callable, *, try_on: Callable[[Callable], object] | None = None
) -> Callable:
    """The function to go on with: the learner's once it has passed and is quick enough, else the course's.

    What the learner's returns becomes a tensor of the inputs' dtype: arrays, numbers, and lists of these; tensors in a
    list keep their gradient. Functions among its inputs, such as the product with a matrix, take arrays as well. Where
    there are only whole numbers or masks among the tensors it becomes a tensor of its own dtype, and where there is no
    tensor at all plain numbers.

    Args:
        result: What `check` returned, or anything that is true when the learner's function shall be used.
        mine: The learner's function.
        course: The course's.
        try_on: Calls the function it is given on a few thousand numbers. If that takes long, the learner is told, and
            the notebook goes on with the course's: a loop over single numbers is right, and would train all day. So
            it does if the learner's stops with an error there.
    """
    if not result:
        return course

    @wraps(mine)
    def working(*positional: object, **keywords: object) -> object:
        like = _first_tensor(positional, keywords)
        tokens = next((value for value in (*positional, *keywords.values()) if isinstance(value, Tensor)), None)
        if like is None and tokens is not None:
            return _of_its_own_kind(mine(*positional, **keywords), tokens)
        if like is None:  # a function of plain numbers and lists
            return _as_numbers(mine(*positional, **keywords))
        given = [_willing(value, like) for value in positional]
        named = {name: _willing(value, like) for name, value in keywords.items()}
        return _as_tensor(mine(*given, **named), like)

    objection = "" if try_on is None else _objection(try_on, working)
    if objection:
        show(Message("→", objection))
        return course
    return working


def _objection(try_on: Callable[[Callable], object], working: Callable) -> str:
    """Why this function cannot go on; empty if it can."""
    try:
        return "" if is_quick(try_on, working) else TOO_SLOW
    except Exception as error:  # whatever it is, it is the learner's function's, and the notebook goes on
        return f"{STOPPED} Python says: {describe_error(error)}"


def _as_numbers(value: object) -> object:
    """Tensors and arrays as plain numbers and lists, for a function of plain numbers."""
    if isinstance(value, (Tensor, np.ndarray, np.generic)):
        return value.tolist()
    return type(value)(map(_as_numbers, value)) if type(value) in (list, tuple) else value


def _first_tensor(positional: tuple, keywords: Mapping[str, object]) -> Tensor | None:
    """The first tensor of floating-point numbers: what is returned gets its dtype and its device."""
    for value in (*positional, *keywords.values()):
        if isinstance(value, Tensor) and value.is_floating_point():
            return value
    return None


def _willing(value: object, like: Tensor) -> object:
    """A function that takes arrays and lists as well as tensors; anything else as it is."""
    if not callable(value) or isinstance(value, Tensor):
        return value

    def willing(*given: object, **named: object) -> object:
        tensors = {name: _as_tensor(one, like) for name, one in named.items()}
        return value(*(_as_tensor(one, like) for one in given), **tensors)

    return willing


def _as_tensor(value: object, like: Tensor) -> Tensor:
    """The numbers as a tensor, with its graph if there is one."""
    if isinstance(value, Tensor):
        return value.to(like)
    if _holds_tensor(value):
        return torch.stack([_as_tensor(entry, like) for entry in value])
    return torch.as_tensor(np.asarray(value), dtype=like.dtype, device=like.device)


def _of_its_own_kind(value: object, beside: Tensor) -> Tensor:
    """The numbers as a tensor on the same device, of the dtype they have, with its graph if there is one."""
    if isinstance(value, Tensor):
        return value.to(beside.device)
    if _holds_tensor(value):
        return torch.stack([_of_its_own_kind(entry, beside) for entry in value])
    return torch.as_tensor(np.asarray(value), device=beside.device)


def _holds_tensor(value: object) -> bool:
    """Whether a list, or a list in it, has tensors. Lists of numbers go through NumPy, which is much quicker."""
    if not isinstance(value, (list, tuple)):
        return False
    lists = (entry for entry in value if isinstance(entry, (list, tuple)))
    return any(isinstance(entry, Tensor) for entry in value) or any(map(_holds_tensor, lists))
