"""Notebook 06: how far an update has gone, by the two gauges of every PPO program."""

from collections.abc import Callable

import torch
from torch import Tensor

from rlcourse.equations import ppo_gauges
from rlcourse.exercises.curves import Curves, grid
from rlcourse.exercises.exercise import Case, Exercise
from rlcourse.exercises.slips.ppo_gauges import SLIPS


def _case(
    about: str, logprobs: Tensor, old_logprobs: Tensor, *, note: str, mask: Tensor | None = None, clip_range=0.2
) -> Case:
    everywhere = torch.ones_like(logprobs, dtype=torch.bool)
    given = {"logprobs": logprobs, "old_logprobs": old_logprobs, "mask": everywhere if mask is None else mask}
    return Case(about, {**given, "clip_range": clip_range}, note)


def _logs(*probabilities: float) -> Tensor:
    """With four digits, so that the learner sees all there are."""
    return torch.tensor(probabilities).log().round(decimals=4)


def _cases() -> tuple[Case, ...]:
    generator = torch.Generator().manual_seed(0)
    old = -2 * torch.rand(5, 4, generator=generator).round(decimals=3)
    new = (old + 0.4 * torch.randn(5, 4, generator=generator)).round(decimals=3)
    mask = torch.rand(5, 4, generator=generator) < 0.7
    return (
        _case("one action, half as likely again", _logs(0.6), _logs(0.4), note="ρ = 1.5: 1.5 − 1 − log 1.5 ≈ 0.0945."),
        _case("one action, half as likely", _logs(0.2), _logs(0.4), note="ρ = 0.5 is outside, on the other side."),
        _case(
            "two actions, one up and one down",
            _logs(0.5, 0.3),
            _logs(0.3, 0.5),
            note="First ρ − 1 − log ρ for each action, then the mean: nothing cancels.",
        ),
        _case(
            "before the first step, with a band of width 0",
            _logs(0.2, 0.5),
            _logs(0.2, 0.5),
            clip_range=0.0,
            note="All ratios are exactly 1. That is no distance, and not outside of any band.",
        ),
        _case(
            "four actions near the band's edges",
            _logs(0.41, 0.33, 0.362, 0.45),
            _logs(0.5, 0.28, 0.3, 0.45),
            note="Of ρ = 0.82, 1.18, 1.21 and 1, one is outside of 0.8 to 1.2.",
        ),
        _case(
            "four actions, of which one is padding",
            torch.tensor([-0.7, -1.2, -0.1, 2.0]),
            torch.tensor([-0.6, -0.8, -0.5, -1.0]),
            mask=torch.tensor([True, True, True, False]),
            note="The last entry is no action: both are means over the other three.",
        ),
        _case("five answers of up to four tokens", new, old, mask=mask, clip_range=0.3, note="All of it together."),
    )


def _picture(mine: Callable) -> Curves:
    """What a pass shows."""
    log_ratios = grid(-1.5, 1.5)
    one, mask = torch.zeros(1), torch.ones(1, dtype=torch.bool)
    drawn = [mine(torch.full((1,), place), one, mask, clip_range=0.2) for place in log_ratios]
    lines = {name: [float(gauges[i]) for gauges in drawn] for i, name in enumerate(("approx_kl", "clip_fraction"))}
    return Curves("Your gauges of a single action, ε = 0.2.", "log ρ", log_ratios, lines)


EXERCISE = Exercise(
    name="ppo_gauges",
    title="Two gauges: approximate KL and clip fraction",
    notebook="06",
    place=2,
    minutes=8,
    difficulty="easy",
    returns="two numbers, `(approx_kl, clip_fraction)`, without a gradient",
    reference=ppo_gauges,
    sources=(ppo_gauges,),
    cases=_cases(),
    slips=SLIPS,
    hints=(
        "Both begin with the log-ratio, `logprobs - old_logprobs`, one number for each action, and its exponential ρ. "
        "What comes from it is a number for each action again, and in the end a mean over those that count.",
        "The KL: `ratio - 1 - log_ratio`. The clip fraction: `(ratio - 1).abs() > clip_range` is True or False, and "
        "`.float()` makes 1 and 0 of that. And begin with `logprobs.detach()`: a gauge carries no gradient.",
        "With `kl = ratio - 1 - log_ratio` and `outside = ((ratio - 1).abs() > clip_range).float()`, both masked "
        "means are alike: `return kl[mask].mean(), outside[mask].mean()`.",
    ),
    clues={
        "Can't call numpy() on Tensor": "For NumPy, cut the gradient off first: `logprobs.detach().numpy()`.",
        "mean(): could not infer output dtype": "PyTorch takes no mean of True and False: make numbers of them first, "
        "`.float()`.",
        "Boolean value of Tensor": "`mask` holds a True or False for each action: `values[mask]` are those that count, "
        "and `torch.where(mask, values, 0.0)` keeps the shape.",
    },
    gradient_of=("logprobs",),
    picture=_picture,
)
