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
    Prediction(
        name="old_data",
        notebook="12",
        text="Every batch is eight updates old, and GRPO learns from it as if it were fresh: nobody asks who wrote it. "
        "What becomes of the right answers in 24 updates?",
        options=("About as many as with fresh data", "Fewer, but more than before", "Fewer than before any training"),
        explanation="A token that has been pushed down long ago still comes up in old answers, and is pushed down as "
        "hard as on the first day. Every update repeats the ones before it, and goes too far.",
    ),
    Prediction(
        name="phantom",
        notebook="12",
        text="A right answer is paid 1, the words “I guess” are paid 0.05. Half of the questions are too hard for the "
        "model. On questions that it can answer, how many answers begin with “I guess” in the end?",
        options=("Hardly any: being right pays twenty times as much", "About half, as before", "Nearly all"),
        explanation="Where every answer is wrong, the manner is all that a group differs in, and dividing by the "
        "group’s standard deviation makes it as loud as being right is elsewhere. A manner is one choice, at the "
        "first token, and easily learned.",
    ),
    Prediction(
        name="who_teaches_better",
        notebook="12",
        text="Two copies of a model get 16 answers an update, two to a question, for 20 updates. One is paid 1 for a "
        "right answer. The other gets no reward: it is told by a better model how likely that would have written each "
        "token. Which of them has more held-out sums right in the end?",
        options=("The one with the teacher", "Both about as many, within 5 points", "The one that is paid"),
        explanation="A group of two often agrees and then says nothing, while a teacher says something about every "
        "token of every answer. How much that is worth depends on the teacher, and in one run on the seed.",
    ),
)
