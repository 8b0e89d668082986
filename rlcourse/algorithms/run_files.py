"""The two files of a saved run: how they are written, and how they are read with nothing taken on trust.

`run.json` holds a checksum of itself and one of `state.safetensors`, so that a flipped bit is seen; and the names of
all files that belong to the run, so that the next save knows what it may replace. What a damaged file gives is
always a ValueError that says which part is damaged. Left out: reading runs of older versions.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import load, save_file
from torch import Tensor

from rlcourse.arguments import describe

STATE, RUN = "state.safetensors", "run.json"
_VERSION = 2
_KINDS = {
    "made_of": dict,
    "history": list,
    "seconds": int | float,
    "evaluated": int,
    "optimizer": list,
    "world": dict,
    "files": list,
    "checksum": str,
    STATE: str,
}


def write_run(folder: Path, tensors: Mapping[str, Tensor], run: Mapping[str, Any]) -> None:
    """Write both files into a new folder that already holds everything else of the run."""
    save_file({name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}, folder / STATE)
    files = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    state = hashlib.sha256((folder / STATE).read_bytes()).hexdigest()
    run = {"version": _VERSION, **run, "files": sorted([*files, RUN]), STATE: state}
    run["checksum"] = _checksum(run)
    (folder / RUN).write_text(_as_json(run, indent=1) + "\n", encoding="utf-8")


def read_run(folder: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The two files, each as it was written."""
    for name in (RUN, STATE):
        if not (folder / name).is_file():
            raise FileNotFoundError(f"there is no saved run in {folder}: it has no {name}")
    try:
        run = json.loads((folder / RUN).read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the saved run in {folder} is damaged: {RUN} is no JSON ({error})") from error
    if not isinstance(run, dict):
        raise ValueError(f"the saved run in {folder} is damaged: {RUN} holds no run")
    if run.get("version") != _VERSION:
        raise ValueError(f"the run in {folder} was saved by another version of the course, which wrote it differently")
    for part, kind in _KINDS.items():
        if not isinstance(run.get(part), kind) or isinstance(run[part], bool):
            raise ValueError(f"the saved run in {folder} is damaged: {part} in {RUN} is {describe(run.get(part))}")
    content = (folder / STATE).read_bytes()  # read, and not mapped: the file may be replaced while the run goes on
    for name, right in (
        (RUN, run["checksum"] == _checksum(run)),
        (STATE, run[STATE] == hashlib.sha256(content).hexdigest()),
    ):
        if not right:
            raise ValueError(f"the saved run in {folder} is damaged: {name} is not as it was written")
    _check_history(run["history"], folder)
    return run, load(content)


def _check_history(history: list[Any], folder: Path) -> None:
    """Raise ValueError unless it is one: rows of numbers, one step after the other."""
    for number, row in enumerate(history):
        fine = isinstance(row, dict) and {"step", "seconds"} <= set(row) and all(map(_is_number, row.values()))
        if not fine or row["step"] != history[0]["step"] + number:
            raise ValueError(f"the saved run in {folder} is damaged: row {number} of its history is {describe(row)}")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def written_files(folder: Path) -> set[str]:
    """The files that a saved run in this folder consists of; none, if its `run.json` is another program's."""
    try:
        run = json.loads((folder / RUN).read_text(encoding="utf-8"))
        return {RUN, STATE, *map(str, run["files"])} if {"made_of", "history"} <= run.keys() else set()
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return set()


def _checksum(run: Mapping[str, Any]) -> str:
    rest = {name: value for name, value in run.items() if name != "checksum"}
    return hashlib.sha256(_as_json(json.loads(_as_json(rest)), sort_keys=True).encode()).hexdigest()


def _as_json(value: object, **options: Any) -> str:
    return json.dumps(value, default=_plainly, **options)


def _plainly(value: object) -> object:
    """A number of NumPy's or of torch's as JSON can hold it."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"a run can be saved whose history and world state hold plain values and tensors, not {value!r}")
