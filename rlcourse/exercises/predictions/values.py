"""Notebook 03: luck, noise, the best λ, time limits, and the token that mattered."""

from rlcourse.exercises.predictions.prediction import Prediction

PREDICTIONS = (
    Prediction(
        name="from_one_place",
        notebook="03",
        text="The same robot sets out 2,000 times from the same place, a dozen actions from the exit. How close to "
        "their average do nine returns in ten lie?",
        options=("Within 0.1", "Within 0.3", "Further away"),
        explanation="Half of the time the robot acts by chance. One walk goes straight out, another strays and pays "
        "for every step of it.",
    ),
    Prediction(
        name="perfect_critic",
        notebook="03",
        text="With a perfect critic, how far off is the return minus the value?",
        options=("Less than the TD error", "More, but by less than the advantage", "By more than the whole advantage"),
        explanation="A perfect critic knows what comes after one step, on average over all that may happen. A return "
        "holds all the luck of one walk, up to the exit.",
    ),
    Prediction(
        name="best_lambda",
        notebook="03",
        text="The critic below is off by about 0.1 in every state. Which λ will have the smallest error?",
        options=("λ = 0: believe the critic", "One in between", "λ = 1: believe what happened"),
        right=1,
        explanation="At λ = 0 the error is the critic's, at λ = 1 it is chance. In between there is less of both. Turn "
        "the critic's error σ to move the best place.",
    ),
    Prediction(
        name="every_end_an_exit",
        notebook="03",
        text="For the second critic the world ends after 20 steps. What value will it give to places far from the "
        "exit, where the robot mostly pays?",
        options=("Too low", "About right", "Too high"),
        explanation="It does not see the steps that would still have to be paid for, and not the exit behind them "
        "either. Which of the two weighs more depends on the place.",
    ),
    Prediction(
        name="which_token",
        notebook="03",
        text="“2+2 is 4.” is paid, “2+2 is 5.” is not. With λ = 0, which tokens will get an advantage worth "
        "speaking of?",
        options=("All of them, in equal parts", "The digit alone", "The digit and all after it"),
        explanation="With λ = 0 an advantage is the change of the critic's mind over one token. Before the digit it "
        "cannot know, after it there is nothing left to learn.",
    ),
)
