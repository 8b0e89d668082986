"""Notebook 08: what few and many labels teach, how a reward model is fooled, what becomes of a policy that it pays."""

from rlcourse.exercises.predictions.prediction import Prediction

PREDICTIONS = (
    Prediction(
        name="thirty_labels",
        notebook="08",
        text="It learns from the labels of section 1, about thirty, and is then asked about pairs that it has never "
        "seen. With how many does it choose as your rule would?",
        options=("About half, like a coin", "60 to 75 %", "75 to 90 %", "More than 90 %"),
        explanation="The body has read a lot of text before, and knows what a reply is like. So few labels only have "
        "to say which of the things that it can see already are the ones that count.",
    ),
    Prediction(
        name="beat_a_person",
        notebook="08",
        text="Two of these people, asked about the same pair, do not always choose the same. How often will the "
        "course's reward model, which has read 2,400 choices of all three twice, agree with one of them, compared with "
        "another person?",
        options=("Less often than another person", "About as often (within one point)", "More often"),
        explanation="Where people differ, no model can agree with both. But it has learned what most of them like, and "
        "its own hand does not shake, so it need not stop at what a person reaches.",
    ),
    Prediction(
        name="friendly_nonsense",
        notebook="08",
        text="“Put it in the freezer” is bad advice on boiling an egg. Wrapped in four friendly phrases, how does it "
        "score beside the good advice, said plainly?",
        options=("Lower", "About the same", "Higher"),
        explanation="Among the replies that people compared, friendly ones were mostly the better ones, and none was "
        "friendly four times. What such a reply is worth, no label ever said.",
    ),
    Prediction(
        name="before_the_first_token",
        notebook="08",
        text="Both heads judge two replies to one request, good advice and bad. What does the value say before the "
        "first token of each?",
        options=("More for the good reply", "The same for both", "More for the bad reply"),
        explanation="It looks ahead from what it has read, and there that is the request alone, the same text for "
        "both. Only a token that differs can tell them apart.",
        right=1,
    ),
    Prediction(
        name="steered",
        notebook="08",
        text="The policy is now paid by the model of so few labels. What becomes of the share of its replies that "
        "have good advice in them?",
        options=("It rises", "It stays about where it was", "It falls"),
        explanation="The policy goes where the score is higher. What the labels did not ask for is kept only as far as "
        "it happens to go along with what they did ask for.",
    ),
)
