"""Any Gymnasium vector environment as a world of steps: our maze, CartPole, or what the learner brings.

    world = GymnasiumWorld("CartPole-v1", num_envs=8, steps=128)
    world = GymnasiumWorld(MazeVectorEnv(64, size=8), steps=32)

A call of `rollout` makes T steps with each of N environments and goes on, at the next call, where it stopped; an
episode may span several rollouts. Two things are easily got wrong here, and both are settled in `_step`:

- A time limit is not an end of the world. Such a step is `done` but not `terminated`, and `next_observations` holds
  what was really seen last, not the first sight of the next episode.
- With Gymnasium's default, NEXT_STEP, the step after the end of an episode is none: its action is ignored, and it
  leads from the old episode's last state to the new one's first. Such steps are masked out.

Everything is made where the policy's weights are, in their precision. Left out: continuous actions, observations that
are dictionaries or sequences, pictures of whole numbers, and scaling of observations; Gymnasium has wrappers for most
of this, and what is refused says which.
"""

from collections.abc import Callable, Mapping
from numbers import Real

import numpy as np
import torch
from gymnasium.spaces import Box, Discrete
from gymnasium.vector import AutoresetMode, VectorEnv
from jaxtyping import Float, Int
from torch import Tensor

from rlcourse.algorithms.protocol import Episodes, Policy
from rlcourse.algorithms.rollout import Rollout
from rlcourse.arguments import check_integer
from rlcourse.control.asking import as_array, check_temperature, choices_at, cumulative, draw, home_of
from rlcourse.control.environments import autoreset_mode, check_spaces, keeps_state, vector_env

MOST_STEPS = 10_000_000
"""The most steps of one rollout, of all environments together."""

Observed = Int[np.ndarray, "N"] | Float[np.ndarray, "N D"]
"""What the environments show: the numbers of N states, or N rows of D numbers."""
Choices = Callable[[Observed], tuple[Float[np.ndarray, "N V"], Float[np.ndarray, "N V"]]]
"""From what is observed to log π(a|s), and to the chance of each action or one before it."""


class GymnasiumWorld:
    """T steps at a time of N environments with discrete actions.

    Policies read `observations["states"]` [R, 1] where the environment's observation is `Discrete`, and
    `observations["observations"]` [R, 1, D] where it is a `Box`, flattened to D numbers, unscaled.

    Args:
        envs: a vector environment, or the name of a registered one.
        steps: T, how many steps each environment makes in one rollout. 16–2,048 is usual.
        num_envs: N; only where `envs` is a name. 8 when None.
        arguments: only where `envs` is a name: what else `gymnasium.make_vec` takes, such as `max_episode_steps`,
            `wrappers`, or an argument of that environment, such as `map_name="8x8"`.

    Raises:
        TypeError, ValueError: an argument is of the wrong kind or out of range, the environment's actions are not
            `Discrete`, its observations are neither `Discrete` nor `Box`, or pictures of whole numbers, or it does
            not start over by itself.
    """

    def __init__(self, envs: VectorEnv | str, *, steps: int, num_envs: int | None = None, **arguments: object) -> None:
        check_integer("steps", steps, 1)
        self.envs, self.steps = vector_env(envs, num_envs, arguments), steps
        self.num_envs = self.envs.num_envs
        if steps * self.num_envs > MOST_STEPS:
            raise ValueError(f"steps times {self.num_envs} environments must not exceed {MOST_STEPS:,}, got {steps}")
        self._next_step = autoreset_mode(self.envs) is AutoresetMode.NEXT_STEP
        actions, sight = check_spaces(self.envs)
        self.num_actions, self._first_action = int(actions.n), int(actions.start)
        self.num_states = int(sight.n) if isinstance(sight, Discrete) else None
        """S, how many states there are; None where the observation is a Box."""
        self.num_inputs = int(np.prod(sight.shape)) if isinstance(sight, Box) else None
        """D, how many numbers are seen; None where the observation is Discrete."""
        self._first_state = int(sight.start) if isinstance(sight, Discrete) else 0
        self._precision = np.float64 if sight.dtype == np.float64 else np.float32
        self._seen: np.ndarray | None = None  # what each environment shows now; None before the first rollout

    def rollout(self, policy: Policy, *, temperature: Real = 1.0, generator: torch.Generator) -> Rollout:
        """The next T steps of all N environments, N·T rows of one step each.

        If it is interrupted, the next rollout begins with new episodes.

        Args:
            policy: who acts.
            temperature: above 0; 1 acts as the policy says, less is bolder, more is wilder.
            generator: where the actions' chance comes from and, at the first call, the seed of the environments.

        Raises:
            TypeError, ValueError: the policy does not fit: it has another number of choices than there are actions,
                or reads something else than what is shown.
        """
        check_temperature(temperature)
        choices, steps, ended = self._choices(policy, temperature), [], []
        if self._seen is None:
            self._begin(seed_from(generator))
        chance = even_draws((self.steps, self.num_envs), generator)
        try:
            for drawn in chance:
                seen = self._seen
                logprobs, up_to = choices(seen)
                action = draw(up_to, drawn)  # [N]
                steps.append((seen, action, logprobs[np.arange(self.num_envs), action], *self._step(action, ended)))
        except BaseException:
            self._seen = None  # somewhere within a step: where the environments are now is not known
            raise
        return self._rollout(steps, ended, *home_of(policy), seed=seed_from(generator))

    def _begin(self, seed: int) -> None:
        """New episodes everywhere."""
        everyone = self.num_envs
        self._seed, self._played = seed, []
        self._seen = self._observed(self.envs.reset(seed=seed)[0])
        self._over = np.zeros(everyone, dtype=bool)  # where the next step is none, because NEXT_STEP starts over
        self._returns, self._lengths = np.zeros(everyone), np.zeros(everyone)

    def _step(self, action: Int[np.ndarray, "N"], ended: list) -> tuple[np.ndarray, ...]:
        """One step: mask, reward, terminated, done [N], and what was seen after it; notes the episodes that ended."""
        if not keeps_state(self.envs):
            self._played.append(action.astype(np.int32))
        shown, reward, terminated, truncated, info = self.envs.step(action + self._first_action)
        real = ~self._over
        reward, terminated = np.where(real, reward, 0.0), terminated & real
        finished = (terminated | truncated) & real
        now = after = self._observed(shown)
        if not self._next_step and finished.any():
            after = now.copy()
            after[finished] = self._observed(np.stack(info["final_obs"][finished]))
        self._returns += reward
        self._lengths += real
        if finished.any():
            ended.append((self._returns[finished], self._lengths[finished]))
            self._returns[finished], self._lengths[finished] = 0.0, 0.0
        self._seen, self._over = now, finished & self._next_step
        return real, reward, terminated, finished | ~real, after

    def _observed(self, shown: np.ndarray) -> Observed:
        """An observation in our own terms: states from 0, or a row of numbers for each environment. Always a copy."""
        if self.num_states is not None:
            return np.array(shown, dtype=np.int64) - self._first_state
        return np.array(shown, dtype=self._precision).reshape(len(shown), -1)

    def _choices(self, policy: Policy, temperature: Real) -> Choices:
        """How the policy chooses. Of states it is asked once, about all of them; then it is looked up."""

        def ask(seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            logprobs = as_array(choices_at(policy, seen, num_actions=self.num_actions, temperature=temperature))
            return logprobs, cumulative(np.exp(logprobs, dtype=np.float64))

        if self.num_states is None:
            return ask
        check_table(policy, self.num_states)
        table, up_to = ask(np.arange(self.num_states))  # [S, V]
        return lambda states: (table.take(states, axis=0), up_to.take(states, axis=0))

    def _rollout(
        self, steps: list[tuple], ended: list[tuple], device: torch.device, dtype: torch.dtype, seed: int
    ) -> Rollout:
        """The steps as rows, robot after robot, and as tensors [T, N], where the policy is."""
        seen, actions, logprobs, mask, rewards, terminated, done, after = (
            torch.from_numpy(np.stack(column)).to(device) for column in zip(*steps, strict=True)
        )
        exact = torch.promote_types(dtype, torch.float32)  # sums of rewards want no less
        rewards = rewards.to(exact)
        rows = Episodes(
            observations=self._observations(seen, dtype),
            actions=_rows(actions) * _rows(mask),
            mask=_rows(mask),
            old_logprobs=_rows(logprobs.to(dtype)) * _rows(mask),
            rewards=_rows(rewards)[:, 0],
            num_generations=1,
        )
        returns, lengths = (
            torch.from_numpy(np.concatenate([[], *column])).to(device, exact)
            for column in (zip(*ended, strict=True) if ended else ((), ()))
        )
        return Rollout(
            rows=rows,
            rewards=rewards,
            terminated=terminated,
            done=done,
            next_observations=self._observations(after, dtype),
            episode_returns=returns,
            episode_lengths=lengths,
            seed=seed,
        )

    def _observations(self, seen: Tensor, dtype: torch.dtype) -> dict[str, Tensor]:
        if self.num_states is not None:
            return {"states": _rows(seen)}
        return {"observations": _rows(seen.to(dtype))}

    def state_dict(self) -> dict[str, object]:
        """Where all environments are, in tensors and plain values, so that a saved run can go on with the same numbers.

        Our mazes write down their own state. Any other environment is found again by its way there: the seed of its
        reset and every action since, which `load_state_dict` plays once more.
        """
        if self._seen is None:
            return {"begun": False}
        state = {
            "begun": True,
            "seed": self._seed,
            **{name: torch.from_numpy(getattr(self, f"_{name}").copy()) for name in _COUNTS},
        }
        if keeps_state(self.envs):
            return state | {"envs": self.envs.state_dict()}
        played = np.array(self._played, dtype=np.int32).reshape(-1, self.num_envs)
        return state | {"played": torch.from_numpy(played)}

    def load_state_dict(self, state: Mapping[str, object]) -> None:
        """Go back to where `state_dict` was.

        Raises:
            ValueError: the state is of another number of environments, or these environments do not repeat
                themselves: the same seed and actions led elsewhere.
        """
        self._seen = None
        if not state["begun"]:
            return
        if len(state["seen"]) != self.num_envs:
            raise ValueError(f"state must be of {self.num_envs} environments, got one of {len(state['seen'])}")
        self._begin(state["seed"])
        if keeps_state(self.envs):
            self.envs.load_state_dict(state["envs"])
            self._seen = state["seen"].numpy().copy()
        else:
            for action in state["played"].numpy().astype(np.int64):
                self._step(action, [])
            if not np.array_equal(self._seen, state["seen"].numpy(), equal_nan=self.num_states is None):
                self._seen = None
                raise ValueError("envs must do the same again with the same seed and actions; these went elsewhere")
        for name in _COUNTS:
            setattr(self, f"_{name}", state[name].numpy().copy())


_COUNTS = ("seen", "over", "returns", "lengths")


def check_table(policy: object, num_states: int) -> None:
    """ValueError if the policy says for how many states it was made, and the world has another number of them."""
    rows = getattr(policy, "num_states", None)
    if rows is not None and rows != num_states:
        raise ValueError(
            f"the policy must be made for as many states as its world has: it has {rows}, the world has {num_states}; "
            "make it with world.num_states, or policy_for(world)"
        )


def seed_from(generator: torch.Generator) -> int:
    """A seed for something else, such as the environments' own chance."""
    return int(torch.randint(2**31 - 1, (), generator=generator, device=generator.device))


def even_draws(shape: tuple[int, ...], generator: torch.Generator) -> Float[np.ndarray, "*shape"]:
    """Numbers drawn evenly from [0, 1), in float64."""
    return torch.rand(shape, generator=generator, dtype=torch.float64, device=generator.device).cpu().numpy()


def _rows(time_first: Tensor) -> Tensor:
    """From [T, N, …] to one row for each step, [N·T, 1, …]: all steps of one robot, then all of the next."""
    by_robot = time_first.transpose(0, 1)
    return by_robot.reshape(-1, 1, *time_first.shape[2:])
