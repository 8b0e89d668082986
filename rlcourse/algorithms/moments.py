"""An optimiser's state as tensors with plain names, so that it can stand in a safetensors file.

Adam keeps two moments and a number of steps for each weight; they are named `0.exp_avg`, `0.exp_avg_sq`, `0.step`,
`1.exp_avg` and so on, by the weight's number. Its settings, the learning rate above all, are numbers too: whoever
changes them in a run finds them changed when the run is resumed. Left out: states that hold anything but tensors
and numbers.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor


def pack_moments(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The moments by name; a number becomes a tensor without dimensions."""
    return {
        f"{index}.{name}": torch.as_tensor(value)
        for index, moments in optimizer.state_dict()["state"].items()
        for name, value in moments.items()
    }


def pack_settings(optimizer: torch.optim.Optimizer) -> list[dict[str, Any]]:
    """The settings of each group of weights, as JSON can hold them."""
    groups = optimizer.state_dict()["param_groups"]
    return [{k: _plain(v) for k, v in group.items() if k != "params" and _is_plain(_plain(v))} for group in groups]


def check_moments(optimizer: torch.optim.Optimizer, moments: Mapping[str, Tensor]) -> None:
    """Raise unless these are moments for the weights that the optimiser steps.

    Raises:
        ValueError: A moment belongs to no weight, is neither a number nor of its weight's shape, or is not finite;
            or a weight lacks one that others have.
    """
    weights = _weights(optimizer)
    names: dict[int, set[str]] = {}
    for name, moment in moments.items():
        index, _, kind = name.partition(".")
        if not index.isdecimal() or int(index) >= len(weights) or not kind:
            raise ValueError(f"optimizer.{name} belongs to none of the {len(weights)} weights")
        if moment.ndim and moment.shape != weights[int(index)].shape:
            raise ValueError(
                f"optimizer.{name} has the shape {tuple(moment.shape)}, its weight {tuple(weights[int(index)].shape)}"
            )
        if not moment.isfinite().all():
            raise ValueError(f"optimizer.{name} holds values that are not numbers")
        names.setdefault(int(index), set()).add(kind)
    every = set().union(*names.values())
    for index, kinds in names.items():
        if kinds != every:
            raise ValueError(f"optimizer.{index}.{min(every - kinds)} is missing")


def unpack_moments(
    optimizer: torch.optim.Optimizer, moments: Mapping[str, Tensor], settings: list[dict[str, Any]] | None = None
) -> None:
    """Give an optimiser the moments, and the settings if there are any, that were packed.

    Raises:
        ValueError: As `check_moments`, or settings for another number of groups; nothing has changed then.
    """
    check_moments(optimizer, moments)
    groups = optimizer.state_dict()["param_groups"]
    settings = [{}] * len(groups) if settings is None else settings
    if len(settings) != len(groups):
        raise ValueError(f"the optimiser has {len(groups)} groups of weights, the settings are for {len(settings)}")
    state: dict[int, dict[str, Tensor]] = {}
    for name, moment in moments.items():
        index, _, kind = name.partition(".")
        state.setdefault(int(index), {})[kind] = moment.clone()
    groups = [group | _as_before(group, given) for group, given in zip(groups, settings, strict=True)]
    optimizer.load_state_dict({"state": state, "param_groups": groups})


def _as_before(group: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Settings in the kinds that they had: JSON has no tuples, and a learning rate may be a tensor."""
    settings = {}
    for name, value in given.items():
        if name == "params":
            continue
        kind = group.get(name)
        value = tuple(value) if isinstance(kind, tuple) else value
        settings[name] = torch.full_like(kind, value) if isinstance(kind, Tensor) else value
    return settings


def _weights(optimizer: torch.optim.Optimizer) -> list[Tensor]:
    return [weight for group in optimizer.param_groups for weight in group["params"]]


def _plain(value: object) -> object:
    if isinstance(value, Tensor) and value.numel() == 1:
        return value.item()
    return list(value) if isinstance(value, tuple) else value


def _is_plain(value: object) -> bool:
    if isinstance(value, list):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, bool | int | float | str)
