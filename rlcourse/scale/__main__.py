"""`python -m rlcourse.scale FOLDER …` writes the configuration of a run, and starts it."""

import argparse
import shlex
import subprocess
import sys
from pathlib import Path

from rlcourse.algorithms import GRPOConfig
from rlcourse.algorithms.grpo_config import AGGREGATIONS
from rlcourse.files import ASSETS
from rlcourse.scale.plan import check_not_done, launch_command, newest_checkpoint, read_plan, write_plan
from rlcourse.scale.ready import OutOfReach, check_model, what_is_missing
from rlcourse.scale.settings import KINDS, SAMPLERS, SHARDINGS, Machine, Run

PAGE = """\
Train a language model with GRPO, by TRL, from one processor to several machines.

It writes three files into FOLDER, and then runs them:

  accelerate.yaml   where: machines, processes, and what is divided among GPUs
  run.json          what: model, task, and TRL's settings by their own names
  launch.sh         the command, for this machine or for each of several

What comes of it is in FOLDER/model, which load_gpt2 and transformers read, and FOLDER/results.json.
"""
EXAMPLES = """\
examples:
  on this laptop, two processes, four updates of the course's small GPT-2:
      python -m rlcourse.scale runs/two --on cpus --processes 2 --steps 4
  one GPU, a model of the hub's, a task of reasoning-gym:
      python -m rlcourse.scale runs/qwen --on gpu --sampler vllm --model Qwen/Qwen2.5-0.5B-Instruct \\
          --task reasoning-gym:chain_sum --steps 200 --max-new-tokens 512 --answers-at-once 8
  eight GPUs in one machine, everything divided:
      python -m rlcourse.scale runs/8b --on gpus --processes 8 --sharding fsdp --sampler vllm \\
          --model meta-llama/Llama-3.1-8B-Instruct --task my_task.py --answers-at-once 2 --held-out 0
  two such machines; write the files here, and run launch.sh on each:
      python -m rlcourse.scale /shared/run --on nodes --nodes 2 --processes 8 --main-address 10.0.0.1 \\
          --sharding zero3 --sampler vllm --model … --task … --held-out 0 --write-only
  Dr. GRPO, with a checkpoint every 50 updates; and on from the last one, if it broke off:
      python -m rlcourse.scale runs/dr --loss-type dr_grpo --scale-rewards none --steps 400 --save-every 50
      python -m rlcourse.scale runs/dr --resume

a task of your own is a file with a list PROMPTS, a function reward(prompts, completions, **columns), and, if it needs
any, COLUMNS = {"name": [one value for each prompt]}; HELD_OUT and HELD_OUT_COLUMNS are asked in the end.

what has no option here is TRL's: write the files with --write-only, change FOLDER/run.json by hand, and run launch.sh.
Under "trl" any argument of trl.GRPOConfig may stand. Checkpoints lie in FOLDER/trl, the last two of them; launch.sh,
run once more, goes on from the newest, too. There is no LoRA here: all weights learn; TRL itself has it (peft_config).

needed to run: python -m pip install -e ".[scale]"; and vllm, deepspeed or reasoning-gym where you ask for them.
"""


WHAT = (
    ("model", "NAME", "sft", "of the course, a folder, or a name on the hub"),
    ("task", "NAME", "sums", "sums, reasoning-gym:NAME, or a file.py"),
    ("steps", "N", 20, "updates"),
    ("prompts", "N", 32, "questions in an update, of all processes"),
    ("generations", "N", 8, "answers to each question"),
    ("max-new-tokens", "N", 16, "longest answer"),
    ("learning-rate", "X", None, "step size; 1e-4 for the course's models and 1e-6 for others, if not said"),
    ("beta", "X", 0.0, "weight of the KL to a reference"),
    ("temperature", "X", 1.0, "at which answers are drawn"),
    ("num-iterations", "N", 1, "steps on each batch"),
    ("save-every", "N", 0, "updates between two checkpoints; 0 for none"),
    ("held-out", "N", 100, "questions asked in the end; 0 for none"),
    ("seed", "N", 0, "of everything that is drawn"),
)
"""What is trained: option, what stands for its value, default, and words."""
WHERE = (
    ("processes", "N", 1, "of each machine, one for each GPU"),
    ("nodes", "N", 1, "machines"),
    ("main-address", "IP", "", "of the first machine, where there are several"),
    ("port", "N", 29500, "of the first machine"),
    ("answers-at-once", "N", 32, "in a backward pass; fewer need less memory"),
    ("sampler-gpus", "N", 1, "that share one vLLM"),
    ("server", "URL", "", "of vLLM, with --sampler vllm-server"),
)
"""On what, likewise."""
ALGORITHM = (
    ("loss-type", tuple(AGGREGATIONS), "grpo", "how tokens are averaged"),
    ("scale-rewards", ("group", "batch", "none"), "group", "by whose std advantages are divided"),
)
"""Of `GRPOConfig`, by its own names: option, words to choose from, default, and meaning."""
CHOICES = (
    ("on", KINDS, "cpu", "which machine"),
    ("sharding", SHARDINGS, "copies", "what each GPU holds"),
    ("sampler", SAMPLERS, "generate", "who writes the answers"),
)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    page = argparse.ArgumentParser(
        prog="python -m rlcourse.scale",
        usage="python -m rlcourse.scale FOLDER [options]",
        description=PAGE,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    page.add_argument("folder", metavar="FOLDER", type=Path, help="where all goes: new, empty, or a plan not yet run")
    page.add_argument("--write-only", action="store_true", help="write the files, and run nothing")
    page.add_argument("--resume", action="store_true", help="go on with the run in FOLDER from its newest checkpoint")
    what, where = page.add_argument_group("what is trained"), page.add_argument_group("on what")
    for group, rows in ((what, ALGORITHM), (where, CHOICES)):
        for name, words, default, meaning in rows:
            group.add_argument(f"--{name}", choices=words, default=default, help=f"{meaning} (default: {default})")
    for group, rows in ((what, WHAT), (where, WHERE)):
        for name, value, default, meaning in rows:
            kind = float if value == "X" else type(default)
            said = "" if default in (None, "") else f" (default: {default})"
            group.add_argument(f"--{name}", metavar=value, type=kind, default=default, help=meaning + said)
    return page


def asked_for(given: argparse.Namespace) -> tuple[Run, Machine]:
    """What the command line says, checked."""
    rate = given.learning_rate
    if rate is None:
        rate = 1e-4 if (ASSETS / given.model / "config.json").is_file() else 1e-6
    config = GRPOConfig(
        num_generations=given.generations,
        learning_rate=rate,
        beta=given.beta,
        temperature=given.temperature,
        num_iterations=given.num_iterations,
        loss_type=given.loss_type,
        scale_rewards=given.scale_rewards,
        max_completion_length=given.max_new_tokens if given.loss_type == "dr_grpo" else None,  # its constant
    )
    run = Run(
        model=given.model,
        task=given.task,
        steps=given.steps,
        prompts_per_step=given.prompts,
        max_new_tokens=given.max_new_tokens,
        answers_at_once=given.answers_at_once,
        held_out=given.held_out,
        save_every=given.save_every,
        seed=given.seed,
        config=config,
    )
    machine = Machine(
        given.on,
        given.processes,
        given.nodes,
        given.sharding,
        given.sampler,
        given.main_address,
        given.port,
        given.server,
        given.sampler_gpus,
    )
    return run, machine


def main(words: list[str] | None = None) -> int:
    """Write, look whether all is there, run; returns the exit code."""
    given = parser().parse_args(words)
    try:
        if given.resume:
            return _resume(given)
        run, machine = asked_for(given)
        missing = [] if given.write_only else what_is_missing(run, machine)
        if missing:
            return _refuse(missing)
        notes = _look(run, here=not given.write_only)
        folder = write_plan(given.folder, run, machine)
    except (ValueError, TypeError, FileNotFoundError, ModuleNotFoundError) as error:
        return _refuse([str(error)])
    print(f"written: {folder}/accelerate.yaml, run.json, launch.sh")
    for note in notes:
        print(f"not looked at: {note}")
    return _say_how(folder) if given.write_only or machine.nodes > 1 else _launch(folder)


def _resume(given: argparse.Namespace) -> int:
    """Go on with a run that broke off; where there is nothing to go on with, an error says so."""
    alone = parser().parse_args([str(given.folder), "--resume"])
    others = [name for name, value in vars(given).items() if value != getattr(alone, name)]
    if others:
        names = ", ".join(f"--{name.replace('_', '-')}" for name in others)
        raise ValueError(f"--resume goes on with what FOLDER/run.json says, so it stands alone; got {names}, too")
    folder = given.folder.expanduser().resolve()
    plan = read_plan(folder)
    run, machine = Run(model=plan.model, task=plan.task), Machine(**plan.machine)
    check_not_done(folder)
    if newest_checkpoint(folder) is None:
        raise ValueError(
            f"there is no checkpoint in {folder} to go on from: --save-every asks for them. The command that wrote it, "
            "given once more, begins the run anew"
        )
    if missing := what_is_missing(run, machine):
        return _refuse(missing)
    return _say_how(folder) if machine.nodes > 1 else _launch(folder)


def _say_how(folder: Path) -> int:
    print(f"to run it: sh {shlex.quote(str(folder / 'launch.sh'))}")
    return 0


def _launch(folder: Path) -> int:
    """Run the folder here; what it leaves when it breaks off is said."""
    try:
        code = subprocess.run(launch_command(folder), check=False).returncode
    except KeyboardInterrupt:
        code, words = 130, "stopped"
    else:
        words = "the training ended with an error, which stands above"
    if code:
        last = newest_checkpoint(folder)
        left = f"--resume goes on from {last.name}" if last else f"the files in {folder} are whole"
        _refuse([f"{words}; {left}"])
        return code if code == 130 else 1
    print(f"trained: {folder}/model; measured: {folder}/results.json")
    return 0


def _look(run: Run, *, here: bool) -> list[str]:
    """Check model and task. What another machine may have and this one has not is an error only if it runs here."""
    try:
        check_model(run)
    except (OutOfReach, ModuleNotFoundError) as error:
        if here:
            raise
        return [str(error)]
    return []


def _refuse(sentences: list[str]) -> int:
    for sentence in sentences:
        print(f"rlcourse.scale: {sentence}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("\nstopped; what a run has not finished is not in its folder")
