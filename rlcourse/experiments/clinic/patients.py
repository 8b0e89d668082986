"""The patients of notebook 14, ward by ward: what their owners say, what is wrong with them, and who is healthy.

    ward = WARDS["sums"]
    patient = ward.patients["2"]
    patient.sick(seed)          the training as it is
    patient.mended(seed)        the same with one line changed

Their curves are recorded as experiments, five seeds each. Left out: charts, which stand in `rlcourse.explorables`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from rlcourse.algorithms import Policy, Training
from rlcourse.experiments.clinic import causes, lines, wards
from rlcourse.experiments.clinic.causes import Cause
from rlcourse.experiments.clinic.examinations import OBJECTIVE, SUMS
from rlcourse.experiments.clinic.examining import Examination, Report
from rlcourse.experiments.clinic.robot_examinations import ROBOTS
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
    _measured: dict[tuple[str, str], Report] = field(default_factory=dict, repr=False, compare=False)

    @property
    def causes(self) -> dict[str, Cause]:
        """What its patients have, by key, in the order of the names."""
        found = {p.cause.key: p.cause for p in self.patients.values() if p.cause is not None}
        return dict(sorted(found.items(), key=lambda pair: pair[1].name.lower()))

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
        made = [self._experiment(self.record, f"{self.title}: healthy", self.healthy, self.evaluate)]
        for patient in self.patients.values():
            how = self.evaluation(patient)
            if patient.cause is not None:
                made.append(self._experiment(self.record_of(patient), f"Patient {patient.name} of the clinic", patient.sick, how))
            if patient.own_healthy:
                made.append(self._experiment(self.behind(patient), "the same, mended", patient.mended, how))
        return tuple(made)

    def _experiment(self, name: str, title: str, make: Callable[[int], Training], evaluate: Callable) -> Experiment:
        return Experiment(name, title, make, self.steps, evaluate, self.evaluate_every)


def _by_name(*patients: Patient) -> dict[str, Patient]:
    return {patient.name: patient for patient in patients}


def _at(build: Callable[..., Training], cause: Cause, name: str, story: str, **settings: object) -> Patient:
    """A patient with something wrong."""
    return Patient(name, story, build, cause, **settings)


def _well(build: Callable[[int], Training], name: str, story: str, verdict: str, *, seed: int) -> Patient:
    """A patient with nothing wrong."""
    return Patient(name, story, build, verdict=verdict, seed=seed)


_SUMS = Ward(
    "sums",
    "GRPO on sums, one step on each batch",
    _by_name(
        _at(
            wards.scored_by,
            causes.DROPOUT,
            "1",
            "“It learns, but it never gets as good as my neighbour’s, with the same settings. I have changed nothing in "
            "the algorithm. I only score the answers with the model’s own forward pass.”",
        ),
        _at(
            wards.set_by,
            causes.RATE,
            "2",
            "“The first batches looked fine. Then everything went to nothing, within minutes, and it has not come back.”",
        ),
        _at(
            wards.scored_by,
            causes.PADDING,
            "3",
            "“It learns well. But with one step on each batch nothing should be clipped, and a little is, always.”",
        ),
        _well(
            wards.on_sums,
            "4",
            "“The loss is 0. The KL begins at 0, too, and nothing is ever clipped. Surely nothing is trained here?”",
            "GRPO’s advantages add up to 0 in each group, and with one step on each batch every ratio is 1: so the loss is "
            "0 in value, at every update, and its gradient is not. The KL begins at 0 because policy and reference begin "
            "as one. Look at the reward instead.",
            seed=3,
        ),
        _at(
            wards.compared_by,
            causes.NOISE,
            "5",
            "“I pay 0.8 for a right answer and 0.1 for any other, so that nobody goes with nothing, in groups of seven. It "
            "rises at first; but the more it gets right, the less it seems to like it.”",
        ),
        _at(
            wards.scored_by,
            causes.TEMPERATURE,
            "6",
            "“I turned the temperature of the sampling down, and since then the loss is not 0 any more. It learns all the "
            "same.”",
        ),
        _at(
            wards.counted_by,
            causes.END,
            "7",
            "“Nothing hurts. But a colleague said that my answers are one token shorter than everybody else’s.”",
        ),
        _at(
            wards.paid_by,
            causes.SHAPED,
            "8",
            "“My sums are hard, with numbers that it was never taught. So I pay a little for each word, that it may think "
            "aloud. The reward rises as never before!”",
            evaluate=wards.right_on_hard,
            own_healthy=True,
        ),
    ),
    SUMS,
    wards.on_sums,
    wards.right_on_held_out,
    steps=16,
    evaluate_every=4,
)
_OBJECTIVE = Ward(
    "objective",
    "GRPO with a KL term, paid by an imperfect rule",
    _by_name(
        _at(
            wards.held_by,
            causes.K1,
            "9",
            "“I pay for each mention of the right number, and hold the model with a KL term. The KL on the chart is right, "
            "I have checked it. But it goes up and up, and β = 0.1 or 1 makes no difference.”",
        ),
        _well(
            wards.held_by_k3,
            "10",
            "“The same rule, the same β as my neighbour. The loss was 0 at first, and ever since it *rises*. A loss should "
            "fall!”",
            "The loss is −L, with β times the KL in it. The part of the advantages is 0 in value, so what is left to be seen "
            "is the KL, which grows as long as the policy moves away from its beginning, and is held. That is how a run "
            "with a leash looks.",
            seed=1,
        ),
        _at(
            wards.several_by,
            causes.MIRRORED,
            "11",
            "“I pay for right sums, and take eight steps on each batch, to save answers. No KL term; the clip should be "
            "enough. It jumps about, and is never as good as I hoped.”",
            own_healthy=True,
        ),
        _at(
            wards.held_by,
            causes.FLIPPED,
            "12",
            "“It is well held, and it learns. Only the KL on my chart jumps: two updates later it may be a third.”",
        ),
    ),
    OBJECTIVE,
    wards.held_by_k3,
    wards.as_meant,
    steps=16,
    evaluate_every=4,
)
_ROBOTS = Ward(
    "robots",
    "PPO in the maze, 64 steps for each walk",
    _by_name(
        _at(
            wards.fitted_by,
            causes.BROADCAST,
            "13",
            "“My robot learns a little, and then no more. The policy’s part is copied from the course. The critic’s I wrote "
            "myself, in one line.”",
        ),
        _well(
            wards.robot,
            "14",
            "“Everybody says that the clip fraction should stay below 0.3 and the value loss should fall. Mine began at 0.4 "
            "and its value loss went *up* first.”",
            "At first the critic knows nothing and the returns are small; as the robot begins to get out, returns differ "
            "more, and so does the loss. Both calm down as the policy does. A table with large steps clips much at first.",
            seed=2,
        ),
        _at(
            wards.judged_by,
            causes.LIMIT,
            "15",
            "“In the end it finds the exit from nearby. Far from the exit it stays lost, and I do not see why: it has "
            "practised there as often as anywhere.”",
        ),
    ),
    ROBOTS,
    wards.robot,
    wards.worth,
    steps=40,
    evaluate_every=5,
)

WARDS = {ward.key: ward for ward in (_SUMS, _OBJECTIVE, _ROBOTS)}
"""The wards, by key, in the order of the notebook."""
CLINIC = tuple(experiment for ward in WARDS.values() for experiment in ward.experiments)
"""Everything of the clinic that is recorded."""
