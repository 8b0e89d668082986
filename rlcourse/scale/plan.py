"""A run as a folder: what `accelerate launch` reads, what the training reads, and the command that starts both.

my_run/accelerate.yaml    where: machines, processes, what is divided
my_run/run.json           what: model, task, and TRL's settings by their own names
my_run/launch.sh          the command, for each machine
my_run/model/             the trained model, once it is there; my_run/results.json what was measured
"""

import json
import shlex
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
"""A plan's files. A folder that holds anything else, such as a model, is never written to."""
SCRATCH = "trl"
"""TRL's own folder while it runs, where its checkpoints lie, if they were asked for. Anything else that a run that
broke off has left there is nothing that anybody needs."""


@dataclass(frozen=True)
class Plan:
    """What run.json says."""

    model: str
    """A bundled one by its name, so that the folder may be moved to another machine; a folder by its whole path."""
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
    plan = Plan(
        _name_to_keep(run.model), _whole_task(run.task), run.held_out, trl_settings(run, machine), asdict(machine)
    )
    folder = Path(folder).expanduser().resolve()
    _check_not_begun(folder)
    with fresh_folder(folder, _replaceable, what="run") as fresh:
        (fresh / "accelerate.yaml").write_text(accelerate_file(machine), encoding="utf-8")
        (fresh / "run.json").write_text(json.dumps(asdict(plan), indent=2) + "\n", encoding="utf-8")
        (fresh / "launch.sh").write_text(_script(plan, machine), encoding="utf-8")
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


def newest_checkpoint(folder: str | Path) -> Path | None:
    """The last whole checkpoint of a run that broke off; None if there is none.

    `trainer_state.json` is what a checkpoint is given last: one without it was being written when the run broke off.
    """
    found = (Path(folder).expanduser() / SCRATCH).glob("checkpoint-*/trainer_state.json")
    numbered = {int(path.parent.name.split("-")[1]): path.parent for path in found}
    return numbered[max(numbered)] if numbered else None


def check_not_done(folder: Path) -> None:
    """Raise a ValueError if the run in the folder is done."""
    for name in ("results.json", "model"):
        if (folder / name).exists():
            raise ValueError(
                f"the plan in {folder} has been run: it holds {name!r}, which would be lost. Choose another folder, "
                f"such as {folder.with_name(folder.name + '-2')}"
            )


def whole_name(model: str) -> str:
    """A model as anybody finds it: a bundled one and a folder by their whole path, one of the hub's as it is."""
    if bundled(model) and not Path(model).exists():
        return str(ASSETS / model)
    path = Path(model).expanduser()
    return str(path.resolve()) if path.is_dir() else model


def bundled(model: str) -> bool:
    """Whether that is the name of a model that comes with the course."""
    return not Path(model).is_absolute() and (ASSETS / model / "config.json").is_file()


def found(plan: Plan) -> str:
    """A plan's model as transformers finds it here: a bundled one by the path that it has on this machine."""
    return str(ASSETS / plan.model) if bundled(plan.model) else plan.model


def _name_to_keep(model: str) -> str:
    return model if bundled(model) and not Path(model).exists() else whole_name(model)


def _check_not_begun(folder: Path) -> None:
    """Raise if there is a run in the folder that is done, or one that can go on."""
    check_not_done(folder)
    if (last := newest_checkpoint(folder)) is not None:
        raise ValueError(
            f"the run in {folder} broke off, and left {last.name}, which would be lost: go on from it with --resume, "
            f"or choose another folder, such as {folder.with_name(folder.name + '-2')}"
        )


def _replaceable(folder: Path) -> list[str]:
    """What may be written over: a plan, and what a run that broke off has left of TRL's."""
    left = [path.relative_to(folder).as_posix() for path in (folder / SCRATCH).rglob("*")]
    kept = any("checkpoint-" in name for name in left)
    return [*WRITTEN, *([] if kept else [SCRATCH, *left])]


def _whole_task(task: str) -> str:
    return str(Path(task).expanduser().resolve()) if task.endswith(".py") else task


def _script(plan: Plan, machine: Machine) -> str:
    """The text of launch.sh, which finds its folder wherever that has been moved to."""
    lines = [
        "#!/bin/sh",
        "# Needed where it runs: the course with its extra, scale, and",
        f"#     the model {_one_line(plan.model)}",
        f"#     the task {_one_line(plan.task)}",
    ]
    others = ["deepspeed"] * machine.sharding.startswith("zero") + ["vllm"] * machine.sampler.startswith("vllm")
    if others:
        lines.insert(2, f"#     the packages {' and '.join(others)}")
    if machine.nodes > 1:
        lines += [
            f"# Run it on each of the {machine.nodes} machines.",
            "# All of them must see this folder, under the same name.",
            "#     RANK=0 sh launch.sh    on the first",
            "#     RANK=1 sh launch.sh    on the second, and so on",
        ]
    if machine.sampler == "vllm-server":
        name = shlex.quote(plan.model)
        if bundled(plan.model):
            name = f"\"$(python -c 'from rlcourse.files import ASSETS as a; print(a)')\"/{name}"
        serve = (
            f'VLLM_SERVER_DEV_MODE=1 vllm serve {_one_line(name)} --weight-transfer-config \'{{"backend": "nccl"}}\' '
            "--logprobs-mode processed_logprobs --max-logprobs -1"
        )
        lines += [
            f"# First, on GPUs that do not learn, the sampler, which {_one_line(machine.server)} has to reach:",
            f"#     {serve}",
        ]
    rank = '--machine_rank "${RANK:?say which machine this is, from 0}"' if machine.nodes > 1 else ""
    lines += [
        "set -e",
        'here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)',
        'accelerate launch --config_file "$here/accelerate.yaml" \\',
        *([f"    {rank} \\"] if rank else []),
        '    -m rlcourse.scale.train "$here"',
    ]
    return "\n".join(lines) + "\n"


def _one_line(words: str) -> str:
    """For a comment, which ends where the line ends."""
    return " ".join(words.splitlines())
