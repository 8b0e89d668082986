"""Notebook 08: scores from choices, where the score stands, what a reward model knows, and what a value model is."""

from rlcourse.exercises.quizzes.question import Option, Question, Quiz

QUIZ = Quiz(
    notebook="08",
    title="Reward models",
    questions=(
        Question(
            "A reward model gives one reply a score of 3 and the other a score of 3, too. How likely does it think it "
            "is that people prefer the first?",
            (
                Option(
                    "95 %, as σ(3) is 0.95",
                    "A score by itself is no probability. Bradley and Terry put the *difference* of two scores into "
                    "the sigmoid, and here it is 0.",
                ),
                Option(
                    "50 %, as σ(0) is ½",
                    "Only the difference counts. Equal scores say that the model cannot tell, however high both are.",
                    right=True,
                ),
                Option(
                    "It cannot be said without the prompt",
                    "The prompt went into both scores already: r is a number for a prompt *with* a reply. Given the "
                    "two scores, the probability follows.",
                ),
            ),
        ),
        Question(
            "Somebody adds 100 to all scores of a reward model. What happens to its Bradley-Terry loss?",
            (
                Option(
                    "Nothing",
                    "Each difference stays what it was. Choices say nothing about the level, so it is arbitrary, and "
                    "one may shift it, to a mean of 0 for instance, as the course's build does.",
                    right=True,
                ),
                Option(
                    "It grows by 100",
                    "The loss has no place for a single score, only for the difference of two: 100 comes in and goes "
                    "out again.",
                ),
                Option(
                    "It falls to 0, because all scores are high now",
                    "High against what? The rejected replies have risen as much as the chosen ones.",
                ),
                Option(
                    "It becomes NaN",
                    "Not by that: σ sees the differences only. What fails is the logarithm of a sigmoid that is 0, "
                    "where a pair is very wrong, and `logsigmoid` takes care of it.",
                ),
            ),
        ),
        Question(
            "In a batch of replies of different lengths, where does the score of a reply stand?",
            (
                Option(
                    "In the last column of the batch",
                    "That is right only for replies that fill their row. Behind the others stands padding.",
                ),
                Option(
                    "At its first token, as a summary",
                    "GPT-2 reads from left to right. At the first token it has seen the prompt and one token, and not "
                    "how the reply goes on.",
                ),
                Option(
                    "It is the mean over its tokens",
                    "The head says a number at every token, but it was trained at one. The others are judgements of "
                    "unfinished replies.",
                ),
                Option(
                    "At its last real token, the end of text",
                    "Only there has the body read all of the reply and knows that nothing more is coming. An early "
                    "look, one token before, misses just that.",
                    right=True,
                ),
            ),
        ),
        Question(
            "Two people who judge the same pairs agree in 78 % of cases. A reward model agrees with them in 79 %. What "
            "do you make of it?",
            (
                Option(
                    "It is a bad model: a fifth of its choices are wrong",
                    "Wrong by whose measure? Where the two people differ, no model can agree with both. Look at what "
                    "people reach among themselves before you judge.",
                ),
                Option(
                    "It must have seen the test pairs",
                    "It need not. A model of what *most* people like can agree with one person more often than another "
                    "person does, as its own hand does not shake.",
                ),
                Option(
                    "It agrees with a person about as often as another person does",
                    "That is as much as a person reaches, and a model of what most people like can get a little above "
                    "it. Labels are noisy, and the agreement of people among each other says how noisy.",
                    right=True,
                ),
            ),
        ),
        Question(
            "What is the difference between a reward model and a value model?",
            (
                Option(
                    "A reward model is larger",
                    "Both may have the same body, and each has a head that ends in one number. What differs is what "
                    "the number means, and from what it was learned.",
                ),
                Option(
                    "One judges the finished reply; the other expects, at each token, what will be paid",
                    "The reward model learned from people's choices, before the training of the policy, and then "
                    "stands still. The value model learns beside the policy, about this policy's replies.",
                    right=True,
                ),
                Option(
                    "A value model learns from people, a reward model from the policy",
                    "It is the other way round: people's choices make the reward model, and the policy's own replies, "
                    "with what they were paid, the value model.",
                ),
                Option(
                    "None: both say how good a text is",
                    "In the middle of a reply they part. The value there is an expectation over all the ways in which "
                    "this policy may go on; a reward model has no opinion on half a reply.",
                ),
            ),
        ),
        Question(
            "During training the reward model's score rises and rises. What does that say about the replies?",
            (
                Option(
                    "They please the reward model; whether they please people, somebody has to look",
                    "The score is a stand-in for what people want, learned from replies of another policy. The further "
                    "the policy moves, the less the stand-in was trained for what it sees.",
                    right=True,
                ),
                Option(
                    "People would like them better and better",
                    "At first, often. But where the score and people's wishes part, training follows the score: that "
                    "is what it is paid for.",
                ),
                Option(
                    "Nothing: scores have no level, so they cannot rise",
                    "The level is arbitrary, but the model stands still during training, and so does its level. The "
                    "policy's replies really move up on it.",
                ),
            ),
        ),
    ),
)
