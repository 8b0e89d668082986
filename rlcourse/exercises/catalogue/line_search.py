"""Notebook 05: the line search, which asks the real KL and the real surrogate."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from rlcourse.equations import line_search
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
    about: str, old: Tensor, step: Tensor, formula: str, gain: Callable, kl: Callable, *, coef=0.5, tries=10
) -> Case:
    evaluate = _along(old, step, formula, gain, kl)
    settings = {"max_kl": 0.01, "backtrack_coef": coef, "backtrack_iterations": tries}
    return Case(about, {"parameters": old, "step": step, "evaluate": evaluate, **settings})


def _cases() -> tuple[Case, ...]:
    nan = float("nan")
    wide = torch.randn(2, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    return (
        _case(
            "the full step is fine",
            *(_numbers(1.0), _numbers(0.5), "(0.2·s, 0.009·s²)"),
            *(lambda s: 0.2 * s, lambda s: 0.009 * s**2),
        ),
        _case(
            "the KL is too large at first",
            *(_numbers(1.0), _numbers(0.5), "(0.2·s, 0.03·s²)"),
            *(lambda s: 0.2 * s, lambda s: 0.03 * s**2),
        ),
        _case(
            "the surrogate gets worse at first",
            *(_numbers(0.0), _numbers(1.0), "(0.3·s − s², 0.008·s²)"),
            *(lambda s: 0.3 * s - s**2, lambda s: 0.008 * s**2),
            coef=0.7,
        ),
        _case(
            "nothing is gained on a long step",
            *(_numbers(0.0), _numbers(1.0), "(0 where s > 0.6, else s; 0.008·s²)"),
            *(lambda s: 0.0 if s > 0.6 else s, lambda s: 0.008 * s**2),
            coef=0.8,
        ),
        _case(
            "not a number on a long step",
            *(_numbers(0.0), _numbers(1.0), "(s, NaN) where s > 0.3, else (s, 0.001·s)"),
            *(lambda s: s, lambda s: nan if s > 0.3 else 0.001 * s),
        ),
        _case(
            "every length is refused",
            *(_numbers(3.0), _numbers(1.0), "(−s, 0.009·s)"),
            *(lambda s: -s, lambda s: 0.009 * s),
            tries=4,
        ),
        _case(
            "only the last length will do",
            *(_numbers(3.0, -1.0), _numbers(1.0, 2.0), "(0.1·s, 0.11·s)"),
            *(lambda s: 0.1 * s, lambda s: 0.11 * s),
            tries=5,
        ),
        _case(
            "six parameters",
            *(wide[0], wide[1], "(0.5·s − s², 0.05·s²)"),
            *(lambda s: 0.5 * s - s**2, lambda s: 0.05 * s**2),
            coef=0.8,
        ),
    )


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
        "A loop over `range(backtrack_iterations)`. In turn j the candidate is `parameters + backtrack_coef**j * "
        "step`, so the full step comes first.",
        "`improvement, kl = evaluate(candidate)`. Return the candidate if it does both: it keeps the limit, and it "
        "improves.",
        "What is returned when the loop ends without a candidate accepted? The old `parameters`, as they were.",
    ),
    clues={
        "iterable": "`evaluate` returns two numbers: `improvement, kl = evaluate(candidate)`.",
        "missing 1 required positional": "`evaluate` wants the candidate: `evaluate(candidate)`.",
    },
)
