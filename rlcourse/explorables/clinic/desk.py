"""A ward of the clinic: patients to choose from, their charts, tests to order, a cause to name, a treatment to watch.

    see_patients(WARDS["sums"])

Charts are recorded runs, so that a patient is seen at once; what is ordered is measured then, in the kernel, and the
treatment trains there. Left out: a stop button of its own. ■ in JupyterLab's toolbar ends a treatment after its step.
"""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import anywidget
import traitlets
from matplotlib.figure import Figure

from rlcourse.algorithms import Training
from rlcourse.arguments import check_choice, describe
from rlcourse.explorables.clinic.charts import PatientCharts
from rlcourse.explorables.clinic.consultation import HEALTHY, Consultation
from rlcourse.showing.live import BROWSER, BUTTONS, Lasting, Still
from rlcourse.showing.picture import Picture
from rlcourse.showing.words import minus

if TYPE_CHECKING:  # this brings `transformers` along
    from rlcourse.experiments.clinic.patients import Ward

_HERE = Path(__file__).parent
_PAUSE = 0.25  # seconds between two pictures
TRY_THIS = (
    "Try this: look at the charts, and form a suspicion. Then order the test that could speak against it. Watch what "
    "is far from the healthy run, and name the cause."
)
KEY = {
    "patient": "this patient, as its run is recorded",
    "mended": "with the line mended",
    "grey": "five healthy runs of the same task, from the lowest to the highest at each update",
}
"""Which curve is which; the second is only there once it is."""


class Clinic(Lasting, anywidget.AnyWidget):
    """The desk of a ward."""

    _esm = BROWSER + (_HERE / "desk.js").read_text("utf-8")
    _css = BUTTONS + (_HERE / "desk.css").read_text("utf-8")
    asks_kernel = traitlets.Bool(True).tag(sync=True)
    hint = traitlets.Unicode(TRY_THIS).tag(sync=True)
    shown = traitlets.Dict().tag(sync=True)
    """Everything but the charts, as plain data; see `plain`."""
    charts = traitlets.List().tag(sync=True)
    """Each chart as a PNG file in letters, with its words and its width."""
    status = traitlets.Unicode().tag(sync=True)
    """How far a treatment has come."""

    def __init__(self, ward: "Ward") -> None:
        self.ward, self.answered = ward, 0
        self.visits = [Consultation(patient, ward) for patient in ward.patients.values()]
        super().__init__()
        self.call_in(0)
        self.on_msg(self._asked)

    @property
    def visit(self) -> Consultation:
        """The patient who is here."""
        return self.visits[self.chosen]

    def call_in(self, patient: int) -> None:
        """Call a patient in, by its place in the ward."""
        self.chosen, self.status = patient, ""
        self._drawing = PatientCharts(self.ward, self.visit.patient)
        self._show()

    def _show(self) -> None:
        self.answered += 1
        with self.hold_sync():
            self.charts = self._drawing.drawn(self.visit.treated)
            self.shown = plain(self)

    def order(self, key: str) -> None:
        """Measure something on this patient."""
        self.visit.order(key)
        self._show()

    def name_it(self, key: str) -> None:
        """Say what this patient has."""
        self.visit.name(key)
        self._show()

    def treat(self) -> None:
        """Mend the line and train, with the charts growing."""
        next_picture, steps = 0.0, self.ward.length(self.visit.patient)

        def watch(training: Training) -> None:
            nonlocal next_picture
            made = int(training.history["step"][-1])
            self.status = f"Update {made} of {steps}, {training.seconds:.1f} s of training. ■ in the toolbar stops it."
            if time.monotonic() >= next_picture:
                self.charts = self._drawing.drawn(training.history)
                next_picture = time.monotonic() + _PAUSE

        history = self.visit.treat(watch)
        stopped = " Stopped." if history.interrupted else ""
        self.status = f"{int(history['step'][-1])} updates in {history['seconds'][-1]:.1f} s of training.{stopped}"
        self._show()

    def _asked(self, _: object, content: dict, __: object) -> None:
        """A button was pressed."""
        deeds = {
            "open": lambda: self.call_in(int(content["patient"])),
            "order": lambda: self.order(content["key"]),
            "name": lambda: self.name_it(content["key"]),
            "hint": lambda: (self.visit.hint(), self._show()),
            "treat": self.treat,
        }
        deeds[content["do"]]()

    def still(self) -> Still:
        """The charts of the patient who is here."""
        revive = "Run this cell to order tests, and to see the other patients of this ward."
        return Still.of(self._drawing.picture(), f"{_story(self.visit)} {revive}")


def see_patients(ward: "Ward") -> Clinic:
    """The explorable: one ward of the clinic, such as `WARDS["sums"]` of `rlcourse.experiments`.

    Raises:
        TypeError: it is no ward.
    """
    _check_ward(ward)
    return Clinic(ward)


def patient_picture(ward: "Ward", patient: str) -> Picture:
    """The charts of one patient, by its name, such as "3".

    Raises:
        TypeError: it is no ward.
        ValueError: there is no such patient in it.
    """
    _check_ward(ward)
    check_choice("patient", patient, tuple(ward.patients))
    return PatientCharts(ward, ward.patients[patient]).picture()


def see_patients_figure(ward: "Ward", patient: str) -> Figure:
    """The same as a figure, for print."""
    return patient_picture(ward, patient).figure


def _check_ward(ward: object) -> None:
    if not hasattr(ward, "patients"):
        raise TypeError(f"ward must be one of rlcourse.experiments.WARDS, got {describe(ward)}")


def plain(desk: Clinic) -> dict:
    """What the browser shows, besides the charts."""
    visit, ward = desk.visit, desk.ward
    right = [verdict for verdict in visit.named.values() if verdict.right]
    said = [visit.answer_to(key) for key in [*visit.named][-1:]]
    mendable = visit.solved and visit.patient.cause is not None
    return {
        "patients": [_card(one) for one in desk.visits],
        "chosen": desk.chosen,
        "story": _story(visit),
        "key": [[look, words] for look, words in KEY.items() if look != "mended" or visit.treated is not None],
        "tests": [{"key": k, "label": t.label, "done": k in visit.findings} for k, t in ward.tests.items()],
        "findings": [_finding(visit, key) for key in reversed(visit.findings)],
        "causes": [
            {"key": key, "label": label, "state": _state(visit, key)} for key, label in cause_names(ward).items()
        ],
        "verdict": [*visit.hints_given(), *said] if not right else [f"Yes. {right[0].words}", *_unproved(visit)],
        "named": visit.solved,
        "hints_left": visit.hints_left,
        "answered": desk.answered,  # a click that changes nothing is answered, too
        "diff": [list(line) for line in visit.patient.cause.treatment] if mendable else [],
        "again": visit.treated is not None,
        "status": desk.status,
    }


def _unproved(visit: Consultation) -> list[str]:
    """What is still to be done by somebody who has guessed."""
    alone = (
        "You named it from the curves alone, and a curve is a suspicion. Which test would have proved it? Order it now."
    )
    return [] if visit.findings or visit.hints else [alone]


def cause_names(ward: "Ward") -> dict[str, str]:
    """What can be named in a ward, by its key."""
    return {key: cause.name for key, cause in ward.suspicions.items()} | {HEALTHY: "nothing: it is healthy"}


def _story(visit: Consultation) -> str:
    return f"Patient {visit.patient.name}. {visit.patient.story}"


def _card(visit: Consultation) -> dict:
    state = ("", "✓", "✓✓")[visit.solved + (visit.treated is not None)]
    said = ("not named yet", "named", "named and treated")[visit.solved + (visit.treated is not None)]
    return {"name": f"Patient {visit.patient.name}", "state": state, "said": said}


def _state(visit: Consultation, key: str) -> str:
    if key not in visit.named:
        return ""
    return "right" if visit.named[key].right else "wrong"


def _finding(visit: Consultation, key: str) -> dict:
    """One test as a table: the patient's numbers beside a healthy run's."""
    test, (own, usual) = visit.ward.tests[key], visit.findings[key]
    names = dict.fromkeys((*own.rows, *usual.rows))
    rows = [[name, _number(own.rows.get(name, "–")), _number(usual.rows.get(name, "–"))] for name in names]
    return {
        "label": test.label,
        "asks": test.asks,
        "header": ["what is measured", "this patient", "a healthy run"],
        "rows": rows,
    }


def _number(value: float | str) -> str:
    """A number for the eye; words as they are."""
    if isinstance(value, str):
        return minus(value)
    return "0" if abs(value) < 5e-6 else minus(f"{value:.3g}")
