"""A policy and a value function for a world of states: tables, with a few numbers for every state.

    π_θ(a|s) = softmax(θ[s, :] / temperature)[a]        V_φ(s) = φ[s]

A table is the smallest policy that can hold any behaviour, and nothing in it hides what was learned: state s's
row says what the robot does there. It also shares nothing: what the robot learned in one state says nothing about
the next one. The networks in `rlcourse.control.networks` share.
"""

from numbers import Real
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from rlcourse.algorithms.protocol import Episodes
from rlcourse.arguments import check_integer
from rlcourse.control.asking import act, check_temperature, softened
from rlcourse.control.keeping import keep
from rlcourse.equations import categorical_entropy

MAZE_ACTIONS = 3
"""What a policy has when nothing else is said; a world with other actions refuses it."""
MOST_NUMBERS = 100_000_000
"""The largest table or network that is made, 400 MB: beyond it a number of states is a typing error."""


class TabularPolicy(torch.nn.Module):
    """π_θ(a|s) from a table of logits θ, S states × 3 actions. Fresh, it takes every action equally often.

    Args:
        num_states: S, `world.num_states`.
        num_actions: V, `world.num_actions`; the maze has 3.
    """

    num_inputs = None
    """A table reads the number of a state, and no other numbers."""

    def __init__(self, num_states: int, num_actions: int = MAZE_ACTIONS) -> None:
        super().__init__()
        self.table = _zeros(num_states, num_actions)
        self.num_states, self.num_actions = int(num_states), int(num_actions)

    def logits(self, episodes: Episodes, *, temperature: Real = 1.0) -> Float[Tensor, "B T V"]:
        """θ[sₜ, :] / temperature of every choice, with gradients.

        Reads `episodes.observations["states"]` [B, T]; ValueError if the table has no row for one of them.
        """
        check_temperature(temperature)
        return look_up(self.table / temperature, states_in(episodes, "TabularPolicy"))

    def logprobs(self, episodes: Episodes, *, temperature: Real = 1.0) -> Float[Tensor, "B T"]:
        """The log π_θ(aₜ|sₜ) of the episodes' actions, with gradients."""
        check_temperature(temperature)
        table = torch.log_softmax(self.table / temperature, dim=-1)  # [S, V]
        return of_actions(look_up(table, states_in(episodes, "TabularPolicy")), episodes)

    @torch.no_grad()
    def probabilities(self, *, temperature: Real = 1.0) -> Float[Tensor, "S V"]:
        """π_θ(a|s) for all states, without gradients: what `solve` and the pictures take. Temperature 0 is greedy."""
        check_temperature(temperature, zero=True)
        return softened(self.table, temperature)

    @torch.no_grad()
    def entropy(self) -> Float[Tensor, "S"]:
        """−Σₐ π(a|s)·log π(a|s) for every state, in nats: log 3 when undecided, 0 when certain."""
        return categorical_entropy(self.table)

    def act(
        self, observation: object, *, greedy: bool = False, generator: torch.Generator | None = None
    ) -> int | Int[np.ndarray, "B"]:
        """The action for a state's number, or for an array of them; drawn, or the likeliest. See `asking.act`."""
        return act(self, observation, greedy=greedy, generator=generator)

    def save(self, folder: str | Path) -> Path:
        """Write the table as a folder that `load_policy` reads."""
        return keep(self, folder, {"num_states": self.num_states, "num_actions": self.num_actions})


class TabularValue(torch.nn.Module):
    """V_φ(s) from a table φ with one number for each of S states. Fresh, it expects nothing anywhere."""

    num_inputs = None

    def __init__(self, num_states: int) -> None:
        super().__init__()
        self.table = _zeros(num_states, 1)
        self.num_states = int(num_states)

    def values(self, episodes: Episodes) -> Float[Tensor, "B T"]:
        """V_φ(sₜ) of the state before each action, with gradients."""
        return look_up(self.table, states_in(episodes, "TabularValue"))[..., 0]

    def save(self, folder: str | Path) -> Path:
        """Write the table as a folder that `load_value` reads."""
        return keep(self, folder, {"num_states": self.num_states})


def _zeros(num_states: int, num_actions: int) -> torch.nn.Parameter:
    """A table of float32 on the CPU, whatever the user's default dtype and device."""
    check_integer("num_states", num_states, 1)
    check_integer("num_actions", num_actions, 1)
    check_size("a table", num_states * num_actions)
    return torch.nn.Parameter(torch.zeros(num_states, num_actions, dtype=torch.float32, device="cpu"))


def check_size(what: str, numbers: int) -> None:
    """ValueError if this is more than fits into a laptop."""
    if numbers > MOST_NUMBERS:
        raise ValueError(f"{what} must have no more than {MOST_NUMBERS:,} numbers, got {numbers:,}")


def states_in(episodes: Episodes, reader: str) -> Int[Tensor, "B T"]:
    """What a table reads; ValueError if the world does not show the number of a state."""
    if "states" in episodes.observations:
        return episodes.observations["states"]
    instead = {
        "TabularPolicy": "NetworkPolicy(world.num_inputs, world.num_actions), or policy_for(world)",
        "TabularValue": "NetworkValue(world.num_inputs), or value_for(world)",
        "NetworkPolicy": "NetworkPolicy(world.num_inputs, world.num_actions), or policy_for(world)",
        "NetworkValue": "NetworkValue(world.num_inputs), or value_for(world)",
    }[reader]
    raise ValueError(
        f"this {reader} has a row for each state and reads the number of a state, "
        f"the world shows {shown(episodes)}; write {instead}"
    )


def shown(episodes: Episodes) -> str:
    """What a world shows, in words."""
    seen = episodes.observations
    if "states" in seen:
        return "the number of a state (Discrete)"
    if "observations" in seen:
        return f"{seen['observations'].shape[-1]} numbers (a Box)"
    return " and ".join(seen)


def look_up(table: Float[Tensor, "S V"], states: Tensor) -> Float[Tensor, "B T V"]:
    """The table's rows for states [B, T]; ValueError if it has no row for one of them.

    Not `table[states]`: its backward pass adds up in whatever order two threads happen to run.
    """
    try:
        return torch.nn.functional.embedding(states, table)
    except IndexError:
        lowest, highest = int(states.min()), int(states.max())
        wrong = lowest if lowest < 0 else highest
        raise ValueError(
            f"the table must have a row for state {wrong}, it has {len(table)}: make it with world.num_states"
        ) from None


def of_actions(choices: Float[Tensor, "B T V"], episodes: Episodes) -> Float[Tensor, "B T"]:
    """Of every step's V numbers the one that belongs to the action taken."""
    return choices.gather(-1, episodes.actions[..., None])[..., 0]
