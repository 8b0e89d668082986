"""The first two stages of training a language model, a minute or two each: learning to continue text, and to answer.

The third is `language-grpo`. Fine-tuning was recorded with teachers from careful to careless.
The bundled checkpoints had more of both: `rlcourse.language.build`.
"""

import re
from collections.abc import Mapping
from functools import cache, partial

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from rlcourse.algorithms import History, Training
from rlcourse.arguments import check_integer
from rlcourse.equations import shifted_next_token_loss
from rlcourse.experiments.curves import load_curves
from rlcourse.experiments.experiment import Experiment
from rlcourse.language import (
    Imitation,
    LanguagePolicy,
    SupervisedConfig,
    demonstration_text,
    load_gpt2,
    new_model,
    raw_text,
    sample,
    split_sums,
    sum_reward,
    text_logits,
)
from rlcourse.language.build.stages import PRETRAINING as BUNDLED
from rlcourse.language.build.stages import ROW_LENGTH
from rlcourse.language.training.corpus import DEMONSTRATION_GUESSES

PRETRAINING = SupervisedConfig(steps=200, learning_rate=3e-3, warmup_steps=20)
"""About a minute of pre-training: 200 batches of 16 rows of 64 tokens."""
FINE_TUNING = SupervisedConfig(steps=40, learning_rate=5e-5, warmup_steps=10)
"""Less than a minute of fine-tuning: 40 batches of 32 questions with answers, gently."""
CARELESS = (0.0, 0.2, 0.4, 0.6, 0.8)
"""How many of those who demonstrate sums guess, in the runs of fine-tuning that were recorded."""
BUNDLED_TOKENS = BUNDLED.steps * BUNDLED.batch_size * ROW_LENGTH
"""How many tokens the bundled pre-trained model has read."""
_STATEMENT = re.compile(r"\s*(?:I guess )?(\d+)\+(\d+) is (\d+)\.")
_ASKED = 100


def untrained_policy(seed: int = 0) -> LanguagePolicy:
    """The course's GPT-2 before it has read a word: random weights."""
    tokenizer = load_gpt2("pretrained", device="cpu")[1]
    return LanguagePolicy(new_model(len(tokenizer), seed=seed), tokenizer)


def pretrained_policy() -> LanguagePolicy:
    """GPT-2 as pre-training left it."""
    return LanguagePolicy(*load_gpt2("pretrained", device="cpu"))


@torch.no_grad()
def text_measures(policy: LanguagePolicy, *, sums: int = _ASKED) -> Mapping[str, float]:
    """What it makes of text that it has not read, and of questions among people, by the likeliest tokens.

    Args:
        policy: Who reads and answers.
        sums: How many of the held-out sums it is asked, 1 to 500.

    Returns:
        unread_loss, nats per token; states_a_sum and states_this_sum, the shares of answers that state some sum, and
        the one that was asked for; right.
    """
    tokens, counted = unread_text(policy.tokenizer)
    loss = shifted_next_token_loss(text_logits(policy, tokens), tokens, counted).item()
    held_out = split_sums()[1]
    check_integer("sums", sums, 1, len(held_out))
    held_out = held_out[:sums]
    prompts = [f"Ann: What is {s.a}+{s.b}?\nBen:" for s in held_out]
    answers = sample(policy.model, policy.tokenizer, prompts, temperature=0, max_new_tokens=16)
    stated = [_STATEMENT.match(answer) for answer in answers.texts(policy.tokenizer)]
    found = [None if one is None else tuple(map(int, one.groups())) for one in stated]
    asked = list(zip(found, held_out, strict=True))
    shares = {
        "states_a_sum": sum(one is not None for one in found),
        "states_this_sum": sum(one is not None and one[:2] == (s.a, s.b) for one, s in asked),
        "right": sum(one == (s.a, s.b, s.answer) for one, s in asked),
    }
    return {"unread_loss": loss} | {name: count / sums for name, count in shares.items()}


@cache
def unread_text(tokenizer) -> tuple[Int[Tensor, "B T"], Bool[Tensor, "B T"]]:
    """Rows of the small web that no training of the course has read, the bundled models' included; and what counts."""
    return raw_text(tokenizer, batch_size=32).batch_at(2**31)  # trainings number their batches below this


def answer_measures(policy: LanguagePolicy) -> Mapping[str, float]:
    """How it answers held-out sums: the likeliest tokens, right and guessed; and right when sampled."""
    sums = split_sums()[1][:_ASKED]
    prompts, right = [s.prompt for s in sums], [s.answer for s in sums]
    shares = {}
    for name, temperature in (("greedy", 0.0), ("sampled", 1.0)):
        chance = {"temperature": temperature, "generator": torch.Generator().manual_seed(1)}
        answers = sample(policy.model, policy.tokenizer, prompts, max_new_tokens=16, **chance).texts(policy.tokenizer)
        shares[name] = sum(sum_reward(prompts, answers, right)) / _ASKED
        guessed = sum(answer.startswith(" I guess") for answer in answers) / _ASKED
        shares["guesses" if name == "greedy" else "sampled_guesses"] = guessed
    return shares


def _pretraining(seed: int) -> Training:
    policy = untrained_policy(seed)
    return Training(policy, raw_text(policy.tokenizer), Imitation(PRETRAINING), seed=seed)


def _fine_tuning(seed: int, guesses: float = DEMONSTRATION_GUESSES) -> Training:
    policy = pretrained_policy()
    text = demonstration_text(policy.tokenizer, guesses=guesses)
    return Training(policy, text, Imitation(FINE_TUNING), seed=seed)


def careless_name(guesses: float) -> str:
    """The name of the experiment in which this share of the teachers, one of `CARELESS`, guesses."""
    return "language-fine-tuning" + f"-guesses-{guesses:g}" * (guesses != DEMONSTRATION_GUESSES)


def load_careless() -> dict[float, dict[int, History]]:
    """The recorded runs of fine-tuning, by the share of teachers who guess, from low to high, and by seed."""
    return {guesses: load_curves(careless_name(guesses)) for guesses in CARELESS}


STAGES = (
    Experiment(
        "language-pretraining",
        "about a minute of pre-training, from nothing, as in notebook 01",
        _pretraining,
        PRETRAINING.steps,
        text_measures,
        20,
    ),
    Experiment(
        "language-fine-tuning",
        "supervised fine-tuning of the bundled pre-trained model, as in notebook 01",
        _fine_tuning,
        FINE_TUNING.steps,
        answer_measures,
        2,
    ),
    *(
        Experiment(
            careless_name(guesses),
            f"the same, but {guesses:.0%} of the people who show how to answer a sum guess",
            partial(_fine_tuning, guesses=guesses),
            FINE_TUNING.steps,
            answer_measures,
            4,
        )
        for guesses in CARELESS
        if guesses != DEMONSTRATION_GUESSES
    ),
)
"""The experiments of the first two stages."""
