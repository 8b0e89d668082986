"""Notebook 14: what a healthy loss looks like, whether a broken run learns, and how much a reward curve shows."""

from rlcourse.exercises.predictions.prediction import Prediction

PREDICTIONS = (
    Prediction(
        name="healthy_loss",
        notebook="14",
        text="A healthy GRPO run takes one step on each batch, without a KL term. Its reward rises. What does "
        "its loss do?",
        options=("It falls", "It stays at 0", "It rises"),
        explanation="In each group the advantages add up to 0, and every ratio is 1. So the loss is 0 in value, "
        "and its "
        "gradient is not. Who waits for it to fall waits in vain.",
        right=1,
    ),
    Prediction(
        name="still_learns",
        notebook="14",
        text="While this model learns, a tenth of its numbers is dropped at random each time; while it writes, "
        "none is. "
        "What will the reward of this run do, beside that of a healthy one?",
        options=(
            "Nothing: it learns nothing at all",
            "It rises, and stays below the healthy runs",
            "It is among the healthy runs",
        ),
        explanation="A noisy gradient still points the right way on average, so many a broken run learns. That "
        "it learns "
        "is no proof that it is sound.",
    ),
    Prediction(
        name="seen_in_the_reward",
        notebook="14",
        text="Twelve slips of the clinic. In how many of them does the reward’s curve, by itself, leave the "
        "healthy runs?",
        options=("In four or fewer", "In five to eight", "In nine or more"),
        explanation="The reward says how the run does, not whether the code is right. Some slips cost nothing here and "
        "much elsewhere; some pay, as the reward is what is wrong.",
    ),
)
