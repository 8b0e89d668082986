"""How much memory and processor time the programs of a hub take, theirs and all that they started.

On Linux memory is the proportional set size: a page that several programs share, such as PyTorch's code, counts in
each with its part, so that the sum over all of them is what they take together. Elsewhere it is the resident set.
"""

import threading
import time
from collections.abc import Mapping

import psutil

EVERY = 2.0
"""Seconds between two looks; a look at a program of 1 GB takes milliseconds."""
HUB = "hub"


class Watch:
    """Watches programs while a block runs.

    Args:
        roots: By name, the number of a process; all that it started counts, too. What stands below another root of
            these counts there alone.
    """

    def __init__(self, roots: Mapping[str, int]) -> None:
        self.most: dict[str, int] = dict.fromkeys(roots, 0)
        """By name, the most bytes at any one look."""
        self.together = 0
        """The most bytes of all of them at any one look."""
        self.processor: dict[str, float] = dict.fromkeys(roots, 0.0)
        """By name, processor seconds at the last look, of what ran then."""
        self._roots = dict(roots)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def look(self) -> None:
        """Look once."""
        families = {name: _family(root) for name, root in self._roots.items()}
        now = {}
        for name, family in families.items():
            below = [other for other, root in self._roots.items() if other != name and root in family]
            own = family.keys() - set().union(*(families[other] for other in below))
            now[name] = sum(memory_of(family[number]) for number in own)
            self.processor[name] = max(self.processor[name], sum(_spent(family[number]) for number in own))
        self.most = {name: max(most, now[name]) for name, most in self.most.items()}
        self.together = max(self.together, sum(now.values()))

    def _watch(self) -> None:
        while not self._done.is_set():
            began = time.monotonic()
            self.look()
            self._done.wait(max(0.1, EVERY - (time.monotonic() - began)))
        self.look()


def memory_of(process: psutil.Process) -> int:
    """Bytes of a process; 0 when it is gone."""
    try:
        memory = process.memory_full_info() if psutil.LINUX else process.memory_info()
    except psutil.Error:
        return 0
    return getattr(memory, "pss", memory.rss)


def _family(root: int) -> dict[int, psutil.Process]:
    """A process and all below it, by number; none where it is gone."""
    try:
        process = psutil.Process(root)
        return {one.pid: one for one in (process, *process.children(recursive=True))}
    except psutil.Error:
        return {}


def _spent(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    return times.user + times.system
