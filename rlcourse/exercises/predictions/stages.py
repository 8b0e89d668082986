"""Notebook 01: sampled or greedy, a minute of pre-training, careless people, what comes back, what top-p hides."""

from rlcourse.exercises.predictions.prediction import Prediction

PREDICTIONS = (
    Prediction(
        name="greedy_or_sampled",
        notebook="01",
        text="The pre-trained model answers the same sums twice: once it draws each token at temperature 1, once it "
        "takes the likeliest token. When is it right more often?",
        options=("When it draws", "About the same", "When it takes the likeliest"),
        explanation="The people it has read compute more often than they guess or slip, so guesses and slips come "
        "second, and the likeliest token hardly ever begins one. A draw takes what comes second, too, as often as its "
        "share says.",
    ),
    Prediction(
        name="a_minute_of_text",
        notebook="01",
        text="After a minute of pre-training, Ann asks the model 100 sums, such as 12+7. What will most of its "
        "answers be?",
        options=(
            "Pieces of words in no order",
            "A sum, but another one",
            "This sum, with some result",
            "The right answer",
        ),
        explanation="The form of a sum is the same a thousand times, so it is learned first. Which numbers were asked "
        "for, the model has to look up in the text, and that takes it longer.",
    ),
    Prediction(
        name="careless_teachers",
        notebook="01",
        text="Now the model imitates people of whom 60 % guess, and its loss falls. What happens to the share of right "
        "answers by the likeliest tokens?",
        options=("It rises", "It stays about the same", "It falls"),
        explanation="A lower loss means: more like the text. The text guesses more often than it computes, and the "
        "likeliest beginning of an answer is then a guess. Nothing in the loss says what is right.",
    ),
    Prediction(
        name="what_rl_gives_back",
        notebook="01",
        text="Reinforcement learning pays 1 for a right answer. Can it bring the share of right answers by the "
        "likeliest tokens back to where it was before fine-tuning?",
        options=("No, that is lost", "Some of it", "All of it, or nearly"),
        explanation="What the weights can do and what they do by default are two things. Adding was never unlearned; "
        "it was seldom chosen, and a reward changes what is chosen.",
    ),
    Prediction(
        name="top_p_hides",
        notebook="01",
        text="Sampled from all tokens, the fine-tuned model computes in about four of ten answers. With a top-p of "
        "0.5, for how many of the sums could a right, computed answer still be drawn?",
        options=("For nearly all", "For some", "For none, or hardly any"),
        explanation="Top-p keeps the likeliest tokens until they have the probability p together. Where the beginning "
        "of a guess has more than half by itself, nothing else is left, and a computed answer cannot even begin.",
    ),
)
