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
            "in "
            "the algorithm. I only score the answers with the model’s own forward pass.”",
        ),
        _at(
            wards.set_by,
            causes.RATE,
            "2",
            "“The first batches looked fine. Then everything went to nothing, within minutes, and it has not come "
            "back.”",
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
            "GRPO’s advantages add up to 0 in each group, and with one step on each batch every ratio is 1: so the "
            "loss is "
            "0 in value, at every update, and its gradient is not. The KL begins at 0 because policy and reference "
            "begin "
            "as one. Look at the reward instead.",
            seed=3,
        ),
        _at(
            wards.compared_by,
            causes.NOISE,
            "5",
            "“I pay 0.8 for a right answer and 0.1 for any other, so that nobody goes with nothing, in groups of "
            "seven. It "
            "rises at first; but the more it gets right, the less it seems to like it.”",
        ),
        _at(
            wards.scored_by,
            causes.TEMPERATURE,
            "6",
            "“I turned the temperature of the sampling down, and since then the loss is not 0 any more. It learns "
            "all the "
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
            "“My sums are hard, with numbers that it was never taught. So I pay a little for each word, that it may "
            "think "
            "aloud. The reward rises as never before!”",
            evaluate=wards.right_on_hard,
            own_healthy=True,
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
            "right, I have checked it. But β = 0.1 or 1 makes no difference, and in longer runs it rambles.”",
        ),
        _well(
            wards.held_by_k3,
            "10",
            "“The same rule, the same β as my neighbour. The loss was 0 at first, and ever since it rises. A loss "
            "should "
            "fall!”",
            "The loss is −L, with β times the KL in it. The part of the advantages is 0 in value, so what is left to "
            "be seen "
            "is the KL, which grows as long as the policy moves away from its beginning, and is held. That is how a "
            "run "
            "with a leash looks.",
            seed=1,
        ),
        _at(
            wards.several_by,
            causes.MIRRORED,
            "11",
            "“I pay for right sums, and take eight steps on each batch, to save answers. No KL term; the clip should "
            "be "
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
            "“My robot learns a little, and then no more. The policy’s part is copied from the course. The critic’s "
            "I wrote "
            "myself, in one line.”",
        ),
        _well(
            wards.robot,
            "14",
            "“Everybody says that the clip fraction should stay below 0.3 and the value loss should fall. Mine began "
            "far above that, and its value loss jumped in the middle.”",
            "At first the critic knows nothing and the returns are small; as the robot begins to get out, returns "
            "differ "
            "more, and so does the loss. Both calm down as the policy does. A table with large steps clips much at "
            "first.",
            seed=2,
        ),
        _at(
            wards.judged_by,
            causes.LIMIT,
            "15",
            "“In the end it finds the exit, but from many places not as quickly as it could. I do not see why: it has "
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
