"""A short run in the program that asks for it, such as a notebook: one process, on the CPU, without TRL's own talk."""

import logging
import warnings
from collections.abc import Callable
from pathlib import Path

from rlcourse.language.model.checkpoints import quiet
from rlcourse.scale.plan import read_plan
from rlcourse.scale.ready import lacking


def train_here(folder: str | Path, on_step: Callable[[dict[str, float]], None]) -> Path:
    """Run the plan in a folder with TRL, in this process, and say after each step what TRL notes of it.

    Args:
        folder: What `write_plan` wrote, for a machine with one process on the CPU.
        on_step: Is told "step", "reward", "completions/mean_length" and whatever else TRL notes.

    Returns:
        The folder of the trained model.

    Raises:
        ModuleNotFoundError: TRL, accelerate or datasets are not installed.
        ValueError: The plan is for more than one process, or for a GPU.
        RuntimeError: TRL has stopped too soon, as it does where the task has fewer questions than an update takes.
    """
    plan = read_plan(folder)
    if plan.machine["on"] != "cpu":
        raise ValueError(f'folder must hold a plan for on="cpu", got on={plan.machine["on"]!r}')
    if packages := lacking():
        raise ModuleNotFoundError(
            f"{', '.join(packages)} not installed: in the course's folder, "
            '`python -m pip install -e ".[scale]"` brings what is needed'
        )
    from datasets.utils import logging as datasets_logging

    from rlcourse.scale.train import train

    datasets_logging.disable_progress_bar()
    logger = logging.getLogger("trl")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), quiet():
            # TRL and transformers warn about each other's deprecated names, torch of what a CPU has not.
            warnings.simplefilter("ignore")
            train(folder, on_step)
    finally:
        logger.setLevel(before)
        datasets_logging.enable_progress_bar()
    return Path(folder) / "model"
