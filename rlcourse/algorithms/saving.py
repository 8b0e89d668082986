"""Training runs on disk: saved at any step, resumed elsewhere, with the numbers of a run that never stopped.

    save_training(training, "runs/mine")
    resume_training(training, "runs/mine")        # a training made the same way, before its first step

A folder holds `state.safetensors` (all weights that are trained, the optimiser's moments, the state of chance) and
`run.json` (history, seconds, what was trained how). A policy or critic with a `save(folder)` of its own, such as
GPT-2, is written beside them too, as a checkpoint that other tools can load. Nothing is pickled. Left out: the
reference policy, which never changes and is given again when the training is made.
"""

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from rlcourse.algorithms.training import History, Training

_STATE, _RUN = "state.safetensors", "run.json"


@runtime_checkable
class Savable(Protocol):
    """A policy or critic that can write itself as a checkpoint for other tools."""

    def save(self, folder: str | Path) -> object:
        """Write the checkpoint."""
        ...


@runtime_checkable
class Stateful(Protocol):
    """A world whose episodes go on from one step of training to the next."""

    def state_dict(self) -> dict[str, Any]:
        """Where everything stands: tensors, things that JSON can hold, and dictionaries of these."""
        ...

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Put everything back there."""
        ...


def save_training(training: Training, folder: str | Path) -> Path:
    """Write a training run as it stands after its last finished step; an older one there is replaced at the end.

    Returns:
        The folder.

    Raises:
        ValueError: The folder holds something else than a saved run, which would be lost.
    """
    folder = Path(folder).expanduser()
    tensors, plain = _state(training)
    run = {
        "made_of": _made_of(training),
        "history": list(training.history),
        "seconds": training.seconds,
        "evaluated": training.evaluated,
        "world": plain,
    }
    with fresh_folder(folder) as fresh:
        save_file(
            {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}, fresh / _STATE
        )
        (fresh / _RUN).write_text(json.dumps(run, indent=1) + "\n", encoding="utf-8")
        for name, model in (("policy", training.policy), ("critic", getattr(training.algorithm, "critic", None))):
            if isinstance(model, Savable):
                model.save(fresh / name)
    return folder


def resume_training(training: Training, folder: str | Path) -> Training:
    """Put a saved run's state into a training that was made in the same way.

    Returns:
        The training, ready for `run`.

    Raises:
        FileNotFoundError: There is no saved run in the folder.
        ValueError: It is damaged, or was made with another algorithm, other settings, models or world.
            The models are as before then.
    """
    folder = Path(folder).expanduser()
    run, tensors = _read(folder)
    wanted = _made_of(training)
    for part, mine in wanted.items():
        if run["made_of"].get(part) != mine:
            raise ValueError(
                f"the run in {folder} was made with another {part}: {run['made_of'].get(part)}, this one has {mine}"
            )
    if isinstance(training.world, Stateful):  # first, as it may refuse
        training.world.load_state_dict(_joined(run["world"], tensors, "world."))
    with torch.no_grad():
        for index, weight in enumerate(_trained(training)):
            weight.copy_(tensors[f"weight.{index}"])
    moments: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        owner, _, rest = name.partition(".")
        if owner == "optimizer":
            index, _, moment = rest.partition(".")
            moments.setdefault(int(index), {})[moment] = tensor
    groups = training.optimizer.state_dict()["param_groups"]
    training.optimizer.load_state_dict({"state": moments, "param_groups": groups})
    training.generator.set_state(tensors["generator"])
    training.history = History(run["history"])
    training.seconds, training.evaluated = run["seconds"], run["evaluated"]
    return training


def _state(training: Training) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """All tensors of a run by name, and what else there is to know of its world."""
    tensors = {f"weight.{index}": weight for index, weight in enumerate(_trained(training))}
    for index, moments in training.optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{name}": torch.as_tensor(value) for name, value in moments.items()}
    world = training.world.state_dict() if isinstance(training.world, Stateful) else {}
    plain = _parted(world, tensors, "world.")
    return tensors | {"generator": training.generator.get_state()}, plain


def _parted(state: dict[str, Any], tensors: dict[str, Tensor], prefix: str) -> dict[str, Any]:
    """What JSON can hold of a state; its tensors go into `tensors`."""
    plain = {}
    for name, value in state.items():
        if isinstance(value, Tensor):
            tensors[prefix + name] = value
        else:
            plain[name] = _parted(value, tensors, f"{prefix}{name}.") if isinstance(value, dict) else value
    return plain


def _joined(plain: dict[str, Any], tensors: dict[str, Tensor], prefix: str) -> dict[str, Any]:
    """The state that `_parted` took apart."""
    state = {
        name: _joined(value, tensors, f"{prefix}{name}.") if isinstance(value, dict) else value
        for name, value in plain.items()
    }
    here = {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
    return state | {name: tensor for name, tensor in here.items() if "." not in name}


def _trained(training: Training) -> list[Tensor]:
    """Every weight that the run changes, each once: the policy's, and what else the optimiser steps, a critic's."""
    stepped = (weight for group in training.optimizer.param_groups for weight in group["params"])
    return list({id(weight): weight for weight in (*training.policy.parameters(), *stepped)}.values())


def _made_of(training: Training) -> dict[str, str]:
    """What must be alike for a run to go on as it would have."""
    sizes = {name: value for name, value in vars(training.world).items() if isinstance(value, int) and name[0] != "_"}
    return {
        "algorithm": type(training.algorithm).__name__,
        "world": f"{type(training.world).__name__} {sizes}",
        "settings": repr(getattr(training.algorithm, "config", None)),
        "models": ", ".join("x".join(map(str, weight.shape)) for weight in _trained(training)),
    }


def _read(folder: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    for name in (_RUN, _STATE):
        if not (folder / name).is_file():
            raise FileNotFoundError(f"there is no saved run in {folder}: it has no {name}")
    try:
        run = json.loads((folder / _RUN).read_text(encoding="utf-8"))
        for part in ("made_of", "history", "seconds", "evaluated", "world"):
            run[part]
        return run, load_file(folder / _STATE)
    except (ValueError, KeyError, TypeError, SafetensorError) as error:
        raise ValueError(f"the saved run in {folder} is damaged ({error})") from error


@contextmanager
def fresh_folder(folder: Path) -> Iterator[Path]:
    """A new, empty folder to write into, which takes the place of `folder` when the block ends without an error.

    Raises:
        ValueError: `folder` is a file, or holds something that was not saved by the course.
    """
    folder = folder.expanduser().resolve()
    _check_replaceable(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as scratch:
        fresh = Path(scratch) / "fresh"
        fresh.mkdir()
        yield fresh
        _replace_folder(folder, fresh)


def _check_replaceable(folder: Path) -> None:
    """Raise unless nothing of the user's would be lost if this folder were replaced."""
    if folder.is_file():
        raise ValueError(f"folder must be a folder, got the file {folder}")
    if not folder.is_dir():
        return
    there = {path.name for path in folder.iterdir()}
    ours = not there or _RUN in there or {"config.json", "model.safetensors"} <= there
    if not ours:
        raise ValueError(f"folder must be new, empty or a saved run or model; {folder} holds {sorted(there)[0]!r}")


def _replace_folder(folder: Path, fresh: Path) -> None:
    """Put `fresh` in the place of `folder`; should Python be interrupted, one of the two stands there afterwards."""
    old = folder.with_name(f".{folder.name}-old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    try:
        fresh.rename(folder)
    except BaseException:
        if old.exists() and not folder.exists():
            old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)
