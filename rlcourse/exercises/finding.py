"""What is found in the files of a folder, by its name: exercises, quizzes, predictions."""

from collections.abc import Iterable
from typing import TypeVar

Found = TypeVar("Found")


def by_name(found: Iterable[tuple[str, Found]]) -> dict[str, Found]:
    """What was found, by its name, in the order given.

    Raises:
        ValueError: two have the same name; one would silently stand for both.
    """
    named: dict[str, Found] = {}
    for name, one in found:
        if name in named:
            raise ValueError(f"a name must be given once, got {name!r} for {named[name]!r} and for {one!r}")
        named[name] = one
    return named
