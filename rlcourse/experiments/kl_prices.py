"""RLHF at five prices: the same GPT-2, reward model and PPO, and a nat of KL costs from nothing to 0.3.

    load_prices()                                      the recorded runs, by price and seed
    load_replies()                                     what their policies said on the way
    python -m rlcourse.experiments.kl_prices           records all of it anew, and DPO too

The curves are experiments like any other (`rlhf-ppo` is the one at 0.1). What they cannot hold is what a policy says:
its replies to three requests after every step that was measured stand in a file of their own. Left out: the replies of
other seeds than the first.
"""

import json
from collections.abc import Mapping
from dataclasses import replace

import torch

from rlcourse.algorithms import History, Policy
from rlcourse.experiments.catalogue import EXPERIMENTS
from rlcourse.experiments.curves import SEEDS, load_curves, save_curves
from rlcourse.experiments.experiment import Experiment
from rlcourse.experiments.language import KL_PRICES
from rlcourse.files import ASSETS, write_whole
from rlcourse.language import REQUESTS, LanguagePolicy, sample
from rlcourse.language.tasks.requests import MAX_NEW_TOKENS

REPLIES = ASSETS / "rlhf_replies.json"
ASKED = (0, 6, 13)
"""Which requests the policies are asked on the way: the egg, the station and the fire."""
WITHOUT_A_LOOP = "rlhf-dpo"
"""DPO's experiment, whose replies are kept as well."""


def price_name(kl_coef: float) -> str:
    """The name of the experiment at one of `KL_PRICES`."""
    return {0.0: "rlhf-ppo-without-kl", 0.1: "rlhf-ppo"}.get(kl_coef, f"rlhf-ppo-kl-{kl_coef:g}")


def load_prices() -> dict[float, dict[int, History]]:
    """The recorded runs of RLHF, by the price of KL, from low to high, and by seed."""
    return {price: load_curves(price_name(price)) for price in KL_PRICES}


def load_replies() -> dict[float, list[list[str]]]:
    """By the price of KL: at each step that was measured, the reply of seed 0's policy to each request of `ASKED`."""
    known = json.loads(REPLIES.read_text("utf-8"))
    return {price: known[price_name(price)] for price in KL_PRICES}


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

    return replace(experiment, evaluate=measure).run(seed), kept


def main() -> None:
    """Record the runs at all prices and of DPO, and write their curves and the first seed's replies."""
    known, replies = {experiment.name: experiment for experiment in EXPERIMENTS}, {}
    for name in [*map(price_name, KL_PRICES), WITHOUT_A_LOOP]:
        runs = {}
        for seed in SEEDS:
            runs[seed], said = run_with_replies(known[name], seed)
            replies.setdefault(name, said)
        print(f"{name}: {save_curves(known[name], runs)}")
    write_whole(REPLIES, json.dumps(replies, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main()
