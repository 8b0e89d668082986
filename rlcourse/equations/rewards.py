"""What an answer is paid besides its score: a price for leaving a reference, and one for getting too long.

Left out: a price that adapts itself (Ziegler et al. 2019) and scores that are whitened first.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from rlcourse.arguments import check_integer, check_number
from rlcourse.equations._inputs import (
    Mask,
    as_mask,
    check_axes,
    check_finite,
    check_float,
    check_not_empty,
    check_same_shape,
)
from rlcourse.equations.divergences import kl_k1


def token_rewards(
    scores: Float[Tensor, "B"],
    logprobs: Float[Tensor, "B T"],
    ref_logprobs: Float[Tensor, "B T"],
    mask: Mask[Tensor, "B T"],
    *,
    kl_coef: float | int,
) -> Float[Tensor, "B T"]:
    """The rewards of RLHF: the score at the last token, and at every token a price for leaving the reference.

        rₜ = score·1[t is the last token] − kl_coef·( log π(aₜ|sₜ) − log π_ref(aₜ|sₜ) )

    (Ziegler et al. 2019, whose eq. 2 has it for the whole answer and whose code for each token; Ouyang et al. 2022.)
    The second part is `kl_k1`: on average over the policy's own answers it is the KL, in nats. It is a constant, like
    any reward: no gradient flows through it.

    Args:
        scores: what the reward model says of each answer.
        logprobs: log π of each token, by the policy that wrote the answer.
        ref_logprobs: log π_ref of the same tokens.
        mask: True where there is a token, the end-of-text token included; what stands in the padding does not matter.
        kl_coef: the price of a nat, at least 0; 0.01–0.2 is usual.

    Returns:
        What each token is paid, 0 in the padding, without gradients. Added up over an answer it is
        score − kl_coef·log π(answer)/π_ref(answer).

    Raises:
        ValueError: the shapes do not fit, there is no answer, one has no token, or kl_coef is negative.
        TypeError: an argument is not a floating-point tensor, or mask no mask.
    """
    check_float(scores=scores, logprobs=logprobs, ref_logprobs=ref_logprobs)
    mask = as_mask("mask", mask)
    check_axes("[B]: one for each answer", scores=scores)
    check_axes("[B, T]: a row for each answer", logprobs=logprobs)
    check_same_shape(logprobs=logprobs, ref_logprobs=ref_logprobs, mask=mask)
    check_not_empty("logprobs", logprobs)
    check_number("kl_coef", kl_coef, low=0)
    if len(scores) != len(logprobs):
        raise ValueError(f"scores must have one number for each of the {len(logprobs)} answers, got {len(scores)}")
    if not mask.any(dim=1).all():
        raise ValueError("mask must have at least one token in each row, got a row without")
    columns = torch.arange(mask.shape[1], device=mask.device)
    last = columns == torch.where(mask, columns, -1).amax(dim=1, keepdim=True)
    price = float(kl_coef) * kl_k1(logprobs, ref_logprobs)
    return torch.where(mask, torch.where(last, scores[:, None], 0.0) - price, 0.0).detach()


def soft_overlong_penalty(lengths: Float[Tensor, "*shape"], *, max_length: int, cache: int) -> Float[Tensor, "*shape"]:
    """What DAPO takes off an answer that comes near the limit of its length (Yu et al. 2025, eq. 13).

        0                               |o| ≤ L_max − L_cache
        ((L_max − L_cache) − |o|) / L_cache     up to L_max
        −1                              beyond

    A limit cuts an answer off, and it is paid as a wrong one, however good it was: noise. This says beforehand, and
    little by little, that it gets too long. It is added to the reward of being right.

    Args:
        lengths: |o|, tokens in each answer, at least 0.
        max_length: L_max, from which on the whole penalty is due.
        cache: L_cache, the last tokens before that, over which it grows; from 1 to max_length. The paper takes a fifth:
            4,096 of 20,480.

    Returns:
        The penalty, from −1 to 0.

    Raises:
        ValueError: a length is negative or not finite, or a number is out of range.
        TypeError: lengths is not a floating-point tensor, or a number is not whole.
    """
    check_float(lengths=lengths)
    check_finite("lengths", lengths)
    check_integer("max_length", max_length, 1)
    check_integer("cache", cache, 1, int(max_length))
    if (lengths < 0).any():
        raise ValueError(f"lengths must be at least 0, got {lengths.min().item():g}")
    return ((int(max_length) - int(cache) - lengths) / int(cache)).clamp(-1, 0)
