"""Run a learner's function on an exercise's cases, and find what is the matter with it.

What is found depends on the learner only, never on chance or on how busy the machine is: the cases are fixed, of those
that fail the smallest counts, and time is the processor's, counted from the second case on (the first one may load and
compile).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from rlcourse.exercises.calling import Answer, call, call_own, call_problem
from rlcourse.exercises.comparing import close, problem_with
from rlcourse.exercises.exercise import Case, Exercise, Slip
from rlcourse.exercises.gradients import CLUES as GRADIENT_CLUES
from rlcourse.exercises.gradients import gradient_problem, wrong_gradients
from rlcourse.exercises.invariants import Broken, find_broken
from rlcourse.exercises.own_work import uses_the_courses
from rlcourse.exercises.patterns import (
    ORDINALS,
    TWO_ANSWERS,
    entry_that_is_right,
    find_pattern,
    gives_two_answers,
    never_looks_at,
)
from rlcourse.usual import usual_settings

SECONDS = 5.0
"""How much processor time all cases after the first may take; the course's own functions need a hundredth of it."""

CLUES = GRADIENT_CLUES | {
    "Boolean value of Tensor": "`if`, `and`, `or`, `not` and Python's `min` and `max` want one truth value, and a "
    "tensor has one for each number. `torch.where(condition, a, b)` and `~condition` work on all of them; whether "
    "something was given at all is asked with `is not None`.",
}
"""Part of an error's text that is usual in every exercise: what to think of."""


@dataclass(frozen=True)
class Verdict:
    """What came of an exercise's cases, before it is put into words."""

    state: Literal["passed", "failed", "unfinished", "not started", "no function"]
    """"unfinished": it was stopped, or the time was up, before all cases were tried. The first two are attempts."""
    cases_passed: int = 0
    cases_tried: int = 0
    problem: str = ""
    """What is wrong in the case that failed."""
    pattern: str = ""
    """What all the wrong answers have in common."""
    case: Case | None = None
    """The smallest case that failed."""
    answer: Answer | None = None
    """What the learner's function did there."""
    expected: Answer | None = None
    """What the course's function did there."""
    slip: Slip | None = None
    """The classic mistake that explains all answers."""
    not_finite: int = 0
    """In how many other cases there is NaN or infinity."""
    raised: tuple[str, ...] = ()
    """The errors with which the function stopped in other cases than the one that is shown, one for each case."""
    broken: Broken | None = None
    """What must not matter and does, with this function."""
    whose: Literal["own", "the course's", "calls the course's"] = "own"
    """Whose work a function that passed is."""


@usual_settings()
def examine(exercise: Exercise, function: object) -> Verdict:
    """Run the cases and find the smallest that fails, and the slip that explains all of them."""
    problem = call_problem(function, exercise.reference, exercise.cases[0].inputs)
    if problem:
        return Verdict("failed" if callable(function) else "no function", problem=problem)
    expected = [_kept_answer(call_own, exercise, exercise.reference, i) for i in range(len(exercise.cases))]
    answers, problems = _answers(exercise, function, expected)
    if all(answer.outcome == "not started" for answer in answers):
        return Verdict("not started")
    right, tried = problems.count(""), len(answers)
    last = len(answers) - 1
    if right == len(exercise.cases):
        if gives_two_answers(exercise, function, answers, ask={0, last}):
            return Verdict("failed", right, tried, problem=TWO_ANSWERS)
        if broken := find_broken(exercise, function, answers):
            return Verdict("failed", right, tried, broken=broken)
        return Verdict("passed", right, tried, answer=answers[0], whose=uses_the_courses(exercise, function))
    if right == tried:
        return Verdict("unfinished", right, tried, problem=_out_of_time(tried))
    stopped = tried < len(exercise.cases) or answers[-1].outcome == "interrupted"
    slip = find_slip(exercise, answers, expected)
    shown = _case_to_show(exercise, answers, expected, problems, slip)
    problem, pattern = problems[shown], ""
    if slip is None and not stopped:
        problem, pattern = _without_a_slip(exercise, function, answers, expected, shown, problem)
    return Verdict(
        "unfinished" if stopped else "failed",
        cases_passed=right,
        cases_tried=tried,
        problem=problem,
        pattern=pattern,
        case=exercise.cases[shown],
        answer=answers[shown],
        expected=expected[shown],
        slip=slip,
        broken=None if stopped or problem == TWO_ANSWERS else find_broken(exercise, function, answers),
        not_finite=sum(_is_not_finite(a, e) for i, (a, e) in enumerate(_pairs(answers, expected)) if i != shown),
        raised=tuple(a.error for i, a in enumerate(answers) if a.outcome == "raised" and i != shown),
    )


def find_slip(exercise: Exercise, answers: list[Answer], expected: list[Answer]) -> Slip | None:
    """The slip that gives the learner's answer in every case, if there is one.

    Where the learner's function stops with an error or has NaN besides, it is looked for in the other cases: they must
    be at least half of all, one of them wrong, and one slip alone explain them. (PyTorch refuses a [B] beside a [B, T],
    for example, but where B = T by chance it computes something else.)
    """
    if len(answers) < len(exercise.cases) or any(a.outcome not in ("returned", "raised") for a in answers):
        return None
    if all(answer.outcome == "returned" for answer in answers):
        every = range(len(answers))
        if found := next((slip for slip in exercise.slips if _explains(slip, exercise, answers, every)), None):
            return found
    usable = [i for i, pair in enumerate(_pairs(answers, expected)) if _has_numbers(*pair)]
    wrong = [i for i in usable if not same_answer(answers[i], expected[i], exercise.tolerance)]
    if not wrong or not len(answers) / 2 <= len(usable) < len(answers):
        return None
    found = [slip for slip in exercise.slips if _explains(slip, exercise, answers, usable)]
    return found[0] if len(found) == 1 else None


def same_answer(a: Answer, b: Answer, tolerance: float) -> bool:
    """Whether two answers agree, in value and in gradient. What has no gradient agrees with nothing."""
    if a.gradients.error or b.gradients.error:
        return False
    return close(a.numbers, b.numbers, tolerance) and not wrong_gradients(a.gradients, b.gradients, tolerance)


def _answers(exercise: Exercise, function: Callable, expected: list[Answer]) -> tuple[list[Answer], list[str]]:
    """The function's answers and what is wrong with each, until one is interrupted or the time is up."""
    answers, problems, spent = [], [], 0.0
    for case, right in zip(exercise.cases, expected, strict=True):
        started = time.process_time()
        answers.append(call(function, exercise.reference, case.inputs, exercise.gradient_of))
        spent += time.process_time() - started if len(answers) > 1 else 0.0
        problems.append(_problem(exercise, answers[-1], right))
        if answers[-1].outcome == "interrupted" or spent > SECONDS:
            break
    return answers, problems


_KEPT: dict[tuple[int, Callable, int], tuple[Exercise, Answer]] = {}
"""By exercise, function and case. The exercise is kept too, so that its number becomes nobody else's."""


def _kept_answer(how: Callable[..., Answer], exercise: Exercise, function: Callable, number: int) -> Answer:
    """What one of the catalogue's own functions does in a case. It is asked once, unless ■ was pressed meanwhile."""
    key = id(exercise), function, number
    if key in _KEPT:
        return _KEPT[key][1]
    answer = how(function, exercise.reference, exercise.cases[number].inputs, exercise.gradient_of)
    if answer.outcome != "interrupted":
        _KEPT[key] = exercise, answer
    return answer


def _problem(exercise: Exercise, answer: Answer, expected: Answer) -> str:
    """What is wrong with one answer; empty if nothing is."""
    if answer.outcome == "raised":
        clues = [clue for part, clue in (CLUES | dict(exercise.clues)).items() if part in answer.error]
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
    problem = problem_with(
        answer.value, expected.value, tolerance=tolerance, returns=exercise.returns, numbers=answer.numbers
    )
    if exercise.nan and _is_not_finite(answer, expected):
        problem = f"{problem} {exercise.nan}"
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


def _out_of_time(tried: int) -> str:
    others = "the one after it" if tried == 2 else f"the {tried - 1} after it"
    return (
        f"All answers so far are right. But without the first case, {others} took more than {SECONDS:.0f} seconds of "
        "processor time, so the others were left out. Is there a loop that does more than it needs to? If something "
        "was only loaded or compiled, run this cell again."
    )


def _case_to_show(
    exercise: Exercise, answers: list[Answer], expected: list[Answer], problems: list[str], slip: Slip | None
) -> int:
    """The smallest case that fails; one that shows the slip, or one without NaN, comes before others that fail."""
    failing = [i for i, problem in enumerate(problems) if problem]
    differing = [i for i in failing if not same_answer(answers[i], expected[i], exercise.tolerance)]
    if slip:  # named for its numbers: a gradient that is wrong besides does not show it
        shows = [i for i in differing if _has_numbers(answers[i], expected[i])]
        off = [i for i in shows if not close(answers[i].numbers, expected[i].numbers, exercise.tolerance)]
        pool = off or shows or differing or failing
    else:
        finite = [i for i in failing if not _is_not_finite(answers[i], expected[i])]
        pool = finite if len(finite) > 1 or len(failing) - len(finite) == 1 else failing
    return (pool or failing)[0]


def _without_a_slip(
    exercise: Exercise,
    function: Callable,
    answers: list[Answer],
    expected: list[Answer],
    shown: int,
    problem: str,
) -> tuple[str, str]:
    """The problem and the pattern that can be told of an answer that no slip explains."""
    if gives_two_answers(exercise, function, answers, ask={0, shown}):
        return TWO_ANSWERS, ""
    entry = entry_that_is_right(answers, expected, exercise.tolerance)
    if entry is not None:
        value = answers[shown].value
        kind = "list" if isinstance(value, list) else "tuple"
        words = ("two", "three", "four", "five")[len(value) - 2]
        return f"You return a {kind} of {words}; wanted is one. The {ORDINALS[entry]} of yours is the right answer.", ""
    pattern = find_pattern(exercise.cases, answers, expected, exercise.tolerance)
    returned = answers[shown].outcome == "returned"
    return problem, pattern or (never_looks_at(function, exercise.reference) if returned else "")


def _explains(slip: Slip, exercise: Exercise, answers: list[Answer], which: range | list[int]) -> bool:
    """Whether the slip returns what the learner's function returned, in each of the cases."""

    def agrees(function: Callable, i: int) -> bool:
        of_slip = _kept_answer(call, exercise, function, i)
        return of_slip.outcome == "returned" and same_answer(of_slip, answers[i], exercise.tolerance)

    return any(all(agrees(function, i) for i in which) for function in slip.functions)


def _is_not_finite(answer: Answer, expected: Answer) -> bool:
    """Whether there is NaN or infinity where there should be a number."""
    got, want = answer.numbers, expected.numbers
    if answer.outcome != "returned" or got is None or got.shape != want.shape:
        return False
    return bool((~np.isfinite(got) & np.isfinite(want)).any())


def _has_numbers(answer: Answer, expected: Answer) -> bool:
    """Whether something was returned, and it is not NaN or infinity where there should be a number."""
    return answer.numbers is not None and answer.outcome == "returned" and not _is_not_finite(answer, expected)


def _pairs(answers: list[Answer], expected: list[Answer]) -> list[tuple[Answer, Answer]]:
    return list(zip(answers, expected, strict=False))  # fewer answers than cases after an interrupt
