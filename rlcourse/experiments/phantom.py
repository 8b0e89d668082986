"""Two rewards, of which one is tiny: what a manner that is paid 0.05 does to a model that is paid 1 for being right.

Half of the questions are the sums of the course, the others are too large for the model: there every answer is wrong,
and all that a group differs in is its manner. Divided by the group's standard deviation, the little that the manner is
paid counts as much as being right does elsewhere. Left out: other weights than `MANNER`.
"""

import random
from collections.abc import Mapping
from functools import partial

import torch

from rlcourse.algorithms import GRPO, GRPOConfig, Training
from rlcourse.experiments.experiment import Experiment
from rlcourse.experiments.language import fresh_policy
from rlcourse.language import LanguagePolicy, Sum, TextWorld, combined_rewards, sample, split_sums, sum_reward

MANNER = 0.05
"""What the manner is paid, where a right answer is paid 1."""
ROOM, ASKED = 18, 150
"""Tokens that an answer may have; and held-out sums that a policy is measured on."""
SCALES = ("group", "none")
"""What the centred rewards are divided by in the recorded runs."""


def too_large() -> list[Sum]:
    """The sums of two numbers from 50 to 99 in an order by chance: the bundled GPT-2 has never seen their like."""
    sums = [Sum(a, b) for a in range(50, 100) for b in range(50, 100)]
    random.Random(0).shuffle(sums)
    return sums


def modest(prompts: list[str], completions: list[str], **_: object) -> list[float]:
    """1 for an answer that says that it is a guess: a manner, and nothing about the result."""
    return [1.0 if text.startswith(" I guess") else 0.0 for text in completions]


def two_rewards_world(weight: float = MANNER) -> TextWorld:
    """Sums within reach and sums beyond it, half and half: 1 for a right answer, `weight` for a modest one."""
    sums = [*split_sums()[0][:1000], *too_large()[:1000]]
    return TextWorld(
        [s.prompt for s in sums],
        combined_rewards([sum_reward, modest], weights=[1.0, weight]),
        columns={"answer": [s.answer for s in sums]},
        prompts_per_step=16,
        max_new_tokens=ROOM,
    )


def right_and_modest(policy: LanguagePolicy) -> Mapping[str, float]:
    """Each reward on its own, on held-out sums within reach: the shares of right and of modest answers."""
    sums = split_sums()[1][:ASKED]
    prompts, generator = [s.prompt for s in sums], torch.Generator().manual_seed(1)
    samples = sample(policy.model, policy.tokenizer, prompts, max_new_tokens=ROOM, generator=generator)
    texts = samples.texts(policy.tokenizer)
    right = sum_reward(prompts, texts, [s.answer for s in sums])
    return {"right": sum(right) / len(sums), "modest": sum(modest(prompts, texts)) / len(sums)}


def phantom_training(scale: str, seed: int = 0) -> Training:
    """GPT-2 before its first step with both rewards."""
    config = GRPOConfig(learning_rate=2e-4, scale_rewards=scale)
    return Training(fresh_policy(), two_rewards_world(), GRPO(config), seed=seed)


PHANTOM = tuple(
    Experiment(
        f"language-phantom-{scale}",
        f"Paid 1 for being right and {MANNER:g} for a manner; rewards divided by: {scale}",
        partial(phantom_training, scale),
        12,
        right_and_modest,
        4,
    )
    for scale in SCALES
)
"""The experiments of this page."""
