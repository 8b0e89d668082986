"""Exercises in an editor: `python -m rlcourse.exercises my_rl.py` checks the functions of a file.

Every function of the file that bears the name of an exercise, or `my_` and that name, is checked as in a notebook, and
counts as there. The exit code is 0 if all of them pass, 1 if one does not, 2 if there is nothing to check.
"""

import argparse
import importlib.util
import inspect
import sys
from collections.abc import Callable
from pathlib import Path

from rlcourse.exercises.catalogue import EXERCISES
from rlcourse.exercises.checking import check
from rlcourse.exercises.errors import describe_error, describe_place

MODULE = "functions_to_check"
"""The name under which the file is imported: no module's that it may want to import itself."""


def main(arguments: list[str] | None = None) -> int:
    """Check the functions of one file; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m rlcourse.exercises", description=__doc__.partition("\n")[0])
    parser.add_argument("file", type=Path, help="a Python file with functions called as the exercises are, or my_…")
    path = parser.parse_args(arguments).file
    if not path.is_file():
        print(f"There is no file {path}.", file=sys.stderr)
        return 2
    try:
        names = _run(path)
    except BaseException as error:  # whatever the file does when it runs is the learner's, SystemExit too
        print(f"{path} stopped with an error:\n{describe_place(error)}\n{describe_error(error)}", file=sys.stderr)
        return 2
    found = find_functions(names)
    if not found:
        listed = ", ".join(EXERCISES)
        print(f"{path} has no function called like an exercise, with or without my_: {listed}.", file=sys.stderr)
        return 2
    return 0 if all([bool(check(name, function)) for name, function in found]) else 1


def find_functions(names: dict[str, object]) -> list[tuple[str, Callable]]:
    """The exercises a file has functions for, in the course's order, each with its function.

    `my_gae` comes before `gae`: a file may import the course's own beside it.
    """
    found = []
    for name in EXERCISES:
        function = names.get(f"my_{name}", names.get(name))
        if callable(function) and not inspect.isclass(function):
            found.append((name, function))
    return found


def _run(path: Path) -> dict[str, object]:
    """What the file defines. It may import its neighbours, as when it is run by itself."""
    before = list(sys.path)
    sys.path.insert(0, str(path.resolve().parent))
    try:
        spec = importlib.util.spec_from_file_location(MODULE, path)
        sys.modules[MODULE] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return vars(module)
    finally:
        sys.path[:] = before


if __name__ == "__main__":
    sys.exit(main())
