"""What every algorithm checks: what passed-in functions return, and that padding is never read."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from rlcourse.algorithms.protocol import Episodes, Policy


def check_returned(function: str, returned: object, shape: torch.Size) -> Tensor:
    """What a function that was passed in returned, if it is a tensor of the shape asked for."""
    if not isinstance(returned, Tensor):
        raise TypeError(f"{function} must return a tensor, got {returned!r}")
    if returned.shape != shape:
        raise ValueError(f"{function} must return the shape {list(shape)}, got {list(returned.shape)}")
    return returned


def check_copy(policy: Policy, reference: Policy | None) -> None:
    """Raise if the reference shares weights with the policy that is trained."""
    if reference is not None and _weights(policy) & _weights(reference):
        raise ValueError("reference must be a copy: it shares the policy's weights, so the KL would stay 0")


def check_separate(policy: Policy, critic: object, algorithm: str) -> None:
    """Raise if policy and critic share weights."""
    if _weights(policy) & _weights(critic):
        raise ValueError(f"critic must have weights of its own: {algorithm} must not move the policy to fit values")


def _weights(module) -> set[int]:
    return {id(weight) for weight in module.parameters()}


def without_padding(per_action: Float[Tensor, "B T"], episodes: Episodes) -> Float[Tensor, "B T"]:
    """0 in the padding, so that nothing standing there, not even a NaN, reaches a sum or a gradient."""
    return torch.where(episodes.mask, per_action, 0.0)


def clip_gradient(parameters: Sequence[Tensor], max_norm: float) -> float:
    """Scale the gradient down to `max_norm` if it is longer; returns its length before. FloatingPointError if NaN."""
    norm = torch.nn.utils.clip_grad_norm_(parameters, max_norm, foreach=True)
    if not norm.isfinite():
        raise FloatingPointError(f"the gradient's length is {norm}: the policy or the objective is not finite")
    return norm.item()
