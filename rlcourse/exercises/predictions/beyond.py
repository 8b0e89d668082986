"""Notebook 12: what six losses make of fresh answers, and what becomes of lengths that nobody pays for."""

from rlcourse.exercises.predictions.prediction import Prediction

PREDICTIONS = (
    Prediction(
        name="pictures_when_fresh",
        notebook="12",
        text="Four answers to one question, just written, and six losses: GRPO, Dr. GRPO, DAPO, GSPO, CISPO and RLOO. "
        "How many different ways do they weigh the tokens of these answers?",
        options=("All alike", "Two", "Three", "Six"),
        explanation="While the policy is the one that wrote the answers, every ratio is 1, and a band, a root or a "
        "clip around 1 changes nothing. What is left is 1/|o|: GRPO and GSPO have it, the other four have not. (The "
        "std is the same number for all answers of one group.)",
    ),
    Prediction(
        name="lengths_for_nothing",
        notebook="12",
        text="A coin decides which answers are right, and the policy can only decide how long an answer gets. GRPO "
        "trains it. What becomes of the wrong answers?",
        options=("They get shorter", "They stay as they are, as length is not paid", "They get longer"),
        explanation="A wrong answer is pushed down with the same weight in all, spread over its tokens. A long one "
        "hides its stop among many tokens, a short one shows it: on balance to stop is what gets blamed.",
    ),
)
