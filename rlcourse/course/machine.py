"""Is this machine ready for the course? One look at everything that could be missing, and what to do about it.

Notebook 00 shows it, and `python -m rlcourse doctor` says it in a terminal. Each look is a function that returns a
`Finding`; none of them raises, changes anything or needs a network. The looks that need no package stand in `findings`,
`resources` and `lab`. Left out: a benchmark. A few real steps of GRPO say how long the training of notebook 10 will
take here, and that is the question.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from rlcourse.course.findings import Finding, looked, packages_finding, python_finding
from rlcourse.course.lab import kernel_finding, other_lab_finding, widgets_finding
from rlcourse.course.resources import cores_finding, free_bytes, memory_finding, notebooks_finding, usable_cores
from rlcourse.course.speed import seconds_per_step
from rlcourse.exercises.keeping import look, record_path
from rlcourse.language import load_gpt2
from rlcourse.language.model.checkpoints import BUNDLED, how_to_rebuild
from rlcourse.language.model.checksums import FOLDERS, changed_files
from rlcourse.showing.message import Message
from rlcourse.showing.table import Table

STEPS = 60
"""Of the training in notebook 10, which is among the longest cells of the course."""
PATIENCE = 90.0
"""Seconds that it may take."""
TIMED = "sft"
"""The model whose training is timed, if it can be read."""


@dataclass(frozen=True)
class MachineReport:
    """All findings; as the last line of a cell it shows itself."""

    findings: tuple[Finding, ...]
    training: float | None = None
    """Seconds that the training of notebook 10 will take here; None where nothing could be timed."""

    @property
    def ready(self) -> bool:
        """Whether nothing must be done."""
        return all(finding.fine or not finding.must for finding in self.findings)

    @property
    def message(self) -> Message:
        """The findings in words."""
        rows = tuple((f"{f.mark} {f.what}".replace(" ", "\N{NO-BREAK SPACE}"), f.found) for f in self.findings)
        advice = tuple(f"{f.what}: {f.advice}" for f in self.findings if not f.fine)
        if self.ready:
            symbol, headline = "✓", "This machine is ready." + (" Only this:" if advice else "")
        else:
            symbol, headline = "!", f"{len(advice)} thing{'s' if len(advice) > 1 else ''} to look at:"
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
    findings = (python_finding(), packages_finding(), *course_findings())
    if not all(finding.fine for finding in findings if finding.what == _model(TIMED)):
        return MachineReport(findings)
    seconds = seconds_per_step(steps)
    return MachineReport((*findings, speed_finding(seconds)), STEPS * seconds)


def course_findings() -> Iterator[Finding]:
    """All looks that come after Python and its packages, one by one."""
    yield looked("Widgets in the Lab", widgets_finding)
    yield looked("Kernel", kernel_finding)
    elsewhere = other_lab_finding()
    if elsewhere is not None:
        yield elsewhere
    for name in BUNDLED:
        yield checkpoint_finding(name)
    yield from changed_findings()
    yield memory_finding(free_bytes())
    yield cores_finding(usable_cores(), torch.get_num_threads())
    yield notebooks_finding()
    yield progress_finding(record_path())


def checkpoint_finding(name: str) -> Finding:
    """Whether a bundled GPT-2 can be read, and is the one that was shipped or built here."""
    what = _model(name)
    changed = changed_files(name) if name in BUNDLED else []
    try:
        model, _ = load_gpt2(name, device="cpu")
    except (OSError, ValueError) as error:
        if "is not the file that came with" not in str(error):
            advice = "" if how_to_rebuild() in str(error) else f" {how_to_rebuild().capitalize()}."
            return Finding(what, "cannot be read", False, f"{error}.{advice}")
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


def progress_finding(path: Path) -> Finding:
    """Whether the learner's progress can be kept."""
    folder = next(parent for parent in path.parents if parent.exists())
    writable = os.access(path if path.exists() else folder, os.W_OK)
    advice = (
        f"{folder} cannot be written to, so your progress lasts until the notebook is closed. Nothing else suffers."
    )
    problem = look(path).problem  # somebody else's file, a newer record, one that cannot be read now
    if problem is not None:
        return Finding("Your progress", f"not kept in `{path}`", False, problem, must=False)
    return Finding("Your progress", f"kept in `{path}`", writable, advice, must=False)


def speed_finding(seconds: float) -> Finding:
    """What the time of one step means for the training of notebook 10."""
    whole = STEPS * seconds
    found = f"{seconds:.2f} s a step: the training of notebook 10, {STEPS} steps, takes about {whole:.0f} s here"
    advice = (
        f"it should take less than {PATIENCE:.0f} s. Is another program or notebook busy? On battery, plug in. "
        "Everything works as it is, too, with more patience."
    )
    return Finding("Speed of GRPO", found, whole <= PATIENCE, advice, must=False)


def _model(name: str) -> str:
    return f"Model “{name}”"
