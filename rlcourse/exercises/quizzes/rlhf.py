"""Notebook 09: four models, KL in the reward, reward hacking, and DPO."""

from rlcourse.exercises.quizzes.question import Option, Question, Quiz

QUIZ = Quiz(
    notebook="09",
    title="RLHF",
    questions=(
        Question(
            "RLHF with PPO holds four models. Which of them change during the training?",
            (
                Option(
                    "Only the policy",
                    "The policy writes, but the advantages come from the value model, which must follow: what is to be "
                    "expected changes as the policy does.",
                ),
                Option(
                    "The policy and the value model",
                    "These two have gradients and Adam's means, so each of them takes about four times its weights in "
                    "memory. Reward model and reference are only read.",
                    right=True,
                ),
                Option(
                    "The policy and the reward model",
                    "The reward model learned from people before, and stands still. If it learned along, what would it "
                    "learn from? Nobody judges the new replies.",
                ),
                Option(
                    "All but the reference",
                    "The reward model is frozen too. It is easily taken for the value model, which does learn along.",
                ),
            ),
        ),
        Question(
            "A reply of five tokens has a score of 2. What are its tokens paid, at a price of 0.1 per nat?",
            (
                Option(
                    "Each gets 0.4, minus its price",
                    "The score is not shared out: it is paid once, when the reply is finished. Which token deserved it "
                    "is for the advantages to say.",
                ),
                Option(
                    "Each pays its price; the last one gets 2 as well",
                    "The reward model judges the whole reply, so the score stands at the end. The price arises token "
                    "by token, 0.1 times log π − log π_ref.",
                    right=True,
                ),
                Option(
                    "The last gets 2 minus the price of all five",
                    "The sum is right. But paid where it arises, the price also tells which token has left the "
                    "reference.",
                ),
                Option(
                    "Each gets 2 minus its price",
                    "Then the score would count five times, and more in longer replies.",
                ),
            ),
        ),
        Question(
            "PPO here charges for KL in the reward, GRPO has a KL term in its loss. What is the difference?",
            (
                Option(
                    "None: both are KL times a coefficient",
                    "In the reward, a token also answers for what follows it. A term of the loss looks at each token "
                    "by itself, with the text before it as given.",
                ),
                Option(
                    "In the reward a gradient flows through it",
                    "It is the other way round: a reward is a number, and no gradient flows through it. It acts by the "
                    "advantages.",
                ),
                Option(
                    "In the reward a token also pays for where it leads",
                    "Rewards are added up over what follows. So a harmless token that leads away from the reference is "
                    "made rarer too, and the policy gradient is that of the whole reply's KL.",
                    right=True,
                ),
                Option(
                    "In the loss it needs no reference",
                    "Both need the reference's log-probabilities, and so both hold its weights.",
                ),
            ),
        ),
        Question(
            "Without a price the score goes on rising while the win rate falls. What is broken?",
            (
                Option(
                    "PPO: it should not make the policy worse",
                    "PPO did what it is asked: the score, which is what it maximises, rises.",
                ),
                Option(
                    "The reward model has a bug",
                    "It agrees with people as often as people do with each other, on replies like those it was trained "
                    "on. The policy has gone where it was never trained.",
                ),
                Option(
                    "Nothing is broken: the score is only a stand-in for what people want",
                    "Near the reference the two go together, far from it they part. A measure that becomes a target "
                    "ceases to be a good measure, as Goodhart's law has it.",
                    right=True,
                ),
                Option(
                    "The learning rate is too high",
                    "A lower one would get there later. What decides is how far the policy goes, not how fast.",
                ),
            ),
        ),
        Question(
            "In DPO, the chosen reply of a pair has become less likely than in the reference. Can the loss of this "
            "pair have fallen?",
            (
                Option(
                    "Yes, if the rejected reply has lost even more",
                    "Only the difference of the two log-ratios counts. In recorded runs here both fall, the rejected "
                    "one faster; what they lose goes to replies that stand in no pair.",
                    right=True,
                ),
                Option(
                    "No: the loss makes the chosen reply likelier",
                    "It makes it likelier against the rejected one. The loss has no place for either of them alone.",
                ),
                Option(
                    "No, since both start at log 2",
                    "A pair starts at log 2 because nothing has changed yet. From there the difference may grow in "
                    "many ways.",
                ),
            ),
        ),
        Question(
            "What does DPO do without, that RLHF with PPO needs?",
            (
                Option(
                    "The reference",
                    "DPO measures both replies against it: without π_ref it would not know how far it has gone.",
                ),
                Option(
                    "The pairs that people have compared",
                    "They are all that it learns from. It leaves out the reward model between them and the policy.",
                ),
                Option(
                    "Reward model, value model, and sampling",
                    "Two models and no loop of writing and judging. The price: it never sees its own replies, and "
                    "nobody tells it where they lead.",
                    right=True,
                ),
                Option(
                    "β, the price of KL",
                    "β is there, before the log-ratios: the smaller it is, the further the policy goes.",
                ),
            ),
        ),
    ),
)
