"""Checks of the tensors that a caller hands in, so that a mistake is named before any work starts.

Each check names the argument, what it got and what is allowed. What a tensor is (its dtype, its shape against
the other tensors) is checked here, because the jaxtyping signatures are only enforced while testing: in a
notebook these messages are all a learner has. Plain numbers, counts and choices are checked by
`rlcourse.arguments`. Left out: anything that would look at more than one equation.
"""

from numbers import Integral

import torch
from jaxtyping import Shaped
from torch import Tensor

from rlcourse.arguments import check_integer, describe

Mask = Shaped
"""In a signature: booleans, or the numbers 0 and 1 in their place."""

FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
WHOLE = (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64)


def given(**tensors: object) -> dict[str, object]:
    """Those of some optional tensors that were not left out."""
    return {name: tensor for name, tensor in tensors.items() if tensor is not None}


def check_float(**tensors: object) -> None:
    """TypeError unless each is a floating-point tensor whose numbers can be read: dense, and on a real device."""
    for name, tensor in tensors.items():
        _check_dense(name, tensor, "a floating-point tensor")
        if tensor.dtype not in FLOATS:
            raise TypeError(f"{name} must be a floating-point tensor, got {_what(tensor)}")


def as_mask(name: str, tensor: object) -> Tensor:
    """The tensor as booleans: as it is, or made of 0s and 1s as most trainers keep them.

    TypeError if it is no tensor, ValueError if it holds anything else: a mask of 0.5 is a weight, and -1 an index.
    """
    _check_dense(name, tensor, "a tensor of booleans, or of 0 and 1")
    if tensor.dtype == torch.bool:
        return tensor
    if tensor.dtype not in FLOATS + WHOLE:
        raise TypeError(f"{name} must be a tensor of booleans, or of 0 and 1, got {_what(tensor)}")
    mask = tensor == 1
    if not (mask | (tensor == 0)).all():
        found = tensor[~mask & (tensor != 0)][0].item()
        raise ValueError(f"{name} must hold only True and False, or 0 and 1, got {found}")
    return mask


def as_counts(name: str, value: object) -> Tensor:
    """One count or a tensor of them, as a tensor of int64. TypeError if it is neither."""
    if isinstance(value, Integral):
        check_integer(name, value, 0)
        return torch.tensor(int(value), device="cpu")
    wanted = "a whole number, or a tensor of them"
    _check_dense(name, value, wanted)
    if value.dtype not in WHOLE:
        raise TypeError(f"{name} must be {wanted}, got {_what(value)}")
    return value.long()


def as_whole(name: str, tensor: object) -> Tensor:
    """The tensor of whole numbers, such as tokens, as int64. TypeError if it is none."""
    _check_dense(name, tensor, "a tensor of whole numbers")
    if tensor.dtype not in WHOLE:
        raise TypeError(f"{name} must be a tensor of whole numbers, got {_what(tensor)}")
    return tensor.long()


def _check_dense(name: str, tensor: object, wanted: str) -> None:
    """TypeError unless this is a tensor with numbers in it, one beside the other."""
    if not isinstance(tensor, Tensor):
        missing = "; was a `return` forgotten?" if tensor is None else ""
        raise TypeError(f"{name} must be {wanted}, got {_what(tensor)}{missing}")
    if tensor.is_nested or tensor.is_quantized or tensor.layout != torch.strided:
        raise TypeError(f"{name} must be {wanted}, dense and of plain numbers, got {_what(tensor)}")
    if tensor.is_meta:
        raise TypeError(f"{name} must be {wanted} with numbers in it, got one on the device meta, where there are none")


def check_axes(meaning: str, **tensors: Tensor) -> None:
    """ValueError unless every tensor has exactly the axes that `meaning` lists, such as "[T, N]"."""
    for name, tensor in tensors.items():
        if tensor.ndim != meaning.count(",") + 1:
            raise ValueError(f"{name} must have the shape {meaning}, got {list(tensor.shape)}")


def check_same_shape(**tensors: Tensor) -> None:
    """ValueError unless all share one shape ([N, 1] against [N] would quietly become [N, N]) and one device."""
    shapes = {name: list(tensor.shape) for name, tensor in tensors.items()}
    devices = {name: tensor.device for name, tensor in tensors.items()}
    for found, wanted in ((shapes, "have the same shape"), (devices, "be on the same device")):
        if any(one != next(iter(found.values())) for one in found.values()):
            listed = ", ".join(f"{name} {one}" for name, one in found.items())
            raise ValueError(f"These tensors must {wanted}, got {listed}")


def check_not_empty(name: str, tensor: Tensor) -> None:
    """ValueError if the tensor has no elements: there is nothing to compute, or to take a mean of."""
    if tensor.numel() == 0:
        raise ValueError(f"{name} must not be empty, got the shape {list(tensor.shape)}")


def check_finite(name: str, tensor: Tensor) -> None:
    """ValueError if the tensor holds NaN or infinity, saying where the first one stands."""
    bad = ~torch.isfinite(tensor)
    if bad.any():
        where = bad.nonzero()[0].tolist()
        raise ValueError(f"{name} must be finite, got {tensor[tuple(where)].item()} at index {where}")


def _what(value: object) -> str:
    """What a value is, short enough for an error message."""
    if not isinstance(value, Tensor):
        return describe(value)
    if value.is_nested:
        return "a nested tensor"
    layout = "" if value.layout == torch.strided else f"{str(value.layout).removeprefix('torch.')} "
    return f"a {layout}tensor of {value.dtype}"
