"""How good is an advantage estimate? Walks through the maze, judged by `gae`, and what it says on average, exactly.

A half-trained robot walks; a critic judges its steps, and the critic is wrong: V̂(s) = V(s) + σ·n(s), with an error
n(s) of its own for every state. The maze is known, so three things can be held against each other:

    A(s, a)                 the exact advantage                               `solve`
    Â of single walks       what the algorithms get to see                    `rlcourse.equations.gae`
    E[Â | s, a], Var[…]     what infinitely many walks would say              `exact_moments`

Left out: errors of a critic in training, which depend on how it is trained; time limits, which no walk here has.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from rlcourse.control import cumulative, draw
from rlcourse.equations import gae, td_errors
from rlcourse.maze import Maze

LONGEST = 5_000
"""No walk of a robot that can leave is as long as this."""


@dataclass(frozen=True)
class Walks:
    """N walks to the exit, time first. A walk that has arrived stays in the exit, which pays 0."""

    states: Int[Tensor, "T N"]
    next_states: Int[Tensor, "T N"]
    rewards: Float[Tensor, "T N"]
    terminated: Bool[Tensor, "T N"]
    """True for the step into the exit and, as nothing follows there, for all after it."""


def wrong_values(maze: Maze, values: Float[np.ndarray, "S"], error: float, *, seed: int = 0) -> Float[np.ndarray, "S"]:
    """V̂(s) = V(s) + error·n(s): a critic with an error of its own for each state; 0 in the exit, which it knows."""
    noise = np.random.default_rng(seed).standard_normal(maze.num_states)
    return np.where(maze.transitions.terminal, 0.0, values + error * noise)


def walk_from(
    maze: Maze,
    policy: Float[np.ndarray, "S 3"],
    states: Int[np.ndarray, "N"],
    actions: Int[np.ndarray, "N"],
    *,
    seed: int,
) -> Walks:
    """One walk from each state with the given first action, the policy's actions from then on, to the exit."""
    rules, rng = maze.transitions, np.random.default_rng(seed)
    up_to = cumulative(policy)  # [S, 3]
    rows = []
    for _ in range(LONGEST):
        after = rules.next_state[states, actions]
        rows.append((states, after, rules.reward[states, actions], rules.terminal[after]))
        if rules.terminal[after].all():
            break
        states = after
        actions = draw(up_to[states], rng.random(len(states)))
    states, after, rewards, terminated = (torch.from_numpy(np.stack(column)) for column in zip(*rows, strict=True))
    return Walks(states, after, rewards.float(), terminated)


def first_advantages(
    walks: Walks, values: Float[np.ndarray, "S"], *, gamma: float, gae_lambda: float
) -> Float[np.ndarray, "N"]:
    """Â of each walk's first step, by `gae`, with a critic's values."""
    return first_advantages_of_all(walks, values[None], gamma=gamma, gae_lambda=gae_lambda)[0]


def first_advantages_of_all(
    walks: Walks, critics: Float[np.ndarray, "C S"], *, gamma: float, gae_lambda: float
) -> Float[np.ndarray, "C N"]:
    """The same for C critics, who judge the same walks side by side."""
    tables, count = torch.from_numpy(critics).float(), len(critics)
    now, after = (tables[:, states].movedim(0, 1).flatten(1) for states in (walks.states, walks.next_states))
    rewards, ends = walks.rewards.repeat(1, count), walks.terminated.repeat(1, count)  # [T, C·N], like the values
    return gae(rewards, now, after, ends, ends, gamma=gamma, gae_lambda=gae_lambda)[0].view(count, -1).numpy()


def exact_moments(
    maze: Maze,
    policy: Float[np.ndarray, "S 3"],
    values: Float[np.ndarray, "S"],
    *,
    gamma: float,
    gae_lambda: float,
) -> tuple[Float[np.ndarray, "S 3"], Float[np.ndarray, "S 3"]]:
    """Mean and variance of Â over all walks that begin in s with a, in a maze where each action leads to one state s′.

        Â(s, a)      = δ(s, a) + γλ·Â(s′, a′),    a′ ~ π(·|s′)
        E[Â | s, a]  = δ + γλ·m(s′)               m(s) = Σₐ π(a|s)·E[Â | s, a]
        E[Â² | s, a] = δ² + 2·δ·γλ·m(s′) + (γλ)²·q(s′)               q(s) = Σₐ π(a|s)·E[Â² | s, a]

    Both are linear equations, in m and in q, one for each state.

    Args:
        maze: the maze.
        policy: π(a|s).
        values: the critic's V̂(s).
        gamma: γ.
        gae_lambda: λ.
    """
    mean, variance = exact_moments_of_all(maze, policy, values[None], gamma=gamma, gae_lambda=gae_lambda)
    return mean[0], variance[0]


def exact_moments_of_all(
    maze: Maze, policy: Float[np.ndarray, "S 3"], critics: Float[np.ndarray, "C S"], *, gamma: float, gae_lambda: float
) -> tuple[Float[np.ndarray, "C S 3"], Float[np.ndarray, "C S 3"]]:
    """The same for C critics at once: their equations differ in what is known, not in the matrix."""
    rules, decay = maze.transitions, gamma * gae_lambda
    after, ends = rules.next_state, rules.terminal[rules.next_state]
    delta = np.stack([_expected_td_errors(maze, values, gamma) for values in critics])  # [C, S, 3]
    moves = np.zeros((maze.num_states, maze.num_states))  # P(s′|s), without the moves into the exit
    for action in range(policy.shape[1]):
        moves[np.arange(maze.num_states), after[:, action]] += policy[:, action] * ~ends[:, action]
    everywhere = np.eye(maze.num_states)
    mean_after = np.linalg.solve(everywhere - decay * moves, (policy * delta).sum(axis=-1).T).T[:, after]  # m(s′)
    squares = delta**2 + 2 * delta * decay * mean_after  # what E[Â²] is without its last term
    square_after = np.linalg.solve(everywhere - decay**2 * moves, (policy * squares).sum(axis=-1).T).T
    mean = delta + decay * mean_after
    square = squares + decay**2 * square_after[:, after]
    return mean, np.maximum(square - mean**2, 0.0)


def _expected_td_errors(maze: Maze, values: Float[np.ndarray, "S"], gamma: float) -> Float[np.ndarray, "S 3"]:
    """δ(s, a) of a critic; nothing follows in the exit, and it is 0 there."""
    rules = maze.transitions
    after, ends = rules.next_state, rules.terminal[rules.next_state]
    tables = rules.reward, np.broadcast_to(values[:, None], after.shape), values[after], ends
    delta = td_errors(*(torch.tensor(table) for table in tables), gamma=gamma).numpy()  # [S, 3] in place of [T, N]
    return np.where(rules.terminal[:, None], 0.0, delta)


def against_the_average(
    policy: Float[np.ndarray, "S 3"], estimates: Float[np.ndarray, "S 3"]
) -> Float[np.ndarray, "S"]:
    """Σₐ π(a|s)·Â(s, a): what is the same for all actions of a state, and so makes none look better than another."""
    return (policy * estimates).sum(axis=1)
