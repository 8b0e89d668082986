"""Notebook 15: what is heavy on the way, defaults, padding, what fits on how many GPUs, what more of them bring."""

from rlcourse.exercises.predictions.prediction import Prediction

PREDICTIONS = (
    Prediction(
        name="heavy_on_the_way",
        notebook="15",
        text="A model of 8 billion weights writes 512 answers of 1,024 tokens for one update. What is the heaviest "
        "thing that travels in this update?",
        options=("The answers, with a log-probability for each token", "The rewards", "The weights and gradients"),
        explanation="A token and its log-probability take 8 bytes, so half a million of them take a few megabytes. "
        "Each of 8 billion weights takes 2 bytes, and so does its gradient: gigabytes, every time.",
    ),
    Prediction(
        name="left_alone",
        notebook="15",
        text="You give each program a model, questions and a rule, and leave all its other settings alone. Which of "
        "TRL (with its GRPOTrainer), verl and OpenRLHF then trains with GRPO?",
        options=("All three", "TRL alone", "TRL and verl"),
        explanation="verl and OpenRLHF are made for several algorithms, and begin with PPO: their estimator of "
        "advantages is gae until somebody says grpo or group_norm. TRL has a trainer of its own for each algorithm.",
        right=1,
    ),
    Prediction(
        name="padded_left",
        notebook="15",
        text="A small GPT-2 writes answers, and then says once more how likely their tokens were: behind padding, "
        "which a mask hides, and without being told where each text begins. Which ratios of the two are not 1?",
        options=("None, as the mask hides the padding", "Those of the texts that have padding", "All of them"),
        explanation="A mask says which tokens may be looked at, and not where they stand. GPT-2 has a learned vector "
        "for each place, and whoever counts the padding takes the vector of a later place. Rows without padding are "
        "counted rightly.",
    ),
    Prediction(
        name="fewest_gpus",
        notebook="15",
        text="All 70 billion weights shall learn, in bfloat16, by ZeRO’s stage 3, on texts of 512 tokens. How many "
        "GPUs of 80 GB does that take at least?",
        options=("4", "8", "32", "512"),
        explanation="16 bytes for each weight are more than a thousand gigabytes, so 15 GPUs could just hold them. But "
        "each holds a part of the sampler as well, and its own activations. Among powers of two, 32 have room.",
        outcome="By the count",
    ),
    Prediction(
        name="more_gpus",
        notebook="15",
        text="A model of 8 billion weights is trained on 8 GPUs, then on 64. In both cases an update is 512 texts of "
        "512 tokens, half of them the answer’s. Learning becomes 8 times as quick. And sampling?",
        options=("Also 8 times as quick", "Hardly quicker", "Slower"),
        explanation="For each next token a sampler reads all its weights, whether it writes 8 answers at once or 64. "
        "With more GPUs each writes fewer at once, and reads as many weights as before. It reads the cache of its "
        "answers, too, and that is shared out: where texts are long, most of the reading is cache, and more GPUs help.",
        outcome="By the count",
    ),
)
