"""What an exercise is: data, and nothing else.

An exercise is one file in `catalogue/`: a reference to the course's real function, cases to try it on, hints,
and the **slips**, small wrong functions that make the classic mistakes of that exercise. When a learner's
answers equal a slip's, `check` can say which mistake it is instead of only that there is one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from rlcourse.exercises.curves import Curves

Inputs = Mapping[str, object]
"""The arguments of a call by name."""


def the_only(found: Sequence[np.ndarray], questions: Sequence[Inputs]) -> np.ndarray:
    """The answer, where one question was asked."""
    return found[0]


@dataclass(frozen=True)
class Case:
    """One call of the learner's function."""

    about: str
    """What the case is, in a few words: "one group of three, all alike"."""
    inputs: Mapping[str, object]
    """The arguments by name, in the order of the reference's signature. They are copied for each call, functions
    excepted; a function is shown by the first line of its docstring and must not hold a tensor that is given too."""
    note: str = ""
    """One sentence: what this case is there to show. It is said where the case fails and no slip explains it."""


@dataclass(frozen=True)
class Slip:
    """A classic mistake."""

    name: str
    """What the learner did, in a few words: "population instead of sample standard deviation"."""
    explanation: str
    """One or two sentences: why it is wrong and how to think about it. `code` stands in backticks."""
    function: Callable
    """The exercise solved with exactly this mistake, called like the reference."""
    variants: tuple[Callable, ...] = ()
    """The same mistake in other numbers: another epsilon, one try too many or ninety."""

    @property
    def functions(self) -> tuple[Callable, ...]:
        """All functions that make this mistake."""
        return self.function, *self.variants


@dataclass(frozen=True)
class Invariant:
    """What must not matter: the question asked in another way, and the answers put together again, give the same."""

    change: str
    """What is done to the question, as an order: "add 3 to all rewards"."""
    ask: Callable[[Inputs], Sequence[Inputs]]
    """The inputs of a case as other inputs, for one call or several; none where this case cannot be asked so."""
    together: Callable[[Sequence[np.ndarray], Sequence[Inputs]], np.ndarray] = the_only
    """The answers to those calls and their inputs, as the one answer that must be what it was."""


@dataclass(frozen=True)
class Exercise:
    """One function for the learner to write."""

    name: str
    """What `check`, `hint` and `solution` are called with."""
    title: str
    """The name on the progress board."""
    notebook: str
    """The number of its notebook: "02"."""
    minutes: int
    """How long it takes a learner who knows PyTorch. 5–20 is usual."""
    difficulty: Literal["easy", "medium", "hard"]
    """How hard it is beside the course's other exercises."""
    returns: str
    """What the function returns, in words, for the message that says it does not."""
    reference: Callable
    """The right answer: the course's own function, or a thin adapter of it."""
    sources: tuple[Callable, ...]
    """The functions whose source `solution` shows."""
    cases: tuple[Case, ...]
    """From small to large: the first one that fails is the one the learner sees."""
    slips: tuple[Slip, ...]
    """The classic mistakes, at least five."""
    hints: tuple[str, ...]
    """From a nudge to almost the answer; one is shown at a time."""
    tolerance: float = 1e-5
    """How far a right answer may be off, relative and absolute. 1e-5 is usual for single precision."""
    clues: Mapping[str, str] = field(default_factory=dict)
    """Part of an error's text that is usual here: what to think of when the learner's function stops with it."""
    nan: str = ""
    """Where NaN usually comes from in this exercise, in a sentence or two; said when there is some."""
    place: int = 1
    """Where it comes among the exercises of its notebook, from 1."""
    picture: Callable[[Callable], Curves] | None = None
    """What a pass shows, computed with the learner's own function: it is called like the reference, and what it
    returns is of the reference's kind. None where the notebook itself shows something right below."""
    gradient_of: tuple[str, ...] = ()
    """Tensor inputs by which the value's gradient is compared too; constants may be among them, to be detached."""
    invariants: tuple[Invariant, ...] = ()
    """What must not matter; `check` says which of these breaks. `exercises.invariants` makes the usual ones."""
