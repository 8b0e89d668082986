"""Notebook 13: why writing helps, what a rule selects, how attempts count, where exploring ends, what length costs."""

from rlcourse.exercises.quizzes.question import Option, Question, Quiz

QUIZ = Quiz(
    notebook="13",
    title="Thinking pays",
    questions=(
        Question(
            "Why can the model find 23+4*7 by writing four clauses, and hardly ever in one go?",
            (
                Option(
                    "Longer answers get more reward",
                    "The rule pays 1 or 0, however long the answer is.",
                ),
                Option(
                    "What it has written it can read again, so each token needs only one small step",
                    "All that a next token can be computed from is the text so far, by a fixed number of layers. A "
                    "clause that stands there need not be computed again.",
                    right=True,
                ),
                Option(
                    "It has more weights to use when it writes more",
                    "The same weights read every token. There are only more passes through them.",
                ),
            ),
        ),
        Question(
            "The rule never mentions workings. How does GRPO come to prefer them?",
            (
                Option(
                    "A working is right more often than its group, so its tokens get a positive advantage",
                    "That is all. Whatever is written by those who do better than their group becomes likelier, the "
                    "first token of a working included.",
                    right=True,
                ),
                Option(
                    "It looks for the longest answer of each group",
                    "Nobody is paid for length, and a long wrong answer is pushed down: by this loss, which divides by "
                    "|o|, more gently for each token (notebook 10).",
                ),
                Option(
                    "It adds up the rewards of the steps",
                    "There is one reward, at the end. Rewards for single steps need somebody who reads the steps.",
                ),
            ),
        ),
        Question(
            "Of 20 attempts at a question 5 were right. Which is the unbiased estimate of pass@2?",
            (
                Option(
                    "1 − (15/20)² = 0.44",
                    "That draws the same attempt twice now and then, and says too little.",
                ),
                Option(
                    "2 · 5/20 = 0.5",
                    "A pair with two right ones is counted twice.",
                ),
                Option(
                    "1 − (15·14)/(20·19) = 0.45",
                    "The first is wrong with chance 15/20; the second, drawn from the other 19, with 14/19.",
                    right=True,
                ),
            ),
        ),
        Question(
            "Before the training pass@16 was nearly 1, after it pass@1 is about as good. What has the training done?",
            (
                Option(
                    "It has taught the model to add",
                    "Then something would be right now that was wrong in sixteen attempts before.",
                ),
                Option(
                    "It has put into one answer what could be found among many",
                    "It selects a manner and sharpens it. That is worth a lot: many attempts, and somebody who "
                    "knows which is right, are no longer needed.",
                    right=True,
                ),
                Option(
                    "Nothing, as the model could do it before",
                    "It could, and did not. Whoever asks once gets another answer than before.",
                ),
            ),
        ),
        Question(
            "A model writes a working once in five hundred answers. GRPO makes 128 answers an update. What is likely?",
            (
                Option(
                    "For a long time next to nothing, as most updates hold no working at all",
                    "What is hardly ever drawn is hardly ever paid. RL can only prefer what it has seen; show it some "
                    "examples first, or draw more.",
                    right=True,
                ),
                Option(
                    "It learns as fast, as a single working is worth so much",
                    "One lone right answer gets a large advantage, yes. But most updates contain no working at all.",
                ),
                Option(
                    "It learns faster with a larger learning rate",
                    "There is nothing to take a larger step towards.",
                ),
            ),
        ),
        Question(
            "Which price on length makes short guesses win against long right answers?",
            (
                Option(
                    "One that only right answers pay, and never in full",
                    "Then every right answer stays above every wrong one.",
                ),
                Option(
                    "One that compares with the shortest right answer to the same question",
                    "Where all right answers are equally long, nobody pays.",
                ),
                Option(
                    "One for every token of every answer, high enough",
                    "A long right answer can then earn less than a short wrong one; and in a group without a right "
                    "answer to be short is all that counts.",
                    right=True,
                ),
            ),
        ),
    ),
)
