"""Many robots, each in a maze of its own, and a new one for each episode: where a robot learns to find its way.

In one maze a robot learns the maze. Here it has to learn what helps in any: it sees what `egocentric` tells, and on
request it drops a crumb in every cell it enters and sees the crumbs around it. Without that memory some mazes are
hopeless for it. A robot that always does the same in the same place can not try the other branch the second time;
with crumbs it can tell a branch it has been in from one it has not (Trémaux's way out, 19th century).

All mazes' tables stand below one another, so a step of all robots is a handful of look-ups here, too. Left out:
mazes of different sizes in one environment, Gymnasium's NEXT_STEP autoreset, rendering.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from gymnasium import spaces
from gymnasium.error import InvalidAction, ResetNeeded
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from jaxtyping import Bool, Float, Int

from rlcourse.arguments import check_flag, check_integer, describe
from rlcourse.maze.env import option
from rlcourse.maze.features import around, egocentric
from rlcourse.maze.grid import MOST_ROBOTS, NUM_ACTIONS, NUM_HEADINGS, Maze, time_limit

MOST_CRUMBS = 2**27
"""The most places for crumbs, robots × cells, that are kept: 1 GB."""
ENOUGH_CRUMBS = 3
"""More crumbs than this in one cell look the same."""


class ManyMazesVectorEnv(VectorEnv):
    """N robots; each episode is in a maze drawn anew from those given.

    Observation: `Box`, what `egocentric(maze, view=view)` tells of the state and, with `crumbs`, how many lie in the
    robot's own cell, ahead, right, back and left (0, ⅓, ⅔ or 1 for three and more; 1 counts the visit that is going
    on, too). Actions: 0 forward, 1 turn left, 2 turn right. An episode that is done starts over in the same step
    (SAME_STEP): `info["final_obs"]` holds what was seen last.

    Args:
        num_envs: N, how many robots, 1 or more.
        mazes: mazes of one size. Train in some and test in others.
        max_steps: the time limit; as many actions as one maze has states when None.
        view: how many cells far the robot senses walls.
        crumbs: whether it drops crumbs and sees them.
        random_start: start each episode in any state outside the exit, instead of the maze's own start.

    Raises:
        TypeError, ValueError: an argument is of the wrong kind or out of range, or the mazes' sizes differ.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": [], "autoreset_mode": AutoresetMode.SAME_STEP}

    def __init__(
        self,
        num_envs: int,
        mazes: Sequence[Maze],
        max_steps: int | None = None,
        *,
        view: int = 1,
        crumbs: bool = True,
        random_start: bool = False,
    ) -> None:
        self.mazes = check_mazes(mazes)
        check_integer("num_envs", num_envs, 1, min(MOST_ROBOTS, MOST_CRUMBS // self.mazes[0].num_cells))
        check_flag("crumbs", crumbs)
        check_flag("random_start", random_start)
        self.num_envs, self.max_steps = int(num_envs), time_limit(self.mazes[0], max_steps)
        self.crumbs, self.random_start = bool(crumbs), bool(random_start)
        self._states, cells = self.mazes[0].num_states, self.mazes[0].num_cells  # of one maze
        rules = [maze.transitions for maze in self.mazes]
        self._next_state = np.concatenate([r.next_state + k * self._states for k, r in enumerate(rules)])  # [M·S, 3]
        self._reward = np.concatenate([r.reward for r in rules])
        self._terminal = np.concatenate([r.terminal for r in rules])
        self._features = np.concatenate([egocentric(maze, view=view).numpy() for maze in self.mazes])  # [M·S, F]
        here = np.repeat(np.arange(cells), NUM_HEADINGS)[:, None]
        self._near = np.concatenate([here, around(self.mazes[0].size)], axis=1) % (cells + 1)  # −1 becomes the last
        numbers = self._features.shape[1] + self.crumbs * self._near.shape[1]
        self.single_observation_space = spaces.Box(-1.0, 1.0, (numbers,))
        self.single_action_space = spaces.Discrete(NUM_ACTIONS)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self._robots = np.arange(self.num_envs)
        self._state: np.ndarray | None = None  # maze · S + state, for each robot

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Float[np.ndarray, "N F"], dict[str, Any]]:
        """Begin everywhere. `options={"maze": m}` puts the robots into the mazes with these numbers, one for each."""
        super().reset(seed=seed)
        self._state = np.zeros(self.num_envs, dtype=np.int64)
        self._steps = np.zeros(self.num_envs, dtype=np.int64)
        # How many crumbs lie in each cell of each robot's maze; the last column stands for outside.
        self._lying = np.zeros((self.num_envs, self.mazes[0].num_cells + 1), dtype=np.int64)
        chosen = option(options, "maze")
        if chosen is not None:
            chosen = np.asarray(chosen)
            fits = chosen.shape == (self.num_envs,) and np.issubdtype(chosen.dtype, np.integer)
            if not fits or chosen.min() < 0 or chosen.max() >= len(self.mazes):
                raise ValueError(f'options["maze"] must be {self.num_envs} numbers of mazes, got {describe(chosen)}')
        self._start_over(np.ones(self.num_envs, dtype=bool), chosen)
        return self._observe(), {}

    def step(
        self, actions: Int[np.ndarray, "N"] | Sequence[int]
    ) -> tuple[
        Float[np.ndarray, "N F"],
        Float[np.ndarray, "N"],
        Bool[np.ndarray, "N"],
        Bool[np.ndarray, "N"],
        dict[str, Any],
    ]:
        """Take one action each: 0 forward, 1 turn left, 2 turn right."""
        before, actions = self._state, np.asarray(actions)
        if before is None:
            raise ResetNeeded("no episode has begun: call reset() first")
        fits = actions.shape == (self.num_envs,) and np.issubdtype(actions.dtype, np.integer)
        if not fits or actions.min() < 0 or actions.max() >= NUM_ACTIONS:
            raise InvalidAction(f"actions must be {self.num_envs} whole numbers from 0 to 2, got {describe(actions)}")
        rewards, self._state = self._reward[before, actions], self._next_state[before, actions]
        self._steps += 1
        self._drop(before // NUM_HEADINGS != self._state // NUM_HEADINGS)
        terminated = self._terminal[self._state]
        truncated = (self._steps >= self.max_steps) & ~terminated
        seen, done, info = self._observe(), terminated | truncated, {}
        if done.any():
            final_obs = np.full(self.num_envs, None, dtype=object)
            for robot in np.flatnonzero(done):
                final_obs[robot] = seen[robot]
            info = {"final_obs": final_obs, "_final_obs": done}
            self._start_over(done)
            seen = self._observe()
        return seen, rewards, terminated, truncated, info

    def _start_over(self, who: Bool[np.ndarray, "N"], mazes: Int[np.ndarray, "N"] | None = None) -> None:
        count = int(who.sum())
        mazes = self.np_random.integers(len(self.mazes), size=count) if mazes is None else mazes
        if self.random_start:
            starts = [self.np_random.choice(self.mazes[maze].open_states) for maze in mazes]
        else:
            starts = [self.mazes[maze].start_state for maze in mazes]
        self._state[who] = mazes * self._states + starts
        self._steps[who] = 0
        self._lying[who] = 0
        self._drop(who)

    def _drop(self, who: Bool[np.ndarray, "N"]) -> None:
        """A crumb into the cell where each of these robots is."""
        self._lying[self._robots[who], self._state[who] % self._states // NUM_HEADINGS] += 1

    def _observe(self) -> Float[np.ndarray, "N F"]:
        seen = self._features.take(self._state, axis=0)
        if not self.crumbs:
            return seen
        lying = self._lying[self._robots[:, None], self._near[self._state % self._states]]  # [N, 5]
        return np.concatenate([seen, (np.minimum(lying, ENOUGH_CRUMBS) / ENOUGH_CRUMBS).astype(np.float32)], axis=1)

    def state_dict(self) -> dict[str, object]:
        """Where all robots are, their crumbs and the state of chance, in tensors and plain values."""
        if self._state is None:
            raise ResetNeeded("no episode has begun: call reset() first")
        arrays = {name: torch.from_numpy(getattr(self, f"_{name}").copy()) for name in ("state", "steps", "lying")}
        return arrays | {"chance": self.np_random.bit_generator.state}

    def load_state_dict(self, state: Mapping[str, object]) -> None:
        """Go back to where `state_dict` was; ValueError if it is of another number of robots."""
        if len(state["state"]) != self.num_envs:
            raise ValueError(f"state must be of {self.num_envs} robots, got one of {len(state['state'])}")
        for name in ("state", "steps", "lying"):
            setattr(self, f"_{name}", state[name].numpy().copy())
        self.np_random.bit_generator.state = state["chance"]


def check_mazes(mazes: Sequence[Maze]) -> list[Maze]:
    """The mazes as a list, or raise unless there is one or more, all of one size."""
    found = list(mazes) if isinstance(mazes, Iterable) else []
    if not found or not all(isinstance(maze, Maze) for maze in found):
        raise TypeError(f"mazes must be a sequence of one Maze or more, got {describe(mazes)}")
    mazes = found
    sizes = sorted({maze.size for maze in mazes})
    if len(sizes) > 1:
        raise ValueError(f"mazes must all have one size, got the sizes {sizes}")
    return mazes
