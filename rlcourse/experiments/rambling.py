"""A manner that can ramble: the smallest world in which an answer's length is a choice, and nothing else is.

A coin decides whether an answer is right; the policy cannot change that. It only decides, token by token, whether the
answer goes on or stops, and it knows whether it is on the right track. Two numbers are all of it: the chances to stop
of right and of wrong answers. So whatever an algorithm does to the lengths is the algorithm's doing. With it, what
Liu et al. (2025) call GRPO's length bias can be worked out exactly:

    E[ 1/|o| · ∂log π(o)/∂logit of stopping ] = E[ 1/|o| ] − p > 0,    and without the 1/|o| it is 0

by which wrong answers are pushed to go on and right ones to stop. Left out: words.
"""

from collections.abc import Mapping
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from rlcourse.algorithms import Episodes, GRPOConfig, Training
from rlcourse.experiments.family import FAMILY

ROOM = 32
"""Tokens that an answer may have."""
STOPPING = 0.15
"""The chance to stop at each token, as it begins: answers of six or seven tokens."""
MEMBERS = ("GRPO", "DAPO", "Dr. GRPO")
"""Three ways to take the mean over tokens."""
RAMBLING = GRPOConfig(learning_rate=0.01)
"""What they have in common here: one step on each batch."""


class Rambler(torch.nn.Module):
    """Goes on or stops, with a chance of its own for right and for wrong answers."""

    def __init__(self) -> None:
        super().__init__()
        start = torch.tensor(STOPPING).logit()
        self.logits = torch.nn.Parameter(torch.tensor([[0.0, start], [0.0, start]]))  # [wrong or right, go on or stop]

    def logprobs(self, episodes: Episodes, *, temperature: float = 1.0) -> Float[Tensor, "B T"]:
        """Log π of going on, or of stopping."""
        of_row = (self.logits / temperature).log_softmax(-1)[episodes.observations["right"].long()]  # [B, 2]
        return of_row.gather(1, episodes.actions)

    @torch.no_grad()
    def mean_lengths(self) -> Float[Tensor, "2"]:
        """Of wrong and of right answers, exactly: (1 − (1 − p)^L)/p."""
        stop = self.logits.double().softmax(-1)[:, 1]
        return (1 - (1 - stop) ** ROOM) / stop


class CoinWorld:
    """Groups of answers, each right by a coin, as long as the policy lets them become."""

    def __init__(self, groups: int = 32) -> None:
        self.groups = groups

    def sample_groups(
        self, policy: Rambler, *, num_generations: int, temperature: float, generator: torch.Generator
    ) -> Episodes:
        """Toss the coins, and let the policy write."""
        rows = self.groups * num_generations
        right = torch.rand(rows, generator=generator) < 0.5
        chances = (policy.logits.detach() / temperature).softmax(-1)[right.long()]  # [B, 2]
        stops = torch.rand(rows, ROOM, generator=generator) < chances[:, 1:]
        before = stops.cumsum(1) - stops.long()  # how often it has stopped before this token
        mask = before == 0
        actions = (stops & mask).long()
        old = torch.where(mask, chances.log().gather(1, actions), 0.0)
        cut = ~(stops & mask).any(1)
        return Episodes({"right": right}, actions, mask, old, right.float(), num_generations, cut)


def rambling_lengths(policy: Rambler) -> Mapping[str, float]:
    """The mean lengths of wrong and of right answers."""
    wrong, right = policy.mean_lengths().tolist()
    return {"wrong": wrong, "right": right}


def rambling_training(name: str, seed: int = 0) -> Training:
    """A member of the family before its first step in this world."""
    own = dict(FAMILY[name].settings)
    if "max_completion_length" in own:
        own["max_completion_length"] = ROOM
    member = replace(FAMILY[name], settings=own)
    return Training(Rambler(), CoinWorld(), member.make(RAMBLING), seed=seed)
