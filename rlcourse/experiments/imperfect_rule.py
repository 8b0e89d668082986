"""GRPO paid by an imperfect rule, with KL terms of several weights; and GRPO with several steps on each batch.

The rule is one that looks right: it counts how often the right number stands in the answer. It was meant to ask for
what `sum_reward` asks for: the sum, its result, and nothing else. What the rule pays and what was meant are both
measured. Left out: rules that are wrong in other ways.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import torch

from rlcourse.algorithms import GRPO, GRPOConfig, Training
from rlcourse.experiments.experiment import Experiment
from rlcourse.experiments.language import fresh_policy, held_out_accuracy
from rlcourse.language import LanguagePolicy, TextWorld, arithmetic_world, sample, split_sums, sum_reward

BETAS = (0.0, 0.03, 0.1, 0.3)
"""The weights of the KL term."""
ASKED = 250
"""How many held-out sums a policy is measured on."""
ROOM = 24
"""Tokens that an answer may have: a dozen say all that was asked."""
MENTIONS = GRPOConfig(learning_rate=2e-4)
"""The settings of the runs by the imperfect rule, but for beta."""
SEVERAL = GRPOConfig(learning_rate=2e-4, num_iterations=8)
"""Several steps on each batch of answers, so that the clip has something to do."""
NO_CLIP = {"epsilon": 0.99, "epsilon_high": 1e6}
"""A band that no ratio leaves."""


def mentions_reward(prompts: list[str], completions: list[str], answer: Sequence[int], **_: object) -> list[float]:
    """How often the right result stands in a completion: a rule that looks right."""
    return [float(text.count(str(right))) for text, right in zip(completions, answer, strict=True)]


def mentions_world() -> TextWorld:
    """The training sums, paid by the imperfect rule."""
    sums = split_sums()[0]
    columns = {"answer": [s.answer for s in sums]}
    return TextWorld([s.prompt for s in sums], mentions_reward, columns=columns, max_new_tokens=ROOM)


def pay_and_truth(policy: LanguagePolicy) -> Mapping[str, float]:
    """On held-out sums: what the imperfect rule pays, what was meant, and how many answers come to an end."""
    sums = split_sums()[1][:ASKED]
    prompts, right = [s.prompt for s in sums], [s.answer for s in sums]
    how = {"max_new_tokens": ROOM, "generator": torch.Generator().manual_seed(1)}
    samples = sample(policy.model, policy.tokenizer, prompts, **how)
    texts = samples.texts(policy.tokenizer)
    return {
        "paid": sum(mentions_reward(prompts, texts, right)) / len(sums),
        "meant": sum(sum_reward(prompts, texts, right)) / len(sums),
        "ended": sum(samples.finished(policy.tokenizer)) / len(sums),
    }


def beta_name(beta: float | int) -> str:
    """The name of the experiment with one of the `BETAS`."""
    return f"language-mentions-{beta:g}"


def mentions_training(beta: float | int, seed: int = 0) -> Training:
    """GPT-2 before its first step, paid by the imperfect rule; the KL to its beginning costs `beta`."""
    algorithm = GRPO(replace(MENTIONS, beta=beta), reference=fresh_policy())
    return Training(fresh_policy(), mentions_world(), algorithm, seed=seed)


def several_training(seed: int = 0, **settings: object) -> Training:
    """GPT-2 before its first step, with the rule of sums and several steps on each batch."""
    algorithm = GRPO(replace(SEVERAL, **settings), reference=fresh_policy())
    return Training(fresh_policy(), arithmetic_world(split_sums()[0]), algorithm, seed=seed)


IMPERFECT_RULE = (
    *(
        Experiment(
            beta_name(beta),
            f"GRPO paid for each mention of the right number, beta = {beta:g}",
            partial(mentions_training, beta),
            40,
            pay_and_truth,
            5,
        )
        for beta in BETAS
    ),
    Experiment(
        "language-grpo-several",
        "GRPO on sums, several steps on each batch",
        several_training,
        8,
        held_out_accuracy,
        4,
    ),
    Experiment(
        "language-grpo-several-no-clip",
        "the same without the clip",
        partial(several_training, **NO_CLIP),
        8,
        held_out_accuracy,
        4,
    ),
)
"""The experiments of this page."""
