"""Notebook 01: the three stages, the next-token loss, temperature, and can against does."""

from rlcourse.exercises.quizzes.question import Option, Question, Quiz

QUIZ = Quiz(
    notebook="01",
    title="Three stages of training",
    questions=(
        Question(
            "What is the same in pre-training and supervised fine-tuning?",
            (
                Option(
                    "The text",
                    "The text differs: anything people wrote in the first stage, chosen questions with answers in the "
                    "second.",
                ),
                Option(
                    "Nothing: one is supervised and the other is not",
                    "People call pre-training self-supervised because nobody labels its text. But the next token is a "
                    "label all the same, and the loss does not ask who wrote it.",
                ),
                Option(
                    "Both reward right answers",
                    "Neither knows what right is. Both make likely what was written; a reward comes only in the third "
                    "stage.",
                ),
                Option(
                    "The loss: minus the mean log-probability of the tokens that count",
                    "Only which tokens count is different: all of them, or those of the answers. Your own function "
                    "computed both.",
                    right=True,
                ),
            ),
        ),
        Question(
            "A model has read tokens 0 to t. What are its logits at position t for?",
            (
                Option(
                    "Token t + 1, which it has not read yet",
                    "So the logits of all positions but the last are compared with all tokens but the first.",
                    right=True,
                ),
                Option(
                    "Token t, which it has just read",
                    "It would only have to copy. That is the slip called “not shifted”, and its loss falls "
                    "wonderfully fast.",
                ),
                Option(
                    "All tokens that are still to come",
                    "One token at a time. The ones after it follow when that one has been read.",
                ),
                Option(
                    "Token t − 1",
                    "That is long known. Shifted this way, the loss teaches to remember and not to continue.",
                ),
            ),
        ),
        Question(
            "What does a temperature of 0.5 change, against a temperature of 1?",
            (
                Option(
                    "The order of the tokens by their probability",
                    "Dividing all logits by one number keeps their order, whatever the number.",
                ),
                Option(
                    "The weights of the model",
                    "The weights give the logits, and the temperature is applied to those afterwards.",
                ),
                Option(
                    "The likeliest token becomes likelier, the rarest rarer, and none impossible",
                    "All differences between logits are doubled, and so each probability is squared and then "
                    "normalised again.",
                    right=True,
                ),
                Option(
                    "Tokens below a probability of 0.5 are cut off",
                    "To cut off is what top-p does. With a temperature above 0 every token can still be drawn.",
                ),
            ),
        ),
        Question(
            "Fine-tuning made the loss on its answers smaller, and fewer sums are right by the likeliest tokens. How "
            "can both be?",
            (
                Option(
                    "The learning rate was too high",
                    "Too high a rate shows in the loss. Here that falls, and does not rise again. The bundled "
                    "fine-tuned model, made with other settings, does the same.",
                ),
                Option(
                    "The loss measures how well the answers are imitated, and most of these are guesses",
                    "Imitation takes over what the teachers do, errors included. As soon as guesses are the likelier "
                    "beginning, the likeliest answer is a guess.",
                    right=True,
                ),
                Option(
                    "It has forgotten how to add",
                    "Begin the answer for it as a computed one begins, and it adds: that is the row “can” of the "
                    "tables.",
                ),
                Option(
                    "Too little text",
                    "More of this text would make it imitate these people better. It would not make them right more "
                    "often.",
                ),
            ),
        ),
        Question(
            "Why does reinforcement learning sample without top-p?",
            (
                Option(
                    "Top-p is too slow",
                    "It costs a sort of the vocabulary, which is little. Speed is not the reason.",
                ),
                Option(
                    "Because cut-off tokens have too high a reward",
                    "They have no reward at all: they are never drawn, so nobody finds out what they would earn.",
                ),
                Option(
                    "Answers would be drawn from another distribution than the one whose log-probabilities are trained",
                    "Then the ratio of the two is not 1 before the first step, and a token that was cut off cannot be "
                    "found and reinforced, however good it is.",
                    right=True,
                ),
                Option(
                    "Top-p makes answers worse",
                    "It often makes them better, as it cuts off rare slips. That is why it is used when a model "
                    "answers, and not when it learns.",
                ),
            ),
        ),
        Question(
            "The third stage brought accuracy up. What did this notebook's numbers show about adding?",
            (
                Option(
                    "That the rule taught the model to add",
                    "The rule gives one number for a whole answer and explains nothing. Look at what the pre-trained "
                    "model could do by its likeliest tokens.",
                ),
                Option(
                    "That the model could add before, and now chooses to",
                    "Made to compute, the fine-tuned model was right far more often than when left to itself. The "
                    "reward made that choice the usual one.",
                    right=True,
                ),
                Option(
                    "That reinforcement learning never adds anything new",
                    "One small model cannot show that. What it shows is that one has to look at what was there before, "
                    "and measure both.",
                ),
                Option(
                    "That it learned the held-out sums by heart",
                    "No stage has ever seen one of them as it is asked here. Many it has seen the other way round, "
                    "and those of which it has seen neither way it answers about as well.",
                ),
            ),
        ),
    ),
)
