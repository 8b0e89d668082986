"""The patients of notebook 14, ward by ward: what their owners say, what is wrong with them, and who is healthy.

    ward = WARDS["sums"]
    patient = ward.patients["2"]
    patient.sick(seed)          the training as it is
    patient.mended(seed)        the same with one line changed

Their curves are recorded as experiments, five seeds each. Left out: anything that is measured.
"""

from collections.abc import Callable

from rlcourse.algorithms import Training
from rlcourse.experiments.clinic import causes, wards
from rlcourse.experiments.clinic.causes import Cause
from rlcourse.experiments.clinic.examinations import OBJECTIVE, SUMS
from rlcourse.experiments.clinic.patients import Patient, Ward
from rlcourse.experiments.clinic.robot_examinations import ROBOTS


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
            "“It learns, but it never gets as good as my neighbour’s, with the same settings. I have changed nothing "
            "in the algorithm. I only score the answers with the model’s own forward pass.”",
            seed=1,
        ),
        _at(
            wards.set_by,
            causes.RATE,
            "2",
            "“The first batch looked fine. Two updates later nothing was right any more, and it has not come back.”",
        ),
        _at(
            wards.scored_by,
            causes.PADDING,
            "3",
            "“It learns well. But with one step on each batch nothing should be clipped, and a little is, at every "
            "update.”",
            seed=1,
        ),
        _well(
            wards.on_sums,
            "4",
            "“The loss is 0, at every update, and nothing is ever clipped. Fewer and fewer groups teach. Surely "
            "nothing is trained here?”",
            "GRPO’s advantages add up to 0 in each group, and with one step on each batch every ratio is 1: so the "
            "loss is 0 in value, at every update, and its gradient is not. Groups that are right throughout teach "
            "nothing, and there are more of them as the model learns. Look at the reward instead.",
            seed=3,
        ),
        _at(
            wards.compared_by,
            causes.NOISE,
            "5",
            "“I pay 0.8 for a right answer and 0.1 for any other, so that nobody goes with nothing, in groups of "
            "seven. It rises at first, and then it stands still; and the loss, which should be 0, is further from it "
            "the more is right.”",
            own_healthy=True,
        ),
        _at(
            wards.scored_by,
            causes.TEMPERATURE,
            "6",
            "“I turned the temperature of the sampling down, and since then the loss is not 0 any more. It learns all "
            "the same.”",
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
            "“My sums are hard, with numbers up to 59. So I pay a little for each word, that it may think aloud. Now "
            "it writes more. But hardly a sum is right any more.”",
            evaluate=wards.right_on_hard,
            own_healthy=True,
            seed=1,
        ),
    ),
    SUMS,
    wards.on_sums,
    wards.right_on_held_out,
    steps=12,
    evaluate_every=4,
)
_OBJECTIVE = Ward(
    "objective",
    "GRPO’s objective: the clip, the KL term",
    _by_name(
        _at(
            wards.held_by,
            causes.K1,
            "9",
            "“I pay for each mention of the right number, and hold the model with a KL term. The KL on the chart is "
            "right, I have checked it. But nothing seems to be held: the answers get longer, and fewer and fewer are "
            "what I meant.”",
            seed=2,
        ),
        _well(
            wards.held_by_k3,
            "10",
            "“The same rule, the same β as my neighbour. The loss was 0 at first, and now it is not. It was lowest at "
            "the very beginning. A loss should fall!”",
            "The loss is −L, with β times the KL in it. The part of the advantages is 0 in value, so what is left to "
            "be seen is β times the KL, which is 0 only as long as the policy is the one that it began as. It is held: "
            "the answers get no longer, and most are what was meant.",
            seed=1,
        ),
        _at(
            wards.several_by,
            causes.MIRRORED,
            "11",
            "“I pay for right sums, and take eight steps on each batch, to save answers. No KL term; the clip should "
            "be enough. It jumps about, and is never as good as I hoped.”",
            own_healthy=True,
            steps=16,
        ),
        _at(
            wards.held_by,
            causes.FLIPPED,
            "12",
            "“It is well held, and it learns. Only the KL on my chart jumps: in one update it may be many times as "
            "large as before, and in the next as small again.”",
            seed=3,
        ),
    ),
    OBJECTIVE,
    wards.held_by_k3,
    wards.as_meant,
    steps=24,
    evaluate_every=4,
    decoys=(causes.RATE, causes.NOT_THE_WRITER),
)
_ROBOTS = Ward(
    "robots",
    "PPO in the maze, 64 steps for each walk",
    _by_name(
        _at(
            wards.fitted_by,
            causes.BROADCAST,
            "13",
            "“My robot learns a little, and then hardly more. The policy’s part is copied from the course. The "
            "critic’s I wrote myself, in one line.”",
        ),
        _well(
            wards.robot,
            "14",
            "“Everybody says that the clip fraction should stay below 0.3 and the value loss should fall. Mine began "
            "far above that, and its value loss, which was nearly gone, came all the way back.”",
            "A table with such a learning rate moves far at first, and much is clipped; later hardly anything is. And "
            "the critic knows the values of the policy as it was: when the robot changes its ways the returns change "
            "first, the loss says by how much, and the critic follows. Its explained variance is near 1 in the end.",
            seed=2,
        ),
        _at(
            wards.judged_by,
            causes.LIMIT,
            "15",
            "“It learns, and then it stops, well short of what my neighbour’s robot reaches. I do not see why: it has "
            "practised everywhere as often as his.”",
            seed=1,
        ),
    ),
    ROBOTS,
    wards.robot,
    wards.worth,
    steps=40,
    evaluate_every=5,
    decoys=(causes.SLOW_CRITIC, causes.NOT_THE_WRITER),
)

WARDS = {ward.key: ward for ward in (_SUMS, _OBJECTIVE, _ROBOTS)}
"""The wards, by key, in the order of the notebook."""
CLINIC = tuple(experiment for ward in WARDS.values() for experiment in ward.experiments)
"""Everything of the clinic that is recorded."""
