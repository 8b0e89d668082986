"""Notebook 09: what each token is paid in RLHF, the score once and the price of KL everywhere."""

from collections.abc import Callable

import torch

from rlcourse.equations import kl_k1, token_rewards
from rlcourse.exercises.curves import Curves, grid
from rlcourse.exercises.exercise import Case, Exercise
from rlcourse.exercises.invariants import padding_filled, shifted, split
from rlcourse.exercises.slips.token_rewards import SLIPS


def _case(about: str, scores: list, logprobs: list, ref_logprobs: list, lengths: list, kl_coef: float, note: str):
    tables = {"scores": scores, "logprobs": logprobs, "ref_logprobs": ref_logprobs}
    given = {name: torch.tensor(numbers) for name, numbers in tables.items()}
    mask = torch.arange(given["logprobs"].shape[1]) < torch.tensor(lengths)[:, None]
    return Case(about, given | {"mask": mask, "kl_coef": kl_coef}, note)


def _cases() -> tuple[Case, ...]:
    generator = torch.Generator().manual_seed(0)
    random = (torch.randn(2, 4, 7, generator=generator) - 2).tolist()
    return (
        _case(
            "one reply of one token",
            [2.0],
            [[-1.0]],
            [[-1.5]],
            [1],
            0.1,
            "Score and price at the same token: 2 − 0.1 · 0.5.",
        ),
        _case(
            "one reply of three tokens",
            [2.0],
            [[-1.0, -0.5, -3.0]],
            [[-1.5, -2.5, -3.5]],
            [3],
            0.1,
            "Every token pays its own price; the last one gets the score as well.",
        ),
        _case(
            "a price of 0",
            [-1.0],
            [[-1.0, -0.5]],
            [[-4.0, -2.0]],
            [2],
            0.0,
            "Nothing is charged: the score stands at the last token.",
        ),
        _case(
            "tokens that have become rarer",
            [0.5],
            [[-3.0, -1.0]],
            [[-1.0, -2.0]],
            [2],
            0.5,
            "The first token is rarer than in the reference, so it is paid something back.",
        ),
        _case(
            "a reply with padding behind it",
            [1.0],
            [[-1.0, -2.0, 9.0, -9.0]],
            [[-2.0, -2.5, -5.0, 5.0]],
            [2],
            0.2,
            "Behind the second token stands garbage; nothing is paid there.",
        ),
        _case(
            "three replies of different lengths",
            [1.0, -2.0, 3.0],
            [[-0.5, -1.0, -1.5, -0.2], [-2.0, -0.1, -3.0, 7.0], [-0.3, 8.0, -6.0, 4.0]],
            [[-1.0, -0.5, -2.5, -1.2], [-1.0, -1.1, -3.5, -7.0], [-0.8, -4.0, 6.0, 2.0]],
            [4, 3, 1],
            0.3,
            "Each row has its last token in another column: 3, 2 and 0.",
        ),
        _case("four replies", [0.5, -1.0, 2.0, 1.5], *random, [7, 2, 5, 6], 0.1, "All of it together."),
    )


def _picture(mine: Callable) -> Curves:
    """What a pass shows."""
    prices = grid(0, 0.5)
    logprobs, ref_logprobs = torch.tensor([[-0.2, -0.1, -0.3]]), torch.tensor([[-0.4, -3.1, -0.3]])
    given = torch.tensor([2.0]), logprobs, ref_logprobs, torch.ones(1, 3, dtype=torch.bool)
    paid = torch.stack([torch.as_tensor(mine(*given, kl_coef=price))[0] for price in prices])
    lines = {f"token {place + 1}": paid[:, place].tolist() for place in range(3)}
    ratios = ", ".join(f"{ratio:.1f}" for ratio in kl_k1(logprobs, ref_logprobs)[0].tolist())
    title = f"Your rewards of three tokens. Their log-ratios are {ratios}, and the score is 2."
    return Curves(title, "kl_coef", prices, lines)


EXERCISE = Exercise(
    name="token_rewards",
    title="The rewards of RLHF, token by token",
    notebook="09",
    place=1,
    minutes=12,
    difficulty="medium",
    returns="a tensor of the same shape as `logprobs`, [B, T]",
    reference=token_rewards,
    sources=(token_rewards, kl_k1),
    cases=_cases(),
    slips=SLIPS,
    hints=(
        "Two parts, one after the other. The price is easy: `kl_coef * (logprobs - ref_logprobs)`, for all tokens at "
        "once, is to be taken off. Then the score: one number a row, in one column of that row.",
        "The last token of a row is in column `mask.sum(dim=1) - 1`. With `rows = torch.arange(len(scores))`, "
        "`rewards[rows, last] += scores` puts each score into its place.",
        "Nothing is paid in the padding: `torch.where(mask, rewards, 0.0)`. And a reward is a number, not something to "
        "be differentiated: `.detach()` the log-probabilities at the beginning.",
    ),
    clues={
        "leaf Variable that requires grad": "Begin with `logprobs.detach()`: rewards are constants, and then they may "
        "be changed in place.",
        "must match the size": "`scores` has one number a row, [B]. `scores[:, None]` is a column that goes with [B, "
        "T].",
        "out of bounds": "The last of n tokens is in column n − 1.",
    },
    gradient_of=("logprobs",),
    picture=_picture,
    invariants=(
        padding_filled("mask", "logprobs", "ref_logprobs"),
        shifted("logprobs", "ref_logprobs", what="log-probabilities, of both policies", by=-1.0),
        split("scores", "logprobs", "ref_logprobs", "mask", what="the replies"),
    ),
)
