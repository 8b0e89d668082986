"""`hint` and `solution`: help that comes a little at a time, and the course's own code at the end."""

import inspect

from rlcourse.exercises.catalogue import find_exercise
from rlcourse.exercises.record import count_hint, load_record
from rlcourse.showing.message import Message, show, show_bundle


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

    The function that was asked for comes first; in a notebook what belongs to it is folded.

    Raises:
        ValueError: there is no exercise of that name; the message lists those there are.
    """
    parts = [_source(function) for function in find_exercise(name).sources]
    plain = "\n\n".join(f"# {place}\n{source}" for place, source in parts)
    # JupyterLab colours Markdown's fenced code in its own theme, light or dark.
    (place, asked_for), *others = parts
    rich = f"`{place}`\n\n```python\n{asked_for}\n```"
    for place, source in others:
        rich += f"\n\n<details><summary>and <code>{place}</code></summary>\n\n```python\n{source}\n```\n\n</details>"
    show_bundle({"text/plain": plain, "text/markdown": rich})


def _source(function: object) -> tuple[str, str]:
    """Where a function stands, and its source."""
    function = inspect.unwrap(function)
    return f"{function.__module__}.{function.__name__}", inspect.getsource(function).rstrip()
