"""Notebook 10: groups in the place of a value model, the KL term, the clip."""

from rlcourse.exercises.quizzes.question import Option, Question, Quiz

QUIZ = Quiz(
    notebook="10",
    title="GRPO",
    questions=(
        Question(
            "Four answers to one question earn 1, 0, 0 and 0. What are their advantages in GRPO, with the sample's "
            "standard deviation, as TRL and this course take it?",
            (
                Option(
                    "1, 0, 0, 0",
                    "These are the rewards. An advantage says how much better than the others an answer was, so the "
                    "mean of the group comes off first.",
                ),
                Option(
                    "0.75, −0.25, −0.25, −0.25",
                    "The mean, 0.25, is taken off, and there a later variant, Dr. GRPO, stops. GRPO also divides by "
                    "the standard deviation of the group.",
                ),
                Option(
                    "1.5, −0.5, −0.5, −0.5",
                    "The mean is 0.25 and the sample standard deviation 0.5. One right answer among four counts for as "
                    "much as the three wrong ones together.",
                    right=True,
                ),
                Option(
                    "1.73, −0.58, −0.58, −0.58",
                    "That divides by the standard deviation with G in its denominator, 0.43. Some programs do, and the "
                    "paper leaves it open; the sample's has G − 1: 0.5.",
                ),
            ),
        ),
        Question(
            "PPO trains a value model beside the policy. Why does GRPO need none?",
            (
                Option(
                    "The mean reward of the group says what the question is worth",
                    "The value of a state is the expected reward from there on. G answers to the same question are G "
                    "samples of it, and their mean is an estimate that needs no training.",
                    right=True,
                ),
                Option(
                    "The reward model gives the values",
                    "A reward model scores finished answers. A value model says what to expect before they are "
                    "finished. They are two different things.",
                ),
                Option(
                    "The reference model takes its place",
                    "The reference model only holds the policy near to where it started, through the KL term. It knows "
                    "nothing about rewards.",
                ),
                Option(
                    "The clip makes a baseline unnecessary",
                    "The clip takes away what could be gained by moving a ratio beyond the band. A baseline takes out "
                    "noise: another task, and GRPO does have one, the group's mean.",
                ),
            ),
        ),
        Question(
            "All eight answers to a question are right. What does the policy learn from this group (β = 0)?",
            (
                Option(
                    "All eight answers become likelier",
                    "They would if the rewards were the weights. But none of them was better than the group, and "
                    "GRPO only compares.",
                ),
                Option(
                    "Nothing: every advantage is 0",
                    "No answer stands out, so there is nothing to prefer. The same holds when all are wrong: GRPO "
                    "learns from questions that are neither too easy nor too hard. With β above 0 the KL term would "
                    "still pull.",
                    right=True,
                ),
                Option(
                    "The training breaks, because 0 is divided by 0",
                    "It would if one divided by the bare standard deviation. The small number that is added to it "
                    "makes the advantages exactly 0.",
                ),
            ),
        ),
        Question(
            "A rule is being gamed: what it pays goes up, what was meant goes down. What does a KL term with a fitting "
            "β do about it?",
            (
                Option(
                    "It finds the fault in the rule and pays for what was meant",
                    "It knows nothing about the rule. It compares two distributions over tokens, and makes it dear to "
                    "be far from the reference.",
                ),
                Option(
                    "It makes distance dear: what is near and pays is still learned, what is far is not worth it",
                    "That is why β has a stretch on which it helps: to stop guessing is near, to ramble is far. Too "
                    "small, and the hack is still worth its price; too large, and nothing is learned at all.",
                    right=True,
                ),
                Option(
                    "Nothing: z-scores make the size of β irrelevant",
                    "The advantages are z-scores, so they have a size of their own, about 1. β is measured against "
                    "that, and section 9 shows how much it matters.",
                ),
                Option(
                    "It ends the training when the KL reaches a limit",
                    "That would be a stopping rule, and TRPO has a hard limit for each step. Here the KL is a price in "
                    "the loss, paid at every step.",
                ),
            ),
        ),
        Question(
            "What can be said of k3 = π_ref/π − log(π_ref/π) − 1, for tokens sampled from π?",
            (
                Option(
                    "It is never negative, and on average it is KL(π‖π_ref)",
                    "Both hold, which is why GRPO uses it. Its gradient as a loss is another matter: for a single "
                    "choice it is on average that of KL(π_ref‖π), unless the term is weighted by the ratio.",
                    right=True,
                ),
                Option(
                    "It is the exact KL at every token",
                    "It is an estimate: a single one may be far off. Only its average is the KL.",
                ),
                Option(
                    "It measures a distance, the same in both directions",
                    "KL is no distance: KL(π‖π_ref) and KL(π_ref‖π) differ, and exchanging the two policies in k3 "
                    "gives other numbers.",
                ),
                Option(
                    "It is the difference of the two log-probabilities",
                    "That is k1. It is right on average too, but a single one is often negative.",
                ),
            ),
        ),
        Question(
            "ε is 0.2. A token has a positive advantage A, and its ratio π_θ/π_old has grown to 1.3. What does the "
            "clip do?",
            (
                Option(
                    "It sets the token's probability back to 1.2 times the old one",
                    "The clip changes no weights. It only changes what the objective pays, and so the gradient.",
                ),
                Option(
                    "It makes the objective flat there: this token pushes no further",
                    "The smaller of 1.3·A and 1.2·A is 1.2·A, which does not depend on the weights. The token's "
                    "gradient is 0; other tokens may still move it.",
                    right=True,
                ),
                Option(
                    "It pushes the token's probability down again",
                    "For that the objective would have to fall beyond 1.2. It is flat there, neither up nor down.",
                ),
                Option(
                    "Nothing: the clip is for negative advantages",
                    "It works on both sides: above 1 + ε where the advantage is positive, below 1 − ε where it is "
                    "negative. In both, the step has gone far enough in the direction that pays.",
                ),
            ),
        ),
    ),
)
