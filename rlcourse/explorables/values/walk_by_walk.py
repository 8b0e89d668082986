"""Two critics learn from the same walks, step by step: one from returns (Monte Carlo), the other from TD errors.

    Monte Carlo   V(sₜ) ← V(sₜ) + α·[Gₜ − V(sₜ)]     after the walk, for all of its steps, from the last to the first
    TD(0)         V(sₜ) ← V(sₜ) + α·δₜ               after each step, before the next is made

(Sutton and Barto 2018, equations 6.1 and 6.2.) What both of them thought after every single step is written down, so
that it can be replayed. Left out: a step size that falls, with which Monte Carlo would become quiet in the end.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from rlcourse.equations import discounted_returns, td_errors
from rlcourse.maze import Maze, solve, walk
from rlcourse.maze.dynamic_programming import PolicyTable


@dataclass(frozen=True)
class Walk:
    """One walk of T steps, and what each step did to the critics."""

    states: Int[np.ndarray, "T+1"]
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
    monte_carlo: Float[np.ndarray, "walks+1 S"]
    td: Float[np.ndarray, "walks+1 S"]
    gamma: float
    step_size: float

    def errors(self, values: Float[np.ndarray, "walks+1 S"]) -> Float[np.ndarray, "walks+1"]:
        """The average distance from the exact values, over all states but the exit's."""
        inside = self.maze.open_states
        return np.abs(values - self.exact)[:, inside].mean(axis=1)


def record_lessons(
    maze: Maze,
    policy: PolicyTable,
    *,
    gamma: float,
    step_size: float,
    walks: int,
    seed: int,
    td_error_fn: Callable[..., Tensor] = td_errors,
    returns_fn: Callable[..., Tensor] = discounted_returns,
) -> Lessons:
    """Both critics' way through the same walks, which begin anywhere, the first at the maze's start."""
    rng = np.random.default_rng(seed)
    starts = [maze.start_state, *rng.choice(maze.open_states, walks - 1)]
    tables = {"monte_carlo": torch.zeros(maze.num_states), "td": torch.zeros(maze.num_states)}
    kept = {name: [table.numpy().copy()] for name, table in tables.items()}
    made = []
    for number, start in enumerate(starts):
        states = walk(maze, policy, seed=1000 * seed + number, start_state=int(start), max_steps=20 * maze.num_states)
        made.append(_learn(maze, states, tables, gamma, step_size, td_error_fn, returns_fn))
        for name, table in tables.items():
            kept[name].append(table.numpy().copy())
    exact = solve(maze, gamma=gamma, policy=policy).V
    return Lessons(maze, exact, tuple(made), **{n: np.array(k) for n, k in kept.items()}, gamma=gamma, step_size=step_size)


def _learn(
    maze: Maze,
    states: Int[np.ndarray, "T+1"],
    tables: dict[str, Tensor],
    gamma: float,
    step_size: float,
    td_error_fn: Callable[..., Tensor],
    returns_fn: Callable[..., Tensor],
) -> Walk:
    """Both tables after one walk, changed in place, and what changed."""
    rewards, done = paid(maze, states)
    before, after = torch.from_numpy(states[:-1]), torch.from_numpy(states[1:])
    terminated = torch.from_numpy(maze.transitions.terminal[states[1:]])[:, None]
    V, said = tables["td"], []
    for t in range(len(rewards)):
        one = slice(t, t + 1)
        delta = td_error_fn(rewards[one], V[before[one]][:, None], V[after[one]][:, None], terminated[one], gamma=gamma)
        V[before[t]] += step_size * float(delta)
        said.append(float(V[before[t]]))
    V, returns, painted = tables["monte_carlo"], returns_fn(rewards, done, gamma=gamma)[:, 0], np.zeros(len(rewards))
    for t in reversed(range(len(rewards))):
        V[before[t]] += step_size * (returns[t] - V[before[t]])
        painted[t] = float(V[before[t]])
    return Walk(states, rewards[:, 0].numpy(), returns.numpy(), np.array(said), painted)


def paid(maze: Maze, states: Int[np.ndarray, "T+1"]) -> tuple[Tensor, Tensor]:
    """What each step of a walk paid, and whether it was the last, [T, 1] each."""
    rules, taken = maze.transitions, []
    for here, there in zip(states[:-1], states[1:], strict=True):
        # Two actions never lead to the same place: a wall leaves the robot where it is, and a turn does not.
        (action,) = np.flatnonzero(rules.next_state[here] == there)
        taken.append(rules.reward[here, action])
    done = torch.zeros(len(taken), 1, dtype=torch.bool)
    done[-1] = True
    return torch.tensor(taken, dtype=torch.float32)[:, None], done
