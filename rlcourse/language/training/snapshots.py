"""Snapshots of a supervised run, so that a build that was stopped goes on where it was.

A snapshot is one safetensors file with the weights, AdamW's moments and the number of steps done. The random state
need not be in it: each batch is a function of its step. It also says which recipe it belongs to, so that a build with
another recipe does not go on from it.
"""

from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load, save_file
from transformers import GPT2LMHeadModel

from rlcourse.algorithms.moments import pack_moments, unpack_moments
from rlcourse.files import whole_file


def save_snapshot(
    path: Path, model: GPT2LMHeadModel, optimizer: torch.optim.Optimizer, step: int, *, recipe: str = ""
) -> None:
    """Write the state after `step` steps; the file is complete or absent."""
    tensors = {f"model.{name}": weight.detach() for name, weight in model.named_parameters()}
    tensors |= {f"optimizer.{name}": moment for name, moment in pack_moments(optimizer).items()}
    with whole_file(path) as temporary:
        plain = {name: tensor.contiguous() for name, tensor in tensors.items()}
        save_file(plain, temporary, {"step": str(step), "recipe": recipe})


def load_snapshot(path: Path, model: GPT2LMHeadModel, optimizer: torch.optim.Optimizer, *, recipe: str = "") -> int:
    """Put a snapshot's state into a model and an optimiser.

    Returns:
        The number of steps done; 0, with nothing changed, if there is no snapshot of this recipe that can be read.
    """
    if not path.exists():
        return 0
    try:
        with safe_open(path, framework="pt") as file:
            found = file.metadata() or {}
        tensors = load(path.read_bytes())
    except SafetensorError:
        print(f"the snapshot {path} is damaged; starting over")
        return 0
    if found.get("recipe") != recipe:
        print(f"the snapshot {path} was made by another recipe; starting over")
        return 0
    weights = {f"model.{name}": weight for name, weight in model.named_parameters()}
    moments = {name.removeprefix("optimizer."): t for name, t in tensors.items() if name.startswith("optimizer.")}
    if any(name not in tensors or tensors[name].shape != weight.shape for name, weight in weights.items()):
        print(f"the snapshot {path} is of another model; starting over")
        return 0
    unpack_moments(optimizer, moments)
    with torch.no_grad():
        for name, weight in weights.items():
            weight.copy_(tensors[name])
    return int(found["step"])
