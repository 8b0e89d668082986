"""From one number per token to one loss: which tokens count how much.

The whole difference between GRPO's, DAPO's and Dr. GRPO's losses is the weight of a token, so the weights are the
function, and the loss is the weighted sum. The same weights can be looked at, and can be taken from the whole
batch and sliced when it is trained on in pieces.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from rlcourse.arguments import check_choice, check_integer, check_number, describe
from rlcourse.equations._inputs import (
    FLOATS,
    Mask,
    as_mask,
    check_axes,
    check_float,
    check_not_empty,
    check_same_shape,
)
from rlcourse.equations.surrogates import clipped_surrogate

MODES = ("sequence-mean", "token-mean", "constant")


def token_weights(
    mask: Mask[Tensor, "B T"], *, mode: str, max_length: int | None = None, dtype: torch.dtype | None = None
) -> Float[Tensor, "B T"]:
    """The weight of each token in the loss.

        "sequence-mean"  maskᵢₜ / (B · |oᵢ|)         GRPO (DeepSeekMath, Shao et al. 2024, eq. 3)
        "token-mean"     maskᵢₜ / Σⱼ |oⱼ|            DAPO (Yu et al. 2025, §3.3), with j over the batch
        "constant"       maskᵢₜ / (B · max_length)   Dr. GRPO (Liu et al. 2025)

    |oᵢ| is the number of unmasked tokens of sequence i. By "sequence-mean" a token of a short answer weighs more
    than one of a long answer; by "token-mean" all weigh alike, and long answers more than short; by "constant"
    a token's weight depends on no answer's length. A sequence without tokens weighs 0 and still counts in B. (DAPO's
    paper adds up over one group and then takes the mean over the questions; over the whole batch, as here, is how TRL
    and verl read it.)

    Args:
        mask: True where a token counts.
        mode: one of the three above.
        max_length: the longest length allowed when sampling; needed by "constant", not read by the others.
        dtype: of the weights, a floating-point one; float32 when None.

    Returns:
        Weights, 0 where masked; they sum to 1 by "token-mean", and by "sequence-mean" if no sequence is empty.

    Raises:
        ValueError: an unknown mode, "constant" without a max_length or one below 1, or an empty mask.
        TypeError: mask is no tensor of booleans or of numbers, or dtype no floating-point type.
    """
    if dtype is not None and dtype not in FLOATS:
        raise TypeError(f"dtype must be a floating-point type of torch, got {describe(dtype)}")
    return _weights(as_mask("mask", mask), mode, max_length, dtype or torch.float32)


def aggregate(
    per_token: Float[Tensor, "B T"], mask: Mask[Tensor, "B T"], *, mode: str, max_length: int | None = None
) -> Float[Tensor, ""]:
    """The weighted sum over all tokens that count; what stands behind the mask is never read.

        Σᵢₜ maskᵢₜ · wᵢₜ · per_tokenᵢₜ        w = token_weights(mask)

    Even NaN behind the mask changes neither the value nor the gradient with respect to `per_token`. If `per_token`
    was computed *from* NaN, the chain rule meets 0·NaN on its way further back: mask those inputs first, too.

    Args:
        per_token: one objective, loss or statistic per token.
        mask: True where a token counts.
        mode: "sequence-mean" (GRPO), "token-mean" (DAPO) or "constant" (Dr. GRPO); see `token_weights`.
        max_length: for "constant".

    Returns:
        A scalar, in the units of per_token; 0 if no token counts.

    Raises:
        ValueError: the shapes differ, or as `token_weights`.
        TypeError: a tensor has the wrong dtype.
    """
    check_float(per_token=per_token)
    mask = as_mask("mask", mask)
    check_same_shape(per_token=per_token, mask=mask)
    weights = _weights(mask, mode, max_length, per_token.dtype)
    return (torch.where(mask, per_token, 0.0) * weights).sum()


def mean_logprobs(logprobs: Float[Tensor, "B T"], mask: Mask[Tensor, "B T"]) -> Float[Tensor, "B 1"]:
    """The mean log-probability of an answer's tokens, of which GSPO makes its ratio (Zheng et al. 2025).

        log s = 1/|o| Σₜ log π_θ(oₜ|o_{<t}) − 1/|o| Σₜ log π_old(oₜ|o_{<t})        s = ( π_θ(o)/π_old(o) )^(1/|o|)

    This is one of the two sums. The difference of two such numbers is the logarithm of one ratio for the whole answer;
    without the division by |o| the ratios of long answers would be astronomical, or next to nothing.

    Args:
        logprobs: of each token; anything at all, even NaN, where the mask is False.
        mask: True where a token belongs to the answer.

    Returns:
        One number for each answer, in nats per token; 0 for an answer without a token.

    Raises:
        ValueError: the shapes differ.
        TypeError: a tensor has the wrong dtype.
    """
    check_float(logprobs=logprobs)
    mask = as_mask("mask", mask)
    check_axes("[B, T]", logprobs=logprobs)
    check_same_shape(logprobs=logprobs, mask=mask)
    return torch.where(mask, logprobs, 0.0).sum(dim=1, keepdim=True) / mask.sum(dim=1, keepdim=True).clamp(min=1)


def grpo_loss(
    logprobs: Float[Tensor, "B T"],
    old_logprobs: Float[Tensor, "B T"],
    advantages: Float[Tensor, "B"],
    mask: Mask[Tensor, "B T"],
    *,
    epsilon: float | int,
) -> Float[Tensor, ""]:
    """GRPO's loss without its KL term, to be minimised (DeepSeekMath, Shao et al. 2024, eq. 3).

        −1/B Σᵢ 1/|oᵢ| Σₜ min( ρᵢₜÂᵢ, clip(ρᵢₜ, 1 − ε, 1 + ε)Âᵢ )        ρᵢₜ = π_θ/π_old of token t of answer i

    Two functions of this package and a minus sign: `clipped_surrogate` and `aggregate`. At π_θ = π_old its value is
    minus the mean of the advantages, which over whole groups is 0; its gradient is not.

    Args:
        logprobs: log π_θ of each token, with gradients.
        old_logprobs: the same of the policy that wrote the answers, a constant.
        advantages: one for each answer, a constant; all of its tokens share it.
        mask: True where a token belongs to the answer.
        epsilon: the clip range, in [0, 1); 0.2 is usual.

    Returns:
        A scalar, in the units of the advantage.

    Raises:
        ValueError: the shapes do not fit, epsilon is out of range, or the mask is empty.
        TypeError: a tensor has the wrong dtype.
    """
    check_float(logprobs=logprobs, old_logprobs=old_logprobs, advantages=advantages)
    check_axes("[B, T]", logprobs=logprobs)
    _check_one_an_answer(advantages, logprobs)
    mask = as_mask("mask", mask)
    check_same_shape(logprobs=logprobs, old_logprobs=old_logprobs, mask=mask)
    check_number("epsilon", epsilon, low=0, high=1, below=True)
    clip = {"clip_low": float(epsilon), "clip_high": float(epsilon)}
    per_token = clipped_surrogate(logprobs, old_logprobs, advantages[:, None], **clip)
    return -aggregate(per_token, mask, mode="sequence-mean")


def _check_one_an_answer(advantages: Tensor, logprobs: Tensor) -> None:
    """Raise unless there is one advantage for each row."""
    if advantages.shape != logprobs.shape[:1]:
        wanted = f"one number for each of the {len(logprobs)} answers"
        raise ValueError(f"advantages must be {wanted}, got the shape {tuple(advantages.shape)}")


def _weights(mask: Bool[Tensor, "..."], mode: object, max_length: object, dtype: torch.dtype) -> Float[Tensor, "B T"]:
    """The weights, once it is clear that there is a mask."""
    check_axes("[B, T]", mask=mask)
    check_not_empty("mask", mask)
    check_choice("mode", mode, MODES)
    active, batch_size = mask.to(dtype), mask.shape[0]
    if mode == "sequence-mean":
        return active / (batch_size * mask.sum(dim=1, keepdim=True).clamp(min=1))  # [B, T] / [B, 1]
    if mode == "token-mean":
        return active / mask.sum().clamp(min=1)
    if max_length is None:
        raise ValueError('max_length must be given for the mode "constant", got None')
    check_integer("max_length", max_length, 1)
    return active / (batch_size * int(max_length))
