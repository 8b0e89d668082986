"""Notebook 15: batches, positions, what is divided, precision of the sampler, defaults, and what is old."""

from rlcourse.exercises.quizzes.question import Option, Question, Quiz

QUIZ = Quiz(
    notebook="15",
    title="From this laptop to a cluster",
    questions=(
        Question(
            "TRL is told: 8 answers for each device, 2 passes until a step (gradient accumulation), groups of 8. There "
            "are 4 processes. How many questions are in an update?",
            (
                Option(
                    "64",
                    "64 is the number of answers: 8 in a pass, 2 passes, 4 processes. Each question has 8 of them.",
                ),
                Option(
                    "8",
                    "8 · 2 · 4 = 64 answers, and 64 / 8 = 8 questions. TRL counts answers, of one process.",
                    right=True,
                ),
                Option(
                    "16",
                    "You left out a factor: 8 answers in a pass, times 2 passes, times 4 processes, over 8 answers to "
                    "each question.",
                ),
            ),
        ),
        Question(
            "You go from 4 GPUs to 8 and change nothing else in TRL’s settings. What have you changed?",
            (
                Option(
                    "Only the seconds: each step is done in half the time",
                    "The batch is counted for each process, so with twice the processes an update has twice the "
                    "answers, and takes as long as before.",
                ),
                Option(
                    "Nothing: the same questions are shared out",
                    "The setting says what each device gets. More processes, more answers.",
                ),
                Option(
                    "The algorithm: an update now learns from twice as many answers",
                    "It is steadier and dearer, and the old learning rate may be too careful for it. To go twice as "
                    "fast with the same algorithm, halve the accumulation.",
                    right=True,
                ),
            ),
        ),
        Question(
            "A GPT-2 in TRL: the answers that it samples are fine, but the log-probabilities that it is trained by are "
            "wrong where questions have different lengths. A Llama has no such trouble. Why?",
            (
                Option(
                    "Sampling counts places from the text’s beginning, scoring does not, and only GPT-2 minds",
                    "GPT-2 has a learned vector for each place. A Llama turns places into angles, and only the "
                    "distance of two tokens matters to it, which padding does not change.",
                    right=True,
                ),
                Option(
                    "The attention mask is missing, so the padding is read",
                    "The mask is there in both passes. What is missing is where each text begins.",
                ),
                Option(
                    "GPT-2 has dropout, and Llama has not",
                    "Dropout makes log-probabilities noisy, in every row. This error hits the shorter questions only, "
                    "and is the same each time.",
                ),
            ),
        ),
        Question(
            "ZeRO’s stage 3 on ever more GPUs: which piece of a GPU’s memory does not become smaller?",
            (
                Option(
                    "The weights",
                    "They are divided from stage 3 on. A layer is put together when it is needed, and given back.",
                ),
                Option(
                    "Adam’s moments",
                    "These are divided first, in stage 1, as they are the thickest piece.",
                ),
                Option(
                    "The activations of its own answers",
                    "Each GPU reads its own answers, so it needs their activations, however many others there are. "
                    "Fewer answers at once, or computing activations again, makes them smaller.",
                    right=True,
                ),
            ),
        ),
        Question(
            "A sampler in bfloat16 writes, a trainer in float32 learns, one step on each batch. Is every ratio 1?",
            (
                Option(
                    "Yes: with one step on each batch the ratio is always 1",
                    "That is so if the same program computes both. Here two programs have two opinions of the same "
                    "token.",
                ),
                Option(
                    "No: the two differ a little at each token, and for a long answer the differences are multiplied",
                    "So programs weigh tokens by π/π_sampler, with a cap. And it is a gauge worth watching: if it "
                    "grows, something is wrong with the weights that the sampler has.",
                    right=True,
                ),
                Option(
                    "No, and so nothing can be learned from such answers",
                    "One can: they are answers of a policy that is very near, and importance weights make up for the "
                    "rest.",
                ),
            ),
        ),
        Question(
            "You start verl with your data, your model and your reward, and leave its estimator of advantages alone. "
            "What do you train with?",
            (
                Option(
                    "PPO, with a value model",
                    "The default is GAE, with a value model. Whoever compares programs writes down every setting, "
                    "the ones that were left alone too.",
                    right=True,
                ),
                Option(
                    "GRPO, as everybody does",
                    "Its default is GAE, and so PPO. Nothing says so while it runs, but that the memory is full.",
                ),
                Option(
                    "Nothing: it must be set",
                    "It has a default. That is the trap with defaults.",
                ),
            ),
        ),
    ),
)
