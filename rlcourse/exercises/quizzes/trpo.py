"""Notebook 05: the KL as a ruler, the natural gradient, the line search, and what they cost."""

from rlcourse.exercises.quizzes.question import Option, Question, Quiz

QUIZ = Quiz(
    notebook="05",
    title="TRPO: a step you can trust",
    questions=(
        Question(
            "Why does TRPO measure a step by the KL of the policies, and not by the length of the step in the weights?",
            (
                Option(
                    "Because the KL is cheaper to compute",
                    "It is not: it takes a pass through the policy for every batch. The length of a step in the "
                    "weights comes nearly for free.",
                ),
                Option(
                    "Because the same step in the weights can change the policy hardly at all, or altogether",
                    "In the flat part of a sigmoid, or of a softmax, a weight may move far; in the steep part it may "
                    "not. The KL looks at what the policy does, however it is written down.",
                    right=True,
                ),
                Option(
                    "Because a network has too many weights to measure a length",
                    "The length of a vector of millions of numbers is no trouble at all. It is only not what matters.",
                ),
                Option(
                    "Because the KL is a distance",
                    "It is not even that: KL(p‖q) and KL(q‖p) differ. It is a divergence, 0 between equals and never "
                    "negative.",
                ),
            ),
        ),
        Question(
            "The old policy takes an action half of the time. A new policy rules it out. Which KL is huge?",
            (
                Option(
                    "KL(π_old‖π_new)",
                    "Here the average is over what the old policy does, and half of that has become all but "
                    "impossible: its logarithm goes to minus infinity. This is the KL that TRPO limits.",
                    right=True,
                ),
                Option(
                    "KL(π_new‖π_old)",
                    "This one averages over what the new policy does, and everything that it does the old one did as "
                    "well. It stays finite: log 2 = 0.69 nats, if the freed half goes to the other actions in "
                    "proportion.",
                ),
                Option(
                    "Both, by the same amount",
                    "The two ways are different averages. Only the one over the old policy ever meets the action that "
                    "was ruled out.",
                ),
            ),
        ),
        Question(
            "Where the new policy is the old one, what are the value and the gradient of KL(π_old‖π_θ)?",
            (
                Option(
                    "The value is 0, and the gradient is the policy gradient",
                    "The policy gradient is the gradient of the surrogate. The KL is at its minimum here, and at a "
                    "minimum there is no slope.",
                ),
                Option(
                    "Both are 0; only the second derivative tells anything",
                    "That is why the Fisher matrix, the curvature, is needed, and why a product with it takes two "
                    "derivatives: the first alone is 0.",
                    right=True,
                ),
                Option(
                    "The value is 1, as the ratio is, and the gradient is 0",
                    "The ratio is 1, but the KL is an average of its logarithm, and log 1 = 0.",
                ),
            ),
        ),
        Question(
            "What does conjugate gradient need to know about the Fisher matrix?",
            (
                Option(
                    "All of its entries",
                    "With a million weights that would be a million million numbers. They are never computed.",
                ),
                Option(
                    "Its inverse",
                    "The inverse is what it does without. It finds the one vector F⁻¹g, and not the matrix F⁻¹.",
                ),
                Option(
                    "Only what it does to a vector",
                    "Each of its moves asks for one product F·d, which two derivatives of the KL provide. Some ten "
                    "moves are enough for a good direction.",
                    right=True,
                ),
            ),
        ),
        Question(
            "The full step √(2δ/xᵀFx)·x has a KL of exactly δ by the formula. Why does TRPO still search along it?",
            (
                Option(
                    "The formula is a model: the true KL is no perfect bowl, and the true surrogate no straight slope",
                    "Both are near enough for short steps. Whether this step was short enough, the line search finds "
                    "out by trying it, and shortens it if need be.",
                    right=True,
                ),
                Option(
                    "To find the length with the largest improvement",
                    "It takes the first length that keeps the limit and improves, which is the longest. It does not "
                    "look for the best.",
                ),
                Option(
                    "Because the advantages are estimates",
                    "They are, but the line search cannot tell: it measures the surrogate with the same advantages.",
                ),
                Option(
                    "To reach a KL of exactly δ",
                    "The limit is a limit, no goal. A step whose KL is below it is taken as it is.",
                ),
            ),
        ),
        Question(
            "The line search has refused every length. What happens to the policy?",
            (
                Option(
                    "It takes the shortest of them, as that does the least harm",
                    "That one was refused as well: it passed the limit, or it made the surrogate worse. A hard "
                    "constraint makes no exceptions.",
                ),
                Option(
                    "It keeps its old weights, to the last bit",
                    "No step is better than one that cannot be trusted. The next batch brings a new chance.",
                    right=True,
                ),
                Option(
                    "It makes a plain gradient step instead",
                    "Nothing would bound the KL of that step. It is just what TRPO was made to avoid.",
                ),
            ),
        ),
    ),
)
