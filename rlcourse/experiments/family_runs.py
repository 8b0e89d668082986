"""GRPO's family on the sums, and what becomes of the variety of answers: runs that notebook 12 shows.

In the comparison all have the learning rate, the answers and the steps in common: eight steps on each batch. In the
runs on entropy there is one step on each batch, and the temperature is turned, or a bonus. Left out: GRPO itself, which
is `language-grpo-several`.
"""

from collections.abc import Mapping
from functools import partial

import torch

from rlcourse.algorithms import GRPO, GRPOConfig, Training
from rlcourse.experiments.experiment import Experiment
from rlcourse.experiments.family import FAMILY
from rlcourse.experiments.imperfect_rule import SEVERAL
from rlcourse.experiments.language import fresh_policy
from rlcourse.language import LanguagePolicy, arithmetic_world, sampled_accuracy, split_sums

ASKED_OF_FAMILY = 250
"""How many held-out sums a policy is measured on."""
TEMPERATURES = (1.0, 0.5, 0.3)
"""At which the answers of a group are drawn."""
BONUS = 0.1
"""The weight of the entropy in the run with a bonus."""
ENTROPY = GRPOConfig(learning_rate=2e-4)
"""The settings of the runs on entropy, but for what is turned."""


def family_name(name: str) -> str:
    """The name of a member's experiment."""
    return "language-grpo-several" if name == "GRPO" else f"language-family-{name.lower().replace('. ', '-')}"


def family_training(name: str, seed: int = 0, **functions: object) -> Training:
    """GPT-2 before its first step on the sums, and a member of the family with several steps on each batch.

    Args:
        name: As in `FAMILY`.
        seed: Of the training.
        functions: In the place of the member's own, such as an `objective`.
    """
    member = FAMILY[name].make(SEVERAL)
    algorithm = GRPO(member.config, **{**FAMILY[name].functions, **functions})
    return Training(fresh_policy(), arithmetic_world(split_sums()[0]), algorithm, seed=seed)


def entropy_name(temperature: float, entropy_coef: float = 0.0) -> str:
    """The name of the experiment at a temperature, perhaps with a bonus."""
    return f"language-temperature-{temperature:g}{'-bonus' if entropy_coef else ''}"


def entropy_training(temperature: float, entropy_coef: float = 0.0, seed: int = 0) -> Training:
    """GPT-2 before its first step on the sums, with one step on each batch."""
    config = GRPOConfig(learning_rate=ENTROPY.learning_rate, temperature=temperature, entropy_coef=entropy_coef)
    return Training(fresh_policy(), arithmetic_world(split_sums()[0]), GRPO(config), seed=seed)


def right_of_held_out(policy: LanguagePolicy) -> Mapping[str, float]:
    """The share of some held-out sums that the policy answers rightly at temperature 1, always with the same chance."""
    generator = torch.Generator().manual_seed(1)
    return {"accuracy": sampled_accuracy(policy, split_sums()[1][:ASKED_OF_FAMILY], generator=generator)}


def _seeded(temperature: float, entropy_coef: float, seed: int) -> Training:
    return entropy_training(temperature, entropy_coef, seed)


FAMILY_RUNS = (
    *(
        Experiment(
            family_name(name),
            f"{name} on sums, eight steps on each batch",
            partial(family_training, name),
            8,
            right_of_held_out,
            4,
        )
        for name in FAMILY
        if name != "GRPO"
    ),
    *(
        Experiment(
            entropy_name(temperature, bonus),
            f"GRPO on sums, answers drawn at temperature {temperature:g}{' with a bonus for entropy' * bool(bonus)}",
            partial(_seeded, temperature, bonus),
            30,
            right_of_held_out,
            5,
        )
        for temperature, bonus in (*((one, 0.0) for one in TEMPERATURES), (TEMPERATURES[-1], BONUS))
    ),
)
"""The experiments of this page."""
