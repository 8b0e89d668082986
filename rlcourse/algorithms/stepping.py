"""One step down the gradient of a loss, which every way of learning takes in the end."""

import math
from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor


def gradient_step(
    loss: Float[Tensor, ""], optimizer: torch.optim.Optimizer, weights: Iterable[Tensor], max_norm: float
) -> float:
    """Step down the gradient of the loss, scaled down to the length `max_norm` where it is longer.

    Args:
        loss: What shall become smaller, a scalar.
        optimizer: Its step is taken.
        weights: What the gradient is taken in and clipped over together (Pascanu et al. 2013).
        max_norm: The greatest length of the gradient.

    Returns:
        The gradient's length before it was clipped.

    Raises:
        FloatingPointError: The gradient or the loss is NaN or infinite; no step was taken.
    """
    optimizer.zero_grad()
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_([*weights], max_norm, foreach=True).item()
    for what, number in (("gradient's length", norm), ("loss", loss.item())):
        if not math.isfinite(number):
            raise FloatingPointError(f"the {what} is {number}: the policy, the critic or the objective is not finite")
    optimizer.step()
    return norm
