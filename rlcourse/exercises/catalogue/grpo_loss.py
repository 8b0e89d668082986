"""Notebook 10: the whole loss of GRPO, but for its KL term."""

from collections.abc import Callable

import torch

from rlcourse.equations import grpo_loss
from rlcourse.exercises.curves import Curves, grid
from rlcourse.exercises.exercise import Case, Exercise
from rlcourse.exercises.invariants import padding_filled, split
from rlcourse.exercises.slips.grpo_loss import SLIPS


def _case(about: str, ratios: list, advantages: list, lengths: list, epsilon: float = 0.2, *, note: str) -> Case:
    """A case from its ratios, those behind the answers' ends included. All digits of a log-probability can be seen."""
    ratios = torch.tensor(ratios)
    old_logprobs = (0.5 / (1 + torch.arange(ratios.numel()))).reshape(ratios.shape).log().round(decimals=4)
    logprobs = (old_logprobs + ratios.log()).round(decimals=4)
    mask = torch.arange(ratios.shape[1]) < torch.tensor(lengths)[:, None]
    given = {"logprobs": logprobs, "old_logprobs": old_logprobs, "advantages": torch.tensor(advantages), "mask": mask}
    return Case(about, given | {"epsilon": epsilon}, note)


def _cases() -> tuple[Case, ...]:
    draw = torch.Generator().manual_seed(3)
    ratios = (0.4 * torch.randn(8, 12, generator=draw)).exp().tolist()
    advantages = torch.randn(8, generator=draw).round(decimals=2).tolist()
    return (
        _case("one answer, one token, inside the band", [[1.1]], [2.0], [1], note="Minus 1.1 · 2: there is one token."),
        _case(
            "one answer of three tokens",
            [[1.1, 1.5, 0.3]],
            [1.0],
            [3],
            note="1.1 and 0.3 stay as they are and 1.5 is clipped to 1.2: minus the mean of the three.",
        ),
        _case(
            "a bad answer of three tokens",
            [[0.9, 1.5, 0.5]],
            [-1.0],
            [3],
            note="0.9 and 1.5 stay as they are, 0.5 is clipped to 0.8, and all are multiplied by −1.",
        ),
        _case(
            "two answers of two tokens",
            [[1.1, 1.0], [0.9, 1.05]],
            [1.5, -0.5],
            [2, 2],
            note="Each row has an advantage of its own; then the mean of the two rows.",
        ),
        _case(
            "a short answer and a long one, with padding",
            [[1.1, 1.4, 0.3, 0.3], [0.9, 0.95, 1.1, 1.05]],
            [1.0, -1.0],
            [2, 4],
            note="The first row has two real tokens, so its mean is over two; what stands behind them is noise.",
        ),
        _case(
            "padding where the ratio is 1",
            [[1.1, 1.0, 1.0], [1.05, 0.9, 1.15]],
            [2.0, -1.0],
            [1, 3],
            note="A ratio of 1 in the padding is a number like any other, and must not count.",
        ),
        _case(
            "a narrower band",
            [[1.08, 0.7], [1.3, 0.85]],
            [1.0, -2.0],
            [2, 2],
            epsilon=0.1,
            note="The band is 0.9 … 1.1 here.",
        ),
        _case("eight of twelve", ratios, advantages, [12, 5, 9, 7, 3, 12, 4, 8], note="All of it together."),
    )


def _picture(mine: Callable) -> Curves:
    """What a pass shows."""
    ratios = grid(0.4, 1.6)
    one, mask = torch.zeros(1, 1), torch.ones(1, 1, dtype=torch.bool)
    lines = {
        f"A = {a:+.0f}": [
            float(mine(torch.tensor([[place]]).log(), one, torch.tensor([a]), mask, epsilon=0.2)) for place in ratios
        ]
        for a in (1.0, -1.0)
    }
    return Curves("Your loss of one answer with one token, ε = 0.2.", "ratio ρ", ratios, lines)


EXERCISE = Exercise(
    name="grpo_loss",
    title="The whole loss of GRPO",
    notebook="10",
    place=2,
    minutes=10,
    difficulty="medium",
    returns="a single number, the loss, to be minimised",
    reference=grpo_loss,
    sources=(grpo_loss,),
    cases=_cases(),
    slips=SLIPS,
    hints=(
        "Work from the inside out: one number for each token first, [B, T]; then one for each answer, [B]; then one. "
        "And the formula is to be maximised: what does an optimiser do with a loss?",
        "`ratio = (logprobs - old_logprobs).exp()`, `A = advantages[:, None]`, and the objective of each token is "
        "`torch.minimum(ratio * A, ratio.clamp(1 - epsilon, 1 + epsilon) * A)`.",
        "`(per_token * mask).sum(dim=1)` adds up the real tokens of each answer and `mask.sum(dim=1)` counts them. "
        "Divide, take the mean over the answers, and put a minus in front.",
    ),
    nan="An answer without a real token would be divided by 0; here each has one at least.",
    clues={
        "must match the size of tensor": "`advantages` is [B] and the tokens are [B, T]: `advantages[:, None]` is a "
        "column, which meets every token of its row.",
        "could not be broadcast": "`advantages` is [B] and the tokens are [B, T]: `advantages[:, None]` is a column, "
        "which meets every token of its row.",
        "min() received": "`torch.minimum(a, b)` compares two tensors entry by entry.",
    },
    gradient_of=("logprobs",),
    picture=_picture,
    invariants=(
        padding_filled("mask", "logprobs", "old_logprobs"),
        split(
            *("logprobs", "old_logprobs", "advantages", "mask"),
            what="the answers",
            weight=lambda inputs: len(inputs["advantages"]),
        ),
    ),
)
