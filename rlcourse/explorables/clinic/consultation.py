"""A visit to one patient: what was ordered and found, what was named, and what the treatment does.

Everything that is measured is measured now, on the run's own parts, by `rlcourse.experiments`; a healthy run of the
same ward is measured beside it. Left out: how it looks (`desk`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rlcourse.algorithms import History, Training
from rlcourse.arguments import check_choice
from rlcourse.usual import usual_settings

if TYPE_CHECKING:  # these bring `transformers` along
    from rlcourse.experiments.clinic.examining import Report
    from rlcourse.experiments.clinic.patients import Patient, Ward

HEALTHY = "healthy"
"""What is named where nothing is wrong."""


@dataclass(frozen=True)
class Verdict:
    """What comes of naming a cause."""

    right: bool
    words: str


@dataclass
class Consultation:
    """One patient of a ward, from the charts to the treatment."""

    patient: "Patient"
    ward: "Ward"
    findings: "dict[str, tuple[Report, Report]]" = field(default_factory=dict)
    """Of each test that was ordered what it found in the patient, and in a healthy run."""
    named: dict[str, Verdict] = field(default_factory=dict)
    """What was named, and what came of it."""
    hints: int = 0
    """How many were asked for."""
    treated: History | None = None
    """The run with the line mended, as far as it has come."""

    @property
    def key(self) -> str:
        """What it is."""
        return HEALTHY if self.patient.cause is None else self.patient.cause.key

    @property
    def shows(self) -> tuple[str, ...]:
        """The tests that come out odd, the most telling one first."""
        return () if self.patient.cause is None else self.patient.cause.shows

    @property
    def solved(self) -> bool:
        """Whether it has been named."""
        return self.key in self.named

    @usual_settings()
    def order(self, key: str) -> None:
        """Measure something on the patient, and on a healthy run beside it.

        Raises:
            ValueError: There is no such test in this ward.
        """
        check_choice("test", key, tuple(self.ward.tests))
        if key not in self.findings:
            own = self.ward.tests[key].measure(self.patient.sick(self.patient.seed))
            self.findings[key] = own, self.ward.usual(key, self.patient)

    def name(self, key: str) -> Verdict:
        """Say what it is; the answer says why, or which test speaks against it.

        Raises:
            ValueError: There is no such cause in this ward.
        """
        check_choice("cause", key, (HEALTHY, *self.ward.suspicions))
        self.named.pop(key, None)  # what is said last stands last
        self.named[key] = Verdict(key == self.key, self.answer_to(key))
        return self.named[key]

    def answer_to(self, key: str) -> str:
        """What there is to say to a name now: a test that was asked for may have been ordered since."""
        if key != self.key:
            return self._against(key)
        return self.patient.verdict if self.patient.cause is None else self.patient.cause.because

    def _against(self, key: str) -> str:
        """Which test tells this patient from one with that cause."""
        cause = None if key == HEALTHY else self.ward.suspicions[key]
        expected = () if cause is None else cause.shows
        if missing := [test for test in expected if test not in self.shows]:
            test, finds = missing[0], "finds nothing of the kind"
            said = f"If it were that, {cause.then if missing[0] == expected[0] else 'another test would be odd, too'}."
        else:
            test, finds = next(test for test in self.shows if test not in expected), "is out of the ordinary"
            said = "Nothing wrong at all?" if cause is None else "That would not explain all of it."
        label = f"“{self.ward.tests[test].label}”"
        return f"{said} {label} {finds}." if test in self.findings else f"{said} Order {label}, and look."

    def hint(self) -> str:
        """The next hint: which test to order, then what it says, then a choice of two."""
        self.hints = min(self.hints + 1, 3)
        return self._hints()[self.hints - 1]

    @property
    def hints_left(self) -> int:
        """How many more there are."""
        return 3 - self.hints

    def hints_given(self) -> tuple[str, ...]:
        """Those that were asked for."""
        return self._hints()[: self.hints]

    def _hints(self) -> tuple[str, ...]:
        if not self.shows:
            return (
                "Order all the tests there are. Which of them is far from the healthy run?",
                "What a healthy run may look like, the grey band says. Is there a curve that stays outside of it?",
                "A run may be frightening and healthy. Is there anything that no test explains?",
            )
        test, others = self.ward.tests[self.shows[0]], [c for k, c in self.ward.suspicions.items() if k != self.key]
        near = max(others, key=lambda cause: len({*cause.shows} & {*self.shows}))
        pair = sorted((self.ward.suspicions[self.key].name, near.name))
        return (
            f"Order “{test.label}”.",
            f"“{test.label}” is far from the healthy run. Which of the causes would do that?",
            f"It is one of these two: {pair[0]}; {pair[1]}.",
        )

    @usual_settings()
    def treat(self, on_step: Callable[[Training], None] | None = None) -> History:
        """Mend the line, and train for as long as the patient was."""
        training = self.patient.mended(self.patient.seed)
        self.treated = training.history
        how = {"evaluate": self.ward.evaluation(self.patient), "evaluate_every": self.ward.evaluate_every}
        return training.run(self.ward.length(self.patient), on_step=on_step, progress=False, **how)
