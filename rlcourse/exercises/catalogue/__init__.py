"""All exercises of the course, in the order of the notebooks. Each file with an `EXERCISE` is found, not listed."""

import difflib
import importlib
import pkgutil

from rlcourse.exercises.exercise import Exercise
from rlcourse.exercises.finding import by_name
from rlcourse.usual import usual_settings

with usual_settings():  # the cases hold tensors
    _MODULES = [importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
_FOUND = [module.EXERCISE for module in _MODULES if hasattr(module, "EXERCISE")]

EXERCISES = by_name((one.name, one) for one in sorted(_FOUND, key=lambda one: (one.notebook, one.place)))


def find_exercise(name: object) -> Exercise:
    """The exercise called `name`.

    Raises:
        TypeError: `name` is no string, as where a function was given first.
        ValueError: there is no such exercise; the message names the nearest, and all there are.
    """
    if not isinstance(name, str):
        raise TypeError(
            f"name must be the exercise's name, a string such as {next(iter(EXERCISES))!r}, and comes first; "
            f"got a value of type {type(name).__name__}."
        )
    if name not in EXERCISES:
        near = difflib.get_close_matches(name.strip().lower().removeprefix("my_"), EXERCISES, n=1)
        meant = f"Did you mean {near[0]!r}? The " if near else "The "
        raise ValueError(f"{meant}name must be one of {', '.join(map(repr, EXERCISES))}, got {name!r}.")
    return EXERCISES[name]
