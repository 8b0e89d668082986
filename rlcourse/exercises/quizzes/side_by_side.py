"""Notebook 11: what is compared, where the seconds go, which models are held, and what holds at which size."""

from rlcourse.exercises.quizzes.question import Option, Question, Quiz

QUIZ = Quiz(
    notebook="11",
    title="TRPO, PPO and GRPO side by side",
    questions=(
        Question(
            "A table says: PPO takes half as long for one update as GRPO. What must you ask before you believe that "
            "PPO is the cheaper one?",
            (
                Option(
                    "How many answers, and how many gradient steps, belong to one update of each",
                    "An update is a unit that everybody chooses. With other numbers of answers or of steps in it, the "
                    "table may come out the other way round.",
                    right=True,
                ),
                Option(
                    "Nothing: seconds are seconds",
                    "Seconds per update times updates to the goal is what you pay. The table has only the first "
                    "factor.",
                ),
                Option(
                    "Which of the two has the larger model",
                    "Both train the same policy here. PPO’s value model is there as well, and it is part of what PPO "
                    "costs.",
                ),
            ),
        ),
        Question(
            "Most of TRPO’s seconds are not in sampling. Where are they?",
            (
                Option(
                    "In the products with the Fisher matrix",
                    "Conjugate gradient needs about ten, and each is a backward pass through a backward pass over the "
                    "answers. Take them from a tenth of the answers, and much of the price is gone, and some of the "
                    "step.",
                    right=True,
                ),
                Option(
                    "In inverting the Fisher matrix",
                    "It is never written down, let alone inverted: for 124 million weights it would have 15 million "
                    "billion entries. F is only multiplied with vectors.",
                ),
                Option(
                    "In training the value model",
                    "That is two gradient steps here, and a product with F costs more than one of them.",
                ),
            ),
        ),
        Question(
            "A rule pays, and there is no KL term. Which models does GRPO hold, and which PPO?",
            (
                Option(
                    "GRPO the policy; PPO the policy and a value model",
                    "A rule is no model, and without a KL term nobody asks a reference. What is left of the difference "
                    "is the value model, which is as large as the policy, and is trained.",
                    right=True,
                ),
                Option(
                    "GRPO two, PPO four",
                    "Either may hold a reward model and a reference besides, GRPO three models then, and PPO four. "
                    "With a "
                    "rule and without a KL term it needs neither.",
                ),
                Option(
                    "Both the policy alone",
                    "PPO’s advantages come from GAE, which asks a value model at each token.",
                ),
            ),
        ),
        Question(
            "A model has 8 billion weights in bfloat16, 16 GB. How much do weights, gradients and Adam take, if all of "
            "them learn?",
            (
                Option(
                    "16 GB",
                    "So much take the weights alone, which is enough for answering and not for learning.",
                ),
                Option(
                    "48 GB",
                    "That is 6 bytes each: the weight, its gradient, and one number of 2 bytes. Adam keeps two, of 4 "
                    "bytes each, and adds its steps to a copy of the weights in float32.",
                ),
                Option(
                    "128 GB",
                    "16 bytes each: 2 for the weight, 2 for its gradient, 4 for the float32 copy, 4 + 4 for Adam’s "
                    "moments. On one GPU of 80 GB there is no room for that.",
                    right=True,
                ),
            ),
        ),
        Question(
            "Answers become a hundred times as long, and nearly all seconds are spent on writing them. Who gains by "
            "that?",
            (
                Option(
                    "GRPO with a single step, as its learning is the cheapest",
                    "Cheap learning counts where learning is what takes long. Here it is hardly seen beside the "
                    "sampling.",
                ),
                Option(
                    "Whoever learns most from each answer, such as PPO, or GRPO, with several steps on a batch",
                    "If an answer is dear, one wants to use it more than once. That is what the clip is for, in both "
                    "of them.",
                    right=True,
                ),
                Option(
                    "Nobody: all of them sample alike",
                    "All sample as many answers for one update. They need different numbers of updates.",
                ),
            ),
        ),
        Question(
            "“GRPO needs half the memory of PPO.” When is that so?",
            (
                Option(
                    "Always, as it has no value model",
                    "The value model is gone always. How much of the whole it was, depends: with LoRA its "
                    "adapters are small, and what still counts are the activations of its pass, unless the two "
                    "models learn in turn.",
                ),
                Option(
                    "Never: the reference takes the place of the value model",
                    "A reference is only read. It needs its weights, 2 bytes each, where a value model that learns "
                    "needs 16.",
                ),
                Option(
                    "Nearly so where all weights learn and a rule pays; less where something frozen weighs on both",
                    "Then nearly all bytes belong to what is trained, and PPO trains twice as much. A frozen reward "
                    "model or reference and the cache weigh on both, and so do the frozen weights under LoRA, most of "
                    "all with short texts. The activations of PPO’s second pass double like the rest if both models "
                    "are in one loss, and do not where the models learn in turn.",
                    right=True,
                ),
            ),
        ),
    ),
)
