"""exp(log-ratio) that does not overflow.

Policies are compared by the ratio of two probabilities, computed as exp of a difference of log-probabilities. In
float32 exp overflows at a log-ratio of 88; the infinity then meets a 0, in a product or in a mask's gradient, and
the model is full of NaN. So above 0.9·log(largest number), a log-ratio of about 80 in float32 and 640 in float64,
exp is continued by its tangent there. Below, where every sane ratio lies, nothing changes.

A plain clamp of the log-ratio would be finite as well, but flat: the tokens that went furthest astray would get
no gradient back.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor


def exp(logratio: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """eˣ, with the tangent e^c·(1 + x − c) above the limit c."""
    capped, excess = _split(logratio)
    return capped.exp() * (1 + excess)


def expm1(logratio: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """eˣ − 1 without losing the digits of a small x, with the tangent above the limit."""
    capped, excess = _split(logratio)
    return capped.expm1() + capped.exp() * excess


def _split(logratio: Float[Tensor, "*shape"]) -> tuple[Float[Tensor, "*shape"], Float[Tensor, "*shape"]]:
    """The log-ratio up to the limit, and what it has above it."""
    limit = 0.9 * math.log(torch.finfo(logratio.dtype).max)
    return logratio.clamp(max=limit), torch.relu(logratio - limit)
