"""Notebook 14: what curves say, what they do not, and what to measure."""

from rlcourse.exercises.quizzes.question import Option, Question, Quiz

QUIZ = Quiz(
    notebook="14",
    title="The clinic",
    questions=(
        Question(
            "GRPO, one step on each batch, no KL term. The log shows a clip fraction of 2 %. What does it say?",
            (
                Option(
                    "The learning rate is too high",
                    "However long the step, it comes after the ratio was taken. Before it both policies are one, and "
                    "every ratio should be 1.",
                ),
                Option(
                    "Whoever scores the answers is not the policy that wrote them",
                    "With one step on each batch nothing can be clipped in a sound run. So sampling and scoring "
                    "differ: "
                    "dropout, positions, temperature, another precision, or weights that were not handed over.",
                    right=True,
                ),
                Option(
                    "2 % is usual, all is well",
                    "With several steps on each batch it would be. With one it is not: the exact value is 0.",
                ),
            ),
        ),
        Question(
            "The same batch is scored twice, by the same weights, and two log-probabilities differ by 0.3. What is it?",
            (
                Option(
                    "Rounding",
                    "In single precision that is in the sixth digit, and the same operations round the same way twice.",
                ),
                Option(
                    "Left padding without positions",
                    "That is wrong too, and the same way each time: twice the same batch has twice the same padding.",
                ),
                Option(
                    "Something random in the model, such as dropout",
                    "Nothing has changed but the chance. `model.eval()` for scoring, or no dropout in the "
                    "configuration.",
                    right=True,
                ),
            ),
        ),
        Question(
            "A reward has a bonus of 0.05 for each word. Many groups are wrong throughout. What do they teach?",
            (
                Option(
                    "Little, as the bonus is small beside the 1 for a right answer",
                    "The z-score knows no 1 in such a group. It divides by the group’s own standard deviation, and a "
                    "small difference becomes a large advantage.",
                ),
                Option(
                    "Nothing, as nobody is right",
                    "Without the bonus all rewards are alike, and that is so. With it they differ.",
                ),
                Option(
                    "To write more words, as loudly as the others teach to be right",
                    "What differs in a group is what is learned from it. Pay the bonus to right answers only, divide "
                    "by "
                    "no standard deviation, or leave it.",
                    right=True,
                ),
            ),
        ),
        Question(
            "KL on the chart: right. β = 0.1 or 1: no difference. Where do you look?",
            (
                Option(
                    "At the gradient of the KL term: k1 measures, and as a loss it does nothing",
                    "At each choice its expected gradient is 0, whatever it is multiplied by. A good estimate of a "
                    "value need not have the gradient of that value.",
                    right=True,
                ),
                Option(
                    "At the reference: it may be the policy itself",
                    "Then the KL on the chart would be 0 throughout, and it is not.",
                ),
                Option(
                    "At β: it must be larger still",
                    "Ten times as much of a term made no difference. A hundred times 0 is 0, and some noise.",
                ),
            ),
        ),
        Question(
            "A critic’s explained variance stays at 0, and its values are nearly the same everywhere. The first "
            "thing to "
            "check?",
            (
                Option(
                    "The critic’s learning rate",
                    "It may be that. But ask first whether the loss is 0 where all values are right: that takes a "
                    "second.",
                ),
                Option(
                    "The shapes in its loss",
                    "[N, 1] minus [N] is [N, N], without an error. Every value is then drawn to the mean of all "
                    "returns.",
                    right=True,
                ),
                Option(
                    "γ",
                    "With another γ the values are others, and they still differ from place to place.",
                ),
            ),
        ),
        Question(
            "A run learns well, all curves are among the healthy ones. Is its code right?",
            (
                Option(
                    "Yes: what works is right",
                    "Some patients of this clinic learn as well as the healthy ones, and have a slip each. In another "
                    "task, with longer answers or more steps, it may cost much.",
                ),
                Option(
                    "Nobody knows from curves: tests that ask one thing each can tell",
                    "A ratio that must be 1, a score that must not depend on padding, a loss that must be 0 for right "
                    "values: they speak before anything is trained.",
                    right=True,
                ),
                Option(
                    "Yes, if three seeds agree",
                    "Seeds tell luck from skill. A slip is in all of them alike.",
                ),
            ),
        ),
    ),
)
