"""The ratio of two probabilities, exp of a difference of their logarithms, that does not overflow.

In float32 exp overflows at a log-ratio of 88; the infinity then meets a 0, in a product or in a mask's gradient, and
the model is full of NaN. So above 0.9·log(largest number), a log-ratio of about 80 in float32 and 640 in float64,
exp is continued by its tangent there. Below, where every sane ratio lies, nothing changes. What even so is larger than
the dtype's largest number is that number.

A plain clamp of the log-ratio would be finite as well, but flat: the tokens that went furthest astray would get
no gradient back.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor


def logratio(logprobs: Float[Tensor, "*shape"], other: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """log(π/π_other), finite above: the difference of two finite numbers may be infinite. Below −∞ does no harm."""
    return (logprobs - other).clamp(max=torch.finfo(logprobs.dtype).max / 4)


def exp(logratio: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """eˣ, with the tangent e^c·(1 + x − c) above the limit c."""
    if _is_below_the_limit(logratio):
        return logratio.exp()
    capped, excess = _split(logratio)
    return _within(capped.exp() * (1 + excess))


def expm1(logratio: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """eˣ − 1 without losing the digits of a small x, with the tangent above the limit."""
    if _is_below_the_limit(logratio):
        return logratio.expm1()
    capped, excess = _split(logratio)
    return _within(capped.expm1() + capped.exp() * excess)


def weighted(ratio: Float[Tensor, "*shape"], advantages: Float[Tensor, "..."]) -> Float[Tensor, "*shape"]:
    """ρ·A, at most the largest number."""
    return _within(ratio * advantages)


def _within(numbers: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """The numbers, infinite ones brought to the end of the range. NaN stays NaN."""
    most = torch.finfo(numbers.dtype).max
    return numbers.clamp(-most, most)


def _is_below_the_limit(logratio: Float[Tensor, "*shape"]) -> bool:
    """Whether all of it is, and NaN nowhere. One look spares a small minibatch six operations and their way back."""
    return logratio.numel() > 0 and bool(logratio.detach().max() <= _limit(logratio))


def _split(logratio: Float[Tensor, "*shape"]) -> tuple[Float[Tensor, "*shape"], Float[Tensor, "*shape"]]:
    """The log-ratio up to the limit, and what it has above it."""
    limit = _limit(logratio)
    return logratio.clamp(max=limit), torch.relu(logratio - limit)


def _limit(logratio: Tensor) -> float:
    return 0.9 * math.log(torch.finfo(logratio.dtype).max)
