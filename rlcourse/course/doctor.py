"""The doctor: is this machine ready, what to do if not, and how long will each notebook take here?

    python -m rlcourse doctor

What it looks at is what notebook 00 looks at (`rlcourse.course.machine`), written for a terminal: narrow ones too, and
such as know nothing but ASCII. It begins with what needs no package, for a missing one is the commonest of troubles.
"""

import shutil
import sys
import textwrap
import time
from collections.abc import Iterable, Mapping

from rlcourse.course.findings import REINSTALL, Finding, packages_finding, python_finding
from rlcourse.showing.words import printable

LABEL = 22
"""Columns of what was looked at, in a terminal that is wide enough for two columns."""
WIDE, WIDEST = 60, 110
"""Columns from which there are two, and beyond which no line is easy to read."""


def examine(*, quick: bool = False) -> int:
    """Say what there is to say about this machine; 0 if it is ready, 1 if something must be done.

    Args:
        quick: Leave out the measuring.
    """
    _print("Is this machine ready for the course?\n")
    findings = _tell([python_finding(), packages_finding()])
    if all(finding.fine or not finding.must for finding in findings):
        findings += _tell(_of_the_course())
    in_order = not any(finding.must and not finding.fine for finding in findings)
    if in_order and not quick:
        findings += _how_long()
    troubles = [finding for finding in findings if finding.must and not finding.fine]
    remarks = [finding for finding in findings if not finding.must and not finding.fine]
    _print(f"\n{verdict(len(troubles), len(remarks))}")
    return 1 if troubles else 0


def verdict(troubles: int, remarks: int) -> str:
    """The last line."""
    if troubles:
        return f"✗ {_count(troubles, 'thing')} to mend, marked ✗ above. Then ask again."
    return "✓ This machine is ready." + (f" ({_count(remarks, 'remark')}, marked ! above.)" if remarks else "")


def lines_of(finding: Finding, width: int) -> str:
    """A finding and what to do about it, in lines of at most so many columns, words that are longer aside."""
    label, texts = f"{finding.mark} {finding.what}", [finding.found]
    if not finding.fine:
        texts.append(f"→ {finding.advice}")
    margin = " " * (LABEL if width >= WIDE else 4)
    told = "\n".join(_filled(text, width, margin) for text in texts)
    if width >= WIDE and len(label) < LABEL:
        return label + told[len(label) :]
    return f"{label}\n{told}"


def times_of(seconds: Mapping[str, float], titles: Mapping[str, str], width: int) -> str:
    """What each notebook takes, a line each, and all of them together."""
    rows = [(f"{number} {titles[number]}", spoken(taken)) for number, taken in seconds.items()]
    rows.append(("all of them", spoken(sum(seconds.values()))))
    room = max(8, min(max(len(name) for name, _ in rows), width - 4 - max(len(taken) for _, taken in rows)))
    return "\n".join(f"  {textwrap.shorten(name, room, placeholder=' …').ljust(room)}  {taken}" for name, taken in rows)


def spoken(seconds: float) -> str:
    """A time as one says it who does not know it exactly: "5 s", "1 min 20 s", "14 min"."""
    if seconds < 57.5:
        return f"{max(5, 5 * round(seconds / 5))} s"
    if seconds < 595:
        minutes, rest = divmod(10 * round(seconds / 10), 60)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{round(seconds / 60)} min"


def _of_the_course() -> Iterable[Finding]:
    """The looks that need the packages; a package that is there but cannot be loaded is a finding."""
    try:
        from rlcourse.course.machine import course_findings
    except Exception as error:  # a damaged installation may fail in any way
        words = str(error).splitlines()[0] if str(error) else ""
        yield Finding("Loading the packages", f"{type(error).__name__}: {words}", False, REINSTALL)
        return
    yield from course_findings()


def _how_long() -> list[Finding]:
    """Measure, say how long each notebook takes, and find whether a training is short enough."""
    from rlcourse.course.contents import CONTENTS
    from rlcourse.course.machine import speed_finding
    from rlcourse.course.speed import load_records, measure, run_all_seconds

    _print("\nMeasuring how fast it is. This takes a quarter of a minute.")
    began = time.perf_counter()
    here = measure()
    findings = _tell([speed_finding(here.gpt2)])
    seconds = run_all_seconds(here, load_records())
    titles = {notebook.number: notebook.title for notebook in CONTENTS}
    took = f"measured in {time.perf_counter() - began:.0f} s; other programs make it slower"
    _print(f"\nRun All takes about so long here ({took}):")
    _print(times_of(seconds, titles, _width()))
    return findings


def _tell(findings: Iterable[Finding]) -> list[Finding]:
    """Print each finding as soon as it is there."""
    told = []
    for finding in findings:
        _print(lines_of(finding, _width()))
        told.append(finding)
    return told


def _filled(text: str, width: int, margin: str) -> str:
    """The text in lines with a margin; paths and commands are not torn."""
    return textwrap.fill(
        text, width, initial_indent=margin, subsequent_indent=margin, break_long_words=False, break_on_hyphens=False
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _width() -> int:
    return min(WIDEST, shutil.get_terminal_size((80, 24)).columns)


def _print(text: str) -> None:
    print(printable(text, getattr(sys.stdout, "encoding", None)), flush=True)
