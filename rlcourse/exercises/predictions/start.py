"""Notebook 00: what temperature does to a habit."""

from rlcourse.exercises.predictions.prediction import Prediction

PREDICTIONS = (
    Prediction(
        name="cold_guesses",
        notebook="00",
        text="At temperature 1 the model guesses about every second sum. How often will it guess at temperature 0?",
        options=("More often", "As often", "Less often"),
        explanation="At temperature 0 the likeliest token wins each time. The bars above show which of the two first "
        "tokens that is: be it likelier by ever so little, it always wins.",
    ),
)
