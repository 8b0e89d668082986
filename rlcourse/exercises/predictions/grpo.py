"""Notebook 10: what a rule brings about, and what holds a model back from it."""

from rlcourse.exercises.predictions.prediction import Prediction

PREDICTIONS = (
    Prediction(
        name="guesses_left",
        notebook="10",
        text="Before training more than half of the answers begin with “I guess”. The rule pays a right guess like any "
        "right answer. How many answers will begin so afterwards?",
        options=("About as many as before", "Fewer, but a good part", "Hardly any"),
        explanation="A guess is seldom right. In a group with computed answers it stands below the mean, again and "
        "again, and what stands below the mean becomes less likely.",
    ),
    Prediction(
        name="could_add",
        notebook="10",
        text="Take the model before this training, keep it from guessing by writing the first token for it, and let it "
        "always take the likeliest token. How many held-out sums does it have right?",
        options=("Less than half", "Half to nine tenths", "More than nine tenths"),
        explanation="How well a model can do a thing and how often it chooses to do it are two numbers. Reinforcement "
        "learning works on the second one first.",
    ),
    Prediction(
        name="several_steps",
        notebook="10",
        text="Runs that take eight gradient steps on each batch, at twice the learning rate, are recorded for 16 "
        "updates; section 5 takes one. Held against one-step runs after 20 updates: whose held-out sums are right more "
        "often?",
        options=("Those of the eight steps, clearly", "About alike", "Those of the single step, clearly"),
        explanation="Several steps on the same answers get far in few updates, and then stay about there. In these "
        "records each step is larger, too. How much of the low end is due to which, they do not tell.",
    ),
    Prediction(
        name="mentions",
        notebook="10",
        text="The rule counts how often the right number stands in an answer. After 20 updates, how many answers are "
        "what was meant: the sum, its right result, and nothing else?",
        options=("Most of them", "About as many as before, a third", "Hardly any"),
        explanation="A rule is climbed where it is steepest, whether that was meant or not. What you saw is what it "
        "pays for.",
    ),
    Prediction(
        name="which_beta",
        notebook="10",
        text="With which weight of the KL term are the most answers what was meant, after 40 updates by this rule?",
        options=("β = 0, no leash", "0.03", "0.1", "0.3"),
        explanation="To stop guessing costs little KL and pays much; to ramble costs much. The best leash is long "
        "enough for the one and too short for the other.",
    ),
)
