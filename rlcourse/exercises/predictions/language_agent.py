"""Notebook 07: who ends, where a policy really chooses, what places do, and what one step and twelve steps do."""

from rlcourse.exercises.predictions.prediction import Prediction

PREDICTIONS = (
    Prediction(
        name="who_ends",
        notebook="07",
        text="Both set out at the same time, and one action follows the other. Who ends first, without being stopped?",
        options=("The robot: it drives out by luck", "The GPT-2: it finishes its answer", "Neither: both are stopped"),
        explanation="For the robot to end it has to find the exit, and it drives at random. The GPT-2 has an action "
        "that ends the episode, end of text, and has read many answers that stop there.",
    ),
    Prediction(
        name="real_choices",
        notebook="07",
        text="At how many tokens of such an answer does the policy really choose, so that no token has more than 90 %?",
        options=("At nearly all", "At about half of them", "At two to four", "At one or none"),
        explanation="Once an answer has begun, most of it follows: the question's digits are copied, and the words are "
        "always the same. What is open is how to begin, and the digits of the result.",
    ),
    Prediction(
        name="without_places",
        notebook="07",
        text="The same answers, and a model that is not told at which place each text begins. Where a question has "
        "padding in front, by how much of its right value is the probability of a token off, at most?",
        options=("Not at all: padding is not read", "By a few per cent", "By 10 to 30 %", "By more than 30 %"),
        explanation="GPT-2 adds a vector for its place to every token. Told other places, it reads another text. Most "
        "tokens of these answers are so sure that they stay so; where there is a real choice, it shows.",
    ),
    Prediction(
        name="shared_token",
        notebook="07",
        text="Answers 1, 2 and 4 begin with the same token, ␣. Two of them were paid nothing, one was paid 1; answer "
        "3, which begins with “ I”, was paid nothing. What will one step of GRPO do to ␣ as a first token?",
        options=("Make it less likely", "Leave it where it is", "Make it likelier"),
        explanation="One and the same choice was made three times, and each of the answers pulls at it with its own "
        "advantage. What counts is their sum, and the one answer that was paid is the furthest from the mean.",
    ),
    Prediction(
        name="twelve_steps",
        notebook="07",
        text="After twelve steps of GRPO, each on 256 answers, how many of 500 sums that it has never seen will the "
        "GPT-2 get right, sampled?",
        options=("As many as before", "Up to half", "Half to 70 %", "More than 70 %"),
        explanation="Most of it is a choice: to compute instead of guessing, which is decided at the first token, and "
        "computing it could do before. What comes on top is better digits. The table below says how much is which.",
    ),
)
