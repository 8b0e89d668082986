"""`hint` and `solution`: help that comes a little at a time, and the course's own code at the end."""

import inspect
from collections.abc import Callable

from rlcourse.exercises.catalogue import find_exercise
from rlcourse.exercises.record import count_hint, load_record
from rlcourse.showing.message import Message, show, show_bundle
from rlcourse.showing.source import folded, unfolding


def hint(name: str) -> None:
    """Show the next hint for an exercise: a nudge first, almost the answer last, then all of them again.

    Raises:
        ValueError: there is no exercise of that name; the message lists those there are.
    """
    exercise = find_exercise(name)
    seen, total = load_record().exercise(name).hints, len(exercise.hints)
    if seen >= total:
        blocks = (*exercise.hints, f'There are no more. `solution("{name}")` shows how the course writes it.')
        show(Message("→", f"{exercise.title}: all {total} hints", blocks))
        return
    count_hint(name, seen + 1)
    show(Message("→", f"{exercise.title}: hint {seen + 1} of {total}", (exercise.hints[seen],)))


def solution(name: str) -> None:
    """Show how the course itself writes an exercise's function: the source that its own runs use.

    The function that was asked for comes first, without its docstring and its checks; in a notebook the whole of it,
    and what else belongs to it, is folded below.

    Raises:
        ValueError: there is no exercise of that name; the message lists those there are.
    """
    functions = [inspect.unwrap(function) for function in find_exercise(name).sources]
    plain = "\n\n".join(f"# {place_of(function)}\n{inspect.getsource(function).rstrip()}" for function in functions)
    # JupyterLab colours Markdown's fenced code in its own theme, light or dark.
    asked_for, *others = functions
    also = [folded(f"and <code>{place_of(one)}</code>", inspect.getsource(one).rstrip()) for one in others]
    rich = "\n\n".join([f"`{place_of(asked_for)}`", unfolding(asked_for), *also])
    show_bundle({"text/plain": plain, "text/markdown": rich})


def place_of(function: Callable) -> str:
    """Where a function of the course stands."""
    return f"{function.__module__}.{function.__name__}"
