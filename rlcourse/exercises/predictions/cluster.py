"""Notebook 15: what is heavy on the way, what has to be said, padding, what more GPUs bring, and rounding."""

from rlcourse.exercises.predictions.prediction import Prediction

PREDICTIONS = (
    Prediction(
        name="heavy_on_the_way",
        notebook="15",
        text="A model of 8 billion weights writes 512 answers of 1,024 tokens for one update. What is the heaviest "
        "thing that travels in this update?",
        options=("The answers, with a log-probability for each token", "The rewards", "The weights and gradients"),
        explanation="A token and its log-probability take 8 bytes, so half a million of them take a few megabytes. "
        "Each of 8 billion weights takes 2 bytes, and so does its gradient: gigabytes, every time. (In the table the "
        "gradients count twice: each GPU sends its own, and gets the mean of all.)",
    ),
    Prediction(
        name="has_to_be_said",
        notebook="15",
        text="The run of notebook 10 becomes some thirty lines for TRL. In how many of them does it have to say "
        "something else than TRL would do by itself?",
        options=("At most a quarter", "About half", "Nearly all"),
        explanation="The names are mostly shared, the defaults are not: TRL’s are for billions of weights on a GPU, "
        "and for a loss that averages over tokens.",
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
    Prediction(
        name="rounded_sampler",
        notebook="15",
        text="The small GPT-2 reads the same answers twice, once with its weights in float32, once in bfloat16. How "
        "far from 1 is the ratio of the token for which the two differ most?",
        options=("Less than 1 %", "Between 1 % and 20 %", "More than 20 %"),
        explanation="bfloat16 keeps eight bits of each number, so every product is off by up to 0.4 %, and some of "
        "that adds up on the way through the layers. It is little for a token. For a long answer it is multiplied.",
    ),
)
