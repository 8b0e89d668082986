"""What practice adds: GRPO from data of some age, in three ways; and with dynamic sampling.

    late_name(4, "clip")            the name of the runs on batches that are four updates old, with the clip

All of it on the sums of notebook 10, with 16 questions of 8 answers each per update, so that it is over soon. The ways
are three objectives for the same old answers: as if they were fresh, the clipped ratio, and a ratio that is cut off at
`CAP`. Left out: samplers in other programs, and ages that change during a run.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor

from rlcourse.algorithms import GRPO, Episodes, GRPOConfig, LateWorld, Policy, Training, World
from rlcourse.equations import cispo, clipped_surrogate, surrogate
from rlcourse.experiments.experiment import Experiment
from rlcourse.experiments.language import fresh_policy
from rlcourse.language import LanguagePolicy, arithmetic_world, sampled_accuracy, split_sums

AGES = (0, 2, 4, 8)
"""How many updates old the recorded data are."""
LATE = GRPOConfig(learning_rate=2e-4)
"""The settings of these runs, all one step on each batch."""
CAP = 2.0
"""Where a weight is cut off."""
QUESTIONS = 16
"""Per update, with 8 answers each."""
ASKED = 250
"""How many held-out sums a policy is measured on."""


def as_if_fresh(
    logprobs: Tensor, old_logprobs: Tensor, advantages: Tensor, *, clip_low: float, clip_high: float
) -> Tensor:
    """A·∇log π whoever sampled: the old log-probabilities are not looked at."""
    return surrogate(logprobs, logprobs.detach(), advantages)


def cut_off(logprobs: Tensor, old_logprobs: Tensor, advantages: Tensor, *, clip_low: float, clip_high: float) -> Tensor:
    """min(ρ, cap)·A·∇log π: truncated importance weights, which are CISPO's without a lower bound."""
    return cispo(logprobs, old_logprobs, advantages, clip_low=1.0, clip_high=CAP - 1)


WAYS: dict[str, Callable[..., Tensor]] = {"fresh": as_if_fresh, "clip": clipped_surrogate, "cap": cut_off}
"""The objective of each way to learn from old data."""


def late_name(age: int, way: str) -> str:
    """The name of the experiment of this age and way; at age 0 all ways are one."""
    return f"language-late-{age}-{way}" if age else "language-late-0"


def late_training(age: int, way: str, seed: int = 0, **settings: object) -> Training:
    """GPT-2 before its first step, which will learn from data of that age."""
    world = LateWorld(arithmetic_world(split_sums()[0], prompts_per_step=QUESTIONS), age=age)
    return Training(fresh_policy(), world, GRPO(replace(LATE, **settings), objective=WAYS[way]), seed=seed)


def some_accuracy(policy: LanguagePolicy) -> dict[str, float]:
    """The share of `ASKED` held-out sums that the policy answers rightly, sampled, always with the same chance."""
    generator = torch.Generator().manual_seed(1)
    return {"accuracy": sampled_accuracy(policy, split_sums()[1][:ASKED], generator=generator)}


class Counted:
    """GRPO that also writes down how many answers were sampled for each update, be they used or not."""

    def __init__(self, algorithm: GRPO):
        self.algorithm, self.config = algorithm, algorithm.config
        self._sampled = 0

    def make_optimizer(self, policy: Policy) -> torch.optim.Optimizer:
        """The algorithm's own."""
        return self.algorithm.make_optimizer(policy)

    def collect(self, world: World, policy: Policy, generator: torch.Generator) -> Episodes:
        """The algorithm's own, from a world that counts."""
        counter = _Counter(world)
        episodes = self.algorithm.collect(counter, policy, generator)
        self._sampled = counter.answers
        return episodes

    def update(self, policy: Policy, optimizer: torch.optim.Optimizer, episodes: Episodes) -> dict[str, float]:
        """The algorithm's own, and "answers"."""
        return self.algorithm.update(policy, optimizer, episodes) | {"answers": float(self._sampled)}


class _Counter:
    """A world that counts what it is asked for."""

    def __init__(self, world: World):
        self.world, self.answers = world, 0

    def sample_groups(self, policy: Policy, **how: object) -> Episodes:
        episodes = self.world.sample_groups(policy, **how)
        self.answers += len(episodes.rewards)
        return episodes


def dynamic_training(seed: int = 0) -> Training:
    """GPT-2 before its first step, which will learn from full batches of groups that differ."""
    algorithm = Counted(GRPO(replace(LATE, dynamic_sampling=True)))
    return Training(fresh_policy(), arithmetic_world(split_sums()[0], prompts_per_step=QUESTIONS), algorithm, seed=seed)


STEPS, EVERY = 24, 8

PRACTICE = (
    *(
        Experiment(
            late_name(age, way),
            f"GRPO from data that are {age} updates old: {way}",
            partial(late_training, age, way),
            STEPS,
            some_accuracy,
            EVERY,
        )
        for age in AGES
        for way in (WAYS if age else ("clip",))
    ),
    Experiment(
        "language-dynamic",
        "GRPO with dynamic sampling: groups whose answers all earn the same are replaced",
        dynamic_training,
        STEPS,
        some_accuracy,
        EVERY,
    ),
)
"""The experiments of this page."""
