"""GRPO's family on the sums: the same learning rate, answers and steps for all, and eight steps on each batch."""

from rlcourse.algorithms import GRPOConfig, Training
from rlcourse.experiments.family import FAMILY
from rlcourse.experiments.language import fresh_policy
from rlcourse.language import arithmetic_world, split_sums

COMMON = GRPOConfig(learning_rate=2e-4, num_iterations=8)
"""What all members have in common: so many steps on each batch that a clip has something to do."""


def family_training(name: str, seed: int = 0, **settings: object) -> Training:
    """GPT-2 before its first step on the sums, and a member of the family with several steps on each batch."""
    return Training(fresh_policy(), arithmetic_world(split_sums()[0]), FAMILY[name].make(COMMON, **settings), seed=seed)
