"""Checks of what a caller hands in, so that a mistake is named before any work starts.

Each check names the argument, what it got and what is allowed. What a tensor is (its dtype, its shape against
the other tensors) is checked here too, because the jaxtyping signatures are only enforced while testing: in a
notebook these messages are all a learner has. Left out: anything that would look at more than one equation.
"""

import math
from collections.abc import Collection
from numbers import Real

import torch
from jaxtyping import Shaped
from torch import Tensor

Mask = Shaped
"""In a signature: booleans, or the numbers 0 and 1 in their place."""


def check_float(**tensors: object) -> None:
    """TypeError unless every tensor given is a floating-point tensor; None is an argument left out."""
    for name, tensor in tensors.items():
        if tensor is not None and not (isinstance(tensor, Tensor) and tensor.is_floating_point()):
            raise TypeError(f"{name} must be a floating-point tensor, got {_describe(tensor)}.")


def as_mask(name: str, tensor: object) -> Tensor | None:
    """The tensor as booleans: as it is, or made of 0s and 1s as most trainers keep them; None stays None.

    TypeError if it is no tensor, ValueError if it holds anything else: a mask of 0.5 is a weight, and -1 an index.
    """
    if tensor is None or (isinstance(tensor, Tensor) and tensor.dtype == torch.bool):
        return tensor
    if not isinstance(tensor, Tensor):
        raise TypeError(f"{name} must be a tensor of booleans, or of 0 and 1, got {_describe(tensor)}.")
    mask = tensor == 1
    if not (mask | (tensor == 0)).all():
        found = tensor[~mask & (tensor != 0)][0].item()
        raise ValueError(f"{name} must hold only True and False, or 0 and 1, got {found}.")
    return mask


def check_axes(meaning: str, **tensors: Tensor) -> None:
    """ValueError unless every tensor has exactly the axes that `meaning` lists, such as "[T, N]"."""
    for name, tensor in tensors.items():
        if tensor.ndim != meaning.count(",") + 1:
            raise ValueError(f"{name} must have the shape {meaning}, got {list(tensor.shape)}.")


def check_same_shape(**tensors: Tensor | None) -> None:
    """ValueError unless all tensors given share one shape: [N, 1] against [N] would quietly become [N, N]."""
    shapes = {name: list(tensor.shape) for name, tensor in tensors.items() if tensor is not None}
    if any(shape != next(iter(shapes.values())) for shape in shapes.values()):
        listed = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise ValueError(f"These tensors must have the same shape, got {listed}.")


def check_not_empty(name: str, tensor: Tensor) -> None:
    """ValueError if the tensor has no elements: there is nothing to compute, or to take a mean of."""
    if tensor.numel() == 0:
        raise ValueError(f"{name} must not be empty, got the shape {list(tensor.shape)}.")


def check_finite(name: str, tensor: Tensor) -> None:
    """ValueError if the tensor holds NaN or infinity, saying where the first one stands."""
    bad = ~torch.isfinite(tensor)
    if bad.any():
        where = bad.nonzero()[0].tolist()
        raise ValueError(f"{name} must be finite, got {tensor[tuple(where)].item()} at index {where}.")


def check_number(name: str, value: object, *, low: float, high: float = math.inf, below: bool = False) -> None:
    """ValueError unless low ≤ value ≤ high (value < high where `below`); TypeError if it is no number."""
    if not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, got {_describe(value)}.")
    if not (low <= value < high if below else low <= value <= high):
        allowed = f"at least {low}" if high == math.inf else f"in [{low}, {high}{')' if below else ']'}"
        raise ValueError(f"{name} must be {allowed}, got {value}.")


def check_count(name: str, value: object) -> None:
    """ValueError unless value is a whole number of at least 1; TypeError if it is no whole number."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} must be a whole number, got {_describe(value)}.")
    if value < 1:
        raise ValueError(f"{name} must be at least 1, got {value}.")


def check_choice(name: str, value: str, allowed: Collection[str]) -> None:
    """ValueError unless value is one of the words allowed."""
    if value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {value!r}.")


def _describe(value: object) -> str:
    """What a value is, short enough for an error message."""
    return f"a tensor of {value.dtype}" if isinstance(value, Tensor) else f"{type(value).__name__} {value!r}"
