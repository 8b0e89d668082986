"""Baselines: what to expect of a step, to be taken off what it got.

A baseline that does not depend on the action changes the noise of a gradient, not its mean.

A critic V(s) is the baseline of `gae`. Here is one that needs no training: what the other walks got at the same time.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from rlcourse.equations._inputs import Mask, as_mask, check_axes, check_float, check_same_shape


def step_advantages(returns: Float[Tensor, "T N"], mask: Mask[Tensor, "T N"]) -> Float[Tensor, "T N"]:
    """How much better a step went than the same step of the parallel walks (a baseline as in Williams 1992, §4).

        Âₜₙ = Gₜₙ − bₜ        bₜ = mean of Gₜₘ over the walks m that are still under way at step t

    A walk that has ended has no say in the mean. The mean holds the walk's own return too: with k walks under way,
    that step's part of the gradient is shorter by 1/k on average. Late steps, with few walks left, lose most, so the
    whole gradient turns a little; with a hundred walks it hardly shows. A walk alone at its step has no peers, and 0.

    Args:
        returns: Gₜ, what was collected from step t on; anything at all where the mask is False.
        mask: True where a step was really taken.

    Returns:
        Âₜₙ, in the units of the reward; 0 where the mask is False.

    Raises:
        ValueError: the shapes are not one [T, N], or a mask of numbers holds anything but 0 and 1.
        TypeError: returns is not a floating-point tensor, or mask no tensor.
    """
    check_float(returns=returns)
    mask = as_mask("mask", mask)
    check_axes("[T, N]", returns=returns)
    check_same_shape(returns=returns, mask=mask)
    under_way = mask.sum(dim=1, keepdim=True).clamp(min=1)  # [T, 1]
    baseline = torch.where(mask, returns, 0.0).sum(dim=1, keepdim=True) / under_way
    return torch.where(mask, returns - baseline, 0.0)
