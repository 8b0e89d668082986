"""GRPO on chains: a model that mostly guesses finds out whether writing the working out pays, on five roads.

The rule is always the same and never mentions a working. What differs is the road: free; made to answer directly; with
too little room for most workings; from a model that hardly ever writes one; and with a price on every token. Left out:
chains with more steps than six, which are only asked for at the end.
"""

from collections.abc import Callable, Mapping
from functools import partial

import torch

from rlcourse.algorithms import GRPO, GRPOConfig, Training
from rlcourse.experiments.experiment import Experiment
from rlcourse.language import (
    ROOM,
    LanguagePolicy,
    SupervisedConfig,
    ask_chains,
    chain_reward,
    chain_world,
    load_gpt2,
    manner_of,
    split_chains,
)
from rlcourse.language.training.supervised import train_supervised
from rlcourse.language.training.workings import SCARCE, chains_batch

THINKING = GRPOConfig(learning_rate=2e-4)
"""The settings of all roads."""
THINKING_STEPS, ROAD_STEPS = 60, 40
"""Updates where the model is free, and on the other roads, which are decided sooner."""
GROUP = THINKING.num_generations
DIRECTLY = " It is"
"""What is written for a model that is made to answer directly."""
TIGHT = 30
"""Tokens that an answer has on the road with too little room."""
MOST_STEPS = 6
"""Of a question; its working has up to 53 tokens."""
PRICE = 0.05
"""What a token costs on the road with a price on every token."""
SCARCELY = SupervisedConfig(steps=40, batch_size=32, learning_rate=4e-4, warmup_steps=10, seed=4)
"""How the thinker is made to forget that workings may be written."""


def thinker() -> LanguagePolicy:
    """The thinker before its first step."""
    return LanguagePolicy(*load_gpt2("thinker", device="cpu"))


def scarce_thinker(seed: int = 0) -> LanguagePolicy:
    """The thinker, fine-tuned on answers of which hardly any is worked out."""
    policy = thinker()
    batch_at = partial(
        chains_batch, policy.tokenizer, shares=SCARCE, batch_size=SCARCELY.batch_size, seed=SCARCELY.seed + seed
    )
    if train_supervised(policy.model, batch_at, SCARCELY, description="fewer workings").interrupted:
        raise KeyboardInterrupt
    return policy


def thinking_measures(policy: LanguagePolicy, *, begin: str = "", room: int = ROOM) -> Mapping[str, float]:
    """On all held-out questions, each asked once, always with the same chance: right answers, length, and manners.

    "worked_long" is the share of workings among the answers to questions with the most steps.
    """
    chains, generator = split_chains()[1], torch.Generator().manual_seed(1)
    asked = ask_chains(policy, chains, begin=begin, max_new_tokens=room, generator=generator)
    long = [
        manner_of(text) == "worked" for chain, text in zip(chains, asked.texts, strict=True) if chain.k == MOST_STEPS
    ]
    return {
        "accuracy": asked.accuracy,
        "tokens": asked.mean_length,
        "worked": asked.share("worked"),
        "guessed": asked.share("guess"),
        "worked_long": sum(long) / len(long),
    }


def priced(penalty: Callable[..., torch.Tensor], *, group: int = GROUP) -> Callable[..., list[float]]:
    """The rule of chains with a price on length.

    Args:
        penalty: From what the rule pays, [P, G], and the lengths in tokens, [P, G], to rewards, [P, G].
        group: G: that many answers in a row are to the same question.
    """

    def reward(prompts, completions, answer, finished=None, *, completion_ids, **columns) -> list[float]:
        paid = torch.tensor(chain_reward(prompts, completions, answer, finished)).view(-1, group)
        lengths = torch.tensor([len(ids) for ids in completion_ids]).view(-1, group)
        return penalty(paid, lengths).reshape(-1).tolist()

    return reward


def every_token_costs(rewards: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """A price on every token of every answer."""
    return rewards - PRICE * lengths


def thinking_training(
    seed: int = 0, *, start: Callable[[int], LanguagePolicy] | None = None, **world: object
) -> Training:
    """The thinker on one of the roads, before its first step.

    Args:
        seed: Of the training.
        start: Who begins, by the seed; the thinker if None.
        **world: What differs in the world: see `chain_world`.
    """
    policy = thinker() if start is None else start(seed)
    return Training(policy, chain_world(split_chains()[0], **world), GRPO(THINKING), seed=seed)


def _road(
    name: str, title: str, measure: Mapping[str, object] | None = None, steps: int = ROAD_STEPS, **how: object
) -> Experiment:
    make, evaluate = partial(thinking_training, **how), partial(thinking_measures, **(measure or {}))
    return Experiment(name, title, make, steps, evaluate, 4)


ROADS = {
    "thinking": "free",
    "thinking-direct": "made to be direct",
    "thinking-tight": f"cut off at {TIGHT} tokens",
    "thinking-scarce": "short of workings",
    "thinking-every-token": "charged per token",
}
"""The experiments of this page, in words."""

THINKING_ROADS = (
    _road("thinking", "GRPO on chains, as in notebook 13", steps=THINKING_STEPS),
    _road("thinking-direct", "the same, made to answer directly", {"begin": DIRECTLY}, begin=DIRECTLY),
    _road("thinking-tight", f"the same with {TIGHT} tokens at most", {"room": TIGHT}, max_new_tokens=TIGHT),
    _road("thinking-scarce", "the same, from a model that hardly ever writes a working", start=scarce_thinker),
    _road("thinking-every-token", "the same with a price on every token", reward=priced(every_token_costs)),
)
"""The experiments of this page."""

FILM_QUESTIONS = tuple(next(chain for chain in split_chains()[1] if chain.k == k) for k in (2, 4, 6))
"""The held-out questions whose answers are kept along a recorded run: an easy one, a middling one, a hard one."""
