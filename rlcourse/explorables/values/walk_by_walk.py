"""Two critics learn from the same walks, step by step: one from returns (Monte Carlo), the other from TD errors.

    Monte Carlo   V(sₜ) ← V(sₜ) + α·[Gₜ − V(sₜ)]     after the walk, for all of its steps, from the last to the first
    TD(0)         V(sₜ) ← V(sₜ) + α·δₜ               after each step, before the next is made

(Sutton and Barto 2018, equations 6.1 and 6.2.) What both of them thought after every single step is written down, so
that it can be replayed. Left out: a step size that falls, with which Monte Carlo would become quiet in the end.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from rlcourse.equations import discounted_returns, td_errors
from rlcourse.maze import Maze, solve, walk
from rlcourse.maze.dynamic_programming import PolicyTable
from rlcourse.usual import usual_settings


@dataclass(frozen=True)
class Walk:
    """One walk of T steps, and what each step did to the critics."""

    states: Int[np.ndarray, "places"]
    """T + 1 of them, the first and the last included."""
    rewards: Float[np.ndarray, "T"]
    returns: Float[np.ndarray, "T"]
    """The return from every step, Gₜ."""
    td: Float[np.ndarray, "T"]
    """What V(sₜ) became with TD, right after step t."""
    monte_carlo: Float[np.ndarray, "T"]
    """What V(sₜ) became with Monte Carlo; made after the walk, the last step's first."""


@dataclass(frozen=True)
class Lessons:
    """Walks, and the critics before the first of them, between any two and after the last."""

    maze: Maze
    exact: Float[np.ndarray, "S"]
    """The values of the policy, solved."""
    walks: tuple[Walk, ...]
    monte_carlo: Float[np.ndarray, "moments S"]
    """V before the first walk, and after each."""
    td: Float[np.ndarray, "moments S"]
    gamma: float | int
    step_size: float | int

    def errors(self, values: Float[np.ndarray, "moments S"]) -> Float[np.ndarray, "moments"]:
        """The average distance from the exact values, over all states but the exit's."""
        inside = self.maze.open_states
        return np.abs(values - self.exact)[:, inside].mean(axis=1)


@usual_settings()
def record_lessons(
    maze: Maze,
    policy: PolicyTable,
    *,
    gamma: float | int,
    step_size: float | int,
    walks: int,
    seed: int,
    td_error_fn: Callable[..., Tensor] = td_errors,
    returns_fn: Callable[..., Tensor] = discounted_returns,
) -> Lessons:
    """Both critics' way through the same walks, which begin anywhere, the first at the maze's start."""
    rng = np.random.default_rng(seed)
    starts = [maze.start_state, *rng.choice(maze.open_states, walks - 1)]
    td, monte_carlo = (np.zeros(maze.num_states, dtype=np.float32) for _ in range(2))
    made, kept = [], {"td": [td.copy()], "monte_carlo": [monte_carlo.copy()]}
    for number, start in enumerate(starts):
        states = walk(maze, policy, seed=1000 * seed + number, start_state=int(start), max_steps=20 * maze.num_states)
        rewards, done = paid(maze, states)
        returns = returns_fn(rewards, done, gamma=gamma)[:, 0].numpy()
        after_td = _learn_step_by_step(maze, td, states, rewards, partial(td_error_fn, gamma=gamma), step_size)
        after_walk = _learn_from_the_end(monte_carlo, states, returns, step_size)
        made.append(Walk(states, rewards[:, 0].numpy(), returns, after_td, after_walk))
        kept["td"].append(td.copy())
        kept["monte_carlo"].append(monte_carlo.copy())
    tables = {name: np.array(copies) for name, copies in kept.items()}
    exact = solve(maze, gamma=gamma, policy=policy).V
    return Lessons(maze, exact, tuple(made), **tables, gamma=gamma, step_size=step_size)


def _learn_step_by_step(
    maze: Maze,
    V: Float[np.ndarray, "S"],
    states: Int[np.ndarray, "places"],
    rewards: Float[Tensor, "T 1"],
    td_error: Callable[..., Tensor],
    step_size: float | int,
) -> Float[np.ndarray, "T"]:
    """Move V, in place, by each TD error as it comes; returns what V of each step's state became."""
    became = np.zeros(len(rewards), dtype=np.float32)
    terminated = torch.from_numpy(maze.transitions.terminal[states[1:]])[:, None]
    for t, (here, there) in enumerate(pairwise(states)):
        now, then = torch.tensor([[V[here]]]), torch.tensor([[V[there]]])
        V[here] += step_size * td_error(rewards[t : t + 1], now, then, terminated[t : t + 1]).item()
        became[t] = V[here]
    return became


def _learn_from_the_end(
    V: Float[np.ndarray, "S"],
    states: Int[np.ndarray, "places"],
    returns: Float[np.ndarray, "T"],
    step_size: float | int,
) -> Float[np.ndarray, "T"]:
    """Move V, in place, towards the return of each step, the last one first; returns what V of its state became."""
    became = np.zeros(len(returns), dtype=np.float32)
    for t in reversed(range(len(returns))):
        V[states[t]] += step_size * (returns[t] - V[states[t]])
        became[t] = V[states[t]]
    return became


def paid(maze: Maze, states: Int[np.ndarray, "places"]) -> tuple[Tensor, Tensor]:
    """What each step of a walk paid, and whether it was the last, [T, 1] each."""
    rules, taken = maze.transitions, []
    for here, there in pairwise(states):
        # Two actions never lead to the same place: a wall leaves the robot where it is, and a turn does not.
        (action,) = np.flatnonzero(rules.next_state[here] == there)
        taken.append(rules.reward[here, action])
    done = torch.zeros(len(taken), 1, dtype=torch.bool)
    done[-1] = True
    return torch.tensor(taken, dtype=torch.float32)[:, None], done
