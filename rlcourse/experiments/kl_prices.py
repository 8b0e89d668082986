"""RLHF at seven prices: the same GPT-2, reward model and PPO, and a nat of KL costs from nothing to 1.

    python -m rlcourse.experiments.kl_prices           records all of them, curves and replies

The curves are experiments like any other (`rlhf-ppo` is the one at 0.1). What they cannot hold is what the policy says:
`load_replies` has its replies to a few requests, after every step that was measured. Left out: other seeds' replies.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch

from rlcourse.algorithms import History, Policy
from rlcourse.experiments.curves import SEEDS, save_curves
from rlcourse.experiments.experiment import Experiment
from rlcourse.experiments.language import LANGUAGE, KL_PRICES
from rlcourse.files import ASSETS, write_whole
from rlcourse.language import REQUESTS, LanguagePolicy, sample
from rlcourse.language.tasks.requests import MAX_NEW_TOKENS

REPLIES = ASSETS / "rlhf_replies.json"
ASKED = (0, 6, 13)
"""Which requests the policy is asked on the way: the egg, the station and the fire."""


def price_name(kl_coef: float) -> str:
    """The name of the experiment at one of `KL_PRICES`."""
    return {0.0: "rlhf-ppo-without-kl", 0.1: "rlhf-ppo"}.get(kl_coef, f"rlhf-ppo-kl-{kl_coef:g}")


def asked_replies(policy: LanguagePolicy) -> list[str]:
    """One reply of the policy to each of the requests `ASKED`, always with the same chance."""
    prompts = [REQUESTS[i].prompt for i in ASKED]
    generator = torch.Generator().manual_seed(1)
    samples = sample(
        policy.model, policy.tokenizer, prompts, num_generations=1, max_new_tokens=MAX_NEW_TOKENS, generator=generator
    )
    return samples.texts(policy.tokenizer)


def run_with_replies(experiment: Experiment, seed: int) -> tuple[History, list[list[str]]]:
    """One run, and what its policy said to the requests `ASKED` whenever it was measured."""
    kept: list[list[str]] = []

    def measure(policy: Policy) -> Mapping[str, float]:
        kept.append(asked_replies(policy))
        return experiment.evaluate(policy)

    return replace(experiment, evaluate=measure).run(seed, progress=False), kept
