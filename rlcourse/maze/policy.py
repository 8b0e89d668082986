"""A policy for the maze: a table with three numbers for every state.

    π_θ(a|s) = softmax(θ[s, :] / temperature)[a]

The table is the smallest policy that can hold any behaviour, and nothing in it hides what was learned: state s's
row says what the robot does there. Left out: networks that share what they learn between states. Any module with
`parameters()` and `logprobs(episodes, temperature=…)` can take its place.
"""

from numbers import Real

import torch
from jaxtyping import Float
from torch import Tensor

from rlcourse.algorithms.protocol import Episodes
from rlcourse.equations import categorical_entropy
from rlcourse.maze.grid import NUM_ACTIONS, check_integer


class TabularPolicy(torch.nn.Module):
    """π_θ(a|s) from a table of logits, S states × 3 actions. Fresh, it takes every action equally often."""

    def __init__(self, num_states: int) -> None:
        super().__init__()
        check_integer("num_states", num_states, 1)
        self.logits = torch.nn.Parameter(torch.zeros(num_states, NUM_ACTIONS))

    def logprobs(self, episodes: Episodes, *, temperature: Real = 1.0) -> Float[Tensor, "B T"]:
        """The log π_θ(aₜ|sₜ) of the episodes' actions, with gradients.

        Reads `episodes.observations["states"]` [B, T]; ValueError if the table has no row for one of them.
        """
        states = episodes.observations["states"]
        if int(states.max()) >= len(self.logits):
            raise ValueError(f"the table must have a row for state {int(states.max())}, it has {len(self.logits)}")
        table = torch.log_softmax(self.logits / temperature, dim=-1)  # [S, 3]
        # Not table[states, actions]: its backward pass adds up in whatever order two threads happen to run.
        rows = torch.nn.functional.embedding(states, table)  # [B, T, 3]
        return rows.gather(-1, episodes.actions[..., None])[..., 0]

    @torch.no_grad()
    def probabilities(self, *, temperature: Real = 1.0) -> Float[Tensor, "S 3"]:
        """π_θ(a|s) for all states, without gradients: what `solve` and the pictures take."""
        return torch.softmax(self.logits / temperature, dim=-1)

    @torch.no_grad()
    def entropy(self) -> Float[Tensor, "S"]:
        """−Σₐ π(a|s)·log π(a|s) for every state, in nats: log 3 when undecided, 0 when certain."""
        return categorical_entropy(self.logits)
