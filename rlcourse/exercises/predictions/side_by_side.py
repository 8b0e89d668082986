"""Notebook 11: what an update takes, who is there first, the thickest piece, what LoRA leaves, the original."""

from rlcourse.exercises.predictions.prediction import Prediction

PREDICTIONS = (
    Prediction(
        name="one_update",
        notebook="11",
        text="TRPO and GRPO make one update each, from equally many answers, both still near the same "
        "GPT-2. How many times as long does TRPO’s take, answers included?",
        options=("Up to twice", "2 to 5 times", "5 to 30 times", "More than 30 times"),
        explanation="Eleven products with the Fisher matrix, each a backward pass through a backward pass, a search "
        "for the length of the step, and a value model to train: that is a factor of one to three dozen.",
    ),
    Prediction(
        name="fewest_updates",
        notebook="11",
        text="Who is right 70 % of the time after the fewest updates?",
        options=("TRPO, as it looks for the best step", "PPO with 4 or 16 steps on each batch", "GRPO"),
        explanation="An update of 4 or 16 gradient steps goes further than one of a "
        "single step. That is what PPO’s clip "
        "was made for: to learn more from answers that are already there.",
    ),
    Prediction(
        name="thickest_piece",
        notebook="11",
        text="Our GPT-2 has less than a million weights, and an update learns from 256 "
        "answers. What takes most of the memory?",
        options=("The models", "Adam’s moments", "What an update makes on the way: activations and gradients"),
        explanation="Weights and moments grow with the model, activations with the model and with the tokens of a "
        "batch. Where a small model reads many tokens, the tokens win.",
    ),
    Prediction(
        name="what_lora_leaves",
        notebook="11",
        text="In bfloat16, with 70 billion weights, texts of 512 tokens and a rule that pays, "
        "PPO needs about twice as much memory as GRPO. "
        "Now both train LoRA’s adapters only. How many times as much does PPO need then?",
        options=("About twice as much still", "About 1.7 times as much", "At most 1.4 times as much"),
        explanation="What made PPO twice as large were gradients, moments and copies "
        "of a second model. Adapters are so "
        "small that two of them hardly weigh more than one, and both stand on the same frozen weights. What is left "
        "of the difference is the activations of a second pass, where both models are in one loss: little with short "
        "texts, and much with long ones.",
        outcome="By the count",
    ),
    Prediction(
        name="original_update",
        notebook="11",
        text="One update of GRPO, 256 answers, on this machine, but with the original GPT-2 and its 124 million "
        "weights: how much processor time will it take?",
        options=("Less than 10 seconds", "10 seconds to 2 minutes", "2 to 20 minutes", "More than 20 minutes"),
        explanation="The arithmetic of a token grows with the weights: so many times as many weights, so many times as "
        "many seconds. And a training needs dozens of such updates.",
        outcome="By this reckoning",
    ),
)
