"""What must not matter: a question asked in another way has the same right answer.

Rewards may be shifted, padding may hold anything, a batch may be split or turned round. Each of these is an
`Invariant`, data beside an exercise's cases, and needs no right answer to be tried: a learner's function is asked twice
and compared with itself. The public trainers that test themselves this way (verl, TRL) find with it what cases miss.
Left out: gradients, which the cases compare.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from rlcourse.exercises.calling import Answer, call
from rlcourse.exercises.comparing import close
from rlcourse.exercises.exercise import Case, Exercise, Inputs, Invariant
from rlcourse.showing.words import minus

FILLING = 9
"""What padding is filled with: a number nobody takes for "nothing"."""


@dataclass(frozen=True)
class Broken:
    """An invariant that a learner's function does not keep."""

    invariant: Invariant
    case: Case
    """The smallest case that shows it."""
    before: np.ndarray
    after: np.ndarray
    """The function's own answers to the question and to the same question asked in the other way."""

    def told(self, *, by_a_slip: bool) -> str:
        """What breaks, in two or three sentences. What a slip explains is no second fault."""
        begins = "The same slip shows in what must not matter" if by_a_slip else "What must not matter does matter"
        words = f"{begins}: {self.invariant.change}, and the answer must stay as it is."
        if self.before.shape != self.after.shape:
            return f"{words} Yours changes its shape."
        if self.before.size > 1:
            return f"{words} Yours changes in the case “{self.case.about}”."
        before, after = (minus(f"{number.item():.4g}") for number in (self.before, self.after))
        return f"{words} In the case “{self.case.about}” yours turns from {before} into {after}."


def find_broken(exercise: Exercise, function: Callable, answers: Sequence[Answer]) -> Broken | None:
    """The first invariant of the exercise that the function breaks, in the smallest case; None where it keeps all.

    Args:
        exercise: whose invariants and cases are tried.
        function: the learner's.
        answers: what it returned in the first cases; those in which it returned finite numbers are asked again.
    """
    for invariant in exercise.invariants:
        for case, answer in zip(exercise.cases, answers, strict=False):
            if answer.outcome == "returned" and answer.numbers is not None and np.isfinite(answer.numbers).all():
                after = _asked_otherwise(exercise, function, invariant, case)
                if after is not None and not close(after, answer.numbers, exercise.tolerance):
                    return Broken(invariant, case, answer.numbers, after)
    return None


def _asked_otherwise(exercise: Exercise, function: Callable, invariant: Invariant, case: Case) -> np.ndarray | None:
    """The answer to a case asked in the other way; None where it cannot be, or the function has none."""
    questions = invariant.ask(case.inputs)
    found = [call(function, exercise.reference, question).numbers for question in questions]
    if not found or any(numbers is None for numbers in found):
        return None
    try:
        return invariant.together(found, questions)
    except (ValueError, IndexError):  # answers of a wrong shape; the cases say so
        return None


def _with(inputs: Inputs, changed: Inputs) -> Inputs:
    return {**inputs, **changed}


def padding_filled(mask: str, *names: str) -> Invariant:
    """Fill the inputs `names` with 9 wherever the input `mask` is False."""

    def ask(inputs: Inputs) -> list[Inputs]:
        real = inputs[mask]
        if real is None or bool(real.all()):
            return []
        return [_with(inputs, {name: torch.where(real, inputs[name], FILLING) for name in names})]

    listed = " and ".join(f"`{name}`" for name in names)
    return Invariant(f"fill {listed} with {FILLING} where `{mask}` is False", ask)


def shifted(*names: str, what: str, by: float = 3.0) -> Invariant:
    """Add the same number to all entries of the inputs `names`, which the learner knows as `what`."""
    return Invariant(
        f"add {minus(f'{by:g}')} to all {what}",
        lambda inputs: [_with(inputs, {name: inputs[name] + by for name in names})],
    )


def turned_round(*names: str, what: str, axis: int = 0, answer_axis: int | None = 0) -> Invariant:
    """Give the entries along an axis in the reverse order, and turn the answer back.

    `answer_axis` is the axis of the answer that is turned back, or None where the answer has none.
    """

    def ask(inputs: Inputs) -> list[Inputs]:
        if any(inputs[name].ndim <= axis or inputs[name].shape[axis] < 2 for name in names):
            return []
        return [_with(inputs, {name: inputs[name].flip(axis) for name in names})]

    def together(found: Sequence[np.ndarray], questions: Sequence[Inputs]) -> np.ndarray:
        return found[0] if answer_axis is None else np.flip(found[0], answer_axis)

    back = "" if answer_axis is None else " and the answers back"
    return Invariant(f"turn the order of {what} round{back}", ask, together)


def split(*names: str, what: str, axes: int = 1, weight: Callable[[Inputs], float] | None = None) -> Invariant:
    """Ask for the first row and for the others, one after the other, and put the answers together.

    Answers are laid one behind the other. With `weight` they are means, and their mean is taken, weighted by what
    `weight` says of each part; a part that weighs nothing cannot be asked for. Cases whose inputs have fewer than
    `axes` axes have no rows to part.
    """

    def ask(inputs: Inputs) -> list[Inputs]:
        given = [name for name in names if inputs[name] is not None]
        if any(inputs[name].ndim < axes or len(inputs[name]) < 2 for name in given):
            return []
        parts = [_with(inputs, {name: inputs[name][rows] for name in given}) for rows in (slice(1), slice(1, None))]
        return parts if weight is None or all(weight(part) for part in parts) else []

    def together(found: Sequence[np.ndarray], questions: Sequence[Inputs]) -> np.ndarray:
        if weight is None:
            return np.concatenate(found)
        return np.asarray(np.average(found, axis=0, weights=[weight(question) for question in questions]))

    on_its_own = f"each of {what} must be answered on its own"
    mean = f"the mean over {what} must be that of the two parts, each by its share"
    return Invariant(f"split the batch, as {on_its_own if weight is None else mean}", ask, together)
