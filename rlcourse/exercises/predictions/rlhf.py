"""Notebook 09: where a price is felt, how far PPO comes, a run that was interrupted, hacking, and DPO beside PPO."""

from rlcourse.exercises.predictions.prediction import Prediction

PREDICTIONS = (
    Prediction(
        name="first_token_pays",
        notebook="09",
        text="As a first token b is as likely as in the reference, but what follows b is not. Which of the two ways of "
        "charging for KL makes b rarer as a first token?",
        options=("Only KL in the reward", "Only KL in the loss", "Both", "Neither"),
        explanation="A reward is added up over what follows, so the first token answers for where it leads. A term of "
        "the loss looks at one token at a time, with the text before it as given, and the first one has no KL of its "
        "own.",
    ),
    Prediction(
        name="ppo_wins",
        notebook="09",
        text="PPO sees the score of the reward model and never gold. After 20 updates, how often will gold prefer the "
        "policy's reply to one of the reference?",
        options=("About half of the time, as before", "In up to 70 %", "In 70 to 80 %", "In more than 80 %"),
        explanation="The reward model has learned from what people preferred, and near to the reference that is mostly "
        "what gold prefers too. That this does not go on for ever is the subject of section 6.",
    ),
    Prediction(
        name="resumed",
        notebook="09",
        text="A run is saved, everything is thrown away, built again from the files, and goes on. How do its numbers "
        "compare with those of the run that was never stopped?",
        options=("They are the same, to the last digit", "They are close", "They part, since chance is drawn anew"),
        explanation="Saved were the weights of policy and value model, Adam's two means for each of them, and the "
        "state of the generator from which tokens and minibatches are drawn. Nothing else decides what comes next.",
    ),
    Prediction(
        name="for_free",
        notebook="09",
        text="Leaving the reference costs nothing, and PPO trains for 60 updates. What becomes of score and win rate?",
        options=(
            "Both rise, and higher than with a price",
            "Both rise, but slower than with a price",
            "The score rises, the win rate falls in the end",
            "Both fall in the end",
        ),
        explanation="The policy is paid by the reward model alone, and goes wherever that is pleased. Far from the "
        "replies it learned from, it is pleased by things that nobody wants.",
    ),
    Prediction(
        name="direct",
        notebook="09",
        text="DPO learns from the same pairs that the reward model learned from, without writing a single reply. After "
        "its 60 steps, how often will its replies win, beside those of a PPO that ended at the same KL?",
        options=("More often", "About as often", "Less often"),
        explanation="Where both were measured on the way, the two are close. In theory both look for the same policy, "
        "but DPO sees only replies of the old policy, and learns from them what to say against what; PPO tries its own "
        "replies, and is told what they are worth.",
    ),
)
