"""One page to print: which curve, which suspicion, which test.

It is made from the recorded runs of all patients, five seeds each, by one rule (`departure`), and from what each cause
is known to show. Left out: causes that are not in the clinic, of which there are many.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rlcourse.experiments import load_curves
from rlcourse.experiments.clinic.symptoms import departure
from rlcourse.explorables.clinic.charts import CHARTS
from rlcourse.showing.table import Table

if TYPE_CHECKING:  # this brings `transformers` along
    from rlcourse.experiments.clinic.patients import Patient, Ward

HEADER = ("a curve", "is", "suspect", "the test that tells")


def suspicions(wards: "Iterable[Ward]") -> Table:
    """The page: for each curve that leaves the healthy ones, what may be behind it, and what to measure.

    Args:
        wards: Of the clinic, `WARDS.values()`.
    """
    rows: list[tuple[str, ...]] = []
    for ward in wards:
        rows.append((ward.title,))
        silent = [patient for patient in _ill(ward) if not any(symptoms(ward, patient).values())]
        for chart in CHARTS[ward.key]:
            for side in ("higher", "lower"):
                found = [p for p in _ill(ward) if symptoms(ward, p)[chart.keys[0]] == side]
                rows += _lines(ward, chart.title.split(",")[0], side, found)
        rows += _lines(ward, "none of them", "outside the healthy runs", silent)
    return Table(HEADER, tuple(rows))


def symptoms(ward: "Ward", patient: "Patient") -> dict[str, str]:
    """For each column that the ward's charts draw, where the patient's runs stand: "higher", "lower" or ""."""
    own, healthy = load_curves(ward.record_of(patient)), load_curves(ward.behind(patient))
    return {chart.keys[0]: departure(own, healthy, chart.keys[0]) for chart in CHARTS[ward.key]}


def _ill(ward: "Ward") -> "list[Patient]":
    return [patient for patient in ward.patients.values() if patient.cause is not None]


def _lines(ward: "Ward", curve: str, side: str, patients: "list[Patient]") -> list[tuple[str, ...]]:
    """A line for each patient; the curve is named in the first."""
    lines = []
    for number, patient in enumerate(patients):
        first = (curve, side) if not number else ("", "")
        lines.append((*first, patient.cause.name, ward.tests[patient.cause.shows[0]].label))
    return lines
