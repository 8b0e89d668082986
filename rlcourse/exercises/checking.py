"""`check`: run a learner's function on an exercise's cases, and say what is right and what is not.

Nothing that the learner's function does is an error of ours, so `check` raises for an unknown name only and a notebook
runs on whatever state the exercise is in.
"""

import warnings
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from io import StringIO

from rlcourse.exercises.buttons import HelpButtons
from rlcourse.exercises.catalogue import find_exercise
from rlcourse.exercises.describing import describe
from rlcourse.exercises.examining import examine
from rlcourse.exercises.exercise import Exercise
from rlcourse.exercises.record import count_attempt
from rlcourse.exercises.working import at_work
from rlcourse.showing.live import show_widget
from rlcourse.showing.message import Message, running_cell, show, show_bundle
from rlcourse.usual import usual_settings


@dataclass(frozen=True)
class CheckResult:
    """What `check` found. True in a condition when the exercise is passed."""

    name: str
    """The exercise."""
    passed: bool
    """Whether every case is right."""
    cases_passed: int
    """How many are."""
    cases_total: int
    """How many there are."""
    slip: str | None
    """The name of the classic mistake the function makes, when it is one."""
    message: str = field(repr=False)
    """What was shown, as plain text."""
    html: str = field(repr=False)
    """What was shown, for a notebook."""
    shown_in: int | None = field(repr=False, default=None)
    """The notebook cell in which it was shown already."""

    def __bool__(self) -> bool:
        return self.passed

    def __str__(self) -> str:
        return self.message

    def _repr_html_(self) -> str:
        return self.html

    def _ipython_display_(self) -> None:
        """Show the result when a cell ends with it, but not a second time in the cell that ran the check."""
        if running_cell() != self.shown_in:
            from IPython.display import display

            display({"text/plain": self.message, "text/html": self.html}, raw=True)


def check(name: object, function: object) -> CheckResult:
    """Try a learner's function on the cases of an exercise, show what came of it and remember it.

    Args:
        name: the exercise, such as "group_advantages".
        function: the learner's function itself, not what it returns.

    Returns:
        The result, which has been shown already. Whatever the function does, this does not raise.

    Raises:
        TypeError: `name` is no string, or the two arguments were exchanged.
        ValueError: there is no exercise of that name; the message says which was meant, and which there are.
    """
    if callable(name) and isinstance(function, str):
        raise TypeError(f"The exercise's name comes first, then the function: check({function!r}, …).")
    exercise = find_exercise(name)
    verdict = examine(exercise, function)
    message = describe(exercise, verdict)
    if verdict.state in ("passed", "failed"):
        count_attempt(name, passed=verdict.state == "passed")
    html = _show(message, exercise, verdict.state, function)
    return CheckResult(
        name=name,
        passed=verdict.state == "passed",
        cases_passed=verdict.cases_passed,
        cases_total=len(exercise.cases),
        slip=verdict.slip.name if verdict.slip else None,
        message=message.text,
        html=html,
        shown_in=running_cell(),
    )


def _show(message: Message, exercise: Exercise, state: str, function: object) -> str:
    """Show the message; in a notebook with a picture of what passed, and buttons below it. Returns its HTML."""
    if running_cell() is None:
        show(message)
        return message.html
    html = message.html_with(_picture(exercise, function) if state == "passed" else "")
    html = f"<div class='rlc-checked'>{html}</div>"
    show_bundle({"text/plain": message.text, "text/html": html})
    if state in ("passed", "failed", "not started"):
        show_widget(HelpButtons(exercise, state))
    return html


def _picture(exercise: Exercise, function: Callable) -> str:
    """A curve by the learner's function. It has passed already: whatever goes wrong here is not worth a word."""
    if exercise.picture is None:
        return ""
    try:
        with usual_settings(), redirect_stdout(StringIO()), warnings.catch_warnings(action="ignore"):
            return exercise.picture(at_work(True, function, exercise.reference)).html
    except Exception:
        return ""
