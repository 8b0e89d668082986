"""The maze as a Gymnasium environment: one robot, one maze, `reset` and `step`.

    env = gymnasium.make("rlcourse/Maze-v0", size=8, render_mode="rgb_array")

Every rule comes from `Maze.transitions`; this class only remembers where the robot is and how many actions it
has taken. A time limit cuts the episode off (`truncated`), it does not end it (`terminated`): only the exit
does that. Left out: a "human" window. Notebooks show the pictures of "rgb_array", terminals the "ansi" text.
"""

from numbers import Real
from typing import Any, ClassVar, SupportsInt

import gymnasium
import numpy as np
from gymnasium import spaces

from rlcourse.arguments import check_flag, describe
from rlcourse.maze.generation import generate_maze
from rlcourse.maze.grid import NUM_ACTIONS, NUM_HEADINGS, Maze, MazeRewards, time_limit


class MazeEnv(gymnasium.Env[int, int]):
    """A robot in a maze.

    Observation: `Discrete(S)`, the state, cell · 4 + heading. Actions: `Discrete(3)`, 0 forward, 1 turn left,
    2 turn right. The episode terminates in the exit and is truncated after `max_steps` actions.

    `info` holds the `cell`, the `heading` and whether the last action `hit_wall`.

    Args:
        size: cells along one side, 2 to 64.
        seed: which maze. (The seed of `reset` is another one: it decides where the robot starts, if that is random.)
        max_steps: the time limit; as many actions as there are states, 4·size², when None.
        render_mode: "rgb_array" (a picture), "ansi" (text) or None.
        loops: the share of the inner walls of a perfect maze to open, 0 to 1.
        rewards: what the maze pays; `MazeRewards()` when None.
        maze: a ready-made maze. `size`, `seed`, `loops` and `rewards` are then not used.
        random_start: start each episode in any state outside the exit, instead of the maze's own start.

    Raises:
        TypeError, ValueError: an argument is of the wrong kind or out of range.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["rgb_array", "ansi"], "render_fps": 8}

    def __init__(
        self,
        size: int = 8,
        seed: int = 0,
        max_steps: int | None = None,
        render_mode: str | None = None,
        *,
        loops: Real = 0.0,
        rewards: MazeRewards | None = None,
        maze: Maze | None = None,
        random_start: bool = False,
    ) -> None:
        self.maze = choose_maze(maze, size=size, seed=seed, loops=loops, rewards=rewards)
        self.max_steps = time_limit(self.maze, max_steps)
        check_flag("random_start", random_start)
        self.random_start = bool(random_start)
        self.render_mode = check_render_mode(render_mode, self.metadata["render_modes"])
        self.observation_space = spaces.Discrete(self.maze.num_states)
        self.action_space = spaces.Discrete(NUM_ACTIONS)
        rules = self.maze.transitions
        # Plain lists: reading one number from a list is several times faster than from an array.
        self._next_state, self._reward = rules.next_state.tolist(), rules.reward.tolist()
        self._hit_wall, self._terminal = rules.hit_wall.tolist(), rules.terminal.tolist()
        self._state: int | None = None
        self._steps = 0
        self._over = True
        self._screen = None

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        """Put the robot at its start. `options={"state": s}` puts it in state s instead."""
        super().reset(seed=seed)
        chosen = option(options, "state")
        if chosen is not None:
            self._state = int(check_start_states(self.maze, chosen, ()))
        elif self.random_start:
            self._state = int(self.np_random.choice(self.maze.open_states))
        else:
            self._state = self.maze.start_state
        self._steps, self._over = 0, False
        return self._state, self._info(hit_wall=False)

    def step(self, action: SupportsInt) -> tuple[int, float, bool, bool, dict[str, Any]]:
        """Take one action: 0 forward, 1 turn left, 2 turn right.

        Raises:
            gymnasium.error.ResetNeeded: the episode has not begun or is over.
            gymnasium.error.InvalidAction: the action is not 0, 1 or 2.
        """
        if self._over:
            raise gymnasium.error.ResetNeeded("this episode has not begun or is over: call reset() first")
        if np.ndim(action) or action not in (0, 1, 2):
            raise gymnasium.error.InvalidAction(
                f"action must be 0 (forward), 1 (turn left) or 2 (turn right), got {describe(action)}"
            )
        before, action = self._state, int(action)
        self._state = self._next_state[before][action]
        self._steps += 1
        terminated = self._terminal[self._state]
        truncated = not terminated and self._steps >= self.max_steps
        self._over = terminated or truncated
        info = self._info(hit_wall=self._hit_wall[before][action])
        return self._state, self._reward[before][action], terminated, truncated, info

    def render(self) -> np.ndarray | str | None:
        """The maze with the robot where it is: a picture [height, width, 3] or text, as `render_mode` says."""
        if self._state is None:
            raise gymnasium.error.ResetNeeded("there is nothing to draw yet: call reset() first")
        if self.render_mode == "ansi":
            return self.maze.text(self._state) + "\n"
        if self.render_mode == "rgb_array":
            if self._screen is None:
                from rlcourse.maze.screen import Screen  # matplotlib loads only when a picture is wanted

                self._screen = Screen(self.maze)
            return self._screen.frame(self._state)
        gymnasium.logger.warn('render() draws nothing without a render_mode: make the environment with "rgb_array"')
        return None

    def _info(self, *, hit_wall: bool) -> dict[str, Any]:
        cell, heading = divmod(self._state, NUM_HEADINGS)
        return {"cell": cell, "heading": heading, "hit_wall": hit_wall}


def option(options: dict[str, Any] | None, name: str) -> Any:
    """One of the options of a reset, None if it was not given. TypeError if options is no dictionary."""
    if options is not None and not isinstance(options, dict):
        raise TypeError(f"options must be a dictionary or None, got {describe(options)}")
    return (options or {}).get(name)


def choose_maze(maze: Maze | None, **how: Any) -> Maze:
    """The maze that was given, or a new one from size, seed, loops and rewards."""
    if maze is None:
        return generate_maze(how.pop("size"), **how)
    if not isinstance(maze, Maze):
        raise TypeError(f"maze must be a Maze or None, got {describe(maze)}")
    return maze


def check_render_mode(render_mode: str | None, allowed: list[str]) -> str | None:
    """Return the render mode, or raise if it is none of those allowed."""
    if render_mode is not None and render_mode not in allowed:
        modes = f"one of {', '.join(allowed)} or None" if allowed else "None (only MazeEnv, one robot, is drawn)"
        raise ValueError(f"render_mode must be {modes}, got {describe(render_mode)}")
    return render_mode


def check_start_states(maze: Maze, states: Any, shape: tuple[int, ...]) -> np.ndarray:
    """The states to start in, one for each robot, or raise if one is not a state outside the exit."""
    found = np.asarray(states)
    if not np.issubdtype(found.dtype, np.integer) or found.shape not in ((), shape):
        raise TypeError(f'options["state"] must be a whole number, or one for each robot, got {describe(states)}')
    if (found < 0).any() or (found >= maze.num_states).any() or maze.transitions.terminal[found].any():
        raise ValueError(
            f'options["state"] must be from 0 to {maze.num_states - 1} and not in the exit, got {describe(states)}'
        )
    return np.broadcast_to(found, shape)
