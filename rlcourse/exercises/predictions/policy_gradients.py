"""Notebook 04: what one draw does, and what one batch cannot say."""

from rlcourse.exercises.predictions.prediction import Prediction

PREDICTIONS = (
    Prediction(
        name="drawn_b",
        notebook="04",
        text="Action a pays 1 and action b pays 0.5. The robot happens to draw b, and makes what it drew likelier by "
        "what it was paid. What does this one draw do to b?",
        options=("It makes b likelier", "It makes b less likely", "Nothing, as a pays more"),
        right=0,
        explanation="What was paid is above 0, so this draw makes b likelier. It knows nothing of a. Draws of a are "
        "paid twice as much, so on average a wins, after many a step the wrong way.",
    ),
    Prediction(
        name="paid_nothing",
        notebook="04",
        text="A wrong answer is paid 0, and each of its tokens is weighted with that. What does it do to the gradient?",
        options=("It pushes its own tokens down", "It does nothing at all", "It pushes its own tokens up a little"),
        right=1,
        explanation="0 times anything is 0: it is as if the answer had never been written. What is left are the right "
        "answers, each with the weight 1, and that is fine-tuning.",
    ),
    Prediction(
        name="same_walks",
        notebook="04",
        text="A robot learns 150 times from the same 128 walks of its own, and its loss falls. What does its true "
        "return do?",
        options=(
            "It rises, as the loss falls",
            "It rises a good way, then comes down again",
            "It gains next to nothing, then falls far below where it began",
        ),
        explanation="The loss is about these walks only. Once the policy is another one, what was good in them need "
        "not be good for it, and the walks cannot tell.",
    ),
    Prediction(
        name="learned_first",
        notebook="04",
        text="Nearly all returns of a beginner are below 0, and the first robot has no baseline, so nearly everything "
        "it does is made less likely. What does it learn first?",
        options=("The way to the exit", "To keep away from walls", "Nothing at all"),
        explanation="What costs most becomes less likely fastest, and those are the walls. It learns what "
        "not to do. What to do instead, nobody has told it.",
    ),
    Prediction(
        name="too_far",
        notebook="04",
        text="You go ever further along one and the same gradient. What does the expected return do?",
        options=("It rises all the way", "It rises, then falls a little", "It rises, then falls below where it began"),
        explanation="A gradient is true of the place where it was taken, and on average. One from few walks is wrong "
        "in places, and the further one goes the more that counts.",
    ),
)
