"""A rehearsal: simulated students on one hub, each with a server of their own, one alone and then several at once.

    python -m rlcourse.teaching rehearse FOLDER

Each round starts the hub and the servers anew. All students begin at the same moment and open the same notebooks in the
same order, which is the hardest that a class can be to its server: everybody presses Shift + Enter at once. What is
measured: seconds of each cell as a student waits for it, memory of all programs, what went wrong.
"""

import asyncio
import platform
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import nbformat

from rlcourse.arguments import check_integer, check_number
from rlcourse.course.resources import usable_cores
from rlcourse.files import NOTEBOOKS
from rlcourse.showing.progress_bar import bar
from rlcourse.teaching.hub.measuring import HUB, Watch
from rlcourse.teaching.hub.serving import Hub, class_server
from rlcourse.teaching.hub.student import Student

PAUSE = 1.0
"""Seconds to think before each cell, on average."""
SIZES = (1, 2, 4, 8)
"""How many students work at once, round by round."""
PACKAGES = ("jupyterhub", "jupyterlab", "torch")


@dataclass(frozen=True)
class Round:
    """What one round has brought. Bytes and seconds are of this machine."""

    students: int
    start: float
    """Seconds from asking for a server until it answers, of the slowest."""
    cells: dict[str, list[float]]
    """By notebook, the seconds of each code cell: the median over the students."""
    processor: float
    """Processor seconds of a student's programs, the median over the students."""
    each: int
    """Most bytes of one student's programs, of the hungriest."""
    hub: int
    """Most bytes of the hub and its proxy."""
    together: int
    """Most bytes of all at any one moment."""
    errors: list[str]


@dataclass(frozen=True)
class Rehearsal:
    """All rounds, and where they were held."""

    cores: int
    python: str
    versions: dict[str, str]
    notebooks: list[str]
    pause: float
    rounds: list[Round]

    def as_json(self) -> dict:
        """As a JSON file has it, seconds with two digits."""
        record = asdict(self)
        for one in record["rounds"]:
            one["cells"] = {number: [round(each, 2) for each in seconds] for number, seconds in one["cells"].items()}
            one["start"], one["processor"] = round(one["start"], 1), round(one["processor"], 1)
        return record


def rehearse(
    folder: Path,
    *,
    sizes: Sequence[int] = SIZES,
    notebooks: dict[str, str],
    pause: float = PAUSE,
    memory: str = "2G",
    source: Path = NOTEBOOKS,
    told: Callable[[Round], object] = lambda _: None,
) -> Rehearsal:
    """Hold a rehearsal.

    Args:
        folder: New or empty, so that all begin with the notebooks as they are; each round has a folder in it.
        sizes: How many students work at once, round by round.
        notebooks: By number, the names of the notebooks, without their ending, in the order in which they are opened.
        pause: Seconds to think before each cell, on average.
        memory: What each program of a student may use.
        source: The folder with the notebooks.
        told: Is called with each round when it is over.

    Raises:
        ValueError: A size is less than 1, `pause` is negative, or the folder holds something.
        FileNotFoundError: There is no such notebook.
        NoProxy, RuntimeError, ModuleNotFoundError: The hub cannot start; see `class_server`.
    """
    for size in sizes:
        check_integer("sizes", size, 1)
    check_number("pause", pause, low=0)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"folder must be new or empty, so that everybody begins afresh, got {folder}")
    cells = sum(len(nbformat.read(source / f"{file}.ipynb", as_version=4).cells) for file in notebooks.values())
    rounds = []
    for size in sizes:
        names = [f"student{number}" for number in range(1, size + 1)]
        with (
            bar(total=size * cells, desc=f"{size} at once", unit="cell") as progress,
            class_server(folder / f"{size}_students", names, memory=memory, source=source) as hub,
        ):
            rounds.append(asyncio.run(hold_round(hub, names, notebooks, pause, progress.update)))
        told(rounds[-1])
    versions = {name: version(name) for name in PACKAGES}
    return Rehearsal(usable_cores(), platform.python_version(), versions, list(notebooks), pause, rounds)


async def hold_round(
    hub: Hub, names: Sequence[str], notebooks: dict[str, str], pause: float, tell: Callable[[int], object]
) -> Round:
    """One round on a hub that runs: everybody starts a server, then all begin at once. What fails is noted in it."""
    students = [Student(hub, name, pause=pause) for name in names]
    await asyncio.gather(*(_noting(student, "no server", student.start()) for student in students))
    roots = {HUB: hub.process.pid}
    for student in students:
        if not student.worked.errors:
            roots[student.worked.name] = await student.process()
    with Watch(roots) as watch:
        await asyncio.gather(*(_work(student, notebooks, tell) for student in students))
    for student in students:
        student.close()
    worked = [student.worked for student in students]
    return Round(
        students=len(worked),
        start=max(one.start for one in worked),
        cells={number: _medians([one.cells.get(number, []) for one in worked]) for number in notebooks},
        processor=statistics.median(watch.processor.get(name, 0.0) for name in names),
        each=max(watch.most.get(name, 0) for name in names),
        hub=watch.most[HUB],
        together=watch.together,
        errors=[wrong for one in worked for wrong in one.errors],
    )


async def _work(student: Student, notebooks: dict[str, str], tell: Callable[[int], object]) -> None:
    if not student.worked.errors:
        for number, file in notebooks.items():
            await _noting(student, number, student.work_through(number, file, tell))


async def _noting(student: Student, what: str, doing: object) -> None:
    """Do it, and note what fails: one student's trouble must not end the others' rehearsal."""
    try:
        await doing
    except Exception as error:  # whatever a server, a proxy or a network may do
        student.note(f"{what}: {type(error).__name__}: {error}")


def _medians(seconds: Sequence[Sequence[float]]) -> list[float]:
    """Cell by cell, as far as all came."""
    return [statistics.median(one) for one in zip(*seconds, strict=False)]
