"""`check`: run a learner's function on an exercise's cases, and say what is right and what is not.

What is said depends on the learner only, never on chance: the cases are fixed, and of those that fail the
smallest is shown. Nothing that the learner's function does is an error of ours, so `check` raises for an unknown
name only and a notebook runs on whatever state the exercise is in.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from rlcourse.exercises.calling import Answer, call, call_own, call_problem
from rlcourse.exercises.catalogue import find_exercise
from rlcourse.exercises.comparing import DIFFERENT, format_pair, format_value, problem_with, same
from rlcourse.exercises.exercise import Case, Exercise, Slip
from rlcourse.exercises.gradients import CLUES, gradient_problem, wrong_gradients
from rlcourse.exercises.record import count_attempt
from rlcourse.showing.message import Message, running_cell, show
from rlcourse.showing.words import Code

SECONDS = 5.0
"""How long all cases together may take; the course's own functions need a hundredth of it."""


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


@dataclass(frozen=True)
class Verdict:
    """What came of an exercise's cases, before it is put into words."""

    state: Literal["passed", "failed", "not started"]
    cases_passed: int = 0
    problem: str = ""
    """What is wrong in the case that failed."""
    case: Case | None = None
    """The smallest case that failed."""
    answer: Answer | None = None
    """What the learner's function did there."""
    expected: Answer | None = None
    """What the course's function did there."""
    slip: Slip | None = None
    """The classic mistake that explains all answers."""


def check(name: str, function: object) -> CheckResult:
    """Try a learner's function on the cases of an exercise, show what came of it and remember it.

    Args:
        name: the exercise, such as "group_advantages".
        function: the learner's function itself, not what it returns.

    Returns:
        The result, which has been shown already. Whatever the function does, this does not raise.

    Raises:
        ValueError: there is no exercise of that name; the message lists those there are.
    """
    exercise = find_exercise(name)
    verdict = examine(exercise, function)
    message = describe(exercise, verdict)
    if verdict.state != "not started":
        count_attempt(name, passed=verdict.state == "passed")
    show(message)
    return CheckResult(
        name=name,
        passed=verdict.state == "passed",
        cases_passed=verdict.cases_passed,
        cases_total=len(exercise.cases),
        slip=verdict.slip.name if verdict.slip else None,
        message=message.text,
        html=message.html,
        shown_in=running_cell(),
    )


def examine(exercise: Exercise, function: object) -> Verdict:
    """Run the cases and find the smallest that fails, and the slip that explains all of them."""
    problem = call_problem(function, exercise.reference, exercise.cases[0].inputs)
    if problem:
        return Verdict("failed", problem=problem)
    expected = [_own_answer(exercise.reference, exercise, case) for case in exercise.cases]
    answers = _answers(exercise, function)
    if all(answer.outcome == "not started" for answer in answers):
        return Verdict("not started")
    pairs = zip(answers, expected, strict=False)  # fewer answers than cases after an interrupt
    problems = [_problem(exercise, answer, right) for answer, right in pairs]
    right_ones = problems.count("")
    if right_ones == len(exercise.cases):
        return Verdict("passed", cases_passed=right_ones)
    slip = find_slip(exercise, answers)
    first = next((i for i, problem in enumerate(problems) if problem), len(problems) - 1)
    if slip:  # the case that shows it, even where something else is the matter with a smaller one
        pairs = enumerate(zip(answers, expected, strict=True))
        first = next((i for i, (a, b) in pairs if not same_answer(a, b, exercise.tolerance)), first)
    return Verdict(
        "failed",
        cases_passed=right_ones,
        problem=problems[first] or _too_slow(len(answers)),
        case=exercise.cases[first] if problems[first] else None,  # none fails where only the time was up
        answer=answers[first],
        expected=expected[first],
        slip=slip,
    )


def find_slip(exercise: Exercise, answers: list[Answer]) -> Slip | None:
    """The slip that gives the learner's answer in every case, if there is one."""
    if len(answers) < len(exercise.cases) or any(answer.outcome != "returned" for answer in answers):
        return None
    return next((slip for slip in exercise.slips if _explains(slip, exercise, answers)), None)


def describe(exercise: Exercise, verdict: Verdict) -> Message:
    """The verdict in words."""
    hint = f'Stuck? `hint("{exercise.name}")` helps a little, and each further call a little more.'
    if verdict.state == "not started":
        todo = f"Replace the `...` by your code and run this cell again. {hint}"
        return Message("○", f"{exercise.title}: not started yet.", (todo,))
    if verdict.state == "passed":
        own = f'`solution("{exercise.name}")` shows how the course writes it.'
        return Message("✓", f"{exercise.title}: all {len(exercise.cases)} cases pass.", (own,))
    headline = f"{exercise.title}: {verdict.cases_passed} of {len(exercise.cases)} cases pass."
    blocks: list[str | Code] = []
    if verdict.slip:
        blocks.append(f"This is a classic slip: {verdict.slip.name}. {verdict.slip.explanation}")
    if verdict.case:
        blocks.append(f"The smallest case that fails: {verdict.case.about}.")
        blocks.append(Code(_case_text(verdict, exercise.tolerance)))
    if verdict.problem != DIFFERENT:  # the numbers just shown say it
        blocks.append(verdict.problem)
    return Message("✗", headline, (*blocks, hint))


def _answers(exercise: Exercise, function: Callable) -> list[Answer]:
    """The function's answers, until one of them is interrupted or the time is up."""
    answers: list[Answer] = []
    started = time.monotonic()
    for case in exercise.cases:
        answers.append(call(function, exercise.reference, case.inputs, exercise.gradient_of))
        if answers[-1].outcome == "interrupted" or time.monotonic() - started > SECONDS:
            break
    return answers


def _own_answer(function: Callable, exercise: Exercise, case: Case) -> Answer:
    return call_own(function, exercise.reference, case.inputs, exercise.gradient_of)


def _problem(exercise: Exercise, answer: Answer, expected: Answer) -> str:
    """What is wrong with one answer; empty if nothing is."""
    if answer.outcome == "raised":
        clues = [clue for part, clue in {**exercise.clues, **CLUES}.items() if part in answer.error]
        if "ellipsis" in answer.error:
            clues.insert(0, "There is still a `...` in your function to fill in.")
        return " ".join(["Your function stopped with the error shown above.", *clues])
    if answer.outcome == "interrupted":
        return (
            "You stopped your function while it worked on this case. If it did not come to an end by itself, "
            "look at its loops: can each of them end?"
        )
    if answer.outcome == "not started":
        does = "still returns `...`" if answer.value is Ellipsis else "reaches a part that is not written yet"
        return f"Not finished: in this case your function {does}."
    tolerance = exercise.tolerance
    problem = problem_with(answer.value, expected.value, tolerance=tolerance, returns=exercise.returns)
    if answer.changed:
        names = " and ".join(f"`{name}`" for name in answer.changed)
        return (
            f"{problem or 'The answer is right.'} But your function changed {names}, which belongs to whoever called "
            "it. Work on a new tensor or list instead of changing the one you are given."
        )
    problem = problem or gradient_problem(answer.value, answer.gradients, expected.gradients, tolerance)
    return problem or (_left_behind(answer.filled) if answer.filled else "")


def _left_behind(names: tuple[str, ...]) -> str:
    places = " and ".join(f"`{name}.grad`" for name in names)
    return (
        f"The answer is right. But `.backward()` left gradients in {places}, where the next call would add to them. "
        "Use `torch.autograd.grad`, which returns them instead."
    )


def _too_slow(cases: int) -> str:
    return (
        f"After {cases} cases more than {SECONDS:.0f} seconds had passed, so the others were left out. All "
        "answers so far are right; is there a loop that does more than it needs to?"
    )


def _explains(slip: Slip, exercise: Exercise, answers: list[Answer]) -> bool:
    """Whether the slip returns what the learner's function returned, case for case."""
    pairs = zip(exercise.cases, answers, strict=True)
    return all(
        same_answer(_own_answer(slip.function, exercise, case), answer, exercise.tolerance) for case, answer in pairs
    )


def same_answer(a: Answer, b: Answer, tolerance: float) -> bool:
    """Whether two answers agree, in value and in gradient."""
    return same(a.value, b.value, tolerance) and not wrong_gradients(a.gradients, b.gradients, tolerance)


def _case_text(verdict: Verdict, tolerance: float) -> str:
    """Inputs, expected and got, one below the other; of a right value with a wrong gradient the gradient."""
    lines = {name: format_value(value) for name, value in verdict.case.inputs.items()}
    got, expected = verdict.answer, verdict.expected
    wrong = wrong_gradients(got.gradients, expected.gradients, tolerance)
    if got.outcome != "returned":
        lines["expected"] = format_value(expected.value)
    elif wrong and same(got.value, expected.value, tolerance):
        for name in wrong:
            pair = expected.gradients.by[name], got.gradients.by.get(name, got.gradients.error)
            lines[f"expected gradient by {name}"], lines[f"got gradient by {name}"] = format_pair(*pair)
    else:
        lines["expected"], lines["got"] = format_pair(expected.value, got.value)
    if got.outcome == "raised":
        lines["error"] = got.error
    width = max(map(len, lines))
    indented = {name: text.replace("\n", "\n" + " " * (width + 3)) for name, text in lines.items()}
    return "\n".join(f"{name.ljust(width)} = {text}" for name, text in indented.items())
