"""Is this machine ready for the course? One look at everything that could be missing, and what to do about it.

Each check is a function that returns a `Finding`; none of them raises, changes anything or needs a network. Left out:
a benchmark. A few real steps of GRPO say how long the course's longest cell will take here, and that is the question.
"""

import importlib.metadata
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from rlcourse.algorithms import GRPO, Training
from rlcourse.exercises.keeping import look, record_path
from rlcourse.language import LanguagePolicy, arithmetic_world, load_gpt2, split_sums
from rlcourse.language.build.model_card import GRPO_STEPS
from rlcourse.language.model.checkpoints import BUNDLED, how_to_rebuild
from rlcourse.language.model.checksums import FOLDERS, changed_files
from rlcourse.showing.message import Message
from rlcourse.showing.progress_bar import bar
from rlcourse.showing.table import Table

OLDEST_PYTHON = (3, 11)
PACKAGES = ("torch", "transformers", "gymnasium", "matplotlib", "ipywidgets", "anywidget")
NEEDED_BYTES = 1.5e9
"""What the hungriest notebook may use."""
PATIENCE = 90.0
"""Seconds that the longest cell of the course may take."""

_REINSTALL = "Install the course again: `python -m pip install -r requirements.txt`, then restart the kernel (↻)."


@dataclass(frozen=True)
class Finding:
    """What one check found."""

    what: str
    """What was looked at."""
    found: str
    """What there is."""
    fine: bool = True
    """Whether it will do."""
    advice: str = ""
    """What to do when it will not."""


@dataclass(frozen=True)
class MachineReport:
    """All findings; as the last line of a cell it shows itself."""

    findings: tuple[Finding, ...]
    longest_cell: float | None = None
    """Seconds that the longest cell of the course will take here; None where nothing could be timed."""

    @property
    def ready(self) -> bool:
        """Whether everything is fine."""
        return all(finding.fine for finding in self.findings)

    @property
    def message(self) -> Message:
        """The findings in words."""
        rows = tuple(
            (f"{'✓' if f.fine else '✗'} {f.what}".replace(" ", "\N{NO-BREAK SPACE}"), f.found) for f in self.findings
        )
        advice = tuple(f"{f.what}: {f.advice}" for f in self.findings if not f.fine)
        troubles = f"{len(advice)} thing{'s' if len(advice) > 1 else ''} to look at"
        symbol, headline = ("✓", "This machine is ready.") if self.ready else ("!", f"{troubles}:")
        return Message(symbol, headline, (*advice, Table(("What", "Found"), rows)))

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": self.message.text, "text/html": self.message.html}


def check_machine(*, steps: int = 5) -> MachineReport:
    """Look at Python, the packages, the checkpoints, memory and processors, and time a few steps of GRPO.

    Args:
        steps: How many steps to time, after one to warm up.

    Raises:
        ValueError: `steps` is not a whole number of at least 1.
    """
    if not isinstance(steps, int) or steps < 1:
        raise ValueError(f"steps must be a whole number of at least 1, got {steps!r}")
    findings = [python_finding(), packages_finding(), *(checkpoint_finding(name) for name in BUNDLED)]
    findings += changed_findings()
    findings += [memory_finding(free_bytes()), cores_finding(usable_cores()), progress_finding(record_path())]
    if not findings[2 + BUNDLED.index("sft")].fine:
        return MachineReport(tuple(findings))
    seconds = seconds_per_step(steps)
    return MachineReport((*findings, speed_finding(seconds)), GRPO_STEPS * seconds)


def python_finding(version: tuple[int, ...] = tuple(sys.version_info)) -> Finding:
    """Whether Python is new enough."""
    oldest = ".".join(map(str, OLDEST_PYTHON))
    advice = f"the course needs {oldest} or newer, from https://www.python.org/downloads/."
    return Finding("Python", ".".join(map(str, version[:3])), tuple(version[:2]) >= OLDEST_PYTHON, advice)


def packages_finding(version_of: Callable[[str], str] = importlib.metadata.version) -> Finding:
    """Whether the packages that the notebooks stand on are installed."""
    found, missing = [], []
    for name in PACKAGES:
        try:
            found.append(f"{name} {version_of(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    advice = f"{', '.join(missing)} cannot be found. {_REINSTALL}" if missing else ""
    return Finding("Packages", ", ".join(found), not missing, advice)


def checkpoint_finding(name: str) -> Finding:
    """Whether a bundled GPT-2 can be read, and is the one that was shipped or built here."""
    what = f"Model “{name}”"
    try:
        model, _ = load_gpt2(name, device="cpu")
    except (OSError, ValueError) as error:
        advice = "" if how_to_rebuild() in str(error) else f" {how_to_rebuild().capitalize()}."
        return Finding(what, "cannot be read", False, f"{error}.{advice}")
    changed = changed_files(name) if name in BUNDLED else []
    if changed:
        advice = f"{', '.join(changed)}: not as made. `git status` says what changed; {how_to_rebuild()}."
        return Finding(what, "is not as it was shipped", False, advice)
    return Finding(what, f"{sum(weight.numel() for weight in model.parameters()) / 1e6:.1f} million weights")


def changed_findings() -> list[Finding]:
    """Whether the other bundled files, the reward model and the preferences, are as they were made; silent if so."""
    advice = "{}: not as made. `git status` says what changed; {}."
    changed = {name: changed_files(name) for name in FOLDERS if name not in BUNDLED}
    return [
        Finding(
            f"Folder “{name}”", "is not as it was shipped", False, advice.format(", ".join(files), how_to_rebuild())
        )
        for name, files in changed.items()
        if files
    ]


def memory_finding(free: int | None) -> Finding:
    """Whether `free` bytes of memory are enough; None where the system does not tell."""
    if free is None:
        return Finding("Free memory", "this system does not say; 2 GB are enough")
    advice = (
        f"the notebooks use up to {NEEDED_BYTES / 1e9:.1f} GB. Close other programs, and shut down notebooks that you "
        "have finished (menu Kernel, Shut Down All Kernels)."
    )
    return Finding("Free memory", f"{free / 1e9:.1f} GB", free >= NEEDED_BYTES, advice)


def cores_finding(cores: int) -> Finding:
    """How many processors there are; one is enough, though slower."""
    threads = torch.get_num_threads()
    return Finding("Processor cores", f"{cores}; PyTorch uses {threads} thread{'s' if threads > 1 else ''}")


def progress_finding(path: Path) -> Finding:
    """Whether the learner's progress can be kept."""
    folder = next(parent for parent in path.parents if parent.exists())
    writable = os.access(path if path.exists() else folder, os.W_OK)
    advice = (
        f"{folder} cannot be written to, so your progress lasts until the notebook is closed. Nothing else suffers."
    )
    problem = look(path).problem  # somebody else's file, a newer record, one that cannot be read now
    if problem is not None:
        return Finding("Your progress", f"not kept in `{path}`", False, problem)
    return Finding("Your progress", f"kept in `{path}`", writable, advice)


def speed_finding(seconds: float) -> Finding:
    """What the time of one step means for the longest cell of the course."""
    whole = GRPO_STEPS * seconds
    found = (
        f"{seconds:.2f} s a step: the longest cell of the course, {GRPO_STEPS} steps, takes about {whole:.0f} s here"
    )
    advice = (
        f"it should take less than {PATIENCE:.0f} s. Is another program or notebook busy? On battery, plug in. "
        "Everything works as it is, too, with more patience."
    )
    return Finding("Speed of GRPO", found, whole <= PATIENCE, advice)


def seconds_per_step(steps: int) -> float:
    """The time of one step of GRPO on the bundled GPT-2, as notebook 10 takes it: the median of a few."""
    policy = LanguagePolicy(*load_gpt2("sft", device="cpu"))
    training = Training(policy, arithmetic_world(split_sums()[0]), GRPO())
    times = []
    for _ in bar(range(steps + 1), desc="a few steps of GRPO"):  # the first one also sets things up
        start = time.perf_counter()
        training.run(1, progress=False)
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


def free_bytes(meminfo: Path = Path("/proc/meminfo")) -> int | None:
    """Memory that programs can still have, in bytes; None where the system does not tell without help."""
    try:
        lines = dict(line.split(":", 1) for line in meminfo.read_text().splitlines())
        return 1024 * int(lines["MemAvailable"].split()[0])
    except (OSError, KeyError, ValueError):
        return None


def usable_cores() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
