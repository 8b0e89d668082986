"""`python -m rlcourse.scale FOLDER …` writes the configuration of a run, and starts it."""

import argparse
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from rlcourse.algorithms import GRPOConfig
from rlcourse.files import ASSETS
from rlcourse.scale.plan import launch_command, write_plan
from rlcourse.scale.ready import check_model, what_is_missing
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

a task of your own is a file with a list PROMPTS, a function reward(prompts, completions, **columns), and, if it needs
any, COLUMNS = {"name": [one value for each prompt]}; HELD_OUT and HELD_OUT_COLUMNS are asked in the end.

needed to run: python -m pip install -e ".[scale]"; and vllm, deepspeed or reasoning-gym where you ask for them.
"""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    page = argparse.ArgumentParser(
        prog="python -m rlcourse.scale",
        description=PAGE,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    page.add_argument("folder", metavar="FOLDER", type=Path, help="where all goes: new, empty, or a plan not yet run")
    what = page.add_argument_group("what is trained")
    what.add_argument("--model", default="sft", help="of the course, a folder, or a name on the hub (default: sft)")
    what.add_argument("--task", default="sums", help="sums, reasoning-gym:NAME, or a file.py (default: sums)")
    what.add_argument("--steps", type=int, default=20, help="updates (default: 20)")
    what.add_argument("--prompts", type=int, default=32, help="questions in an update, of all processes (default: 32)")
    what.add_argument("--generations", type=int, default=8, help="answers to each question (default: 8)")
    what.add_argument("--max-new-tokens", type=int, default=16, help="longest answer (default: 16)")
    what.add_argument("--learning-rate", type=float, help="default: 1e-4 for the course's models, 1e-6 for others")
    what.add_argument("--beta", type=float, default=0.0, help="weight of the KL to a reference (default: 0, none)")
    what.add_argument("--held-out", type=int, default=100, help="questions asked in the end; 0 for none (default: 100)")
    what.add_argument("--seed", type=int, default=0, help="default: 0")
    where = page.add_argument_group("on what")
    where.add_argument("--on", choices=KINDS, default="cpu", help="default: cpu")
    where.add_argument("--processes", type=int, default=1, help="of each machine, one for each GPU (default: 1)")
    where.add_argument("--nodes", type=int, default=1, help="machines (default: 1)")
    where.add_argument("--main-address", default="", help="of the first machine, where there are several")
    where.add_argument("--port", type=int, default=29500, help="of the first machine (default: 29500)")
    where.add_argument("--sharding", choices=SHARDINGS, default="copies", help="what each GPU holds (default: copies)")
    where.add_argument("--sampler", choices=SAMPLERS, default="generate", help="who writes (default: generate)")
    where.add_argument("--server", default="", help="address of vLLM's server, with --sampler vllm-server")
    where.add_argument("--answers-at-once", type=int, default=32, help="in a backward pass; less memory (default: 32)")
    page.add_argument("--write-only", action="store_true", help="write the files, and run nothing")
    return page


def asked_for(given: argparse.Namespace) -> tuple[Run, Machine]:
    """What the command line says, checked."""
    rate = given.learning_rate
    if rate is None:
        rate = 1e-4 if (ASSETS / given.model / "config.json").is_file() else 1e-6
    config = replace(GRPOConfig(), num_generations=given.generations, learning_rate=rate, beta=given.beta)
    run = Run(
        given.model,
        given.task,
        given.steps,
        given.prompts,
        given.max_new_tokens,
        given.answers_at_once,
        given.held_out,
        given.seed,
        config,
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
    )
    return run, machine


def main(words: list[str] | None = None) -> int:
    """Write, look whether all is there, run; returns the exit code."""
    given = parser().parse_args(words)
    try:
        run, machine = asked_for(given)
        missing = [] if given.write_only else what_is_missing(run, machine)
        if missing:
            return _refuse(missing)
        if not given.write_only:
            check_model(run)
        folder = write_plan(given.folder, run, machine)
    except (ValueError, TypeError, FileNotFoundError, ModuleNotFoundError) as error:
        return _refuse([str(error)])
    print(f"written: {folder}/accelerate.yaml, run.json, launch.sh")
    if given.write_only or machine.nodes > 1:
        print(f"to run it: sh {shlex.quote(str(folder / 'launch.sh'))}")
        return 0
    code = subprocess.run(launch_command(folder), check=False).returncode
    if code:
        return _refuse([f"the training ended with an error, which stands above; the files in {folder} are whole"])
    print(f"trained: {folder}/model; measured: {folder}/results.json")
    return 0


def _refuse(sentences: list[str]) -> int:
    for sentence in sentences:
        print(f"rlcourse.scale: {sentence}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("\nstopped; what a run has not finished is not in its folder")
