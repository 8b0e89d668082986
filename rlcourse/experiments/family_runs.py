"""GRPO's family on the sums, and what becomes of the variety of answers: runs that notebook 12 shows.

In the comparison all have the learning rate, the answers and the steps in common: eight steps on each batch. RLOO,
which is made for fresh answers, is recorded with one step as well. In the runs on variety there is one step on each
batch, and the temperature is turned, or a bonus. Left out: GRPO itself, which is `language-grpo-several`.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import torch

from rlcourse.algorithms import GRPO, Episodes, GRPOConfig, Policy, Training, World
from rlcourse.experiments.experiment import Experiment
from rlcourse.experiments.family import FAMILY
from rlcourse.experiments.imperfect_rule import SEVERAL
from rlcourse.experiments.language import fresh_policy
from rlcourse.language import LanguagePolicy, arithmetic_world, sampled_accuracy, split_sums

ASKED_OF_FAMILY = 250
"""How many held-out sums a policy is measured on."""
RLOO_ONCE = "language-family-rloo-once"
"""The name of the experiment with RLOO and one step on each batch."""
VARIETY = {
    "1": (1.0, 0.0),
    "1 & 0.1": (1.0, 0.1),
    "1 & 0.5": (1.0, 0.5),
    "0.3": (0.3, 0.0),
    "0.3 & 0.5": (0.3, 0.5),
}
"""By what they are called: the temperature at which the answers of a group are drawn, & the weight of the bonus."""
VARIETY_STEPS = 20
"""Updates of each."""
RESCUE = "language-temperature-0.3-then-1"
"""The name of the experiment whose answers are drawn at 0.3 for so long, and at 1 from then on."""


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


def rloo_once_training(seed: int = 0) -> Training:
    """GPT-2 before its first step on the sums, and RLOO as it is meant: one step on each batch."""
    algorithm = FAMILY["RLOO"].make(replace(SEVERAL, num_iterations=1))
    return Training(fresh_policy(), arithmetic_world(split_sums()[0]), algorithm, seed=seed)


def variety_name(called: str) -> str:
    """The name of an experiment of `VARIETY`."""
    return f"language-temperature-{called.replace(' & ', '-bonus-')}"


def variety_training(called: str, seed: int = 0) -> Training:
    """GPT-2 before its first step on the sums, with one step on each batch."""
    temperature, bonus = VARIETY[called]
    config = GRPOConfig(learning_rate=SEVERAL.learning_rate, temperature=temperature, entropy_coef=bonus)
    return Training(fresh_policy(), arithmetic_world(split_sums()[0]), GRPO(config), seed=seed)


class Later:
    """One GRPO for some updates, and another from then on; both share policy, optimiser and world.

    Args:
        first: Who begins.
        then: Who goes on.
        after: How many updates are the first one's.
    """

    def __init__(self, first: GRPO, then: GRPO, *, after: int):
        self.first, self.then, self.after = first, then, after
        self.config, self._done = first.config, 0

    @property
    def _now(self) -> GRPO:
        return self.first if self._done < self.after else self.then

    def make_optimizer(self, policy: Policy) -> torch.optim.Optimizer:
        """The first one's."""
        return self.first.make_optimizer(policy)

    def collect(self, world: World, policy: Policy, generator: torch.Generator) -> Episodes:
        """By whoever's turn it is."""
        return self._now.collect(world, policy, generator)

    def update(self, policy: Policy, optimizer: torch.optim.Optimizer, episodes: Episodes) -> dict[str, float]:
        """By the same."""
        measured = self._now.update(policy, optimizer, episodes)
        self._done += 1
        return measured


def rescue_training(seed: int = 0) -> Training:
    """GPT-2 before its first step: its answers will be drawn at 0.3, and later at 1."""
    cold = GRPOConfig(learning_rate=SEVERAL.learning_rate, temperature=0.3)
    algorithm = Later(GRPO(cold), GRPO(replace(cold, temperature=1.0)), after=VARIETY_STEPS)
    return Training(fresh_policy(), arithmetic_world(split_sums()[0]), algorithm, seed=seed)


def right_of_held_out(policy: LanguagePolicy, *, temperature: float = 1.0) -> Mapping[str, float]:
    """The share of some held-out sums that the policy answers rightly, always with the same chance."""
    how = {"temperature": temperature, "generator": torch.Generator().manual_seed(1)}
    return {"accuracy": sampled_accuracy(policy, split_sums()[1][:ASKED_OF_FAMILY], **how)}


def bold_and_careful(policy: LanguagePolicy) -> Mapping[str, float]:
    """The same at temperature 1, and at 0.3."""
    return right_of_held_out(policy) | {"careful": right_of_held_out(policy, temperature=0.3)["accuracy"]}


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
    Experiment(RLOO_ONCE, "RLOO on sums, one step on each batch", rloo_once_training, 8, right_of_held_out, 4),
    *(
        Experiment(
            variety_name(called),
            f"GRPO on sums, by the temperature and the weight of a bonus for entropy: {called}",
            partial(variety_training, called),
            VARIETY_STEPS,
            bold_and_careful,
            5,
        )
        for called in VARIETY
    ),
    Experiment(
        RESCUE,
        "GRPO on sums, drawn at temperature 0.3 for 20 updates and at 1 from then on",
        rescue_training,
        VARIETY_STEPS + 10,
        bold_and_careful,
        5,
    ),
)
"""The experiments of this page."""
