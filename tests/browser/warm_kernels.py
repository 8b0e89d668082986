"""Kernels of the browser tests: forked as in the Lab that `start.py` opens, but with all of the course loaded."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from rlcourse.course import ready_kernels


@contextmanager
def warm_kernels(environment: Mapping[str, str], log: TextIO) -> Iterator[None]:
    """Until the block ends, a process runs from which the Lab's kernels are forked, with all of the course loaded.

    Importing that anew in each of some forty kernels takes longer than most of the tests. Only on Linux; elsewhere, and
    where memory is short, kernels start as usual.
    """
    if sys.platform != "linux":
        yield
        return
    door = Path(environment["RLCOURSE_KERNELS"])
    modules = (*ready_kernels.HEAVY, "tests.browser.everything")
    command = [sys.executable, ready_kernels.__file__, "--serve", str(door), str(os.getpid()), *modules]
    forked = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        while not door.exists() and forked.poll() is None:
            time.sleep(0.05)
        yield
    finally:
        forked.terminate()
        forked.wait()
