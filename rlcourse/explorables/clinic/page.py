"""One page to print: which curve, which suspicion, which test.

A grid for each ward: a line for each slip, a column for each curve, and a mark where the curve leaves the healthy runs.
It is made from the recorded runs of all patients, five seeds each, by one rule (`departure`), and from what each cause
is known to show. Left out: causes that are not in the clinic, of which there are many.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from rlcourse.experiments import load_curves
from rlcourse.experiments.clinic.symptoms import departure
from rlcourse.explorables.clinic.charts import CHARTS
from rlcourse.showing.words import html_of

if TYPE_CHECKING:  # this brings `transformers` along
    from rlcourse.experiments.clinic.patients import Patient, Ward

MARKS = {"higher": "▲", "lower": "▼", "": "·"}
"""Where a curve stands beside the healthy ones."""
READ = "▲ above the healthy runs, ▼ below them, · among them (second half of the run, at least four of five seeds)"
_TINT = {"higher": "background: #d55e0040", "lower": "background: #0072b240", "": "opacity: 0.6"}
_TABLE = (
    "table-layout: fixed; width: 100%; min-width: 600px; max-width: 1000px; margin: 0; border-collapse: collapse; "
    "font-size: 13px; break-inside: avoid"
)
_CELL = "padding: 3px 4px; border: 1px solid #8886; overflow-wrap: normal; white-space: normal"
_WIDTHS = ("22%", *["10.3%"] * 6, "16.2%")  # of the slip, of its six curves, of the test


@dataclass(frozen=True)
class Line:
    """A slip, and what it does."""

    slip: str
    sides: tuple[str, ...]
    """Of each curve: "higher", "lower" or ""."""
    test: str
    """The one that tells."""


@dataclass(frozen=True)
class Sheet:
    """The grid of one ward."""

    title: str
    curves: tuple[str, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Suspicions:
    """The grids of some wards, one below the other; as the last line of a cell it shows itself."""

    sheets: tuple[Sheet, ...]

    @property
    def html(self) -> str:
        """The page for a notebook. It may scroll sideways where it is very narrow."""
        columns = "".join(f"<col style='width: {width}'>" for width in _WIDTHS)
        body = "".join(_sheet(sheet) for sheet in self.sheets)
        table = f"<table style='{_TABLE}'><colgroup>{columns}</colgroup>{body}</table>"
        return f"<div style='overflow-x: auto; margin: 0.5em 0'>{table}<p style='font-size: 13px'>{READ}</p></div>"

    @property
    def text(self) -> str:
        """The page for a terminal."""
        said = []
        for sheet in self.sheets:
            said.append(f"{sheet.title}: {', '.join(sheet.curves)}")
            said += [
                f"  {' '.join(MARKS[side] for side in line.sides)}  {line.slip}: {line.test}" for line in sheet.lines
            ]
        return "\n".join([*said, READ])

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": self.text}


def suspicions(wards: "Iterable[Ward]") -> Suspicions:
    """The page: for each slip the curves that leave the healthy ones, and what to measure.

    Args:
        wards: Of the clinic, `WARDS.values()`.
    """
    return Suspicions(tuple(_of_ward(ward) for ward in wards))


def symptoms(ward: "Ward", patient: "Patient") -> dict[str, str]:
    """For each column that the ward's charts draw, where the patient's runs stand: "higher", "lower" or ""."""
    own, healthy = load_curves(ward.record_of(patient)), load_curves(ward.behind(patient))
    return {chart.keys[0]: departure(own, healthy, chart.keys[0]) for chart in CHARTS[ward.key]}


def _of_ward(ward: "Ward") -> Sheet:
    lines = tuple(
        Line(patient.cause.name, tuple(symptoms(ward, patient).values()), ward.tests[patient.cause.shows[0]].label)
        for patient in ward.patients.values()
        if patient.cause is not None
    )
    return Sheet(ward.title, tuple(chart.title.split(",")[0] for chart in CHARTS[ward.key]), lines)


def _sheet(sheet: Sheet) -> str:
    """The rows of one ward: the names of its curves, then its slips."""
    head = f"<th scope='col' style='{_CELL}; padding-top: 10px; vertical-align: bottom"
    curves = "".join(f"{head}; text-align: center; font-size: 12px'>{escape(curve)}</th>" for curve in sheet.curves)
    left = f"{head}; text-align: left'>"
    named = f"{left}{escape(sheet.title)}</th>{curves}{left}the test that tells</th>"
    rows = "".join(_row(line) for line in sheet.lines)
    return f"<tbody><tr>{named}</tr>{rows}</tbody>"


def _row(line: Line) -> str:
    slip = f"<th scope='row' style='{_CELL}; text-align: left; font-weight: 400'>{html_of(line.slip)}</th>"
    marks = "".join(
        f"<td style='{_CELL}; text-align: center; {_TINT[side]}' aria-label='{side or 'among them'}'>{MARKS[side]}</td>"
        for side in line.sides
    )
    return f"<tr>{slip}{marks}<td style='{_CELL}; text-align: left'>{html_of(line.test)}</td></tr>"
