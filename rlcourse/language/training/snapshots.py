"""Snapshots of a supervised run, so that a build that was stopped goes on where it was.

A snapshot is one safetensors file with the weights, AdamW's moments and the number of steps done. The random state
need not be in it: each batch is a function of its step. It also says which recipe it belongs to, so that a build with
another recipe does not go on from it.
"""

import os
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, safe_open, save_file
from transformers import GPT2LMHeadModel


def save_snapshot(
    path: Path, model: GPT2LMHeadModel, optimizer: torch.optim.Optimizer, step: int, *, recipe: str = ""
) -> None:
    """Write the state after `step` steps; the file is complete or absent."""
    tensors = {f"model.{name}": weight.detach() for name, weight in model.named_parameters()}
    for index, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{name}": torch.as_tensor(value) for name, value in state.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    save_file(
        {name: tensor.contiguous() for name, tensor in tensors.items()},
        unfinished,
        {"step": str(step), "recipe": recipe},
    )
    os.replace(unfinished, path)


def load_snapshot(path: Path, model: GPT2LMHeadModel, optimizer: torch.optim.Optimizer, *, recipe: str = "") -> int:
    """Put a snapshot's state into a model and an optimiser.

    Returns:
        The number of steps done; 0, with nothing changed, if there is no snapshot of this recipe that can be read.
    """
    if not path.exists():
        return 0
    try:
        with safe_open(path, framework="pt") as file:
            found = file.metadata()
    except SafetensorError:
        print(f"the snapshot {path} is damaged; starting over")
        return 0
    if found.get("recipe") != recipe:
        print(f"the snapshot {path} was made by another recipe; starting over")
        return 0
    state: dict[int, dict[str, torch.Tensor]] = {}
    weights = dict(model.named_parameters())
    for key, tensor in load_file(path).items():
        owner, _, name = key.partition(".")
        if owner == "model":
            weights[name].data.copy_(tensor)
        else:
            index, _, field = name.partition(".")
            state.setdefault(int(index), {})[field] = tensor
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
    return int(found["step"])
