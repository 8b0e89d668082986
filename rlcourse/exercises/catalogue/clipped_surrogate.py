"""Notebook 06: PPO's clipped objective, one value per action."""

from collections.abc import Callable

import torch

from rlcourse.equations import clipped_surrogate
from rlcourse.exercises.curves import Curves, grid
from rlcourse.exercises.exercise import Case, Exercise
from rlcourse.exercises.invariants import shifted, split
from rlcourse.exercises.slips.clipped_surrogate import SLIPS


def _case(
    about: str, ratios: list, advantages: list, clip_low: float = 0.2, clip_high: float = 0.2, *, note: str
) -> Case:
    """A case from the ratios it is about; the old policy gave every action the probability ½ or less.

    Both log-probabilities are whole multiples of 1e-4, so a learner sees all of their digits.
    """
    ratios, advantages = torch.tensor(ratios), torch.tensor(advantages)
    old_logprobs = (0.4 / (1 + torch.arange(ratios.numel()))).reshape(ratios.shape).log().round(decimals=4)
    clip = {"clip_low": clip_low, "clip_high": clip_high}
    logprobs = (old_logprobs + ratios.log()).round(decimals=4)
    return Case(about, {"logprobs": logprobs, "old_logprobs": old_logprobs, "advantages": advantages, **clip}, note)


def _cases() -> tuple[Case, ...]:
    generator = torch.Generator().manual_seed(0)
    ratios = (0.5 * torch.randn(8, 20, generator=generator)).exp()
    return (
        # First a ratio that is not 1: there a ratio upside down, or made of logarithms, is off by more than rounding.
        _case(
            "a good action, inside the band",
            [1.1],
            [2.0],
            note="The ratio is 1.1, inside 0.8 … 1.2: nothing is clipped.",
        ),
        _case(
            "a good action, before the first step",
            [1.0],
            [2.0],
            note="The ratio is 1 where nothing has changed, so the objective is A.",
        ),
        _case(
            "a good action that has become much likelier",
            [1.5],
            [2.0],
            note="The ratio is 1.5: the clip holds it at 1.2, and the push ends.",
        ),
        _case(
            "a good action that has become less likely, by mistake",
            [0.5],
            [2.0],
            note="The ratio is 0.5 though the action is good: the smaller product is the unclipped one.",
        ),
        _case(
            "a bad action that has become much less likely",
            [0.5],
            [-2.0],
            note="The ratio is 0.5: the clip holds it at 0.8, and the push ends.",
        ),
        _case(
            "a bad action that has become likelier, by mistake",
            [1.5],
            [-2.0],
            note="The ratio is 1.5 though the action is bad: it must be pushed back, so no clip here.",
        ),
        _case(
            "two bounds, as in DAPO",
            [0.75, 1.25, 1.4],
            [-1.0, 1.0, 1.0],
            0.2,
            0.28,
            note="The band reaches from 1 − 0.2 to 1 + 0.28.",
        ),
        _case(
            "two answers of three tokens, one advantage each",
            [[0.6, 1.0, 1.7], [0.6, 1.0, 1.7]],
            [[0.5], [-0.5]],
            note="One advantage serves all tokens of an answer.",
        ),
        _case(
            "eight of twenty",
            ratios.tolist(),
            torch.randn(8, 1, generator=generator).tolist(),
            0.1,
            0.28,
            note="All of it together.",
        ),
    )


def _picture(mine: Callable) -> Curves:
    """What a pass shows."""
    ratios = torch.tensor(grid(0.4, 1.6))
    lines = {}
    for a in (1.0, -1.0):
        sides = (ratios.log(), torch.zeros_like(ratios), torch.full_like(ratios, a))
        lines[f"A = {a:+.0f}"] = mine(*sides, clip_low=0.2, clip_high=0.2).tolist()
    return Curves("Your clipped objective, ε = 0.2.", "ratio ρ", ratios.tolist(), lines)


EXERCISE = Exercise(
    name="clipped_surrogate",
    title="PPO's clipped objective",
    notebook="06",
    place=1,
    minutes=12,
    difficulty="medium",
    returns="a tensor of the same shape as `logprobs`, one value per action, to be maximised",
    reference=clipped_surrogate,
    sources=(clipped_surrogate,),
    cases=_cases(),
    slips=SLIPS,
    hints=(
        "Three steps: the ratio, the ratio clipped, and the smaller of two products. You are given logarithms: what is "
        "the logarithm of π_θ/π_old?",
        "`ratio = (logprobs - old_logprobs).exp()`. It is 1 where nothing has changed, so the band around it reaches "
        "from `1 - clip_low` to `1 + clip_high`; `Tensor.clamp` does that.",
        "`torch.minimum(a, b)` takes the smaller entry by entry. What are a and b? Both are products with "
        "`advantages`: one of the ratio, one of the clipped ratio. Do not average.",
    ),
    nan="`std` of a single number is NaN; and a ratio of two log-probabilities is no ratio.",
    clues={
        "min() received": "`torch.minimum(a, b)` compares two tensors entry by entry; Python's `min` and `torch.min` "
        "of one tensor do something else.",
        "Boolean value of Tensor": "Python's `min` and `if` want one truth value, a tensor has many: "
        "`torch.minimum(a, b)` works entry by entry.",
    },
    gradient_of=("logprobs",),
    picture=_picture,
    invariants=(
        shifted("logprobs", "old_logprobs", what="log-probabilities, new and old", by=-1.0),
        split("logprobs", "old_logprobs", "advantages", what="the rows"),
    ),
)
