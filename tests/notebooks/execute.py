"""Run a notebook from top to bottom, as Run All does, and keep what a learner would notice.

Every cell runs, also after an error, so that one look shows all that is wrong. Memory is the kernel's resident set,
sampled ten times a second. Seconds are the kernel's processor seconds, which one thread takes on a free machine too,
however busy this one is.
"""

import threading
from dataclasses import dataclass
from pathlib import Path

import nbformat
import psutil
from nbformat import NotebookNode

from rlcourse.exporting.running import kernel

from .claims import said_by


@dataclass(frozen=True)
class Run:
    """What happened, by the number of the cell in the notebook."""

    seconds: dict[int, float]
    """Of the processor."""
    errors: dict[int, str]
    """Tracebacks, of cells that did not announce them with the tag "raises-exception"."""
    stderr: dict[int, str]
    claims: dict[str, str]
    """What the cells say, in plain text, that have the tag of a claim of the article's."""
    peak_bytes: int

    @property
    def total_seconds(self) -> float:
        return sum(self.seconds.values())


def execute(notebook: NotebookNode, folder: Path, state: Path, *, cell_timeout: float = 300) -> Run:
    """Run `notebook` as if it stood in `folder`, with an empty folder `state` for what the kernel keeps of the user."""
    seconds = {}
    with (
        kernel(notebook, folder, state, cell_timeout=cell_timeout, allow_errors=True) as client,
        _PeakMemory(client.km.provisioner.pid) as memory,
    ):
        process = psutil.Process(client.km.provisioner.pid)
        for number, cell in enumerate(notebook.cells):
            before = _spent(process)
            client.execute_cell(cell, number)
            if cell.cell_type == "code":
                seconds[number] = _spent(process) - before
    return Run(seconds, _errors(notebook), _stderr(notebook), said_by(notebook), memory.peak)


def read(path: Path) -> NotebookNode:
    """A notebook file."""
    return nbformat.read(path, as_version=4)


def _spent(process: psutil.Process) -> float:
    """The processor seconds of a process so far."""
    times = process.cpu_times()
    return times.user + times.system


def _errors(notebook: NotebookNode) -> dict[int, str]:
    found = {}
    for number, cell in enumerate(notebook.cells):
        if "raises-exception" not in cell.metadata.get("tags", []):
            wrong = [out for out in cell.get("outputs", []) if out.output_type == "error"]
            if wrong:
                found[number] = f"{wrong[0].ename}: {wrong[0].evalue}\n" + "\n".join(wrong[0].traceback)
    return found


def _stderr(notebook: NotebookNode) -> dict[int, str]:
    found = {}
    for number, cell in enumerate(notebook.cells):
        text = "".join(out.text for out in cell.get("outputs", []) if out.get("name") == "stderr")
        if text:
            found[number] = text
    return found


class _PeakMemory:
    """The largest resident set of a process while the block runs."""

    def __init__(self, pid: int) -> None:
        self.peak = 0
        self._process = psutil.Process(pid)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> "_PeakMemory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(0.1):
            try:
                self.peak = max(self.peak, self._process.memory_info().rss)
            except psutil.NoSuchProcess:
                return
