"""Notebook 12: how much a token counts that an older policy, or another program, has sampled."""

from collections.abc import Callable

import torch
from torch import Tensor

from rlcourse.equations import truncated_importance_weights
from rlcourse.exercises.curves import Curves, grid
from rlcourse.exercises.exercise import Case, Exercise, Slip
from rlcourse.exercises.invariants import shifted


def _ratio(logprobs: Tensor, sampler_logprobs: Tensor) -> Tensor:
    return (logprobs - sampler_logprobs).exp().detach()


def _of_the_whole_answer(logprobs: Tensor, sampler_logprobs: Tensor, *, cap: float) -> Tensor:
    together = (logprobs - sampler_logprobs).sum(-1, keepdim=True).exp().clamp(max=cap)
    return together.expand_as(logprobs).detach()


def _normalised(logprobs: Tensor, sampler_logprobs: Tensor, *, cap: float) -> Tensor:
    weights = truncated_importance_weights(logprobs, sampler_logprobs, cap=cap)
    return weights / weights.mean()


def _dropped(logprobs: Tensor, sampler_logprobs: Tensor, *, cap: float) -> Tensor:
    ratio = _ratio(logprobs, sampler_logprobs)
    return torch.where(ratio <= cap, ratio, 0.0)


_SLIPS = (
    Slip(
        "π_sampler/π instead of π/π_sampler",
        "The ratio is upside down. What the policy makes likelier than the sampler did came up too seldom, and must "
        "count more: the policy stands above the line.",
        lambda logprobs, sampler_logprobs, *, cap: _ratio(sampler_logprobs, logprobs).clamp(max=cap),
    ),
    Slip(
        "not cut off",
        "The ratio is right, and one of these weights may be a hundred: a single token then is the gradient. Cut them "
        "off at the cap.",
        lambda logprobs, sampler_logprobs, *, cap: _ratio(logprobs, sampler_logprobs),
    ),
    Slip(
        "max where min belongs",
        "No weight of yours is below the cap. `clamp(max=cap)`, or `torch.minimum`, keeps them from being above it; "
        "`clamp(min=cap)` does the opposite.",
        lambda logprobs, sampler_logprobs, *, cap: _ratio(logprobs, sampler_logprobs).clamp(min=cap),
    ),
    Slip(
        "cut off below as well",
        "You hold the weight in a band, as PPO's clip does with its ratio. A small weight does no harm: it is a token "
        "that the policy would hardly write, and nearly nothing is just what it should count. Only the top is cut.",
        lambda logprobs, sampler_logprobs, *, cap: _ratio(logprobs, sampler_logprobs).clamp(1 / cap, cap),
        (
            lambda logprobs, sampler_logprobs, *, cap: _ratio(logprobs, sampler_logprobs).clamp(2 - cap, cap),
            lambda logprobs, sampler_logprobs, *, cap: _ratio(logprobs, sampler_logprobs).clamp(1 - 0.2, cap),
        ),
    ),
    Slip(
        "the logarithm cut off instead of the ratio",
        "You cut the difference of the log-probabilities off at the cap and took `exp` then, so a weight may come to "
        "exp(cap). First `exp`, then the cap.",
        lambda logprobs, sampler_logprobs, *, cap: (logprobs - sampler_logprobs).clamp(max=cap).exp().detach(),
    ),
    Slip(
        "the logarithm of the ratio",
        "`logprobs - sampler_logprobs` is the logarithm of the ratio: 0 where both agree. There the weight must be 1, "
        "so `exp` is missing.",
        lambda logprobs, sampler_logprobs, *, cap: (logprobs - sampler_logprobs).clamp(max=cap).detach(),
    ),
    Slip(
        "divides log-probabilities",
        "`logprobs / sampler_logprobs` is no ratio of probabilities. Take the logarithms apart, and then `exp`: "
        "`(logprobs - sampler_logprobs).exp()`.",
        lambda logprobs, sampler_logprobs, *, cap: (logprobs / sampler_logprobs).clamp(max=cap).detach(),
    ),
    Slip(
        "one weight for the whole answer",
        "You multiplied the ratios of all tokens of an answer. That is right for the answer as one action, and soon "
        "huge or next to nothing. Here each token has a weight of its own.",
        _of_the_whole_answer,
    ),
    Slip(
        "weights above the cap set to 0",
        "Some trainers do drop such tokens, and call it masking. *Truncated* weights keep them: they count as much as "
        "the cap.",
        _dropped,
    ),
    Slip(
        "divided by their mean",
        "Weights that are brought to a mean of 1 depend on who else is in the batch. Leave them as they are: where "
        "policy and sampler agree, each is 1 anyway.",
        _normalised,
    ),
    Slip(
        "with a gradient",
        "The numbers are right, but a gradient runs through them. A weight says how much a token counts; it is no part "
        "of what is optimised. `.detach()` makes a constant of it.",
        lambda logprobs, sampler_logprobs, *, cap: (logprobs - sampler_logprobs).exp().clamp(max=cap),
    ),
    Slip(
        "their mean",
        "The numbers are right, but one mean is left of them. Return a weight for each token: it is multiplied with "
        "the token's own part of the loss.",
        lambda logprobs, sampler_logprobs, *, cap: truncated_importance_weights(
            logprobs, sampler_logprobs, cap=cap
        ).mean(),
    ),
)


def _case(about: str, logprobs: list, sampler: list, cap: float, note: str) -> Case:
    given = {"logprobs": torch.tensor(logprobs), "sampler_logprobs": torch.tensor(sampler), "cap": cap}
    return Case(about, given, note)


def _cases() -> tuple[Case, ...]:
    generator = torch.Generator().manual_seed(0)
    sampler = torch.rand(4, 6, generator=generator).mul(0.9).add(0.05).log()
    policy = (sampler + 0.6 * torch.randn(4, 6, generator=generator)).clamp(max=-0.01)
    return (
        _case("one token, both agree", [[-0.5]], [[-0.5]], 2.0, "The sampler is the policy: the weight is 1."),
        _case(
            "likelier by half, and half as likely",
            [[-0.5, -2.0]],
            [[-0.9054651, -1.3068528]],
            2.0,
            "The ratios are 1.5 and 0.5, both below the cap.",
        ),
        _case(
            "five times as likely",
            [[-0.5, -1.0]],
            [[-2.1094379, -1.0]],
            2.0,
            "The ratio 5 is cut off at 2; the other token's is 1.",
        ),
        _case(
            "a token that the policy has given up",
            [[-9.0, -0.2, -0.4]],
            [[-0.7, -0.3, -0.1]],
            3.0,
            "The first weight is next to 0, and stays there: nothing is cut off below.",
        ),
        _case(
            "two answers, a cap of 1",
            [[-0.2, -1.5], [-0.6, -3.0]],
            [[-0.6, -1.2], [-0.5, -5.0]],
            1.0,
            "With a cap of 1 no token counts more than a fresh one.",
        ),
        _case("four answers", policy.tolist(), sampler.tolist(), 1.5, "All of it together."),
    )


def _picture(mine: Callable) -> Curves:
    """What a pass shows."""
    ratios = grid(0.05, 4.0, 80)
    sampler = torch.full((1, len(ratios)), -2.0)
    logprobs = sampler + torch.tensor([list(ratios)]).log()
    lines = {f"cap {cap:g}": mine(logprobs, sampler, cap=cap).reshape(-1).tolist() for cap in (1.5, 3.0)}
    return Curves("Your weights: what a token counts.", "π/π_sampler of a token", ratios, lines)


EXERCISE = Exercise(
    name="truncated_importance_weights",
    title="Weights for tokens that somebody else sampled",
    notebook="12",
    place=3,
    minutes=5,
    difficulty="easy",
    returns="a tensor of the shape of `logprobs`, one weight for each token",
    reference=truncated_importance_weights,
    sources=(truncated_importance_weights,),
    cases=_cases(),
    slips=_SLIPS,
    hints=(
        "A token that the policy would write twice as often as the sampler did came up half as often as it should. So "
        "it must count twice: the weight is the ratio of the two probabilities, π/π_sampler.",
        "Logarithms are given: the ratio is `(logprobs - sampler_logprobs).exp()`. What does `clamp(max=cap)` do?",
        "A weight is a constant of the loss: `.detach()` at the end. So "
        "`(logprobs - sampler_logprobs).exp().clamp(max=cap).detach()`.",
    ),
    gradient_of=("logprobs",),
    picture=_picture,
    invariants=(shifted("logprobs", "sampler_logprobs", what="log-probabilities of both", by=-0.5),),
)
