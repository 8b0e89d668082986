"""Recording an experiment's curves, and reading those that the course ships.

A file holds, for each seed, one list of numbers per column; None where a step has no such number. Four significant
digits are kept, which is more than a curve shows. "seconds" are those of the machine that made the file.
"""

import json
import math
import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float

from rlcourse.algorithms import History, Training
from rlcourse.experiments.experiment import Experiment
from rlcourse.files import ASSETS, write_whole

CURVES = ASSETS / "curves"
SEEDS = (0, 1, 2, 3, 4)


def record(experiment: Experiment, *, seeds: Sequence[int] = SEEDS, progress: bool = True) -> dict[int, History]:
    """Run an experiment once per seed."""
    return {seed: experiment.run(seed, progress=progress) for seed in seeds}


def save_curves(experiment: Experiment, runs: dict[int, History], folder: Path = CURVES) -> Path:
    """Write the curves of an experiment; a file that was there before is replaced at the end."""
    contents = {
        "name": experiment.name,
        "title": experiment.title,
        "algorithm": settings_of(experiment.make(0)),
        "made_with": f"torch {torch.__version__} on {platform.machine()}, {torch.get_num_threads()} thread(s)",
        "runs": {str(seed): _columns(history) for seed, history in runs.items()},
    }
    path = folder / f"{experiment.name}.json"
    write_whole(path, _one_line_per_column(contents))
    return path


def settings_of(training: Training) -> str:
    """The settings with which a training learns; of text that others have written, with the rows of a batch."""
    config, batch_at = getattr(training.algorithm, "config", None), getattr(training.world, "batch_at", None)
    if batch_at is None:
        return repr(config)
    acting = {field.name: getattr(config, field.name) for field in fields(config)}
    acting |= {"batch_size": batch_at.keywords["batch_size"], "seed": "the run's"}  # these two the config leaves open
    return f"{type(config).__name__}({', '.join(f'{name}={value}' for name, value in acting.items())})"


def load_curves(name: str, folder: Path = CURVES) -> dict[int, History]:
    """The recorded runs of an experiment, by seed.

    Raises:
        FileNotFoundError: There are no recorded curves of that name; the message lists those that there are.
    """
    path = folder / f"{name}.json"
    if not path.is_file():
        there = ", ".join(sorted(file.stem for file in folder.glob("*.json"))) or "none"
        raise FileNotFoundError(f"there are no recorded curves called {name!r}; recorded are: {there}")
    runs = json.loads(path.read_text(encoding="utf-8"))["runs"]
    return {int(seed): _rows(columns) for seed, columns in runs.items()}


def right_after(runs: Mapping[int, History]) -> Float[np.ndarray, "seeds updates"]:
    """The share of right answers after 0, 1, 2 … updates, of each seed, as far as all runs go.

    The answers of update k were drawn before it was made, from the policy after k − 1.
    """
    shortest = min(len(run) for run in runs.values())
    return np.array([run["reward"][1:shortest] for run in runs.values()])


def updates_to(shares: Float[np.ndarray, "updates"], level: float) -> int | None:
    """After how many updates answers are right so often, in two batches in a row; None if never.

    One batch of a noisy run may be lucky, and the longer a run, the likelier some batch is.

    Args:
        shares: After 0, 1, 2 … updates, of one run or the mean of several.
        level: To reach, from 0 to 1.
    """
    there = shares >= level
    stays = there[:-1] & there[1:]
    return int(stays.argmax()) if stays.any() else None


def _one_line_per_column(contents: dict) -> str:
    """JSON that a person can look through, and that shows a change in one column as a change in one line."""
    text = json.dumps(contents, indent=1)
    return re.sub(r"\[[^\]]*\]", lambda numbers: re.sub(r"\s+", " ", numbers[0]), text) + "\n"


def _columns(history: History) -> dict[str, list[float | None]]:
    names = dict.fromkeys(name for row in history for name in row)
    return {name: [_rounded(row.get(name)) for row in history] for name in names}


def _rounded(value: float | None) -> float | int | None:
    if value is None or not math.isfinite(value):
        return None
    return value if isinstance(value, int) else float(f"{value:.4g}")


def _rows(columns: dict[str, list[float | None]]) -> History:
    pairs = zip(*columns.values(), strict=True)
    return History({n: v for n, v in zip(columns, row, strict=True) if v is not None} for row in pairs)
