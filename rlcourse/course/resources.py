"""Memory, processor cores and disk: how much of each there is for us, within the limits of a container or a hub.

On Linux a control group may allow less than the machine has; its files say so (Linux kernel documentation, Control
Group v2: `memory.max`, `memory.current`, `cpu.max`). Left out: control groups of the first version, and the free memory
of systems that do not tell it without help.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from rlcourse.course.findings import Finding
from rlcourse.files import NOTEBOOKS

NEEDED_BYTES = 1.5e9
"""What the hungriest notebook may use."""
DISK_BYTES = 2e8
"""What progress, saved notebooks with their outputs and runs of the learner's own may take."""
GROUPS = Path("/sys/fs/cgroup")


def memory_finding(free: int | None) -> Finding:
    """Whether `free` bytes of memory are enough; None where the system does not tell."""
    if free is None:
        return Finding("Free memory", "this system does not say; 2 GB are enough")
    advice = (
        f"the notebooks use up to {NEEDED_BYTES / 1e9:.1f} GB. Close other programs, and shut down notebooks that you "
        "have finished (menu Kernel, Shut Down All Kernels)."
    )
    return Finding("Free memory", f"{free / 1e9:.1f} GB", free >= NEEDED_BYTES, advice)


def cores_finding(cores: int, threads: int | None = None) -> Finding:
    """How many processors there are; one is enough, though slower. `threads`: how many PyTorch uses, if known."""
    used = "" if threads is None else f"; PyTorch uses {threads} thread{'s' if threads > 1 else ''}"
    return Finding("Processor cores", f"{cores}{used}")


def notebooks_finding(folder: Path = NOTEBOOKS) -> Finding:
    """Whether the notebooks are here, and what is done in them can be saved beside them."""
    if not folder.is_dir():
        return Finding("Notebooks", "not here; only the package is installed")
    free = shutil.disk_usage(folder).free
    found = f"in {folder}, {free / 1e9:.1f} GB free"
    if not os.access(folder, os.W_OK):
        advice = "start with `python3 start.py`: it makes copies of your own, where you may write."
        return Finding("Notebooks", f"in {folder}, which may only be read", False, advice, must=False)
    advice = f"make room: {DISK_BYTES / 1e6:.0f} MB are enough to save the notebooks and your progress."
    return Finding("Notebooks", found, free >= DISK_BYTES, advice)


def free_bytes(meminfo: Path = Path("/proc/meminfo"), groups: Path = GROUPS) -> int | None:
    """Memory that programs can still have, in bytes; None where the system does not tell without help."""
    try:
        lines = dict(line.split(":", 1) for line in meminfo.read_text().splitlines())
        free = 1024 * int(lines["MemAvailable"].split()[0])
    except (OSError, KeyError, ValueError, IndexError):
        return None
    for group in own_groups(groups):
        limit, used = _number(group / "memory.max"), _number(group / "memory.current")
        if limit is not None and used is not None:
            free = min(free, max(0, limit - used))
    return free


def usable_cores(groups: Path = GROUPS) -> int:
    """Processor cores that this process may use, at least one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    for group in own_groups(groups):
        share, period = _number(group / "cpu.max"), _number(group / "cpu.max", 1)
        if share is not None and period:
            cores = min(cores, round(share / period))
    return max(1, cores)


def own_groups(groups: Path = GROUPS, own: Path = Path("/proc/self/cgroup")) -> Iterator[Path]:
    """The control group of this process and those above it: each may limit what we get."""
    try:
        (place,) = (line[3:] for line in own.read_text().splitlines() if line.startswith("0::"))
    except (OSError, ValueError):
        return
    folder = groups / place.strip("/")
    yield from (folder, *(above for above in folder.parents if above.is_relative_to(groups)))


def _number(file: Path, place: int = 0) -> int | None:
    """A whole number in a file; None if there is none, as where it says "max"."""
    try:
        return int(file.read_text().split()[place])
    except (OSError, ValueError, IndexError):
        return None
