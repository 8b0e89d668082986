"""Notebook 12: CISPO's objective, one value per token."""

import torch

from rlcourse.equations import cispo
from rlcourse.exercises.exercise import Case, Exercise
from rlcourse.exercises.invariants import split
from rlcourse.exercises.slips.cispo import SLIPS


def _case(
    about: str, ratios: list, advantages: list, clip_low: float = 1.0, clip_high: float = 0.5, *, note: str
) -> Case:
    """A case from the ratios it is about; the old policy gave every token the probability ½ or less.

    Both log-probabilities are whole multiples of 1e-4, so a learner sees all of their digits.
    """
    ratios, advantages = torch.tensor(ratios), torch.tensor(advantages)
    old_logprobs = (0.3 / (1 + torch.arange(ratios.numel()))).reshape(ratios.shape).log().round(decimals=4)
    clip = {"clip_low": clip_low, "clip_high": clip_high}
    logprobs = (old_logprobs + ratios.log()).round(decimals=4)
    return Case(about, {"logprobs": logprobs, "old_logprobs": old_logprobs, "advantages": advantages, **clip}, note)


def _cases() -> tuple[Case, ...]:
    generator = torch.Generator().manual_seed(0)
    ratios = (0.6 * torch.randn(6, 12, generator=generator)).exp()
    return (
        _case(
            "a token that has become a little likelier",
            [1.2],
            [2.0],
            note="The ratio 1.2 is below 1 + 0.5, so it is the weight as it is: 1.2 · 2 · log π.",
        ),
        _case("a fresh token", [1.0], [-1.5], note="The ratio is 1, and what is left is A·log π."),
        _case(
            "a good token that has become much likelier",
            [3.0],
            [2.0],
            note="The weight is held at 1.5, and the push goes on with it; PPO would end it.",
        ),
        _case(
            "a bad token that has become much likelier",
            [3.0],
            [-2.0],
            note="The same weight, 1.5, as for a good one: there is no min.",
        ),
        _case(
            "a bad token that is nearly gone",
            [0.1],
            [-2.0],
            note="With clip_low = 1 there is no lower bound: the weight is 0.1.",
        ),
        _case(
            "two bounds",
            [0.4, 0.9, 1.6],
            [1.0, -1.0, 1.0],
            0.3,
            0.5,
            note="The weights are 0.7, 0.9 and 1.5.",
        ),
        _case(
            "two answers of three tokens, one advantage each",
            [[0.4, 1.0, 2.2], [0.4, 1.0, 2.2]],
            [[0.5], [-0.5]],
            note="One advantage serves all tokens of an answer.",
        ),
        _case(
            "six answers of twelve tokens",
            ratios.tolist(),
            torch.randn(6, 1, generator=generator).tolist(),
            0.4,
            0.8,
            note="All of it together.",
        ),
    )


EXERCISE = Exercise(
    name="cispo",
    title="CISPO: clip the weight",
    notebook="12",
    place=2,
    minutes=10,
    difficulty="medium",
    returns="a tensor of the same shape as `logprobs`, one value per token, to be maximised",
    reference=cispo,
    sources=(cispo,),
    cases=_cases(),
    slips=SLIPS,
    hints=(
        "Two factors and an advantage: a weight, which is the clipped ratio, and what is pushed, `logprobs`. Which of "
        "them shall carry a gradient?",
        "`ratio = (logprobs - old_logprobs).exp()`, and `Tensor.clamp` holds it between `1 - clip_low` and `1 + "
        "clip_high`. `.detach()` makes a constant of it.",
        "`weight * advantages * logprobs`, without a min, a mean or a sign.",
    ),
    nan="A ratio of two log-probabilities is no ratio, and `log` of a log-probability is NaN: both are logarithms "
    "already.",
    gradient_of=("logprobs",),
    invariants=(split("logprobs", "old_logprobs", "advantages", what="the rows"),),
)
