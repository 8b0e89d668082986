"""Every walk there is through a small maze, so that an average over walks is a sum and not an estimate.

With T actions there are up to 3ᵀ walks; for a maze of 2 × 2 cells and 8 actions that is a few thousand. They come as
the `Rollout` of a world of whole episodes, so that whatever learns from sampled walks can be asked about all of them.
Left out: chance in the world, and walks of which only some are kept.
"""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from rlcourse.algorithms.protocol import Episodes, Policy
from rlcourse.algorithms.rollout import Rollout
from rlcourse.arguments import check_integer, describe
from rlcourse.maze.dynamic_programming import MazeLike, maze_of
from rlcourse.maze.grid import NUM_ACTIONS, start_of

MOST_ACTIONS = 11
"""The longest walks that are enumerated; 3¹¹ is 177,147."""


def every_walk(maze: MazeLike, *, max_steps: int, start_state: int | None = None) -> Rollout:
    """All walks of a robot that is stopped after `max_steps` actions or at the exit, each once.

    Nobody drew them, so `old_logprobs` are 0; how likely each is under a policy says `walk_probabilities`.

    Args:
        maze: a `Maze`, or an environment of one.
        max_steps: the time limit, 1 to 11.
        start_state: where all walks begin; the maze's own start when None.

    Raises:
        TypeError, ValueError: an argument is of the wrong kind or out of range.
    """
    maze = maze_of(maze)
    check_integer("max_steps", max_steps, 1, MOST_ACTIONS)
    rules, start = maze.transitions, start_of(maze, start_state)
    actions, states = np.zeros((1, 0), dtype=np.int64), np.full((1, 1), start)  # one walk, of no action yet
    for _ in range(max_steps):
        going = ~rules.terminal[states[:, -1]]
        # A walk that goes on becomes three; one that has ended is padded with action 0, which leaves it where it is.
        copies = np.where(going, NUM_ACTIONS, 1)
        first = np.cumsum(copies) - copies
        action = np.arange(copies.sum()) - np.repeat(first, copies)
        states, actions = (
            np.repeat(states, copies, axis=0),
            np.column_stack([np.repeat(actions, copies, axis=0), action]),
        )
        states = np.column_stack([states, rules.next_state[states[:, -1], action]])
    return _as_rollout(maze, states, actions)


def walk_probabilities(policy: Policy, walks: Rollout) -> Float[Tensor, "B"]:
    """How likely the policy makes each walk: the product of π(aₜ|sₜ) over its actions, with gradients.

    The maze itself knows no chance, so nothing else belongs to the product. Over every walk they add up to 1.
    """
    if not isinstance(walks, Rollout):
        raise TypeError(f"walks must be a Rollout, as every_walk gives it, got {describe(walks)}")
    mask = walks.rows.mask
    return torch.where(mask, policy.logprobs(walks.rows), 0.0).sum(dim=1).exp()


def _as_rollout(maze, states: np.ndarray, actions: np.ndarray) -> Rollout:
    """Walks of T actions from their T + 1 states, with what each step paid; all `[B, T]`, turned where needed."""
    rules, before, after = maze.transitions, states[:, :-1], states[:, 1:]
    mask = ~rules.terminal[before]
    rewards = np.where(mask, rules.reward[before, actions], 0.0)
    terminated = mask & rules.terminal[after]
    last = np.arange(actions.shape[1]) >= mask.sum(axis=1, keepdims=True) - 1
    episodes = Episodes(
        observations={"states": torch.from_numpy(before)},
        actions=torch.from_numpy(actions),
        mask=torch.from_numpy(mask),
        old_logprobs=torch.zeros(mask.shape, dtype=torch.float32, device="cpu"),
        rewards=torch.from_numpy(rewards.sum(axis=1).astype(np.float32)),
        num_generations=1,
    )
    return Rollout(
        rows=episodes,
        rewards=torch.from_numpy(rewards.T.copy()),
        terminated=torch.from_numpy(terminated.T),
        done=torch.from_numpy(last.T),
        next_observations={"states": torch.from_numpy(after)},
        episode_returns=episodes.rewards,
        episode_lengths=torch.from_numpy(mask.sum(axis=1).astype(np.float32)),
    )
