"""What each token is paid, where a judge looks only at the whole answer and each token costs what it departs.

Left out: a price that adapts itself (Ziegler et al. 2019) and scores that are whitened first.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from rlcourse.arguments import check_number
from rlcourse.equations._inputs import Mask, as_mask, check_axes, check_float, check_not_empty, check_same_shape
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
