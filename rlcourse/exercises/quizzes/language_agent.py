"""Notebook 07: agent and environment in the text world, what counts, teacher forcing, ratios and advantages."""

from rlcourse.exercises.quizzes.question import Option, Question, Quiz

QUIZ = Quiz(
    notebook="07",
    title="A language model is an agent",
    questions=(
        Question(
            "A GPT-2 is asked “What is 2+2?” and has written “ 2+2 is”. What is the state now?",
            (
                Option(
                    "“ is”, the last token",
                    "From one token alone nobody could go on. What comes next depends on the question, and on all that "
                    "was written since.",
                ),
                Option(
                    "The question, and “ 2+2 is”",
                    "All that the next token may depend on: the query and the tokens so far. Nothing is forgotten, so "
                    "the Markov property is there for free.",
                    right=True,
                ),
                Option(
                    "The weights of the model",
                    "They are the agent's. They say how it acts in a state; the state is what it reads.",
                ),
                Option(
                    "The answer that the judge expects",
                    "The judge belongs to the environment, and what it expects is not shown to the agent. The agent "
                    "learns of it by the reward, at the end.",
                ),
            ),
        ),
        Question(
            "Which of these is an action of the language model?",
            (
                Option(
                    "The end-of-text token",
                    "To stop is a choice like any other. It has a probability, it counts in the mask, and when to take "
                    "it is learned.",
                    right=True,
                ),
                Option(
                    "The tokens of the question",
                    "Nobody chose them; they are where the episode begins. They are read and never scored.",
                ),
                Option(
                    "The padding behind the answer",
                    "It fills the row of a batch up. Often it has the number of the end-of-text token, which makes it "
                    "look like a choice. It is none.",
                ),
                Option(
                    "The reward",
                    "The reward is the environment's answer to an action.",
                ),
            ),
        ),
        Question(
            "A model reads a whole text at once. Which of its logits say how likely token number t was?",
            (
                Option(
                    "Those at token t",
                    "There the model has read token t already, and says what comes after it.",
                ),
                Option(
                    "Those at token t + 1",
                    "There it has read token t and one more, and says what comes after both.",
                ),
                Option(
                    "Those at token t − 1",
                    "What stands before a token predicts it. So the last token of the question predicts the first of "
                    "the answer.",
                    right=True,
                ),
            ),
        ),
        Question(
            "Questions are padded in front. A program tells GPT-2 which tokens are real, but not their places. Then?",
            (
                Option(
                    "Nothing: padding is not attended to",
                    "It is not attended to, true. But the places of all other tokens are counted from the padding on, "
                    "and to GPT-2 place 3 is not place 0.",
                ),
                Option(
                    "Texts with padding are read as other texts, and score wrongly",
                    "Their first token stands at place 2, say, instead of 0. Models with rotary positions only "
                    "know distances and do not mind; with GPT-2 the ratio is not 1 before the first step.",
                    right=True,
                ),
                Option(
                    "PyTorch stops with an error",
                    "It does not, and that is what makes this mistake so common: numbers come out, and they look like "
                    "log-probabilities.",
                ),
            ),
        ),
        Question(
            "One step has been made on four answers. Of one token ρ is 1.25 and Â is +1, with ε = 0.2. What now?",
            (
                Option(
                    "The next step makes it less likely, down to 1.2",
                    "Nothing pulls it back. The clip takes away the reason to go further; it is no spring.",
                ),
                Option(
                    "It is made likelier still, as Â is positive",
                    "Up to ρ = 1.2 it would be. Beyond, the clipped objective is flat, so its slope is 0.",
                ),
                Option(
                    "It cannot happen: the clip keeps ρ within 0.8 and 1.2",
                    "A clip is no wall. One step may go beyond it, and other tokens' steps may carry this one along.",
                ),
                Option(
                    "It has no pull of its own any more",
                    "The objective is flat there. Steps for other tokens may still move it, since all share the same "
                    "weights.",
                    right=True,
                ),
            ),
        ),
        Question(
            "An answer is paid 0, three others 0, 0 and 1. What do GRPO and PPO say of its tokens?",
            (
                Option(
                    "Both give each token the same advantage",
                    "GRPO does, all over the answer. PPO asks its critic before every token, so its advantages differ "
                    "from token to token.",
                ),
                Option(
                    "GRPO: one number for all its tokens. PPO: one for each, from the critic",
                    "GRPO compares answers. PPO asks of each token how what came from here on compares with what the "
                    "critic expected before it. What came is taken from the critic's next words (λ of GAE near 0) or "
                    "from what was paid at the end (λ near 1).",
                    right=True,
                ),
                Option(
                    "GRPO judges each token, PPO the whole answer",
                    "It is the other way round. GRPO has no value model that could tell one token from another.",
                ),
                Option(
                    "Nothing, as nothing was paid",
                    "Paid nothing is information too, beside an answer that was paid 1: it lies below the mean.",
                ),
            ),
        ),
    ),
)
