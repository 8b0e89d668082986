"""Does the robot find the exit in time? The share of mazes, or of walks, in which it does.

Where the policy reads only the state (a table, or a network over `egocentric`), the chance is exact, by dynamic
programming. Where it also sees the crumbs that it dropped, what it does depends on the whole walk; then it is
counted over walks.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from rlcourse.arguments import MOST_SEED, check_flag, check_integer, describe
from rlcourse.control.asking import as_array, cumulative, draw, home_of
from rlcourse.control.networks import NetworkPolicy
from rlcourse.maze.dynamic_programming import MazeLike, PolicyTable, check_policy, maze_of, shortest_path_length
from rlcourse.maze.features import egocentric
from rlcourse.maze.grid import MOST_ROBOTS, MOST_STEPS, NUM_ACTIONS, Maze, start_of, time_limit
from rlcourse.maze.many_mazes import ManyMazesVectorEnv, check_mazes


@dataclass(frozen=True)
class Success:
    """How a policy did in M mazes, from each maze's own start."""

    chances: Float[np.ndarray, "M"]
    """The chance, or the share of walks, with which it reached each maze's exit within the time limit."""
    detours: Float[np.ndarray, "M"]
    """How many actions it needed for each of the shortest way, on average; a walk cut by the time limit counts with
    the actions it had. 1 is perfect."""

    @property
    def rate(self) -> float:
        """The mean chance: the share of mazes solved."""
        return float(self.chances.mean())

    @property
    def detour(self) -> float:
        """The mean over the mazes of `detours`."""
        return float(self.detours.mean())


def leaving_chance(
    maze: MazeLike, policy: PolicyTable, *, max_steps: int | None = None, start_state: int | None = None
) -> tuple[float, float]:
    """The exact chance to reach the exit within `max_steps` actions, and the exact mean number of actions taken.

        Cₖ(s) = Σₐ π(a|s)·Cₖ₋₁(s′),  C₀ = 0,  C(exit) = 1        Lₖ(s) = 1 + Σₐ π(a|s)·Lₖ₋₁(s′),  L₀ = 0,  L(exit) = 0

    Args:
        maze: a `Maze`, or an environment of one.
        policy: π(a|s), an [S, 3] table of probabilities.
        max_steps: the time limit; as many actions as there are states when None.
        start_state: where to begin; the maze's own start when None.
    """
    maze = maze_of(maze)
    table, start = check_policy(maze, policy), start_of(maze, start_state)
    limit = time_limit(maze, max_steps, most=MOST_STEPS)
    rules = maze.transitions
    chance, length = rules.terminal.astype(np.float64), np.zeros(maze.num_states)
    for _ in range(limit):
        before = chance, length
        chance = np.where(rules.terminal, 1.0, (table * chance[rules.next_state]).sum(axis=1))
        length = np.where(rules.terminal, 0.0, 1 + (table * length[rules.next_state]).sum(axis=1))
        if np.array_equal(before, (chance, length)):  # and so they will stay
            break
    return float(chance[start]), float(length[start])


def success_rate(
    policy: NetworkPolicy,
    mazes: Sequence[Maze],
    *,
    view: int = 1,
    crumbs: bool = True,
    max_steps: int | None = None,
    greedy: bool = False,
    walks: int = 4,
    seed: int = 0,
) -> Success:
    """In how many mazes the policy finds the exit within the time limit.

    Args:
        policy: a network over what `ManyMazesVectorEnv` with the same `view` and `crumbs` shows.
        mazes: mazes of one size, 100 that it was not trained on, say.
        view: how many cells far the robot senses walls.
        crumbs: whether it drops crumbs and sees them. Without, the result is exact and `walks` and `seed` unused.
        max_steps: the time limit; as many actions as one maze has states when None.
        greedy: always take the likeliest action, instead of drawing one.
        walks: how many walks through each maze; one is enough where `greedy`, and only one is made then.
        seed: which walks.
    """
    check_integer("walks", walks, 1, MOST_ROBOTS)
    check_integer("seed", seed, 0, MOST_SEED)
    check_flag("greedy", greedy)
    mazes = check_mazes(mazes)
    limit = time_limit(mazes[0], max_steps, most=MOST_STEPS)
    envs = ManyMazesVectorEnv(len(mazes) * (1 if greedy else walks), mazes, limit, view=view, crumbs=crumbs)
    _check_reads(policy, envs.single_observation_space.shape[0], f"view={view} and crumbs={crumbs}")
    if crumbs:
        return _by_walking(policy, envs, greedy, seed)
    chances, detours = [], []
    for maze in mazes:
        table = _chances(policy, egocentric(maze, view=view), greedy)
        chance, length = leaving_chance(maze, table, max_steps=max_steps)
        chances.append(chance)
        detours.append(length / shortest_path_length(maze))
    return Success(np.array(chances), np.array(detours))


def _check_reads(policy: NetworkPolicy, numbers: int, senses: str) -> None:
    if not isinstance(policy, NetworkPolicy):
        raise TypeError(f"policy must be a NetworkPolicy, got {describe(policy)}")
    if policy.num_actions != NUM_ACTIONS:
        raise ValueError(
            f"the policy must have {NUM_ACTIONS} choices, as the robot has actions, it has {policy.num_actions}"
        )
    home_of(policy)  # refuses weights that hold no numbers
    reads = policy.network.first.in_features
    if reads != numbers:
        raise ValueError(f"the policy must read {numbers} numbers, as the robot sees with {senses}, it reads {reads}")


def _by_walking(policy: NetworkPolicy, envs: ManyMazesVectorEnv, greedy: bool, seed: int) -> Success:
    """As many walks through each maze as there are robots for it."""
    rng, walks = np.random.default_rng(seed), envs.num_envs // len(envs.mazes)
    which = np.repeat(np.arange(len(envs.mazes)), walks)
    seen, _ = envs.reset(seed=seed, options={"maze": which})
    walking, left, length = np.ones(len(which), dtype=bool), np.zeros(len(which)), np.zeros(len(which))
    for _ in range(envs.max_steps):
        if not walking.any():
            break
        up_to = cumulative(_chances(policy, torch.from_numpy(seen), greedy))
        action = draw(up_to, rng.random(len(which)))
        seen, _, terminated, _, _ = envs.step(action)
        length += walking
        left += walking & terminated  # a robot that starts over walks on, but does not count any more
        walking &= ~terminated
    shortest = np.array([shortest_path_length(maze) for maze in envs.mazes])
    chances, lengths = (of_walk.reshape(-1, walks).mean(axis=1) for of_walk in (left, length))
    return Success(chances, lengths / shortest)


def _chances(policy: NetworkPolicy, features: Float[Tensor, "B F"], greedy: bool) -> Float[np.ndarray, "B 3"]:
    """π(a|s) for each row of features, in float64; of a greedy robot all on the likeliest action."""
    return as_array(policy.probabilities(features, temperature=0 if greedy else 1)).astype(np.float64)
