"""Notebook 05: the KL as a ruler, what old data promise, what a limit on one batch is worth, and the bill."""

from rlcourse.exercises.predictions.prediction import Prediction

PREDICTIONS = (
    Prediction(
        name="two_humps",
        notebook="05",
        text="p has two humps, q only one. You may drag q sideways and pull it wider or narrower, until KL(p‖q) is "
        "as small as you can make it. Where does q end up?",
        options=("On one of the humps, narrow", "Over both, and over the valley between", "In the valley, narrow"),
        right=1,
        explanation="KL(p‖q) punishes q for ruling out what p does, so q has to cover both, and fills the "
        "valley on the way. What is true of KL(q‖p), you may find out with your own hands.",
    ),
    Prediction(
        name="promise_and_truth",
        notebook="05",
        text="You move the policy ever further towards what the old advantages praise, and the promise keeps rising. "
        "What does the true gain do?",
        options=("It rises with the promise", "It rises, then falls, perhaps below 0", "It is below 0 from the start"),
        explanation="The promise is made in the states that the old policy visits, and a policy that is far from the "
        "old one is soon elsewhere: so the truth stays behind. That it even falls is the noise of a small batch. With "
        "exact advantages the truth goes on growing, only more slowly than the promise.",
    ),
    Prediction(
        name="round_bowl",
        notebook="05",
        text="The ellipse of the steps that cost δ is long at θ₁ = −4, where the first sigmoid is flat. Where is it a "
        "circle, if θ₂ stays at 0?",
        options=("At θ₁ = −2", "At θ₁ = 0", "At θ₁ = +2", "Nowhere"),
        right=1,
        explanation="It is a circle where both sigmoids are equally steep, so that both weights cost the same: at "
        "θ₁ = θ₂ = 0. On either side the first sigmoid is flatter, and the ellipse longer that way.",
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
    Prediction(
        name="the_bill",
        notebook="05",
        text="PPO, the subject of the next notebook, makes 16 plain gradient steps from the same answers. How long "
        "does an update of TRPO take beside one of PPO?",
        options=("Less long", "Up to twice as long", "Two to five times as long", "More than five times as long"),
        explanation="TRPO makes one step and PPO many. But each of TRPO's products with the Fisher matrix is a "
        "backward pass over all answers, and each of PPO's steps learns from a quarter of them.",
    ),
)
