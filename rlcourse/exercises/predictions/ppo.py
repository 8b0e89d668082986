"""Notebook 06: many rounds on one batch, with and without a clip."""

from rlcourse.exercises.predictions.prediction import Prediction

PREDICTIONS = (
    Prediction(
        name="no_clip",
        notebook="06",
        text="The robot goes through one batch 20 times, and no clip holds it. What do promise and truth do?",
        options=(
            "Both rise to the end",
            "The promise rises to the end, the truth does not",
            "Both rise, and then both fall",
        ),
        explanation="The promise is made on the batch, and that is what is being climbed. The truth is measured "
        "everywhere.",
    ),
    Prediction(
        name="likelier_by_mistake",
        notebook="06",
        text="ε = 0.2. An action that turned out bad has become 30 % likelier by mistake. What does the clipped "
        "objective do with it?",
        options=("It pushes it back down", "Nothing, it is outside the band", "It pushes it on"),
        right=0,
        explanation="It went the wrong way, and there the min keeps the push: ρ·A is the smaller one. Only what went "
        "the right way, and far enough, is left alone.",
    ),
    Prediction(
        name="best_epsilon",
        notebook="06",
        text="Thirty updates, two robots for each ε. Which ε ends with the best mean return?",
        options=("0.05", "0.1 or 0.2", "0.5", "No clip at all"),
        explanation="A narrow band is safe and slow, a wide one quick and reckless. Where the best lies depends on "
        "how many steps are made on each batch, and a little on luck.",
    ),
)
