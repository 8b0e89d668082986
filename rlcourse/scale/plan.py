"""A run as a folder: what `accelerate launch` reads, what the training reads, and the command that starts both.

my_run/accelerate.yaml    where: machines, processes, what is divided
my_run/run.json           what: model, task, and TRL's settings by their own names
my_run/launch.sh          the command, for each machine
my_run/model/             the trained model, once it is there; my_run/results.json what was measured
"""

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rlcourse.algorithms.folders import fresh_folder
from rlcourse.files import ASSETS
from rlcourse.scale.accelerate_yaml import accelerate_file
from rlcourse.scale.settings import Machine, Run
from rlcourse.scale.translate import trl_settings

WRITTEN = ("accelerate.yaml", "run.json", "launch.sh")
"""A plan's files. A folder that holds anything else, such as what a run has left, is never written to."""


@dataclass(frozen=True)
class Plan:
    """What run.json says."""

    model: str
    task: str
    held_out: int
    trl: dict[str, Any]
    """The arguments of `trl.GRPOConfig`."""
    machine: dict[str, Any]
    """Of `Machine`."""


def write_plan(folder: str | Path, run: Run, machine: Machine) -> Path:
    """Write the files of a run; a plan that has not been run yet is replaced.

    Returns:
        The folder, in full.

    Raises:
        ValueError: The folder holds something else than a plan, or the run cannot be said in TRL's words.
    """
    plan = Plan(whole_name(run.model), _whole_task(run.task), run.held_out, trl_settings(run, machine), asdict(machine))
    folder = Path(folder).expanduser().resolve()
    with fresh_folder(folder, lambda _: WRITTEN, what="run") as fresh:
        (fresh / "accelerate.yaml").write_text(accelerate_file(machine), encoding="utf-8")
        (fresh / "run.json").write_text(json.dumps(asdict(plan), indent=2) + "\n", encoding="utf-8")
        (fresh / "launch.sh").write_text(_script(folder, plan, machine), encoding="utf-8")
    return folder


def read_plan(folder: str | Path) -> Plan:
    """What is to be run in a folder.

    Raises:
        FileNotFoundError: There is no plan.
        ValueError: It is damaged.
    """
    path = Path(folder).expanduser() / "run.json"
    if not path.is_file():
        raise FileNotFoundError(f"there is no {path}; `python -m rlcourse.scale {folder}` writes it")
    try:
        return Plan(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path} is no plan of a run ({error}); write it anew in another folder") from error


def launch_command(folder: str | Path) -> list[str]:
    """The command that runs a folder on this machine, for `subprocess.run`."""
    folder = Path(folder)
    launcher = [sys.executable, "-m", "accelerate.commands.launch", "--config_file", str(folder / "accelerate.yaml")]
    return [*launcher, "-m", "rlcourse.scale.train", str(folder)]


def whole_name(model: str) -> str:
    """A model as anybody finds it: a bundled one and a folder by their whole path, one of the hub's as it is."""
    if (ASSETS / model / "config.json").is_file() and not Path(model).exists():
        return str(ASSETS / model)
    path = Path(model).expanduser()
    return str(path.resolve()) if path.is_dir() else model


def _whole_task(task: str) -> str:
    return str(Path(task).expanduser().resolve()) if task.endswith(".py") else task


def _script(folder: Path, plan: Plan, machine: Machine) -> str:
    """The text of launch.sh."""
    lines = ["#!/bin/sh"]
    if machine.nodes > 1:
        lines += [
            f"# Run it on each of the {machine.nodes} machines.",
            "# All of them must see this folder, under the same name.",
            "#     RANK=0 sh launch.sh    on the first",
            "#     RANK=1 sh launch.sh    on the second, and so on",
        ]
    if machine.sampler == "vllm-server":
        serve = (
            f'VLLM_SERVER_DEV_MODE=1 vllm serve {plan.model} --weight-transfer-config \'{{"backend": "nccl"}}\' '
            "--logprobs-mode processed_logprobs --max-logprobs -1"
        )
        lines += [
            f"# First, on GPUs that do not learn, the sampler, which {machine.server} has to reach:",
            f"#     {serve}",
        ]
    rank = '--machine_rank "${RANK:?say which machine this is, from 0}"' if machine.nodes > 1 else ""
    lines += [
        "set -e",
        f"accelerate launch --config_file '{folder}/accelerate.yaml' \\",
        *([f"    {rank} \\"] if rank else []),
        f"    -m rlcourse.scale.train '{folder}'",
    ]
    return "\n".join(lines) + "\n"
