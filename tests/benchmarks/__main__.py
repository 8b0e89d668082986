"""Measure how fast the course is, against the tools a learner would otherwise use.

    python -m tests.benchmarks                                    every row, then what TRPO, PPO and GRPO cost
    python -m tests.benchmarks sampling grpo_step --repeats 5     some rows
    python -m tests.benchmarks --threads 2 --out results          also writes results.json and results.md

Do it on a machine that is otherwise idle. Every ratio comes from both sides taking turns in one process.
"""

import argparse
import importlib.util
import os
import platform
import sys
import time

# Where each row lives. Modules are imported when their row is run: TRL alone takes seconds to load.
ROWS = {
    "import_time": "maze_speed",
    "exact_values": "maze_speed",
    "vector_maze": "maze_speed",
    "ppo": "maze_learning",
    "ppo_small": "maze_learning",
    "trpo": "maze_learning",
    "sampling": "sampling_row",
    "grpo_step": "grpo_rows",
    "grpo_to_90": "grpo_rows",
    "grpo_to_90_mixed": "grpo_rows",
    "ppo_sbx": "sbx_rows",
    "ppo_small_sbx": "sbx_rows",
}
NEEDS = {"ppo_sbx": "sbx", "ppo_small_sbx": "sbx"}
"""Packages that no extra brings: without them a row is left out of the whole table."""
COSTS = "costs"


def main(arguments: list[str] | None = None) -> int:
    """Run what is asked for; 1 if a promise was not kept."""
    options = _options(arguments)
    # Before NumPy and PyTorch are loaded: they read this once.
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = str(options.threads)
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    import torch

    from tests.benchmarks import report

    torch.set_num_threads(options.threads)
    start = time.perf_counter()
    machine = f"{os.cpu_count()} cores, {platform.machine()}, {options.threads} thread(s), torch {torch.__version__}"
    names = options.rows or [*filter(can_be_run, ROWS), COSTS]
    results = [_run(name, options.repeats) for name in names if name != COSTS]
    costs = _cost_table(options.repeats) if COSTS in names else []
    machine += f", {time.perf_counter() - start:.0f} s in all"
    print("\n" + report.text(results, costs, machine))
    if options.out:
        report.write(options.out, results, costs, machine)
    return int(any(result.met is False for result in results))


def can_be_run(name: str) -> bool:
    """Whether what it needs besides the test extra is installed."""
    return name not in NEEDS or importlib.util.find_spec(NEEDS[name]) is not None


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rows", nargs="*", metavar="row", help=f"any of {', '.join([*ROWS, COSTS])}; all if none")
    parser.add_argument("--repeats", type=int, help="rounds of each row; each row knows its own number")
    parser.add_argument("--threads", type=int, default=1, help="threads for both sides (default 1)")
    parser.add_argument("--out", help="also write OUT.json and OUT.md")
    options = parser.parse_args(arguments)
    for name in options.rows:
        if name not in ROWS and name != COSTS:
            parser.error(f"there is no row {name!r}; choose from {', '.join([*ROWS, COSTS])}")
    for name in ("repeats", "threads"):
        value = getattr(options, name)
        if value is not None and value < 1:
            parser.error(f"--{name} must be at least 1, got {value}")
    return options


def _run(name: str, repeats: int | None):
    print(f"\n{name}", flush=True)
    function = getattr(importlib.import_module(f"tests.benchmarks.{ROWS[name]}"), name)
    return function(say=_say, **({} if repeats is None else {"repeats": repeats}))


def _cost_table(repeats: int | None) -> list:
    print(f"\n{COSTS}", flush=True)
    from tests.benchmarks.cost_table import cost_table

    return cost_table(say=_say, **({} if repeats is None else {"repeats": repeats}))


def _say(line: str) -> None:
    print(f"  {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
