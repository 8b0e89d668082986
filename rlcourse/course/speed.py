"""How long will each notebook take here? Three small works, timed here and once where the notebooks were timed too.

    seconds here = start here + (recorded Run All − recorded start) · (small work here / small work recorded)

*Start* is a fresh process that loads the course; the small works are steps of the two kinds of training that fill the
notebooks, PPO in the maze and GRPO on the GPT-2. What was recorded stands in `assets/run_all.json`, all of it in
processor seconds of one thread on one machine, and

    python -m rlcourse.course.speed LOG

writes it anew, from the lines that `pytest -s --whole tests/notebooks/test_notebooks.py` printed into LOG. Left out: a
benchmark of the machine, and what else it is doing meanwhile.
"""

import json
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from rlcourse.algorithms import GRPO, PPO, PPOConfig, Training
from rlcourse.control import GymnasiumWorld, policy_for, value_for
from rlcourse.course.contents import CONTENTS, Notebook
from rlcourse.files import ASSETS, write_whole
from rlcourse.maze import MazeVectorEnv
from rlcourse.showing.progress_bar import bar

RECORDS = ASSETS / "run_all.json"
_LINE = re.compile(r"^(\d\d)_\w+: (\d+) s, slowest cell", re.MULTILINE)
_FACTOR_OF = {"maze": ("maze",), "GPT-2": ("gpt2",), "both": ("maze", "gpt2"), "": ("maze", "gpt2")}
"""Which small works stand for a notebook's training, by its world."""

Clock = Callable[[], float]


@dataclass(frozen=True)
class Speed:
    """Seconds of the three small works on one machine."""

    start: float
    """Of a fresh process that loads what a notebook of the maze loads."""
    maze: float
    """Of one update of PPO in the maze."""
    gpt2: float
    """Of one step of GRPO on the bundled GPT-2."""


@dataclass(frozen=True)
class Records:
    """What was measured where the notebooks were timed, in processor seconds of one thread."""

    speed: Speed
    run_all: dict[str, float]
    """A notebook's number → what all its cells took together, exercises and all training done."""


def load_records(path: Path = RECORDS) -> Records:
    """The records that come with the course."""
    read = json.loads(path.read_text(encoding="utf-8"))
    return Records(Speed(**read["speed"]), read["run_all"])


def run_all_seconds(here: Speed, records: Records, notebooks: tuple[Notebook, ...] = CONTENTS) -> dict[str, float]:
    """How long Run All will take here: a notebook's number → seconds, of those that were recorded."""
    there, seconds = records.speed, {}
    slower = {name: getattr(here, name) / getattr(there, name) for name in ("maze", "gpt2")}
    for notebook in notebooks:
        if notebook.number in records.run_all:
            factor = statistics.mean(slower[name] for name in _FACTOR_OF[notebook.world])
            training = max(0.0, records.run_all[notebook.number] - there.start)
            seconds[notebook.number] = here.start + training * factor
    return seconds


def measure(*, maze: int = 12, gpt2: int = 12, clock: Clock = time.perf_counter) -> Speed:
    """Time the three small works here, about ten seconds of work on the machine of the records.

    Args:
        maze: How many updates in the maze, after one to warm up.
        gpt2: How many steps on the GPT-2, likewise.
        clock: Seconds as one waits for them, or `time.process_time`.
    """
    start = seconds_to_start(clock if clock is time.perf_counter else _spent_by_children)
    return Speed(start, seconds_per_update(maze, clock=clock), seconds_per_step(gpt2, clock=clock))


def seconds_to_start(clock: Clock = time.perf_counter) -> float:
    """The time a fresh Python takes to load what every notebook loads."""
    before = clock()
    subprocess.run([sys.executable, "-c", "import rlcourse.explorables"], check=True, capture_output=True)
    return clock() - before


def seconds_per_update(updates: int, *, clock: Clock = time.perf_counter) -> float:
    """The time of one update of PPO in a maze: the median of the first few, whose seed is always the same."""
    world = GymnasiumWorld(MazeVectorEnv(64, size=8, random_start=True), steps=64)
    ppo = PPO(PPOConfig(learning_rate=0.1, minibatch_size=512), critic=value_for(world))
    return _median(Training(policy_for(world), world, ppo), updates, "a few updates in the maze", clock)


def seconds_per_step(steps: int, *, clock: Clock = time.perf_counter) -> float:
    """The time of one step of GRPO on the bundled GPT-2, as notebook 10 takes it: the median of the first few.

    (Later steps are cheaper: the better the model, the more groups teach nothing and are left out.)
    """
    # Whoever only asks for the maze has no use for `transformers`, which takes seconds to load.
    from rlcourse.language import LanguagePolicy, arithmetic_world, load_gpt2, split_sums

    policy = LanguagePolicy(*load_gpt2("sft", device="cpu"))
    training = Training(policy, arithmetic_world(split_sums()[0]), GRPO())
    return _median(training, steps, "a few steps of GRPO", clock)


def _median(training: Training, steps: int, name: str, clock: Clock) -> float:
    times = []
    for _ in bar(range(steps + 1), desc=name, leave=False):  # the first one also sets things up
        before = clock()
        training.run(1, progress=False)
        times.append(clock() - before)
    return statistics.median(times[1:])


def _spent_by_children() -> float:
    """The processor seconds of the programs that this one has started and that have ended."""
    times = os.times()
    return times.children_user + times.children_system


def records_from(log: str, speed: Speed) -> Records:
    """The records, from what the whole run of the notebooks printed.

    Raises:
        ValueError: a notebook of the course is not in the log, or has no time.
    """
    found = {number: float(seconds) for number, seconds in _LINE.findall(log)}
    missing = [notebook.number for notebook in CONTENTS if not found.get(notebook.number)]
    if missing:
        raise ValueError(f"the log must have a line such as “02_maze: 14 s, slowest cell …” of {', '.join(missing)}")
    return Records(speed, {notebook.number: found[notebook.number] for notebook in CONTENTS})


def main(arguments: list[str]) -> None:
    """Read the log, time the small works with one thread, and write the records."""
    (log,) = arguments
    text = Path(log).read_text(encoding="utf-8")
    records_from(text, Speed(1.0, 1.0, 1.0))  # what is missing is said before the work
    torch.set_num_threads(1)
    # The same steps as everywhere, since later ones are cheaper; the least of three, since other programs disturb.
    runs = [asdict(measure(clock=time.process_time)) for _ in range(3)]
    speed = Speed(**{name: round(min(run[name] for run in runs), 4) for name in runs[0]})
    write_whole(RECORDS, json.dumps(asdict(records_from(text, speed)), indent=1) + "\n")
    print(f"{RECORDS}: {speed}")


if __name__ == "__main__":
    main(sys.argv[1:])
