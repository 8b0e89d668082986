"""World two: the bundled GPT-2 learns sums from a rule, and to answer requests from a reward model."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, partial

import torch

from rlcourse.algorithms import (
    GRPO,
    PPO,
    TRPO,
    Algorithm,
    GRPOConfig,
    PPOConfig,
    Reinforce,
    ReinforceConfig,
    Training,
    TRPOConfig,
)
from rlcourse.experiments.experiment import Experiment
from rlcourse.language import (
    LanguagePolicy,
    ValueModel,
    arithmetic_world,
    load_gpt2,
    load_reward_model,
    preference_yardstick,
    request_world,
    sampled_accuracy,
    split_sums,
)

MakeAlgorithm = Callable[[LanguagePolicy], Algorithm]
"""From the policy before its first step, from which critics and references are copied, to the algorithm."""


def fresh_policy() -> LanguagePolicy:
    """GPT-2 as supervised fine-tuning left it."""
    return LanguagePolicy(*load_gpt2("sft"))


def sums(name: str, title: str, make: MakeAlgorithm, *, steps: int = 100, evaluate_every: int = 10) -> Experiment:
    """An algorithm on sums: 32 questions with 8 answers each per step, and the accuracy on 500 held-out sums."""
    return Experiment(
        f"language-{name}", title, partial(_sums_training, make), steps, held_out_accuracy, evaluate_every
    )


def _sums_training(make: MakeAlgorithm, seed: int) -> Training:
    policy = fresh_policy()
    return Training(policy, arithmetic_world(split_sums()[0]), make(policy), seed=seed)


def held_out_accuracy(policy: LanguagePolicy) -> Mapping[str, float]:
    """The share of the held-out sums that the policy answers rightly, sampled, always with the same chance."""
    generator = torch.Generator().manual_seed(1)
    return {"accuracy": sampled_accuracy(policy, split_sums()[1], generator=generator)}


def requests(name: str, title: str, config: PPOConfig, *, steps: int, evaluate_every: int = 10) -> Experiment:
    """PPO on requests, paid by the bundled reward model, measured by gold."""
    make = partial(_requests_training, config)
    return Experiment(f"rlhf-{name}", title, make, steps, lambda policy: _yardstick()(policy), evaluate_every)


def _requests_training(config: PPOConfig, seed: int) -> Training:
    policy = fresh_policy()
    reference = fresh_policy() if config.kl_coef > 0 else None
    algorithm = PPO(config, critic=ValueModel.from_language_model(policy.model, policy.tokenizer), reference=reference)
    return Training(policy, request_world(load_reward_model().score), algorithm, seed=seed)


@cache
def _yardstick() -> Callable[[LanguagePolicy], Mapping[str, float]]:
    return preference_yardstick(fresh_policy(), load_reward_model())


SUMS = {
    "reinforce": ReinforceConfig(gamma=1, learning_rate=1e-4),
    "trpo": TRPOConfig(gamma=1, target_kl=0.002, damping=0.1, value_epochs=2, value_learning_rate=3e-4),
    "ppo": PPOConfig(
        gamma=1, learning_rate=1e-4, value_learning_rate=3e-4, epochs=1, minibatch_size=256, max_grad_norm=1
    ),
    "grpo": GRPOConfig(),
}
"""The settings of the comparison on sums: all but TRPO step with Adam at 1e-4, all with the same 256 answers."""

TWICE = replace(SUMS["ppo"], epochs=2, minibatch_size=128)
"""PPO as notebook 06 trains the GPT-2: four steps on each batch, so that the clip has something to do."""

RLHF = PPOConfig(
    gamma=1, learning_rate=1e-4, value_learning_rate=3e-4, epochs=2, minibatch_size=80, max_grad_norm=1, kl_coef=0.1
)
"""The settings of RLHF."""


def reinforce(policy: LanguagePolicy) -> Algorithm:
    """REINFORCE without a critic."""
    return Reinforce(SUMS["reinforce"])


def trpo(policy: LanguagePolicy) -> Algorithm:
    """TRPO with a value model of its own."""
    return TRPO(SUMS["trpo"], critic=ValueModel.from_language_model(policy.model, policy.tokenizer))


def ppo(policy: LanguagePolicy, config: PPOConfig = SUMS["ppo"]) -> Algorithm:
    """PPO with a value model of its own."""
    return PPO(config, critic=ValueModel.from_language_model(policy.model, policy.tokenizer))


def grpo(policy: LanguagePolicy, **settings: object) -> Algorithm:
    """GRPO, perhaps with other settings; with the policy's beginning as the reference where it needs one."""
    config = replace(SUMS["grpo"], **settings)
    return GRPO(config, reference=fresh_policy() if config.beta > 0 else None)


LANGUAGE = (
    sums("reinforce", "REINFORCE on sums, without a critic", reinforce),
    sums(
        "trpo",
        "TRPO on sums, in fewer updates: each costs a dozen gradient steps",
        trpo,
        steps=30,
        evaluate_every=5,
    ),
    sums("ppo", "PPO on sums, with a value model", ppo),
    sums("ppo-twice", "the same with four steps on each batch", partial(ppo, config=TWICE), steps=10, evaluate_every=5),
    sums("grpo", "GRPO on sums, as in notebook 10", grpo),
    sums(
        "grpo-too-fast",
        "GRPO with 15 times the learning rate, and nothing to hold it",
        partial(grpo, learning_rate=1.5e-3),
        steps=60,
    ),
    sums(
        "grpo-too-fast-kl",
        "the same with a KL term, beta = 0.1",
        partial(grpo, learning_rate=1.5e-3, beta=0.1),
        steps=60,
    ),
    requests("ppo", "RLHF: PPO against a reward model, at a price of 0.1 per nat", RLHF, steps=60),
    requests("ppo-without-kl", "the same for free: reward hacking", replace(RLHF, kl_coef=0.0), steps=60),
)
"""The experiments of this world."""
