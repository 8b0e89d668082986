"""Notebook 04: what a policy gradient is, its likeness to supervised learning, and what a baseline does."""

from rlcourse.exercises.quizzes.question import Option, Question, Quiz

QUIZ = Quiz(
    notebook="04",
    title="Policy gradients",
    questions=(
        Question(
            "Why can ∇J be estimated without knowing the rules of the maze?",
            (
                Option(
                    "Because the rules are the same for all policies, so their gradient is learned along",
                    "Nothing about the rules is learned here at all. They drop out of the formula: look at the "
                    "logarithm of the probability of a walk.",
                ),
                Option(
                    "Because log p(τ) is a sum, and the terms of the rules do not depend on θ",
                    "The logarithm turns the product into a sum, and the gradient of what does not depend on θ is 0. "
                    "Left over are the log-probabilities of the actions, which the agent knows.",
                    right=True,
                ),
                Option(
                    "Because the rewards say all there is to know about the rules",
                    "Rewards say how good a walk was. That they suffice needs a reason: the rules would appear in ∇J, "
                    "if their term did not vanish.",
                ),
            ),
        ),
        Question(
            "All returns are positive, and there is no baseline. What does a single walk do to the policy?",
            (
                Option(
                    "It pushes up the actions it took, the bad ones too",
                    "Every weight is positive, so whatever was done is pushed up. (Where a walk took two actions in "
                    "one state, the two pushes work against each other.) Only on average over many walks do the "
                    "better actions win.",
                    right=True,
                ),
                Option(
                    "It makes the good actions likelier and the bad ones less likely",
                    "A single walk cannot tell them apart without something to compare with. That is what a baseline "
                    "brings.",
                ),
                Option(
                    "Nothing, as the pushes cancel each other",
                    "They would cancel if all actions were taken as often as the policy says and paid the same. One "
                    "walk takes one action in each state.",
                ),
                Option(
                    "It makes all actions of the states it came through likelier",
                    "Probabilities add up to 1: when the action taken becomes likelier, the others in that state "
                    "become less likely.",
                ),
            ),
        ),
        Question(
            "When is the policy-gradient loss the very number that cross-entropy gives?",
            (
                Option(
                    "When the policy has become deterministic",
                    "Then both have little left to say, but they need not be equal: the advantages still are not 1.",
                ),
                Option(
                    "Never, they only look alike",
                    "They can be the same number and the same gradient. Think of what the weight of each term is in "
                    "supervised learning.",
                ),
                Option(
                    "When the advantages have mean 0",
                    "Then the loss is often near 0, which cross-entropy is only for a perfect model.",
                ),
                Option(
                    "When the actions are the labels and every advantage is 1",
                    "Supervised learning gives each label the weight 1. Reinforcement learning weighs what the policy "
                    "did itself, by how good it was.",
                    right=True,
                ),
            ),
        ),
        Question(
            "During training the policy-gradient loss rises from −0.2 to 0.1. What does that say about the policy?",
            (
                Option(
                    "It has become worse",
                    "That would be so in supervised learning. Here each loss belongs to other data, and subtracting "
                    "another baseline changes it without changing the gradient.",
                ),
                Option(
                    "It has become better, as the objective is maximised",
                    "The loss is minus the objective. But neither of them measures how good the policy is.",
                ),
                Option(
                    "Nothing; look at the return",
                    "The number depends on which actions were drawn and on the baseline. Only its gradient means "
                    "something. How good the policy is, its return says.",
                    right=True,
                ),
            ),
        ),
        Question(
            "Which of these baselines may bend the gradient away from ∇J?",
            (
                Option(
                    "A constant",
                    "A constant times ∇log π is 0 on average, since probabilities always add up to 1.",
                ),
                Option(
                    "The value of the state, V(s)",
                    "In one state it is a constant, whatever action is drawn. So it leaves the mean as it is, and it "
                    "is the usual choice.",
                ),
                Option(
                    "Last week's mean return",
                    "A poor guess perhaps, but it does not know which action was drawn now. It can only make the noise "
                    "larger or smaller.",
                ),
                Option(
                    "The value of the action taken, Q(s, a)",
                    "It depends on the action, so its push does not cancel. As Q is what the return is on average, all "
                    "that there was to learn would be taken off.",
                    right=True,
                ),
            ),
        ),
        Question(
            "Why does REINFORCE throw its walks away after one step?",
            (
                Option(
                    "They would fill the memory",
                    "A few walks take little room. The reason is in the formula: it says over whose walks the mean is "
                    "taken.",
                ),
                Option(
                    "The mean is over the walks of the current policy, and after a step that is another one",
                    "The walks were drawn from the old policy. To go on using them needs a correction, the ratio "
                    "π_θ/π_old, which the next notebook brings.",
                    right=True,
                ),
                Option(
                    "A second step on them would have a gradient of 0",
                    "It has one, and it even looks inviting: the loss goes on falling. In section 4 you saw what "
                    "becomes of the robot.",
                ),
            ),
        ),
    ),
)
