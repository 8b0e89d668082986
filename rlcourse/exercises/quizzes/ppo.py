"""Notebook 06: the clipped objective, what it does and does not do, and what PPO costs."""

from rlcourse.exercises.quizzes.question import Option, Question, Quiz

QUIZ = Quiz(
    notebook="06",
    title="PPO: the clipped objective",
    questions=(
        Question(
            "A new batch has been collected, and the same program computes both probabilities. Before the first "
            "gradient step, what are the ratios π_θ/π_old?",
            (
                Option(
                    "All exactly 1",
                    "The policy that is about to learn is the one that collected the batch. So the clip cannot bite "
                    "in the first step. Where another engine samples, or dropout is on, they are not quite 1: a known "
                    "trouble in the training of language models.",
                    right=True,
                ),
                Option(
                    "All between 1 − ε and 1 + ε, as the last update left them",
                    "Each batch starts afresh: π_old is the policy that collected it, and that is the current one. "
                    "What earlier updates did is forgotten.",
                ),
                Option(
                    "Random numbers around 1",
                    "The actions are random; the ratio of two equal probabilities is not. Both policies are the same, "
                    "so it is 1 for every action.",
                ),
                Option(
                    "The probabilities of the actions",
                    "The ratio divides two probabilities of one action, by the new policy and by the old. At first "
                    "they are equal.",
                ),
            ),
        ),
        Question(
            "An action had A < 0. Its ratio is now 0.5, and ε = 0.2. What does the clipped objective do with it?",
            (
                Option(
                    "It pushes the ratio further down",
                    "That was wanted until the ratio reached 0.8. From there on, lower probability earns nothing "
                    "more, so there is no gradient.",
                ),
                Option(
                    "It pushes the ratio back up to 0.8",
                    "The clip never pushes back what went the right way. It only stops pushing; whatever else moves "
                    "the policy may carry the ratio on.",
                ),
                Option(
                    "Nothing: there is no gradient from this action",
                    "The action was bad and has become less likely by more than ε. min(0.5·A, 0.8·A) is 0.8·A, a "
                    "constant: its job is done for this batch.",
                    right=True,
                ),
            ),
        ),
        Question(
            "An action had A < 0, and by mistake its ratio has risen to 1.5. ε = 0.2. What now?",
            (
                Option(
                    "It is outside the band, so there is no gradient",
                    "That would be so without the min. The min takes the smaller of 1.5·A and 1.2·A; with A < 0 that "
                    "is 1.5·A, and it has a slope.",
                ),
                Option(
                    "It is pushed back down, at full strength",
                    "It is on the wrong side: a bad action that has become likelier. The min keeps the way back open, "
                    "at any distance.",
                    right=True,
                ),
                Option(
                    "It is pushed back, but only until it has the ratio 1.2",
                    "The push goes on inside the band as well, down to 0.8: a bad action is to become less likely "
                    "than it was.",
                ),
                Option(
                    "It is pushed further up",
                    "A < 0, so the objective ρ·A is larger where the ratio ρ is smaller. Maximising it lowers it.",
                ),
            ),
        ),
        Question(
            "Does clipping at ε = 0.2 keep every ratio between 0.8 and 1.2?",
            (
                Option(
                    "Yes, that is what the clip is for",
                    "The clip is in the objective, not in the policy. It takes away the reason to go on, and holds "
                    "nothing.",
                ),
                Option(
                    "Yes, if the learning rate is small",
                    "A small learning rate keeps the ratios near 1 all by itself, with or without a clip. But no "
                    "learning rate turns the clip into a wall.",
                ),
                Option(
                    "No: it only takes the gradient away",
                    "One long step jumps over the edge, Adam's momentum carries on, and other actions that share "
                    "weights with this one push it along. TRPO's constraint is checked; PPO's clip is not.",
                    right=True,
                ),
            ),
        ),
        Question(
            "The clip fraction is 0.30. What share of the batch has no gradient from the clipped objective?",
            (
                Option(
                    "At most 30 %: only those on the side to which they were pushed",
                    "Outside the band on the wrong side, an action is still pushed back. The clip fraction counts "
                    "both sides, so it is the larger number.",
                    right=True,
                ),
                Option(
                    "Exactly 30 %",
                    "The clip fraction counts every ratio outside the band. Those on the wrong side have a gradient: "
                    "the min sees to it.",
                ),
                Option(
                    "At least 30 %",
                    "Inside the band every action with an advantage has a gradient. So those without one are among "
                    "the 30 %, not more.",
                ),
                Option(
                    "None: the clip changes the value, not the gradient",
                    "It does both. Where the clipped product is the smaller one it does not depend on θ, so its "
                    "gradient is 0.",
                ),
            ),
        ),
        Question(
            "What did PPO drop from TRPO, and what took its place?",
            (
                Option(
                    "The critic; the mean of a group took its place",
                    "That is GRPO, two steps further on. PPO keeps the critic, and trains it beside the policy.",
                ),
                Option(
                    "The ratio; log-probabilities took its place",
                    "PPO's objective is made of the very ratio that TRPO uses. It is what the clip is applied to.",
                ),
                Option(
                    "The advantages; raw rewards took their place",
                    "Both weigh each action by its advantage, usually estimated by GAE. Nothing changed there.",
                ),
                Option(
                    "The KL constraint and its solver; a clip and Adam took their place",
                    "No Fisher products, no conjugate gradient, no line search: a loss, and the optimiser of "
                    "supervised learning, several times over each batch. These many steps take their time, too; what "
                    "is saved for certain is memory and code.",
                    right=True,
                ),
            ),
        ),
    ),
)
