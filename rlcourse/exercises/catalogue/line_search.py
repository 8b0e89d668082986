"""Notebook 05: the line search, which asks the real KL and the real surrogate."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from rlcourse.equations import line_search
from rlcourse.exercises.curves import Curves, grid
from rlcourse.exercises.exercise import Case, Exercise
from rlcourse.exercises.slips.line_search import SLIPS

Evaluate = Callable[[Tensor], tuple[float, float]]


def _numbers(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def _along(old: Tensor, step: Tensor, about: str, gain: Callable, kl: Callable) -> Evaluate:
    """`evaluate`, from the improvement and the KL as functions of s, how much of the step was taken."""

    def evaluate(parameters: Tensor | np.ndarray | list) -> tuple[float, float]:
        moved = torch.as_tensor(parameters, dtype=old.dtype) - old
        s = float(moved @ step / (step @ step))
        return gain(s), kl(s)

    evaluate.__doc__ = f"parameters ↦ (improvement, KL); after s steps that is {about}"
    return evaluate


def _case(
    about: str, old: Tensor, step: Tensor, formula: str, gain: Callable, kl: Callable, *, note, coef=0.5, tries=10
) -> Case:
    evaluate = _along(old, step, formula, gain, kl)
    settings = {"max_kl": 0.01, "backtrack_coef": coef, "backtrack_iterations": tries}
    return Case(about, {"parameters": old, "step": step, "evaluate": evaluate, **settings}, note)


def _cases() -> tuple[Case, ...]:
    nan = float("nan")
    wide = torch.randn(2, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    return (
        _case(
            "the full step is fine",
            *(_numbers(1.0), _numbers(0.5), "(0.2·s, 0.009·s²)"),
            *(lambda s: 0.2 * s, lambda s: 0.009 * s**2),
            note="The full step comes first, and it keeps both promises: it is taken.",
        ),
        _case(
            "the KL is too large at first",
            *(_numbers(1.0), _numbers(0.5), "(0.2·s, 0.03·s²)"),
            *(lambda s: 0.2 * s, lambda s: 0.03 * s**2),
            note="The KL of the full step is 0.03, of half of it 0.0075: half of it is taken.",
        ),
        _case(
            "the surrogate gets worse at first",
            *(_numbers(0.0), _numbers(1.0), "(0.3·s − s², 0.008·s²)"),
            *(lambda s: 0.3 * s - s**2, lambda s: 0.008 * s**2),
            note="The KL is fine from the beginning; the first length that gains something is 0.7⁴.",
            coef=0.7,
        ),
        _case(
            "nothing is gained on a long step",
            *(_numbers(0.0), _numbers(1.0), "(0 where s > 0.6, else s; 0.008·s²)"),
            *(lambda s: 0.0 if s > 0.6 else s, lambda s: 0.008 * s**2),
            note="An improvement of exactly 0 is none.",
            coef=0.8,
        ),
        _case(
            "not a number on a long step",
            *(_numbers(0.0), _numbers(1.0), "(s, NaN) where s > 0.3, else (s, 0.001·s)"),
            *(lambda s: s, lambda s: nan if s > 0.3 else 0.001 * s),
            note="A KL that is not a number keeps no limit. NaN compares false with everything.",
        ),
        _case(
            "an improvement that is not a number",
            *(_numbers(0.0), _numbers(1.0), "(NaN where s > 0.3, else s; 0.001·s)"),
            *(lambda s: nan if s > 0.3 else s, lambda s: 0.001 * s),
            note="An improvement that is not a number is none. NaN compares false with everything.",
        ),
        _case(
            "gains nearby and far out, none in between",
            *(_numbers(2.0), _numbers(1.0), "(s where s < 0.3 or s > 1.2, else −1; 0.001·s)"),
            *(lambda s: s if s < 0.3 or s > 1.2 else -1.0, lambda s: 0.001 * s),
            note="All tries begin at the old parameters: 1, ½, and ¼ of the step, which is taken.",
        ),
        _case(
            "the limit is kept to the letter",
            *(_numbers(2.0), _numbers(1.0), "(s, 0.014·s)"),
            *(lambda s: s, lambda s: 0.014 * s),
            note="0.014 is above the limit of 0.01; half of it is below.",
        ),
        _case(
            "three lengths are allowed, and the fourth would do",
            *(_numbers(3.0), _numbers(1.0), "(0.1·s, 0.06·s)"),
            *(lambda s: 0.1 * s, lambda s: 0.06 * s),
            tries=3,
            note="1, ½ and ¼ are refused, and more are not allowed: the old parameters stay.",
        ),
        _case(
            "every length is refused",
            *(_numbers(3.0), _numbers(1.0), "(−s, 0.009·s)"),
            *(lambda s: -s, lambda s: 0.009 * s),
            tries=4,
            note="No length gains anything, so the old parameters stay as they were.",
        ),
        _case(
            "only the last length will do",
            *(_numbers(3.0, -1.0), _numbers(1.0, 2.0), "(0.1·s, 0.11·s)"),
            *(lambda s: 0.1 * s, lambda s: 0.11 * s),
            tries=5,
            note="Five lengths are allowed: 1, ½, ¼, ⅛ and 1⁄16. The fifth is taken.",
        ),
        _case(
            "six parameters",
            *(wide[0], wide[1], "(0.5·s − s², 0.05·s²)"),
            *(lambda s: 0.5 * s - s**2, lambda s: 0.05 * s**2),
            coef=0.8,
            note="All of it together.",
        ),
    )


def _picture(mine: Callable) -> Curves:
    """What a pass shows."""
    limits, start, step = grid(0.001, 0.025), _numbers(0.0), _numbers(1.0)
    how = {"backtrack_coef": 0.8, "backtrack_iterations": 20}
    line = [
        float(mine(start, step, lambda w: (0.2 * float(w[0]), 0.02 * float(w[0]) ** 2), max_kl=limit, **how)[0])
        for limit in limits
    ]
    return Curves("How much of a step your search takes. It costs 0.02 as a whole.", "limit δ", limits, {"taken": line})


EXERCISE = Exercise(
    name="line_search",
    title="The line search",
    notebook="05",
    place=4,
    minutes=10,
    difficulty="medium",
    returns="parameters, a vector of the shape of `parameters`, [D]",
    reference=line_search,
    sources=(line_search,),
    cases=_cases(),
    slips=SLIPS,
    hints=(
        "All tries begin at the same place, the old parameters, and the full step is the first of them. Which two "
        "questions does each candidate have to answer, and who answers them?",
        "A loop over `range(backtrack_iterations)`. `improvement, kl = evaluate(candidate)`: the first candidate that "
        "keeps the limit *and* improves is returned. What is returned if there is none?",
        "In turn j the candidate is `parameters + backtrack_coef**j * step`. When the loop ends without one accepted, "
        "the old `parameters` are the answer, as they were.",
    ),
    clues={
        "iterable": "`evaluate` returns two numbers: `improvement, kl = evaluate(candidate)`.",
        "missing 1 required positional": "`evaluate` wants the candidate: `evaluate(candidate)`.",
    },
    picture=_picture,
)
