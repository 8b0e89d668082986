"""How a wrong answer hangs together with the right one, where no slip of the exercise explains it.

These hold for any exercise: the right numbers turned round, a constant factor, an input too much, one entry of a tuple,
a function that answers the same question in two ways. Each is said only if it holds in every case that is wrong.
"""

import dis
from collections.abc import Callable, Sequence

import numpy as np
import torch

from rlcourse.exercises.calling import Answer, call
from rlcourse.exercises.comparing import close
from rlcourse.exercises.errors import code_of
from rlcourse.exercises.exercise import Case, Exercise

Numbers = np.ndarray | np.generic  # what NumPy makes of arithmetic with an array without axes

ENOUGH = 3
"""So many numbers must fit before a factor or a difference is more than chance."""
ORDINALS = ("first", "second", "third", "fourth", "fifth")
TWO_ANSWERS = (
    "Asked the same question again, your function gives another answer. Does it keep something from one call to the "
    "next, a global variable or a list as a default argument, or draw random numbers?"
)


def find_pattern(cases: Sequence[Case], answers: Sequence[Answer], expected: Sequence[Answer], tolerance: float) -> str:
    """One sentence on what the wrong answers have in common; empty if nothing."""
    if any(answer.outcome != "returned" for answer in answers):
        return ""
    wrong = [
        (case, answer.numbers, right.numbers.astype(float))
        for case, answer, right in zip(cases, answers, expected, strict=False)
        if not close(answer.numbers, right.numbers, tolerance)
    ]
    if not wrong or any(got is None or got.shape != want.shape or not _finite(got) for _, got, want in wrong):
        return ""
    return _turned_round(wrong, tolerance) or _a_factor(wrong, tolerance) or _an_input_too_much(wrong, tolerance)


def entry_that_is_right(answers: Sequence[Answer], expected: Sequence[Answer], tolerance: float) -> int | None:
    """Which entry of a tuple or list that is returned is the right answer, in every case; None if none is."""
    values = [answer.value for answer in answers]
    if not all(isinstance(value, (list, tuple)) and 2 <= len(value) <= len(ORDINALS) for value in values):
        return None
    for i in range(min(map(len, values))):
        entries = [Answer("returned", value[i]).numbers for value in values]
        pairs = zip(entries, expected, strict=False)
        if all(close(entry, right.numbers, tolerance) for entry, right in pairs):
            return i
    return None


def gives_two_answers(exercise: Exercise, function: Callable, answers: Sequence[Answer], ask: set[int]) -> bool:
    """Whether the function, asked the cases `ask` again, says something else than the first time."""
    for i in sorted(ask):
        if answers[i].outcome == "returned" and answers[i].numbers is not None:
            again = call(function, exercise.reference, exercise.cases[i].inputs, exercise.gradient_of)
            if again.outcome == "returned" and not close(again.numbers, answers[i].numbers, 1e-5):
                return True
    return False


def never_looks_at(function: Callable, reference: Callable) -> str:
    """Which arguments the function takes and then never uses, as where a global has nearly the same name.

    One that the reference has no use for either is not said.
    """
    unused = [f"`{name}`" for name in _unused(function) if name not in _unused(reference)]
    return f"Your function never looks at {' and '.join(unused)}." if unused else ""


def _unused(function: Callable) -> list[str]:
    code = code_of(function)
    if code is None:
        return []
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    used = {instruction.argval for instruction in dis.get_instructions(code)} | set(code.co_cellvars)
    return [name for name in names if name not in used]


def _finite(numbers: np.ndarray) -> bool:
    return bool(np.isfinite(numbers).all())


def _turned_round(wrong: list[tuple], tolerance: float) -> str:
    if all(want.ndim and close(got, want[::-1], tolerance) for _, got, want in wrong):
        return (
            "These are the right numbers, turned round: the last one comes first. A list that was filled from the end "
            "is turned round by `[::-1]`."
        )
    return ""


def _a_factor(wrong: list[tuple], tolerance: float) -> str:
    """The same number times the right answer, or one of the inputs times it."""
    if sum(np.count_nonzero(want) for _, _, want in wrong) < ENOUGH:
        return ""
    _, got, want = max(wrong, key=lambda one: np.abs(one[2]).max(initial=0.0))
    largest = np.unravel_index(np.abs(want).argmax(), want.shape)
    factor = float(got[largest] / want[largest])
    if all(close(got, factor * want, tolerance) for _, got, want in wrong):
        if abs(factor + 1) < 1e-3:
            return "Wherever your answer is wrong, it has the right size and the wrong sign."
        return f"Wherever your answer is wrong, it is {_in_digits(factor)} times the right one." if factor else ""
    for name, numbers in _numbers_by_input(wrong).items():
        if all(
            x.ndim == 0 and close(got, x * want, tolerance) for x, (_, got, want) in zip(numbers, wrong, strict=True)
        ):
            return f"Wherever your answer is wrong, it is `{name}` times the right one: multiplied once too often?"
        if all(
            x.ndim == 0 and close(got * x, want, tolerance) and x
            for x, (_, got, want) in zip(numbers, wrong, strict=True)
        ):
            return f"Wherever your answer is wrong, `{name}` times it would be right: a factor forgotten?"
    return ""


def _an_input_too_much(wrong: list[tuple], tolerance: float) -> str:
    if sum(want.size for _, _, want in wrong) < ENOUGH:
        return ""
    for name, numbers in _numbers_by_input(wrong).items():
        for sign, words in ((1, "too much: added once too often, or not taken off"), (-1, "too little: not added")):
            if all(
                _is_off_by(sign * x, got, want, tolerance) for x, (_, got, want) in zip(numbers, wrong, strict=True)
            ):
                return f"Wherever your answer is wrong, it is exactly `{name}` {words}?"
    return ""


def _is_off_by(x: Numbers, got: Numbers, want: Numbers, tolerance: float) -> bool:
    try:
        moved = want + x
    except ValueError:  # shapes that do not go together
        return False
    return close(got, moved, tolerance)


def _numbers_by_input(wrong: list[tuple]) -> dict[str, list[np.ndarray]]:
    """The inputs that are numbers or tensors of them in every case, one entry for each case."""
    found = {}
    for name in wrong[0][0].inputs:
        values = [case.inputs[name] for case, _, _ in wrong]
        if all(isinstance(v, (int, float)) or (isinstance(v, torch.Tensor) and v.is_floating_point()) for v in values):
            found[name] = [np.asarray(v.detach() if isinstance(v, torch.Tensor) else v, dtype=float) for v in values]
    return found


def _in_digits(factor: float) -> str:
    known = {0.5: "½", 0.25: "¼", -0.5: "−½"}
    near = next((word for value, word in known.items() if abs(factor - value) < 1e-3), None)
    return near or f"{factor:.4g}".replace("-", "−")
