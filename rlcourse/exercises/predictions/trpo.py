"""Notebook 05: the two directions of the KL, and what a limit on one batch is worth."""

from rlcourse.exercises.predictions.prediction import Prediction

PREDICTIONS = (
    Prediction(
        name="two_humps",
        notebook="05",
        text="p has two humps, q only one. You move q until KL(p‖q) is small. Where does q end up?",
        options=("On one of the humps, narrow", "Over both, and over the valley between", "In the valley, narrow"),
        right=1,
        explanation="KL(p‖q) punishes q for ruling out what p does, so q has to cover both. The other direction, "
        "KL(q‖p), punishes it for doing what p rules out: then it sits on one hump.",
    ),
    Prediction(
        name="promise_and_truth",
        notebook="05",
        text="You move the policy ever further towards what the old advantages praise, and the promise keeps rising. "
        "What does the true gain do?",
        options=("It rises with the promise", "It rises, then falls, perhaps below 0", "It is below 0 from the start"),
        explanation="The promise is made in the states that the old policy visits. A policy that is far from the old "
        "one is soon elsewhere.",
    ),
    Prediction(
        name="fresh_batch",
        notebook="05",
        text="No step of TRPO passes the limit on its own batch. Now the same steps are measured again, on fresh "
        "batches. Will one of them be over the limit?",
        options=("None", "Some of them, but fewer than half", "Half of them or more"),
        explanation="Each step was measured where it was fitted. Elsewhere the same step may weigh more, as in any "
        "measurement on the data that one has learned from.",
    ),
)
