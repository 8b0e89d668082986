"""Notebook 14: the first thing to measure on a run that looks ill."""

import torch
from torch import Tensor

from rlcourse.equations import ratio_gap
from rlcourse.exercises.exercise import Case, Exercise
from rlcourse.exercises.invariants import padding_filled
from rlcourse.exercises.slips.ratio_gap import SLIPS


def _case(about: str, logprobs, old_logprobs, *, note: str, mask=None) -> Case:
    new, old = torch.as_tensor(logprobs), torch.as_tensor(old_logprobs)
    counted = torch.ones_like(new, dtype=torch.bool) if mask is None else torch.as_tensor(mask)
    return Case(about, {"logprobs": new, "old_logprobs": old, "mask": counted}, note)


def _logs(*probabilities: float) -> Tensor:
    """With four digits, so that the learner sees all there are."""
    return torch.tensor([probabilities]).log().round(decimals=4)


def _cases() -> tuple[Case, ...]:
    generator = torch.Generator().manual_seed(0)
    old = -2 * torch.rand(4, 5, generator=generator).round(decimals=3)
    new = (old + 0.2 * torch.randn(4, 5, generator=generator)).round(decimals=3)
    new[1, 2] = old[1, 2] - 1.5  # the furthest is one that became unlikely
    mask = torch.arange(5) < torch.tensor([5, 4, 3, 2])[:, None]
    new[2, 4], new[3, 3] = 3.0, -9.0  # garbage behind the answers
    return (
        _case("one token, half as likely again", _logs(0.6), _logs(0.4), note="ρ = 1.5, so the gap is 0.5."),
        _case("one token, a quarter as likely", _logs(0.1), _logs(0.4), note="ρ = 0.25 is 0.75 away from 1."),
        _case(
            "three tokens of a sound run",
            _logs(0.2, 0.5, 0.9),
            _logs(0.2, 0.5, 0.9),
            note="Every ratio is exactly 1, so the answer is 0.",
        ),
        _case(
            "three tokens, one up and one down",
            _logs(0.5, 0.12, 0.4),
            _logs(0.4, 0.3, 0.4),
            note="1.25 and 0.4: the second is further away, though it is the smaller one.",
        ),
        _case(
            "two answers, the second with padding behind it",
            [[-0.5, -1.0, -0.2], [-0.9, 4.0, -7.0]],
            [[-0.5, -0.9, -0.2], [-1.0, -1.0, 0.0]],
            mask=[[True, True, True], [True, False, False]],
            note="What stands in the padding is no token's probability.",
        ),
        _case("four answers", new, old, mask=mask, note="All of it together."),
    )


EXERCISE = Exercise(
    name="ratio_gap",
    title="Is the first ratio 1?",
    notebook="14",
    place=1,
    minutes=6,
    difficulty="easy",
    returns="one number, the largest |ρ − 1| among the tokens that count",
    reference=ratio_gap,
    sources=(ratio_gap,),
    cases=_cases(),
    slips=SLIPS,
    hints=(
        "First a ratio for each token, then how far it is from 1, then the largest among those that count.",
        "The ratio is `(logprobs - old_logprobs).exp()`, and `(ratio - 1).abs()` how far it is from 1.",
        "`gaps[mask]` are the gaps that count: `return gaps[mask].max()`.",
    ),
    clues={
        "Boolean value of Tensor": "`mask` holds a True or False for each token: `gaps[mask]` are those that count.",
        "can't convert": "For NumPy, cut the gradient off first: `logprobs.detach().numpy()`.",
    },
    nan="NaN is what the logarithm of a negative number gives; these are logarithms already. Subtract, then `exp`.",
    invariants=(padding_filled("mask", "logprobs", "old_logprobs"),),
)
