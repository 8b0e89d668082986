"""The classic mistakes of the exercise `line_search`."""

from collections.abc import Callable

import torch

from rlcourse.exercises.exercise import Slip


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


def _moves_the_parameters(parameters, step, evaluate, *, max_kl, backtrack_coef, backtrack_iterations):
    for attempt in range(backtrack_iterations):
        parameters = parameters + backtrack_coef**attempt * step
        improvement, kl = evaluate(parameters)
        if kl <= max_kl and improvement > 0:
            return parameters
    return parameters


def _full_step_or_none(parameters, step, evaluate, *, max_kl, backtrack_coef, backtrack_iterations):
    improvement, kl = evaluate(parameters + step)
    return parameters + step if kl <= max_kl and improvement > 0 else parameters


def _evaluates_the_step(parameters, step, evaluate, *, max_kl, backtrack_coef, backtrack_iterations):
    for attempt in range(backtrack_iterations):
        improvement, kl = evaluate(backtrack_coef**attempt * step)
        if kl <= max_kl and improvement > 0:
            return parameters + backtrack_coef**attempt * step
    return parameters


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


def _full_or_last(parameters, step, evaluate, *, max_kl, backtrack_coef, backtrack_iterations):
    """Evaluated once, before the loop: accepted or refused for every length alike."""
    improvement, kl = evaluate(parameters + step)
    accepted = kl <= max_kl and improvement > 0
    return parameters + step if accepted else parameters + backtrack_coef ** (backtrack_iterations - 1) * step


SLIPS = (
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
        (_moves_the_parameters,),
    ),
    Slip(
        "only the full step has a say",
        "After the first refusal no other length is asked about. Is there a `return` in an `else` inside the loop, or "
        "is `evaluate` called before the loop only? Each turn asks about its own, shorter step.",
        _full_step_or_none,
        (lambda parameters, step, evaluate, **limits: _full_or_last(parameters, step, evaluate, **limits),),
    ),
    Slip(
        "more lengths than allowed",
        "`backtrack_iterations` lengths are to be tried, the full one included, and you go on. After the last refusal "
        "the old `parameters` stay: no step rather than one you cannot trust.",
        _variant(fewer=-1),
        (_variant(fewer=-90),),
    ),
    Slip(
        "the step taken off",
        "You go backwards. The step has its sign already: it leads uphill, so it is added, `parameters + …`.",
        lambda parameters, step, evaluate, **limits: _variant()(parameters, -step, evaluate, **limits),
    ),
    Slip(
        "the step evaluated, not where it leads",
        "`evaluate` wants weights, and you give it the shortened step alone. Ask about the candidate: "
        "`evaluate(parameters + fraction * step)`.",
        _evaluates_the_step,
    ),
    Slip(
        "one and a half times the limit",
        "OpenAI's baselines accept a KL of up to 1.5 times the limit. Here the limit is the limit: `kl <= max_kl`.",
        _variant(accept=lambda improvement, kl, max_kl: kl <= 1.5 * max_kl and improvement > 0),
    ),
    Slip(
        "always halved",
        "Your lengths are halved each time. How much shorter the next one is says `backtrack_coef`.",
        _variant(fraction=lambda coef, attempt: 0.5**attempt),
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
        (
            _variant(accept=lambda improvement, kl, max_kl: kl <= max_kl and not improvement <= 0),
            _variant(accept=lambda improvement, kl, max_kl: improvement > 0 and not kl > max_kl),
        ),
    ),
    Slip(
        "the best of all lengths",
        "You tried every length and kept the one with the largest improvement. The surrogate is only an estimate, and "
        "each try costs a forward pass: the first length that keeps both promises is taken.",
        _best_of_all,
    ),
)
