"""A policy and a value function for the maze: tables, with a few numbers for every state.

    π_θ(a|s) = softmax(θ[s, :] / temperature)[a]        V_φ(s) = φ[s]

A table is the smallest policy that can hold any behaviour, and nothing in it hides what was learned: state s's
row says what the robot does there. It also shares nothing: what the robot learned in one state says nothing about
the next one. The networks in `rlcourse.control.networks` share.
"""

from numbers import Real

import torch
from jaxtyping import Float
from torch import Tensor

from rlcourse.algorithms.protocol import Episodes
from rlcourse.arguments import check_integer
from rlcourse.equations import categorical_entropy

MAZE_ACTIONS = 3
"""What a policy has when nothing else is said; a world with other actions refuses it."""


class TabularPolicy(torch.nn.Module):
    """π_θ(a|s) from a table of logits θ, S states × 3 actions. Fresh, it takes every action equally often."""

    def __init__(self, num_states: int, num_actions: int = MAZE_ACTIONS) -> None:
        super().__init__()
        check_integer("num_states", num_states, 1)
        check_integer("num_actions", num_actions, 1)
        self.table = torch.nn.Parameter(torch.zeros(num_states, num_actions))

    def logits(self, episodes: Episodes, *, temperature: Real = 1.0) -> Float[Tensor, "B T V"]:
        """θ[sₜ, :] / temperature of every choice, with gradients.

        Reads `episodes.observations["states"]` [B, T]; ValueError if the table has no row for one of them.
        """
        return look_up(self.table / temperature, episodes.observations["states"])

    def logprobs(self, episodes: Episodes, *, temperature: Real = 1.0) -> Float[Tensor, "B T"]:
        """The log π_θ(aₜ|sₜ) of the episodes' actions, with gradients."""
        table = torch.log_softmax(self.table / temperature, dim=-1)  # [S, V]
        return of_actions(look_up(table, episodes.observations["states"]), episodes)

    @torch.no_grad()
    def probabilities(self, *, temperature: Real = 1.0) -> Float[Tensor, "S V"]:
        """π_θ(a|s) for all states, without gradients: what `solve` and the pictures take."""
        return torch.softmax(self.table / temperature, dim=-1)

    @torch.no_grad()
    def entropy(self) -> Float[Tensor, "S"]:
        """−Σₐ π(a|s)·log π(a|s) for every state, in nats: log 3 when undecided, 0 when certain."""
        return categorical_entropy(self.table)


class TabularValue(torch.nn.Module):
    """V_φ(s) from a table φ with one number for each of S states. Fresh, it expects nothing anywhere."""

    def __init__(self, num_states: int) -> None:
        super().__init__()
        check_integer("num_states", num_states, 1)
        self.table = torch.nn.Parameter(torch.zeros(num_states, 1))

    def values(self, episodes: Episodes) -> Float[Tensor, "B T"]:
        """V_φ(sₜ) of the state before each action, with gradients."""
        return look_up(self.table, episodes.observations["states"])[..., 0]


def look_up(table: Float[Tensor, "S V"], states: Tensor) -> Float[Tensor, "B T V"]:
    """The table's rows for states [B, T]; ValueError if it has no row for one of them.

    Not `table[states]`: its backward pass adds up in whatever order two threads happen to run.
    """
    try:
        return torch.nn.functional.embedding(states, table)
    except IndexError:
        lowest, highest = int(states.min()), int(states.max())
        wrong = lowest if lowest < 0 else highest
        raise ValueError(f"the table must have a row for state {wrong}, it has {len(table)}") from None


def of_actions(choices: Float[Tensor, "B T V"], episodes: Episodes) -> Float[Tensor, "B T"]:
    """Of every step's V numbers the one that belongs to the action taken."""
    return choices.gather(-1, episodes.actions[..., None])[..., 0]
