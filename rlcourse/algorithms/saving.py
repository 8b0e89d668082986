"""Training runs on disk: saved at any step, resumed elsewhere, with the numbers of a run that never stopped.

    save_training(training, "runs/mine")
    resume_training(training, "runs/mine")        # a training made the same way, before its first step

A folder holds `state.safetensors` (all weights that are trained, the optimiser's moments, the state of chance) and
`run.json` (history, seconds, the optimiser's settings, what was trained how). A policy or critic with a `save(folder)`
of its own, such as GPT-2, is written beside them too, as a checkpoint that other tools can load. Nothing is pickled.
Left out: the reference policy, which never changes and is given again when the training is made; that it is the same
one is checked, as for everything else that a training is made of (`rlcourse.algorithms.fingerprint`).
"""

import ast
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor

from rlcourse.algorithms.fingerprint import in_words, made_of, same
from rlcourse.algorithms.folders import fresh_folder, standing
from rlcourse.algorithms.moments import check_moments, pack_moments, pack_settings, unpack_moments
from rlcourse.algorithms.run_files import read_run, write_run, written_files
from rlcourse.algorithms.training import History, Training


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
        ValueError: The folder holds a file that is not part of a saved run and would be lost.
        TypeError: The world's state holds something that is neither a tensor nor plain.
    """
    folder = Path(folder).expanduser()
    tensors, world = _state(training)
    run = {
        "made_of": _made_of(training),
        "history": list(training.history),
        "seconds": training.seconds,
        "evaluated": training.evaluated,
        "optimizer": pack_settings(training.optimizer),
        "world": world,
    }
    with fresh_folder(folder, written_files, what="run") as fresh:
        for name, model in (("policy", training.policy), ("critic", getattr(training.algorithm, "critic", None))):
            if isinstance(model, Savable):
                model.save(fresh / name)
        write_run(fresh, tensors, run)
    return folder


def resume_training(training: Training, folder: str | Path) -> Training:
    """Put a saved run's state into a training that was made in the same way.

    Everything is checked before anything is changed.

    Returns:
        The training, ready for `run`.

    Raises:
        FileNotFoundError: There is no saved run in the folder.
        ValueError: It is damaged, or was made with another algorithm, other settings, models, functions or world.
            The training is as before then.
    """
    folder = standing(folder)
    run, tensors = read_run(folder)
    _check_made_alike(run["made_of"], _made_of(training), folder)
    state = _parts(tensors)
    with _unchanged_if_refused(training, folder):
        _check_tensors(training, state)
        unpack_moments(training.optimizer, state["optimizer"], run["optimizer"])
        _resume_world(training.world, _joined(run["world"], state["world"]))
    with torch.no_grad():
        for index, weight in enumerate(_trained(training)):
            weight.copy_(state["weight"][str(index)])
    training.generator.set_state(tensors["generator"])
    training.history = History(run["history"])
    training.seconds, training.evaluated = run["seconds"], run["evaluated"]
    return training


def _state(training: Training) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """All tensors of a run by name, and what else there is to know of its world."""
    tensors = {f"weight.{index}": weight for index, weight in enumerate(_trained(training))}
    tensors |= {f"optimizer.{name}": value for name, value in pack_moments(training.optimizer).items()}
    world = training.world.state_dict() if isinstance(training.world, Stateful) else {}
    plain = _parted(world, tensors, "world.")
    return tensors | {"generator": training.generator.get_state()}, plain


def _parted(state: Mapping[str, Any], tensors: dict[str, Tensor], prefix: str) -> dict[str, Any]:
    """What JSON can hold of a state; its tensors go into `tensors`."""
    plain = {}
    for name, value in state.items():
        if isinstance(value, Tensor):
            tensors[prefix + name] = value
        else:
            plain[name] = _parted(value, tensors, f"{prefix}{name}.") if isinstance(value, Mapping) else value
    return plain


def _joined(plain: Mapping[str, Any], tensors: Mapping[str, Tensor], prefix: str = "") -> dict[str, Any]:
    """The state that `_parted` took apart."""
    state = {
        name: _joined(value, tensors, f"{prefix}{name}.") if isinstance(value, dict) else value
        for name, value in plain.items()
    }
    here = {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
    return state | {name: tensor for name, tensor in here.items() if "." not in name}


def _parts(tensors: Mapping[str, Tensor]) -> dict[str, dict[str, Tensor]]:
    """The tensors by whose they are: "weight", "optimizer", "world", and under "" what is none of these."""
    parts: dict[str, dict[str, Tensor]] = {"weight": {}, "optimizer": {}, "world": {}, "": {}}
    for name, tensor in tensors.items():
        owner, _, rest = name.partition(".")
        known = bool(owner and rest and owner in parts)
        parts[owner if known else ""][rest if known else name] = tensor
    return parts


def _trained(training: Training) -> list[Tensor]:
    """Every weight that the run changes, each once: the policy's, and what else the optimiser steps, a critic's."""
    stepped = (weight for group in training.optimizer.param_groups for weight in group["params"])
    return list({id(weight): weight for weight in (*training.policy.parameters(), *stepped)}.values())


def _made_of(training: Training) -> dict[str, str]:
    """What must be alike for a run to go on as it would have."""
    algorithm, world = made_of(training.algorithm), made_of(training.world)
    critic = getattr(training.algorithm, "critic", None)
    sizes = {name: value for name, value in vars(training.world).items() if isinstance(value, int) and name in world}
    parts = {
        "algorithm": type(training.algorithm).__name__,
        "world": f"{type(training.world).__name__} {sizes}",
        "settings": repr(getattr(training.algorithm, "config", None)),
        "models": ", ".join(f"{'x'.join(map(str, w.shape))} {w.dtype}" for w in _trained(training)),
        "policy": in_words(training.policy, weights=False),
        "critic": in_words(critic, weights=False),
        "optimizer": type(training.optimizer).__name__,
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
    }
    parts |= {name: words for name, words in algorithm.items() if name not in ("config", "critic")}
    return parts | {f"world.{name}": words for name, words in world.items() if name not in sizes}


def _check_made_alike(saved: Mapping[str, str], mine: Mapping[str, str], folder: Path) -> None:
    same_python = saved.get("python") == mine["python"]
    for part in mine | saved:
        if part != "python" and not same(saved.get(part), mine.get(part), same_python=same_python):
            theirs, ours = _where_they_differ(saved.get(part), mine.get(part))
            another = "other" if part in ("settings", "models") else "another"
            raise ValueError(f"the run in {folder} was made with {another} {part}: {theirs}, this one has {ours}")


def _where_they_differ(saved: str | None, mine: str | None) -> tuple[str | None, str | None]:
    """Two configurations written out, with those fields only in which they differ; anything else as it is."""
    try:
        calls = [ast.parse(str(words), mode="eval").body for words in (saved, mine)]
    except SyntaxError:
        return saved, mine
    if not all(isinstance(call, ast.Call) and not call.args for call in calls):
        return saved, mine
    if ast.dump(calls[0].func) != ast.dump(calls[1].func):
        return saved, mine
    fields = [{word.arg: ast.unparse(word.value) for word in call.keywords} for call in calls]
    differ = [name for name in fields[0] | fields[1] if fields[0].get(name) != fields[1].get(name)]
    name = ast.unparse(calls[0].func)
    theirs, ours = (f"{name}({', '.join(f'{one}={some[one]}' for one in differ if one in some)})" for some in fields)
    return theirs, ours


def _check_tensors(training: Training, state: Mapping[str, Mapping[str, Tensor]]) -> None:
    """Raise ValueError unless there is a tensor of the right kind for everything that is to be set, and no other."""
    generator = training.generator.get_state()
    wanted = {f"weight.{index}": weight for index, weight in enumerate(_trained(training))}
    found = {f"weight.{name}": tensor for name, tensor in state["weight"].items()} | dict(state[""])
    wanted["generator"] = generator
    for name, mine in wanted.items():
        if name not in found:
            raise ValueError(f"{name} is missing")
        kinds = [(tuple(tensor.shape), tensor.dtype) for tensor in (found[name], mine)]
        if kinds[0] != kinds[1]:
            raise ValueError(f"{name} is {kinds[0]}, not {kinds[1]}")
    if set(found) - set(wanted):
        raise ValueError(f"nobody knows {min(set(found) - set(wanted))}")
    check_moments(training.optimizer, state["optimizer"])


@contextmanager
def _unchanged_if_refused(training: Training, folder: Path) -> Iterator[None]:
    """Put the optimiser and the world back, and raise a ValueError, if anything in the block does not fit."""
    optimizer = training.optimizer.state_dict()
    world = training.world.state_dict() if isinstance(training.world, Stateful) else None
    try:
        yield
    except Exception as error:
        training.optimizer.load_state_dict(optimizer)
        if world is not None:
            training.world.load_state_dict(world)
        words = error if isinstance(error, ValueError) else repr(error)
        raise ValueError(f"the saved run in {folder} does not fit: {words}") from error


def _resume_world(world: object, state: dict[str, Any]) -> None:
    if isinstance(world, Stateful):
        world.load_state_dict(state)
    elif state:
        raise ValueError(f"the world keeps no state, and there is one of {', '.join(state)}")
