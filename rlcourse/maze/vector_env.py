"""Many robots in one maze, stepped together in NumPy: the vector entry point of `rlcourse/Maze-v0`.

    envs = gymnasium.make_vec("rlcourse/Maze-v0", num_envs=1024)

It gives, number for number, what Gymnasium's `SyncVectorEnv` of as many `MazeEnv` gives, a good deal faster:
a step of all robots is a handful of look-ups in `Maze.transitions`. One thing differs: random starts are drawn
from one generator for all robots, where `SyncVectorEnv` keeps one for each.

Left out: rendering, and the "disabled" autoreset mode.
"""

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any, ClassVar

import numpy as np
import torch
from gymnasium import spaces
from gymnasium.error import InvalidAction, ResetNeeded
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from jaxtyping import Bool, Float, Int

from rlcourse.arguments import check_choice, check_flag, check_integer, describe
from rlcourse.maze.env import check_render_mode, check_start_states, choose_maze, option
from rlcourse.maze.grid import MOST_ROBOTS, NUM_ACTIONS, NUM_HEADINGS, Maze, MazeRewards, time_limit

Step = tuple[Int[np.ndarray, "N"], Float[np.ndarray, "N"], Bool[np.ndarray, "N"], Bool[np.ndarray, "N"], dict[str, Any]]


class MazeVectorEnv(VectorEnv):
    """N robots in one maze; each starts over when its episode is done.

    Args:
        num_envs: N, how many robots, 1 or more.
        size, seed, max_steps, loops, rewards, maze, random_start: as in `MazeEnv`.
        render_mode: None; a vector of mazes draws nothing.
        autoreset_mode: what happens when an episode is done. `NEXT_STEP`, Gymnasium's default: the step after it
            ignores its action, starts the next episode and pays 0. `SAME_STEP`: the same step already returns the
            next episode's first state, and `info["final_obs"]` holds the last state of the one that ended.
        max_episode_steps: the word that `gymnasium.make_vec` has for max_steps.

    Raises:
        TypeError, ValueError: an argument is of the wrong kind or out of range.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": [], "autoreset_mode": AutoresetMode.NEXT_STEP}

    def __init__(
        self,
        num_envs: int = 1,
        size: int = 8,
        seed: int = 0,
        max_steps: int | None = None,
        render_mode: str | None = None,
        *,
        loops: Real = 0.0,
        rewards: MazeRewards | None = None,
        maze: Maze | None = None,
        random_start: bool = False,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        max_episode_steps: int | None = None,
    ) -> None:
        check_integer("num_envs", num_envs, 1, MOST_ROBOTS)
        max_steps = _one_limit(max_steps, max_episode_steps)
        self.num_envs = int(num_envs)
        self.maze = choose_maze(maze, size=size, seed=seed, loops=loops, rewards=rewards)
        self.max_steps = time_limit(self.maze, max_steps)
        check_flag("random_start", random_start)
        self.random_start = bool(random_start)
        self.render_mode = check_render_mode(render_mode, self.metadata["render_modes"])
        if not isinstance(autoreset_mode, AutoresetMode):
            check_choice("autoreset_mode", autoreset_mode, [mode.value for mode in AutoresetMode])
        self.autoreset_mode = AutoresetMode(autoreset_mode)
        if self.autoreset_mode is AutoresetMode.DISABLED:
            raise ValueError("autoreset_mode must be NEXT_STEP or SAME_STEP: this environment always starts over")
        self.metadata = {**self.metadata, "autoreset_mode": self.autoreset_mode}
        self.single_observation_space = spaces.Discrete(self.maze.num_states)
        self.single_action_space = spaces.Discrete(NUM_ACTIONS)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self._state: np.ndarray | None = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Int[np.ndarray, "N"], dict[str, Any]]:
        """Put all robots at their start. `options={"state": s}` starts them in s, one state or one for each robot."""
        super().reset(seed=seed)
        chosen = option(options, "state")
        everyone = np.ones(self.num_envs, dtype=bool)
        self._state = self._starts(self.num_envs)
        if chosen is not None:
            self._state = check_start_states(self.maze, chosen, (self.num_envs,)).astype(np.int64)
        self._steps = np.zeros(self.num_envs, dtype=np.int64)
        self._done = ~everyone
        return self._state.copy(), self._info(self._state, ~everyone, everyone)

    def step(self, actions: Int[np.ndarray, "N"] | Sequence[int]) -> Step:
        """Take one action each: 0 forward, 1 turn left, 2 turn right.

        Raises:
            gymnasium.error.ResetNeeded: `reset` was never called.
            gymnasium.error.InvalidAction: there is not one action of 0, 1 or 2 for each robot.
        """
        index = self._table_index(actions)
        rules = self.maze.transitions
        self._state = rules.next_state.ravel().take(index)
        rewards = rules.reward.ravel().take(index)
        hit_wall = rules.hit_wall.ravel().take(index)
        self._steps += 1
        if self.autoreset_mode is AutoresetMode.NEXT_STEP and self._done.any():
            self._start_over(self._done)
            rewards[self._done] = 0.0
            hit_wall[self._done] = False
        terminated = rules.terminal.take(self._state)
        truncated = (self._steps >= self.max_steps) & ~terminated
        self._done = terminated | truncated
        info = {}
        if self.autoreset_mode is AutoresetMode.SAME_STEP and self._done.any():
            info = self._final_info(hit_wall)
            self._start_over(self._done)
            hit_wall = hit_wall & ~self._done
        everyone = np.ones(self.num_envs, dtype=bool)
        return self._state.copy(), rewards, terminated, truncated, info | self._info(self._state, hit_wall, everyone)

    def state_dict(self) -> dict[str, object]:
        """Where all robots are and the state of chance, in tensors and plain values, so that a run can be saved."""
        if self._state is None:
            raise ResetNeeded("no episode has begun: call reset() first")
        arrays = {name: torch.from_numpy(getattr(self, f"_{name}").copy()) for name in ("state", "steps", "done")}
        return arrays | {"chance": self.np_random.bit_generator.state}

    def load_state_dict(self, state: Mapping[str, object]) -> None:
        """Go back to where `state_dict` was; ValueError if it is of another number of robots."""
        if len(state["state"]) != self.num_envs:
            raise ValueError(f"state must be of {self.num_envs} robots, got one of {len(state['state'])}")
        for name in ("state", "steps", "done"):
            setattr(self, f"_{name}", state[name].numpy().copy())
        self.np_random.bit_generator.state = state["chance"]

    def _table_index(self, actions: Int[np.ndarray, "N"] | Sequence[int]) -> Int[np.ndarray, "N"]:
        """Where each robot's state and action stand in the flattened [S, 3] tables."""
        if self._state is None:
            raise ResetNeeded("no episode has begun: call reset() first")
        actions = np.asarray(actions)
        fits = actions.shape == (self.num_envs,) and np.issubdtype(actions.dtype, np.integer)
        if not fits or actions.min() < 0 or actions.max() >= NUM_ACTIONS:
            raise InvalidAction(f"actions must be {self.num_envs} whole numbers from 0 to 2, got {describe(actions)}")
        return self._state * NUM_ACTIONS + actions

    def _starts(self, count: int) -> Int[np.ndarray, "count"]:
        if self.random_start:
            return self.np_random.choice(self.maze.open_states, size=count)
        return np.full(count, self.maze.start_state)

    def _start_over(self, who: Bool[np.ndarray, "N"]) -> None:
        self._state[who] = self._starts(int(who.sum()))
        self._steps[who] = 0

    def _info(self, state: np.ndarray, hit_wall: np.ndarray, who: np.ndarray) -> dict[str, Any]:
        """What `MazeEnv` tells, for those in `who`, in the layout of Gymnasium's vector environments."""
        cell, heading = np.divmod(state, NUM_HEADINGS)
        info = {"cell": cell * who, "heading": heading * who, "hit_wall": hit_wall & who}
        return info | {f"_{key}": who.copy() for key in info}

    def _final_info(self, hit_wall: Bool[np.ndarray, "N"]) -> dict[str, Any]:
        """The last state and info of the episodes that ended in this very step."""
        final_obs = np.full(self.num_envs, None, dtype=object)
        final_obs[self._done] = self._state[self._done]
        return {
            "final_obs": final_obs,
            "_final_obs": self._done.copy(),
            "final_info": self._info(self._state, hit_wall, self._done),
            "_final_info": self._done.copy(),
        }


def _one_limit(max_steps: int | None, max_episode_steps: int | None) -> int | None:
    """The time limit, by whichever of its two names it was given."""
    if max_episode_steps is None:
        return max_steps
    if max_steps is not None:
        raise ValueError(
            f"max_steps and max_episode_steps mean the same limit: give one, got {max_steps} and {max_episode_steps}"
        )
    check_integer("max_episode_steps", max_episode_steps, 1)
    return max_episode_steps
