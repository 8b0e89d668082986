"""What a patient of the clinic is, and a ward: trainings, what can be measured on them, and what is recorded.

Left out: who is there (`cases`), and charts, which stand in `rlcourse.explorables`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from rlcourse.algorithms import Policy, Training
from rlcourse.experiments.clinic.causes import Cause, Suspicion
from rlcourse.experiments.clinic.examining import Examination, Report
from rlcourse.experiments.experiment import Experiment


@dataclass(frozen=True)
class Patient:
    """One run that somebody is worried about."""

    name: str
    """How it is called: a number."""
    story: str
    """What its owner says."""
    build: Callable[..., Training]
    """From the cause's function, where there is one, and a seed to a training before its first step."""
    cause: Cause | None = None
    """What is wrong with it; None if nothing is."""
    verdict: str = ""
    """What a healthy one's owner is told."""
    evaluate: Callable[[Policy], Mapping[str, float]] | None = None
    """How it is measured; None for the way of its ward."""
    own_healthy: bool = False
    """Whether its healthy runs are its own, mended, as its task is another than that of its ward."""
    seed: int = 0
    """Of the recorded run that is shown."""
    steps: int | None = None
    """How many updates its runs make; None for as many as those of its ward."""

    def sick(self, seed: int = 0) -> Training:
        """The training as it came."""
        return self.build(seed) if self.cause is None else self.build(self.cause.broken, seed)

    def mended(self, seed: int = 0) -> Training:
        """The training with one line changed; as it came where nothing is wrong."""
        return self.build(seed) if self.cause is None else self.build(self.cause.mended, seed)


@dataclass(frozen=True)
class Ward:
    """Patients of one kind, and what can be done for them."""

    key: str
    title: str
    patients: Mapping[str, Patient]
    """By name."""
    tests: Mapping[str, Examination]
    """What can be ordered, by key."""
    healthy: Callable[[int], Training]
    """From a seed to a healthy training of this kind."""
    evaluate: Callable[[Policy], Mapping[str, float]]
    """How its runs are measured."""
    steps: int
    """How many updates its runs make."""
    evaluate_every: int
    decoys: tuple[Suspicion, ...] = ()
    """What can be named, too, and nobody here has: so that no cause is found by crossing out the others."""
    _measured: dict[tuple[str, str], Report] = field(default_factory=dict, repr=False, compare=False)

    @property
    def causes(self) -> dict[str, Cause]:
        """What its patients have, by key."""
        return {p.cause.key: p.cause for p in self.patients.values() if p.cause is not None}

    @property
    def suspicions(self) -> dict[str, Suspicion]:
        """What can be named, by key, in the order of the names: what its patients have, and what nobody has."""
        named = (*self.causes.values(), *self.decoys)
        return {one.key: one for one in sorted(named, key=lambda one: one.name.lower())}

    @property
    def record(self) -> str:
        """The name of its healthy runs' record."""
        return f"clinic-{self.key}-healthy"

    def record_of(self, patient: Patient) -> str:
        """The name of a patient's recorded runs."""
        return self.record if patient.cause is None else f"clinic-{patient.cause.key}"

    def behind(self, patient: Patient) -> str:
        """The name of the healthy runs that a patient is held against."""
        return f"{self.record_of(patient)}-mended" if patient.own_healthy else self.record

    def length(self, patient: Patient) -> int:
        """How many updates a patient's runs make."""
        return self.steps if patient.steps is None else patient.steps

    def evaluation(self, patient: Patient) -> Callable[[Policy], Mapping[str, float]]:
        """How a patient is measured."""
        return self.evaluate if patient.evaluate is None else patient.evaluate

    def usual(self, key: str, patient: Patient) -> Report:
        """What a test finds in a healthy run of the patient's kind; measured once."""
        make, whose = (patient.mended, patient.name) if patient.own_healthy else (self.healthy, "")
        if (key, whose) not in self._measured:
            self._measured[key, whose] = self.tests[key].measure(make(0))
        return self._measured[key, whose]

    @property
    def experiments(self) -> tuple[Experiment, ...]:
        """The runs to record: the healthy ones, and each patient that is not one of them."""
        healthy = f"{self.title}: healthy"
        made = [Experiment(self.record, healthy, self.healthy, self.steps, self.evaluate, self.evaluate_every)]
        for patient in self.patients.values():
            how = (self.length(patient), self.evaluation(patient), self.evaluate_every)
            if patient.cause is not None:
                title = f"Patient {patient.name} of the clinic"
                made.append(Experiment(self.record_of(patient), title, patient.sick, *how))
            if patient.own_healthy:
                made.append(Experiment(self.behind(patient), "the same, mended", patient.mended, *how))
        return tuple(made)
