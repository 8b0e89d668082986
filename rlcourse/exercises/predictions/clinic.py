"""Notebook 14: what a healthy loss looks like, which curve no luck explains, and how much a reward curve shows."""

from rlcourse.exercises.predictions.prediction import Prediction

PREDICTIONS = (
    Prediction(
        name="healthy_loss",
        notebook="14",
        text="A healthy GRPO run takes one step on each batch, without a KL term. Its reward rises. What does "
        "its loss do?",
        options=("It falls", "It stays at 0", "It rises"),
        explanation="In each group the advantages add up to 0, and every ratio is 1. So the loss is 0 in value, "
        "and its gradient is not. Who waits for it to fall waits in vain.",
        right=1,
    ),
    Prediction(
        name="no_bad_luck",
        notebook="14",
        text="Which of these three curves of patient 1 says for certain that something is wrong in the code?",
        options=(
            "The reward, which falls behind the grey",
            "The clip fraction, which is not 0",
            "The groups that teach, which are more than in the grey",
        ),
        explanation="Rewards, and with them the groups that teach, differ from seed to seed; a sixth healthy run might "
        "be down there, too. But with one step on each batch every ratio of a sound run is 1, with any seed, so that "
        "nothing is clipped.",
        right=1,
    ),
    Prediction(
        name="seen_in_the_reward",
        notebook="14",
        text="Twelve slips of the clinic. In how many of them does the reward’s curve, by itself, leave the "
        "healthy runs?",
        options=("In four or fewer", "In five to eight", "In nine or more"),
        explanation="The reward says how the run does, not whether the code is right. Some slips cost nothing here and "
        "much elsewhere.",
    ),
)
