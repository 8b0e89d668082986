"""Notebook 13: what the rule brings out, what could be done before, what too little room does, and longer questions."""

from rlcourse.exercises.predictions.prediction import Prediction

PREDICTIONS = (
    Prediction(
        name="which_manner",
        notebook="13",
        text="The rule looks at the last number only, and most answers are guesses. After sixty updates, what will "
        "most answers be?",
        options=("Guesses, but better ones", "Said directly, and right", "Workings, written out"),
        explanation="In a group of eight answers the workings are right more often than the others, and so their "
        "tokens become likelier. Guesses are seldom right, and get rarer before they could get better.",
    ),
    Prediction(
        name="before_with_many",
        notebook="13",
        text="Before the training one answer in four or five is right. Somebody knows the right result and may pick "
        "among sixteen answers of that model. How often will there be a right one to pick?",
        options=("For less than half of the questions", "For 50 to 90 % of them", "For more than 90 % of them"),
        explanation="Among sixteen answers there are some three workings, and most workings are right. What "
        "the model lacks is not arithmetic, but the habit.",
    ),
    Prediction(
        name="tight_room",
        notebook="13",
        text="An answer is cut off after 30 tokens. Workings of two or three steps fit, longer ones do not. What will "
        "the model have learned to do with a question of six steps?",
        options=(
            "To guess: a guess fits, and is right now and then",
            "To write the working all the same, and be cut off",
            "To write a shorter working that skips steps",
        ),
        explanation="One model answers all questions, and its first words are the same habit for all of them. Short "
        "workings are paid so well that the habit spreads to questions where it earns nothing. Then all answers to "
        "such a question are wrong, their group teaches nothing, and nothing leads back.",
    ),
    Prediction(
        name="longer_chains",
        notebook="13",
        text="The trained model has seen workings of two to six steps. Now it is asked for seven. How often will it be "
        "right?",
        options=("Hardly ever", "About half of the time", "Nearly as often as with six"),
        explanation="It has learned to copy and to count down from 6, 5, 4, 3 and 2. A 7 in that place it has never "
        "seen, and nothing in its training told it what comes after a 7.",
    ),
)
