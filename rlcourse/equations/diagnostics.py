"""Two numbers that must be 0 in a sound run, whatever it learns: measure them before its first step.

A run's curves say that something is wrong, and seldom what. These ask one thing each. Left out: where the line is
between rounding and a fault; 10⁻⁴ in single precision is a usual one.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor

from rlcourse.arguments import check_function, check_integer, describe
from rlcourse.equations import _ratios
from rlcourse.equations._inputs import Mask, as_mask, as_whole, check_axes, check_not_empty, check_same_shape
from rlcourse.equations.surrogates import check_actions

Score = Callable[[Tensor, Tensor], Tensor]
"""(tokens, real), [B, L] each → log-probabilities of the answers, [B, T], which stand in the last T columns."""


def ratio_gap(
    logprobs: Float[Tensor, "*shape"], old_logprobs: Float[Tensor, "*shape"], mask: Mask[Tensor, "*shape"]
) -> Float[Tensor, ""]:
    """How far the furthest ratio is from 1.

        max |ρ − 1| over the actions that count        ρ = π_θ(a|s) / π_old(a|s)

    Before the first step on a batch both are one policy, so it is 0 but for rounding. If it is not, whoever sampled and
    whoever scores see different models: dropout, another temperature, other positions.

    Args:
        logprobs: log π_θ(a|s), by whoever trains.
        old_logprobs: log π_old(a|s), as the actions were drawn.
        mask: True where an action counts.

    Returns:
        A number of at least 0, without gradient; 0 where no action counts.

    Raises:
        ValueError: the shapes differ.
        TypeError: a tensor has the wrong dtype.
    """
    mask = as_mask("mask", mask)
    check_actions(logprobs, old_logprobs, mask)
    gaps = _ratios.expm1(_ratios.logratio(logprobs.detach(), old_logprobs.detach())).abs()
    return torch.where(mask, gaps, 0.0).max() if gaps.numel() else gaps.sum()


def padding_gap(
    score: Score, tokens: Int[Tensor, "B L"], real: Mask[Tensor, "B L"], *, columns: int
) -> Float[Tensor, ""]:
    """How much a token's log-probability changes when its row is padded further.

        max |score(tokens, real) − score(more padding and tokens, more padding and real)|

    Padding is nobody's text: with more of it in front, as happens whenever a longer question comes into the batch, no
    probability may change. GPT-2 and others number the places of their tokens, and must be told which is the first.

    Args:
        score: how likely a run finds the tokens of its answers; see `Score`.
        tokens: in each row padding, a question, an answer, padding.
        real: True for question and answer, False in the padding.
        columns: how many columns of padding are put in front, 1 to 1,024. They are filled with token 0.

    Returns:
        The largest change among the answers' real tokens, in nats, without gradient; 0 where there is none.

    Raises:
        ValueError: shapes do not fit, or columns is out of range.
        TypeError: an argument is of the wrong kind, or score returns no [B, T].
    """
    check_function("score", score)
    tokens, real = as_whole("tokens", tokens), as_mask("real", real)
    check_axes("[B, L]", tokens=tokens)
    check_same_shape(tokens=tokens, real=real)
    check_not_empty("tokens", tokens)
    check_integer("columns", columns, 1, 1024)
    in_front = (int(columns), 0)
    further = torch.nn.functional.pad(tokens, in_front), torch.nn.functional.pad(real, in_front, value=False)
    before, after = (_scored(score, *rows) for rows in ((tokens, real), further))
    changes = torch.where(real[:, -before.shape[1] :], (after - before).abs(), 0.0)
    return changes.max()


def _scored(score: Score, tokens: Tensor, real: Tensor) -> Float[Tensor, "B T"]:
    """What `score` says, if that is a row of numbers for each row of tokens."""
    found = score(tokens, real)
    fits = isinstance(found, Tensor) and found.is_floating_point() and found.ndim == 2 and found.numel()
    if not fits or len(found) != len(tokens) or found.shape[1] > tokens.shape[1]:
        raise TypeError(
            f"score must return log-probabilities [B, T] for {list(tokens.shape)} tokens, {describe(found)}"
        )
    return found.detach()
