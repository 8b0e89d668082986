"""Notebook 06: many rounds on one batch, with and without a clip."""

from rlcourse.exercises.predictions.prediction import Prediction

PREDICTIONS = (
    Prediction(
        name="no_clip",
        notebook="06",
        text="The robot goes through one batch 20 times, and nothing holds it back. What do promise and truth do?",
        options=(
            "Both rise to the end",
            "The promise rises to the end, the truth does not",
            "Both rise, and then both fall",
        ),
        explanation="The promise is made on the batch, and that is what is being climbed. The truth is measured "
        "everywhere.",
    ),
    Prediction(
        name="best_epsilon",
        notebook="06",
        text="Thirty updates, two robots for each ε. Which ε ends with the best mean return?",
        options=("0.05", "0.1 or 0.2", "0.5", "No clip at all"),
        explanation="A narrow band is safe and slow, a wide one quick and reckless. Where the best lies depends on "
        "how many steps are made on each batch, and a little on luck.",
    ),
    Prediction(
        name="kl_limit",
        notebook="06",
        text="TRPO keeps the KL of every update below 0.01. Does a clip of 0.2 keep it below that, too?",
        options=("Yes, in every update", "In most updates", "In less than half of them"),
        explanation="The clip takes away what there is to gain from going further. It measures no KL, so it keeps to "
        "no limit; how far an update goes also depends on the learning rate and the number of rounds.",
    ),
    Prediction(
        name="unseen_mazes",
        notebook="06",
        text="The robot without a map practises for 40 updates. Of 100 mazes that it has never seen, out of how many "
        "will it get?",
        options=("Fewer than 30", "30 to 59", "60 to 89", "90 or more"),
        explanation="It never sees the whole maze. What it learns is how to search, and that holds elsewhere as far "
        "as other mazes look alike from the inside.",
    ),
    Prediction(
        name="changed_token",
        notebook="06",
        text="One of the two answers below is “I guess 17+25 is 47.” Whose probability has the training changed most?",
        options=("The “I”, which begins a guess", "The wrong digit", "Another token"),
        explanation="The reward comes at the end, and pushes all tokens of an answer alike. But one that was all but "
        "certain hardly moves: what moves are the two places with a choice, the “I” and the digit. Which of them moves "
        "further depends on the answers that were drawn.",
    ),
)
