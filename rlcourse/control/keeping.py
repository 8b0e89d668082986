"""A model of a step world in a folder: `config.json`, what it was made with, and `model.safetensors`, its weights.

A table of features that a network reads is kept too, as it would not know its states without it. The weights say once
more what they belong to, and have the last word: whoever is killed between the two files leaves the older model,
whole. Nothing is pickled, and of the folder only these two files are touched. `rlcourse.control.making` makes the
model again. Left out: how it was trained (`rlcourse.algorithms.save_training`).
"""

import json
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from rlcourse.arguments import describe
from rlcourse.files import whole_file, write_whole

CONFIG, WEIGHTS = "config.json", "model.safetensors"
KIND, FEATURES = "rlcourse", "features"
"""Under these names the kind of the model stands in the one file, the features of all states in the other."""


def keep(model: torch.nn.Module, folder: str | Path, made_with: dict[str, object]) -> Path:
    """Write a model's weights, and what it was made with, into a folder.

    Raises:
        ValueError: the folder is a file, or holds a model that is not ours under the same names.
    """
    folder = _path(folder)
    if any(weight.is_meta for weight in model.parameters()):
        raise ValueError(f'the {type(model).__name__} must hold numbers, its weights are on the device "meta"')
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"folder must be a folder, got the file {folder}")
    if (folder / CONFIG).exists() or (folder / WEIGHTS).exists():
        _read_config(folder)  # refuses what is not ours
    tensors = dict(model.state_dict())
    features = getattr(getattr(model, "network", None), FEATURES, None)
    if features is not None:
        tensors[FEATURES] = features
    config = json.dumps({KIND: type(model).__name__} | made_with, indent=1) + "\n"
    write_whole(folder / CONFIG, config)
    with whole_file(folder / WEIGHTS) as temporary:
        plain = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
        save_file(plain, temporary, {KIND: config})
    return folder


def read(folder: str | Path) -> tuple[str, dict[str, object], dict[str, Tensor]]:
    """What `keep` wrote: the name of the kind of model, what it was made with, and its tensors.

    Raises:
        FileNotFoundError: there is nothing that `keep` wrote.
        ValueError: it is damaged, or somebody else's.
    """
    folder = _path(folder)
    for name in (CONFIG, WEIGHTS):
        if not (folder / name).is_file():
            raise FileNotFoundError(f"there is no saved policy or value function in {folder}: it has no {name}")
    config = _read_config(folder)
    try:
        with safe_open(folder / WEIGHTS, framework="pt") as file:
            tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118 (no dictionary)
            own = (file.metadata() or {}).get(KIND)
    except (SafetensorError, ValueError) as error:
        raise ValueError(f"{folder / WEIGHTS} is damaged ({error})") from error
    if own is not None:
        config = json.loads(own)
    return config.pop(KIND), config, tensors


def _read_config(folder: Path) -> dict[str, object]:
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{folder / CONFIG} is damaged ({error})") from error
    except FileNotFoundError:
        config = None
    if not isinstance(config, dict) or not isinstance(config.get(KIND), str):
        raise ValueError(f"{folder} holds a model that rlcourse.control did not write")
    return config


def _path(folder: str | Path) -> Path:
    if not isinstance(folder, str | Path):
        raise TypeError(f"folder must be a path, got {describe(folder)}")
    return Path(folder).expanduser()
