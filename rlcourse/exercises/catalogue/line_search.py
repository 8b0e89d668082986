"""Notebook 05: the line search, which asks the real KL and the real surrogate."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from rlcourse.equations import line_search
from rlcourse.exercises.exercise import Case, Exercise, Slip

Evaluate = Callable[[Tensor], tuple[float, float]]


def _variant(
    *,
    accept: Callable = lambda improvement, kl, max_kl: kl <= max_kl and improvement > 0,
    fraction: Callable = lambda coef, attempt: coef**attempt,
    otherwise: Callable = lambda parameters, last: parameters,
    result: Callable = lambda candidate, parameters: candidate,
    fewer: int = 0,
) -> Callable:
    """The line search with one of its parts replaced."""

    def search(parameters, step, evaluate, *, max_kl, backtrack_coef, backtrack_iterations):
        candidate = parameters
        for attempt in range(backtrack_iterations - fewer):
            candidate = parameters + fraction(backtrack_coef, attempt) * step
            improvement, kl = evaluate(candidate)
            if accept(improvement, kl, max_kl):
                return result(candidate, parameters)
        return otherwise(parameters, candidate)

    return search


def _from_where_it_was_refused(parameters, step, evaluate, *, max_kl, backtrack_coef, backtrack_iterations):
    candidate = parameters
    for attempt in range(backtrack_iterations):
        candidate = candidate + backtrack_coef**attempt * step
        improvement, kl = evaluate(candidate)
        if kl <= max_kl and improvement > 0:
            return candidate
    return parameters


def _best_of_all(parameters, step, evaluate, *, max_kl, backtrack_coef, backtrack_iterations):
    best, most = parameters, 0.0
    for attempt in range(backtrack_iterations):
        candidate = parameters + backtrack_coef**attempt * step
        improvement, kl = evaluate(candidate)
        if kl <= max_kl and improvement > most:
            best, most = candidate, improvement
    return best


_SLIPS = (
    Slip(
        "nothing is checked",
        "You take the full step unseen. Ask `evaluate` first: `improvement, kl = evaluate(candidate)`. Return it "
        "only if it keeps the limit and improves; else try again, shorter.",
        lambda parameters, step, evaluate, **limits: parameters + step,
    ),
    Slip(
        "only the KL is checked",
        "A step can keep the limit and still make things worse, as the surrogate is not a straight line either. Accept "
        "a step only if the improvement is above 0 as well.",
        _variant(accept=lambda improvement, kl, max_kl: kl <= max_kl),
    ),
    Slip(
        "only the surrogate is checked",
        "The surrogate may promise much far away, where it is not to be trusted: that is why there is a limit. A step "
        "is accepted only if its KL is at most `max_kl` as well.",
        _variant(accept=lambda improvement, kl, max_kl: improvement > 0),
    ),
    Slip(
        "one of the two is enough",
        "You accept a step that keeps the limit *or* improves. It has to do both.",
        _variant(accept=lambda improvement, kl, max_kl: kl <= max_kl or improvement > 0),
    ),
    Slip(
        "improvement and KL mixed up",
        "`evaluate` returns the improvement first and the KL second. Yours takes them the other way round, so it holds "
        "the improvement below the limit.",
        _variant(accept=lambda improvement, kl, max_kl: improvement <= max_kl and kl > 0),
    ),
    Slip(
        "shortened by subtraction",
        "Your lengths fall by the same amount each time and soon reach 0. They are to be multiplied with the "
        "coefficient each time, 1, κ, κ², and so on: that finds a short step in a few tries.",
        _variant(fraction=lambda coef, attempt: 1 - attempt * (1 - coef)),
    ),
    Slip(
        "shortened once only",
        "After the full step you try the same length again and again. Each refusal shortens the step once more: 1, κ, "
        "κ², and so on.",
        _variant(fraction=lambda coef, attempt: coef ** min(attempt, 1)),
    ),
    Slip(
        "the next try begins where the last one was refused",
        "Each try adds to the candidate that was just refused, so you walk further away instead of back. All tries "
        "begin at the old parameters: `parameters + fraction * step`.",
        _from_where_it_was_refused,
    ),
    Slip(
        "the full step is never tried",
        "Your first length is κ already. The full step comes first: the powers begin with κ⁰ = 1.",
        _variant(fraction=lambda coef, attempt: coef ** (attempt + 1)),
    ),
    Slip(
        "the last refused step comes back",
        "When every length has been refused, the search has failed, and the last candidate is no better than the "
        "others. Return the old `parameters`: no step is safer than a bad one.",
        _variant(otherwise=lambda parameters, last: last),
    ),
    Slip(
        "the step instead of the parameters",
        "You returned how far to go. What is asked for is where that leads: the parameters plus the shortened step.",
        _variant(
            result=lambda candidate, parameters: candidate - parameters,
            otherwise=lambda parameters, last: torch.zeros_like(parameters),
        ),
    ),
    Slip(
        "one length too few",
        "`backtrack_iterations` lengths are to be tried, the full one included, and you stop one earlier.",
        _variant(fewer=1),
    ),
    Slip(
        "no improvement is accepted too",
        "A step that improves nothing is not worth its KL. The improvement has to be *above* 0.",
        _variant(accept=lambda improvement, kl, max_kl: kl <= max_kl and improvement >= 0),
    ),
    Slip(
        "NaN slips through",
        "You refuse a step if its KL is above the limit or its improvement is not above 0. NaN compares false with "
        "everything, so it is never refused. Ask the other way round: accept only if `kl <= max_kl and "
        "improvement > 0`.",
        _variant(accept=lambda improvement, kl, max_kl: not (kl > max_kl or improvement <= 0)),
    ),
    Slip(
        "the best of all lengths",
        "You tried every length and kept the one with the largest improvement. The surrogate is only an estimate, and "
        "each try costs a forward pass: the first length that keeps both promises is taken.",
        _best_of_all,
    ),
)


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
    slips=_SLIPS,
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
