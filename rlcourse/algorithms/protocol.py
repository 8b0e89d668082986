"""How an algorithm and a world meet without knowing each other.

A **world** turns a policy into experience: it lets the policy act and writes down what happened. An
**algorithm** turns experience into a better policy. Between them stands `Episodes`, a batch of whole
episodes, one per row: walks through a maze, or answers to a prompt. The algorithm reads only what both
worlds have (which action, how likely it was, how well it went); what the agent *saw* is the world's own
business, kept in `observations`, and only the policy of that world reads it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


@dataclass(frozen=True)
class Episodes:
    """A batch of B = P·G episodes: P starting points (mazes, prompts), G episodes from each.

    Rows of one group stand together: row p·G + g is episode g from starting point p. Time runs along the
    last axis, from the first action to the longest episode's last; shorter episodes are padded at the end.
    """

    observations: Mapping[str, Tensor]
    """What the agent saw, in the world's own terms; every tensor has B rows. Only the policy reads it."""
    actions: Int[Tensor, "B T"]
    """The actions taken: turns and moves, or tokens. Padding is 0."""
    mask: Bool[Tensor, "B T"]
    """True where an action was really taken, the last one (the exit, the end-of-text token) included."""
    old_logprobs: Float[Tensor, "B T"]
    """log π_old(a|s) of each action, as it was sampled, at the sampling temperature. Padding is 0."""
    rewards: Float[Tensor, "B"]
    """The score of each whole episode."""
    num_generations: int
    """G, the number of episodes from each starting point."""
    truncated: Bool[Tensor, "B"] | None = None
    """True where a limit cut the episode off before its end; None where the world does not say."""

    @cached_property
    def whole(self) -> bool:
        """Whether nothing is padded: then no mask need be applied."""
        return bool(self.mask.all())

    @property
    def grouped_rewards(self) -> Float[Tensor, "P G"]:
        """The rewards with one row per starting point."""
        return self.rewards.reshape(-1, self.num_generations)

    def select(self, rows: Tensor) -> "Episodes":
        """The episodes in `rows` (indices or a boolean mask), each as a group of its own."""
        picked = {name: getattr(self, name)[rows] for name in _row_fields(self)}
        observations = {name: tensor[rows] for name, tensor in self.observations.items()}
        return Episodes(observations=observations, num_generations=1, **picked)

    def select_groups(self, groups: Int[Tensor, "Q"]) -> "Episodes":
        """The groups with these numbers, whole; numbers past the last group are passed over."""
        size = self.num_generations
        groups = groups[groups < len(self.rewards) // size].to(self.rewards.device)
        rows = (groups[:, None] * size + torch.arange(size, device=groups.device)).flatten()
        return replace(self.select(rows), num_generations=size)


def join(parts: Sequence[Episodes]) -> Episodes:
    """Several batches with groups of one size as one, padded at the end of their time to the longest."""
    observations = {name: _stack([part.observations[name] for part in parts]) for name in parts[0].observations}
    rows = {name: _stack([getattr(part, name) for part in parts]) for name in _row_fields(parts[0])}
    return Episodes(observations=observations, num_generations=parts[0].num_generations, **rows)


def _stack(tensors: Sequence[Tensor]) -> Tensor:
    """Below one another, [B₁ + B₂ + …, T, …], with zeros where one is shorter in time."""
    if tensors[0].ndim == 1:
        return torch.cat(list(tensors))
    longest = max(tensor.shape[1] for tensor in tensors)
    beyond = (0, 0) * (tensors[0].ndim - 2)
    return torch.cat([torch.nn.functional.pad(t, (*beyond, 0, longest - t.shape[1])) for t in tensors])


def _row_fields(episodes: Episodes) -> list[str]:
    """The fields with an entry for each episode, those that are there."""
    names = ("actions", "mask", "old_logprobs", "rewards", "truncated")
    return [name for name in names if getattr(episodes, name) is not None]


@runtime_checkable
class Policy(Protocol):
    """What an algorithm needs of a policy: its weights, and how likely it finds given actions."""

    def parameters(self) -> Iterator[torch.nn.Parameter]:
        """The weights to train."""
        ...

    def logprobs(self, episodes: Episodes, *, temperature: float = 1.0) -> Float[Tensor, "B T"]:
        """Log π_θ(aₜ|sₜ) of the episodes' actions, with gradients; anything at all where the mask is False."""
        ...


@runtime_checkable
class World(Protocol):
    """What an algorithm needs of a world: groups of episodes from the same starting points."""

    def sample_groups(
        self, policy: Policy, *, num_generations: int, temperature: float, generator: torch.Generator
    ) -> Episodes:
        """Let the policy act: `num_generations` episodes from each of the world's next starting points."""
        ...
