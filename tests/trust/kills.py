"""Kill -9 at random moments: what was written before is still whole, and the same command goes on.

Each job writes again and again, in a fork of this process, so that a start costs nothing. It is killed at a moment
drawn evenly from the seconds that an undisturbed run takes; then whoever reads its files looks whether the last state
that it said was written is there; then it is started again in the same folder, until it has been killed as often as
asked. In the end it runs through, and its folder must hold what that of an undisturbed run holds, and nothing else.

Left out: a machine without power, for which files would have to be synced, and Windows, which knows no fork.
"""

import os
import random
import signal
import struct
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol

Say = Callable[[int], None]
"""By which a job says: so many states are written, whole."""


class Job(Protocol):
    """Something of the course that writes."""

    name: str
    kills: int
    """How often of a hundred kills it is killed."""

    def work(self, folder: Path, say: Say) -> None:
        """Begin, or go on with what lies in the folder, to the end."""
        ...

    def look(self, folder: Path, said: int) -> None:
        """Raise unless all that was said to be written can be read."""
        ...

    def holds(self, folder: Path) -> object:
        """What a finished folder holds, to be compared."""
        ...


@dataclass
class Outcome:
    """What became of a job."""

    name: str
    kills: int = 0
    in_a_write: int = 0
    """Kills after which something half-written lay about."""
    finished: int = 0
    """How often it had ended before its turn came, and was begun anew."""
    problems: list[str] = field(default_factory=list)


def kill_again_and_again(job: Job, kills: int, chance: random.Random) -> Outcome:
    """Kill a job so often, and look each time; see the module."""
    outcome = Outcome(job.name)
    with tempfile.TemporaryDirectory(prefix=f"{job.name}-") as scratch:
        straight, killed, number, best = Path(scratch) / "straight", Path(scratch) / "killed", 0, 0
        getattr(job, "prepare", lambda: None)()
        began = time.perf_counter()
        said, ended = in_a_fork(job, straight, None)
        seconds = time.perf_counter() - began
        if not ended:
            raise RuntimeError(f"{job.name} fails by itself, after {said} states")
        while outcome.kills < kills:
            folder = killed / str(number)
            said, ended = in_a_fork(job, folder, chance.uniform(0, seconds))
            best = max(best, said)  # a fork that was killed early has said nothing, others before it have
            outcome.kills += not ended
            outcome.finished += ended
            outcome.in_a_write += bool(half_written(folder))
            look = partial(job.look, folder, best)
            note(outcome, f"after kill {outcome.kills}, {best} states said", look)
            number, best = (number + 1, 0) if ended else (number, best)
        said, ended = in_a_fork(job, folder, None)
        if not ended:
            outcome.problems.append(f"{job.name} does not go on after its kills")
        note(outcome, "in the end", lambda: same(job, straight, folder))
    return outcome


def note(outcome: Outcome, when: str, action: Callable[[], None]) -> None:
    """Write down what an action raises."""
    try:
        action()
    except Exception as error:
        outcome.problems.append(f"{outcome.name}, {when}: {error!r}")


def same(job: Job, straight: Path, killed: Path) -> None:
    """Raise unless both finished folders hold the same, and nothing half-written."""
    if left := half_written(killed):
        raise AssertionError(f"left behind: {', '.join(left)}")
    if names(straight) != names(killed):
        raise AssertionError(f"other files: {sorted(names(straight) ^ names(killed))}")
    if job.holds(straight) != job.holds(killed):
        raise AssertionError("it ends elsewhere than a run that was not killed")


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def half_written(folder: Path) -> list[str]:
    """What writers keep beside what they write while they write it: hidden files and folders."""
    return sorted(path.name for path in folder.rglob(".*"))


def in_a_fork(job: Job, folder: Path, kill_after: float | None) -> tuple[int, bool]:
    """Let a job work in a fork, and kill it after so many seconds.

    Returns:
        How many states it said to be written; and whether it had ended by itself, without an error.
    """
    folder.mkdir(parents=True, exist_ok=True)
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        _work_and_exit(job, folder, writes)
    os.close(writes)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)  # it may have ended; until it is waited for its number is nobody else's
    with os.fdopen(reads, "rb") as pipe:
        told = pipe.read()
    _, status = os.waitpid(child, 0)
    count = struct.unpack("<q", told[len(told) - 8 :])[0] if told else 0
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise RuntimeError(f"{job.name} failed in {folder}: see above")
    return count, os.WIFEXITED(status)


def _work_and_exit(job: Job, folder: Path, writes: int) -> None:
    code, told = 1, sys.stderr
    try:
        os.environ["RLCOURSE_PROGRESS"] = str(folder / "progress.json")
        sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115 (until the fork ends)
        job.work(folder, lambda count: os.write(writes, struct.pack("<q", count)) and None)
        code = 0
    except BaseException:
        traceback.print_exc(file=told)
    finally:
        told.flush()
        os._exit(code)


def main(kills: int = 100, only: list[str] | None = None, seed: int = 0) -> int:
    """Kill every job its share of times, and print a table; 1 if anything was lost."""
    from tests.trust.jobs import JOBS

    chosen = [job for job in JOBS if not only or job.name in only]
    chance, outcomes = random.Random(seed), []
    print(f"{'':24}{'kills':>7}{'in a write':>12}{'ended before':>14}{'lost':>7}{'seconds':>9}")
    for job in chosen:
        began = time.perf_counter()
        outcomes.append(done := kill_again_and_again(job, max(1, round(kills * job.kills / 100)), chance))
        seconds = time.perf_counter() - began
        print(
            f"{done.name:24}{done.kills:7}{done.in_a_write:12}{done.finished:14}{len(done.problems):7}{seconds:9.1f}",
            flush=True,
        )
        for problem in done.problems[:5]:
            print(f"    {problem}", flush=True)
    total, lost = sum(one.kills for one in outcomes), sum(len(one.problems) for one in outcomes)
    print(f"{total} kills, {sum(one.in_a_write for one in outcomes)} of them in a write, {lost} problems")
    return int(lost > 0)
