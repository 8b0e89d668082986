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
    DPO,
    REQUESTS,
    TASTES,
    DPOConfig,
    LanguagePolicy,
    RewardConfig,
    RewardModel,
    ValueModel,
    arithmetic_world,
    choose,
    chosen_from,
    draw_pairs,
    load_gpt2,
    load_preferences,
    load_reward_model,
    new_reward_model,
    preference_pairs,
    preference_yardstick,
    read_reply,
    request_world,
    sample,
    sampled_accuracy,
    split_sums,
    train_reward_model,
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


def _direct_training(seed: int) -> Training:
    policy = fresh_policy()
    pairs = preference_pairs(load_preferences(), policy.tokenizer)
    return Training(policy, pairs, DPO(DIRECT, reference=fresh_policy()), seed=seed)


@cache
def _yardstick() -> Callable[[LanguagePolicy], Mapping[str, float]]:
    return preference_yardstick(fresh_policy(), load_reward_model())


def thirty_labels(taste: str, seed: int) -> RewardModel:
    """A reward model that learned from thirty choices of a simulated person with one taste, as in notebook 08."""
    reference = fresh_policy()
    pairs = draw_pairs(reference, 30, seed=seed, taste=TASTES[taste])
    labels = chosen_from(pairs, [choose(pair, TASTES[taste]) for pair in pairs])
    reward_model = new_reward_model(reference.model, reference.tokenizer)
    train_reward_model(reward_model, labels, replace(FEW_LABELS, seed=seed), progress=False)
    return reward_model


def _thirty_labels_training(seed: int) -> Training:
    return Training(fresh_policy(), request_world(thirty_labels("short", seed).score), GRPO(SUMS["grpo"]), seed=seed)


def manners(policy: LanguagePolicy) -> Mapping[str, float]:
    """What a policy's replies are like: the words in each, and the shares with good advice and with an insult."""
    prompts = [request.prompt for request in REQUESTS]
    generator, each = torch.Generator().manual_seed(1), 8
    samples = sample(
        policy.model, policy.tokenizer, prompts, num_generations=each, max_new_tokens=40, generator=generator
    )
    texts = samples.texts(policy.tokenizer)
    found = [read_reply(REQUESTS[row // each], text) for row, text in enumerate(texts)]
    return {
        "words": sum(one.words for one in found) / len(found),
        "helpful": sum(one.good for one in found) / len(found),
        "rude": sum(one.insults > 0 for one in found) / len(found),
    }


FEW_LABELS = RewardConfig(epochs=10, batch_size=8)
"""The settings of a reward model that has thirty labels to learn from: it reads them ten times."""

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

DIRECT = DPOConfig(beta=0.3, learning_rate=6e-5)
"""The settings of DPO in notebook 09. In 60 steps it goes about as far as RLHF does at prices from 0.05 to 0.3."""

KL_PRICES = (0.0, 0.02, 0.05, 0.1, 0.3)
"""The prices of a nat of KL at which RLHF was recorded, for notebook 09 to slide over."""


def at_price(kl_coef: float) -> PPOConfig:
    """The settings of RLHF at another price of KL."""
    return replace(RLHF, kl_coef=kl_coef)


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
    Experiment(
        "rlhf-thirty-labels",
        "GRPO paid by a reward model that learned from thirty labels: the shorter reply is better",
        _thirty_labels_training,
        15,
        manners,
        5,
    ),
    requests("ppo-without-kl", "the same for free: reward hacking", at_price(0.0), steps=60),
    *(
        requests(
            f"ppo-kl-{price:g}", f"the same at a price of {price:g} per nat", replace(RLHF, kl_coef=price), steps=60
        )
        for price in KL_PRICES
        if price not in (0.0, RLHF.kl_coef)
    ),
    Experiment(
        "rlhf-dpo",
        "without a loop: DPO on the pairs that the reward model learned from",
        _direct_training,
        60,
        lambda policy: _yardstick()(policy),
        10,
    ),
)
"""The experiments of this world."""
