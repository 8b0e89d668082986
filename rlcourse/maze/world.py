"""The maze as an algorithm meets it: whole episodes, walked through the tables all at once.

GRPO asks for groups of episodes from the same starting points (`sample_groups`), the algorithms that judge every
step for episodes with all their rewards (`rollout`). For steps that may stop in the middle of an episode see
`rlcourse.control.gymnasium_world`.

Nothing here steps an environment. The policy is asked once about all S states, and P·G robots then walk
through the maze's transition tables together in NumPy, until the last of them has left or run out of time.
Tests hold it against `MazeEnv`, action by action.
"""

from numbers import Real
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Int

from rlcourse.algorithms.protocol import Episodes, Policy
from rlcourse.algorithms.rollout import Rollout
from rlcourse.arguments import MOST_SEED, check_choice, check_integer, describe
from rlcourse.control.asking import as_array, check_temperature, choices_at, cumulative, draw, home_of
from rlcourse.control.gymnasium_world import check_table, even_draws, seed_from
from rlcourse.maze.dynamic_programming import MazeLike, PolicyTable, check_policy, maze_of
from rlcourse.maze.grid import MOST_ROBOTS, MOST_STEPS, NUM_ACTIONS, Maze, start_of, time_limit

CHUNK = 64
"""How many time steps' random numbers are drawn at once."""
MOST_AT_ONCE = 10**8
"""The most steps, robots × time limit, that one call may have to remember: 3 GB."""


class MazeWorld:
    """Groups of episodes through one maze, for any policy that reads `observations["states"]`.

    Args:
        maze: a `Maze`, or an environment of one.
        groups: P, how many starting points each call gives. 16–128 is usual.
        max_steps: the time limit of an episode; as many steps as the maze has states when None.
        starts: "start" begins every group at the maze's start. "random" begins each group somewhere else,
            drawn evenly from all states outside the exit; all episodes of one group begin at the same place.
            Random starts are what lets a robot with no map find a far exit at all.

    Raises:
        TypeError, ValueError: an argument is of the wrong kind or out of range.
    """

    def __init__(
        self,
        maze: MazeLike,
        *,
        groups: int = 64,
        max_steps: int | None = None,
        starts: Literal["start", "random"] = "random",
    ) -> None:
        self.maze = maze_of(maze)
        self.max_steps = time_limit(self.maze, max_steps, most=MOST_STEPS)
        check_integer("groups", groups, 1, min(MOST_ROBOTS, MOST_AT_ONCE // self.max_steps))
        check_choice("starts", starts, ("start", "random"))
        self.groups = int(groups)
        self.starts = starts
        self.num_states, self.num_actions, self.num_inputs = self.maze.num_states, NUM_ACTIONS, None
        """S states and 3 actions, and no other numbers to see: what `policy_for` asks for."""

    def sample_groups(
        self, policy: Policy, *, num_generations: int, temperature: Real = 1.0, generator: torch.Generator
    ) -> Episodes:
        """`num_generations` episodes from each of `groups` starting points. The score is the undiscounted return.

        Args:
            policy: who acts.
            num_generations: G, episodes from each start, 1 or more.
            temperature: above 0; 1 acts as the policy says, less is bolder, more is wilder.
            generator: where all chance comes from: the same seed gives the same episodes.
        """
        most = max(1, min(MOST_ROBOTS, MOST_AT_ONCE // self.max_steps) // self.groups)
        check_integer("num_generations", num_generations, 1, most)
        return self._walk(policy, num_generations, temperature, generator)[0]

    def rollout(self, policy: Policy, *, temperature: Real = 1.0, generator: torch.Generator) -> Rollout:
        """One episode from each of `groups` starting points, the same as `sample_groups` with one generation.

        Every row is a whole episode, T is the length of the longest. In the padding the rewards are 0 and every step
        is done. An episode that the time limit cut off is done at its last step, but not terminated, and
        `next_observations` holds the state that this step led to.

        Args:
            policy: who acts.
            temperature: above 0; 1 acts as the policy says, less is bolder, more is wilder.
            generator: where all chance comes from: the same seed gives the same episodes.
        """
        episodes, rewards = self._walk(policy, 1, temperature, generator)
        device, dtype = episodes.mask.device, episodes.rewards.dtype
        states, walking, actions = (
            part.cpu().numpy() for part in (episodes.observations["states"], episodes.mask, episodes.actions)
        )
        after = self.maze.transitions.next_state[states, actions]  # [B, T]
        lengths = walking.sum(axis=1)
        last = np.arange(states.shape[1]) >= lengths[:, None] - 1
        return Rollout(
            rows=episodes,
            rewards=torch.from_numpy(rewards.T).to(device, dtype),
            terminated=torch.from_numpy((self.maze.transitions.terminal[after] & walking).T).to(device),
            done=torch.from_numpy(last.T).to(device),
            next_observations={"states": torch.from_numpy(after).to(device)},
            episode_returns=episodes.rewards,
            episode_lengths=torch.from_numpy(lengths).to(device, dtype),
            seed=seed_from(generator),
        )

    def _walk(
        self, policy: Policy, num_generations: int, temperature: Real, generator: torch.Generator
    ) -> tuple[Episodes, Float[np.ndarray, "B T"]]:
        """`num_generations` episodes from each starting point, and what each step paid."""
        check_temperature(temperature)
        if not isinstance(generator, torch.Generator):
            raise TypeError(f"generator must be a torch.Generator, got {describe(generator)}")
        device, dtype = home_of(policy)
        table = _all_logprobs(policy, self.maze.num_states, temperature)
        starts = np.repeat(self._draw_starts(generator), num_generations)  # [B]
        states, actions, mask, rewards = _walk(self.maze, np.exp(table), starts, self.max_steps, generator)
        logprobs = np.where(mask, table[states, actions], 0.0)
        states, actions, mask = (torch.from_numpy(part).to(device) for part in (states, actions, mask))
        episodes = Episodes(
            observations={"states": states},
            actions=actions,
            mask=mask,
            old_logprobs=torch.from_numpy(logprobs).to(device, dtype),
            rewards=torch.from_numpy(rewards.sum(axis=1)).to(device, torch.promote_types(dtype, torch.float32)),
            num_generations=num_generations,
        )
        return episodes, rewards

    def _draw_starts(self, generator: torch.Generator) -> Int[np.ndarray, "P"]:
        if self.starts == "start":
            return np.full(self.groups, self.maze.start_state)
        chosen = {"generator": generator, "device": generator.device}
        picks = torch.randint(len(self.maze.open_states), (self.groups,), **chosen)
        return self.maze.open_states[picks.cpu().numpy()]


def walk(
    maze: MazeLike, policy: PolicyTable, *, seed: int = 0, max_steps: int | None = None, start_state: int | None = None
) -> Int[np.ndarray, "T"]:
    """One walk: the states the robot goes through, the first and the last one included.

    Args:
        maze: a `Maze`, or an environment of one.
        policy: π(a|s), an [S, 3] table of probabilities.
        seed: which of the many walks this policy could make.
        max_steps: the time limit; as many actions as there are states when None.
        start_state: where to begin; the maze's own start when None.
    """
    maze = maze_of(maze)
    start = np.array([start_of(maze, start_state)])
    limit = time_limit(maze, max_steps, most=MOST_STEPS)
    check_integer("seed", seed, 0, MOST_SEED)
    generator = torch.Generator("cpu").manual_seed(int(seed))
    states, actions, _, _ = _walk(maze, check_policy(maze, policy), start, limit, generator)
    return np.append(states[0], maze.transitions.next_state[states[0, -1], actions[0, -1]])


def _all_logprobs(policy: Policy, num_states: int, temperature: Real) -> Float[np.ndarray, "S 3"]:
    """The log π(a|s) of all states and actions, in float64."""
    check_table(policy, num_states)
    everywhere = np.arange(num_states)
    logprobs = choices_at(policy, everywhere, num_actions=NUM_ACTIONS, temperature=temperature)
    return as_array(logprobs).astype(np.float64)


def _walk(
    maze: Maze,
    policy: Float[np.ndarray, "S 3"],
    starts: Int[np.ndarray, "B"],
    max_steps: int,
    generator: torch.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Walk B robots from `starts`. Returns states, actions, mask and rewards, all [B, T]; the exit pays 0."""
    rules, robots = maze.transitions, len(starts)
    up_to = cumulative(policy)  # [S, 3]
    state = starts.copy()
    states, actions, mask, rewards = [], [], [], []
    for step in range(max_steps):
        walking = ~rules.terminal[state]
        if not walking.any():
            break
        if step % CHUNK == 0:
            chance = even_draws((CHUNK, robots), generator)
        action = draw(up_to.take(state, axis=0), chance[step % CHUNK])
        action[~walking] = 0
        states.append(state)
        actions.append(action)
        mask.append(walking)
        rewards.append(rules.reward[state, action])
        state = rules.next_state[state, action]
    return tuple(np.stack(column, axis=1) for column in (states, actions, mask, rewards))
