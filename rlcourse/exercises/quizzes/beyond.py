"""Notebook 12: what the members of GRPO's family change, when that matters, and what keeps variety alive."""

from rlcourse.exercises.quizzes.question import Option, Question, Quiz

QUIZ = Quiz(
    notebook="12",
    title="Beyond GRPO",
    questions=(
        Question(
            "One gradient step on answers that have just been written. Which change to GRPO makes a difference then?",
            (
                Option(
                    "A constant in the place of 1/|o|",
                    "Lengths are what they are, fresh or not. So the weights of tokens in short and long answers "
                    "change at once.",
                    right=True,
                ),
                Option(
                    "A higher upper end of the clip range",
                    "Every ratio is 1 in the first step, well inside any band. It takes a second step on the same "
                    "answers, or old answers, before a clip can bite.",
                ),
                Option(
                    "One ratio for the whole answer, as in GSPO",
                    "The root of a product of ones is 1. And the gradient of GSPO’s ratio is then the mean of the "
                    "tokens’ own, which with 1/|o| is GRPO’s.",
                ),
            ),
        ),
        Question(
            "A group has a wrong answer of 10 tokens and a wrong one of 40. How does GRPO push a token of the long "
            "one?",
            (
                Option(
                    "As hard as one of the short answer: both have the same advantage",
                    "They have the same advantage, but it is shared out: 1/|o| makes the tokens of an answer weigh 1 "
                    "together.",
                ),
                Option(
                    "A quarter as hard",
                    "Each answer has one say, spread over its tokens: 1/40 against 1/10. To ramble is blamed less, "
                    "token by token, and that is how wrong answers can grow.",
                    right=True,
                ),
                Option(
                    "Four times as hard, as there are four times as many tokens",
                    "By DAPO’s mean over all tokens the long *answer* weighs four times as much as the short one, but "
                    "each of its tokens just as much. In GRPO it is each token that weighs less.",
                ),
            ),
        ),
        Question(
            "A token of a right answer has become three times as likely, and there are steps left on this batch. Who "
            "still pushes it up?",
            (
                Option(
                    "GRPO, as its advantage is positive",
                    "Its ratio is 3, beyond 1 + ε, and there the objective is flat: GRPO drops the token until the "
                    "next batch.",
                ),
                Option(
                    "CISPO, with a weight of at most 1 + ε_high",
                    "The weight is clipped, as a number. log π beside it goes on being pushed, so no token is ever "
                    "dropped. That goes further, and can go too far.",
                    right=True,
                ),
                Option(
                    "DAPO, as it has a higher clip",
                    "1.28 is higher than 1.2 and lower than 3. Clip-higher gives a rare token a little more room, and "
                    "ends the push all the same.",
                ),
            ),
        ),
        Question(
            "The entropy has fallen close to 0, and only two of five answers are right. What is the matter?",
            (
                Option(
                    "Nothing: an entropy that falls is a sign of learning",
                    "It is, where the answers get right as well. Here the model has decided, and has decided wrongly.",
                ),
                Option(
                    "The groups agree, so there is nothing left to learn from",
                    "At this temperature all answers of a group are alike, right or wrong, and their advantages are 0. "
                    "Variety has to be kept before it is gone: a higher temperature, a bonus, room for rare tokens.",
                    right=True,
                ),
                Option(
                    "The learning rate is too low to get away from here",
                    "The gradient is 0, and a larger step along it leads nowhere.",
                ),
            ),
        ),
        Question(
            "All eight answers to a question are wrong. Three of them have the right form, which is paid 0.01, where a "
            "right answer is paid 1. What does this group teach with the std of the group, as in GRPO?",
            (
                Option(
                    "Nothing, as no answer is right",
                    "That is so where only right answers are paid. Here the rewards differ: 0.01 and 0.",
                ),
                Option(
                    "The form, at a hundredth of the usual force",
                    "So it would be if the rewards were only centred. Dividing by their standard deviation, which is a "
                    "hundredth as well, brings them to the usual size.",
                ),
                Option(
                    "The form, as loudly as if it were paid 1",
                    "A z-score has no unit. Where the larger reward is alike in all answers, the small one is all that "
                    "counts. Look at each reward on its own, or do not divide by the group’s std.",
                    right=True,
                ),
            ),
        ),
        Question(
            "In the middle of an answer a calculator has written “ 62:”. What becomes of these tokens in training?",
            (
                Option(
                    "They are cut out of the text, and the policy never sees them",
                    "Then the tokens behind them would have been drawn after another text than the one they are "
                    "scored after. What is read while sampling is read in training, too.",
                ),
                Option(
                    "They count as all others: if the answer is right, they were good",
                    "They were not drawn from the policy. It finds them very surprising, so they would even be most of "
                    "the gradient.",
                ),
                Option(
                    "They are read, and left out of the loss",
                    "The policy’s later tokens depend on them, so they are part of the state. But no policy chose "
                    "them, so there is nothing to make likelier or less likely.",
                    right=True,
                ),
            ),
        ),
    ),
)
