"""Any Gymnasium vector environment as a world of steps: our maze, CartPole, or what the learner brings.

    world = GymnasiumWorld("CartPole-v1", num_envs=8, steps=128)
    world = GymnasiumWorld(MazeVectorEnv(64, size=8), steps=32)

A call of `rollout` makes T steps with each of N environments and goes on, at the next call, where it stopped; an
episode may span several rollouts. Two things are easily got wrong here, and both are settled in `_step`:

- A time limit is not an end of the world. Such a step is `done` but not `terminated`, and `next_observations` holds
  what was really seen last, not the first sight of the next episode.
- With Gymnasium's default, NEXT_STEP, the step after the end of an episode is none: its action is ignored, and it
  leads from the old episode's last state to the new one's first. Such steps are masked out.

Left out: continuous actions, observations that are dictionaries or sequences, and scaling of observations.
"""

from collections.abc import Callable, Mapping
from math import isfinite
from numbers import Real

import gymnasium
import numpy as np
import torch
from gymnasium.spaces import Box, Discrete
from gymnasium.vector import AutoresetMode, VectorEnv
from jaxtyping import Float, Int
from torch import Tensor

from rlcourse.algorithms.protocol import Episodes
from rlcourse.algorithms.rollout import ChoicePolicy, Rollout
from rlcourse.arguments import check_integer

Seen = Int[np.ndarray, "N"] | Float[np.ndarray, "N D"]
Look = Callable[[Seen], tuple[Float[np.ndarray, "N V"], Float[np.ndarray, "N V"]]]
"""From what is seen to log π(a|s) and to the chance of each action or one before it."""


class GymnasiumWorld:
    """T steps at a time of N environments with discrete actions.

    Policies read `observations["states"]` [R, 1] where the environment's observation is `Discrete`, and
    `observations["observations"]` [R, 1, D] where it is a `Box`, flattened to D numbers.

    Args:
        envs: a vector environment, or the name of a registered one.
        steps: T, how many steps each environment makes in one rollout. 16–2,048 is usual.
        num_envs: N; only where `envs` is a name. 8 when None.

    Raises:
        TypeError, ValueError: an argument is of the wrong kind or out of range, the environment's actions are not
            `Discrete`, its observations are neither `Discrete` nor `Box`, or it does not start over by itself.
    """

    def __init__(self, envs: VectorEnv | str, *, steps: int, num_envs: int | None = None) -> None:
        check_integer("steps", steps, 1)
        self.envs, self.steps = _vector_env(envs, num_envs), steps
        self.num_envs = self.envs.num_envs
        self._next_step = _autoreset_mode(self.envs) is AutoresetMode.NEXT_STEP
        actions, sight = self.envs.single_action_space, self.envs.single_observation_space
        if not isinstance(actions, Discrete):
            raise ValueError(f"envs must have Discrete actions, got {actions}")
        if not isinstance(sight, Discrete | Box):
            raise ValueError(f"envs must have Discrete or Box observations, got {sight}")
        self.num_actions, self._first_action = int(actions.n), int(actions.start)
        self.num_states = int(sight.n) if isinstance(sight, Discrete) else None
        """S, how many states there are; None where the observation is a Box."""
        self.num_inputs = int(np.prod(sight.shape)) if isinstance(sight, Box) else None
        """D, how many numbers are seen; None where the observation is Discrete."""
        self._first_state = int(sight.start) if isinstance(sight, Discrete) else 0
        self._seen: np.ndarray | None = None  # what each environment shows now; None before the first rollout

    def rollout(self, policy: ChoicePolicy, *, temperature: Real = 1.0, generator: torch.Generator) -> Rollout:
        """The next T steps of all N environments, N·T rows of one step each.

        If it is interrupted, the next rollout begins with new episodes.

        Args:
            policy: who acts.
            temperature: above 0; 1 acts as the policy says, less is bolder, more is wilder.
            generator: where the actions' chance comes from and, at the first call, the seed of the environments.
        """
        if not (isfinite(temperature) and temperature > 0):
            raise ValueError(f"temperature must be a number above 0, got {temperature}")
        if self._seen is None:
            self._begin(int(torch.randint(2**31 - 1, (), generator=generator)))
        chance = torch.rand(self.steps, self.num_envs, generator=generator, dtype=torch.float64).numpy()
        look, steps, ended = self._eyes(policy, temperature), [], []
        try:
            for drawn in chance:
                seen = self._seen
                logprobs, up_to = look(seen)
                action = (drawn[:, None] >= up_to[:, :-1]).sum(axis=1)  # [N]
                steps.append((seen, action, logprobs[np.arange(self.num_envs), action], *self._step(action, ended)))
        except BaseException:
            self._seen = None  # somewhere within a step: where the environments are now is not known
            raise
        return self._rollout(steps, ended, seed=int(torch.randint(2**31 - 1, (), generator=generator)))

    def _begin(self, seed: int) -> None:
        """New episodes everywhere."""
        everyone = self.num_envs
        self._seed, self._played = seed, []
        self._seen = self._numbers(self.envs.reset(seed=seed)[0])
        self._over = np.zeros(everyone, dtype=bool)  # where the next step is none, because NEXT_STEP starts over
        self._returns, self._lengths = np.zeros(everyone), np.zeros(everyone)

    def _step(self, action: Int[np.ndarray, "N"], ended: list) -> tuple[np.ndarray, ...]:
        """One step: mask, reward, terminated, done [N], and what was seen after it; notes the episodes that ended."""
        if not _keeps_state(self.envs):
            self._played.append(action.astype(np.int16))
        shown, reward, terminated, truncated, info = self.envs.step(action + self._first_action)
        real = ~self._over
        reward, terminated = np.where(real, reward, 0.0), terminated & real
        finished = (terminated | truncated) & real
        now = after = self._numbers(shown)
        if not self._next_step and finished.any():
            after = now.copy()
            after[finished] = self._numbers(np.stack(info["final_obs"][finished]))
        self._returns += reward
        self._lengths += real
        if finished.any():
            ended.append((self._returns[finished], self._lengths[finished]))
            self._returns[finished], self._lengths[finished] = 0.0, 0.0
        self._seen, self._over = now, finished & self._next_step
        return real, reward, terminated, finished | ~real, after

    def _numbers(self, shown: np.ndarray) -> Seen:
        """An observation in our own terms: states from 0, or a row of float32 for each environment. Always a copy."""
        if self.num_states is not None:
            return np.array(shown, dtype=np.int64) - self._first_state
        return np.array(shown, dtype=np.float32).reshape(len(shown), -1)

    def _eyes(self, policy: ChoicePolicy, temperature: Real) -> Look:
        """How the policy looks at what is seen. Of states it is asked once, about all of them; then it is looked up."""
        if self.num_states is None:
            return lambda seen: _choices(policy, {"observations": torch.from_numpy(seen)[:, None]}, temperature)
        everything = torch.arange(self.num_states)[:, None]
        table, up_to = _choices(policy, {"states": everything}, temperature)  # [S, V]
        return lambda states: (table.take(states, axis=0), up_to.take(states, axis=0))

    def _rollout(self, steps: list[tuple], ended: list[tuple], seed: int) -> Rollout:
        """The steps as rows, robot after robot, and as tensors [T, N]."""
        seen, actions, logprobs, mask, rewards, terminated, done, after = (
            np.stack(column) for column in zip(*steps, strict=True)
        )
        mask = torch.from_numpy(mask)
        rewards = torch.from_numpy(rewards.astype(np.float32))
        rows = Episodes(
            observations=self._observations(seen),
            actions=_rows(torch.from_numpy(actions)) * _rows(mask),
            mask=_rows(mask),
            old_logprobs=_rows(torch.from_numpy(logprobs)) * _rows(mask),
            rewards=_rows(rewards)[:, 0],
            num_generations=1,
        )
        returns, lengths = (
            np.concatenate([[], *column]) for column in (zip(*ended, strict=True) if ended else ((), ()))
        )
        return Rollout(
            rows=rows,
            rewards=rewards,
            terminated=torch.from_numpy(terminated),
            done=torch.from_numpy(done),
            next_observations=self._observations(after),
            episode_returns=torch.from_numpy(returns.astype(np.float32)),
            episode_lengths=torch.from_numpy(lengths.astype(np.float32)),
            seed=seed,
        )

    def _observations(self, seen: np.ndarray) -> dict[str, Tensor]:
        return {"states" if self.num_states is not None else "observations": _rows(torch.from_numpy(seen))}

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
        if _keeps_state(self.envs):
            return state | {"envs": self.envs.state_dict()}
        played = np.array(self._played, dtype=np.int16).reshape(-1, self.num_envs)
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
        if _keeps_state(self.envs):
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


def episode_returns(
    policy: ChoicePolicy, envs: VectorEnv | str, *, num_envs: int | None = None, greedy: bool = False, seed: int = 0
) -> Float[np.ndarray, "N"]:
    """The undiscounted return of one whole episode in each of N environments: how good is a policy that stops learning?

    One each, so that short episodes are not counted more often than long ones.

    Args:
        policy: who acts.
        envs: a vector environment with a time limit, or the name of a registered one.
        num_envs: N; only where `envs` is a name. 100 is usual.
        greedy: always take the likeliest action, instead of drawing one.
        seed: decides the environments' starts and the actions drawn.
    """
    world = GymnasiumWorld(envs, steps=1, num_envs=num_envs)
    generator = torch.Generator().manual_seed(seed)
    world._begin(int(torch.randint(2**31 - 1, (), generator=generator)))
    look, returns = world._eyes(policy, 1.0), np.zeros(world.num_envs)
    under_way = np.ones(world.num_envs, dtype=bool)
    while under_way.any():
        logprobs, up_to = look(world._seen)
        drawn = torch.rand(world.num_envs, 1, generator=generator, dtype=torch.float64).numpy()
        action = logprobs.argmax(axis=1) if greedy else (drawn >= up_to[:, :-1]).sum(axis=1)
        _, reward, _, done, _ = world._step(action, [])
        returns += reward * under_way
        under_way &= ~done
    return returns


_COUNTS = ("seen", "over", "returns", "lengths")


def _vector_env(envs: VectorEnv | str, num_envs: int | None) -> VectorEnv:
    if isinstance(envs, str):
        check_integer("num_envs", 8 if num_envs is None else num_envs, 1)
        return gymnasium.make_vec(envs, num_envs=8 if num_envs is None else num_envs)
    if not isinstance(envs, VectorEnv):
        raise TypeError(f"envs must be a vector environment or the name of one, got {envs!r}")
    if num_envs is not None:
        raise ValueError(f"num_envs is only for a name; the environment that was given has {envs.num_envs}")
    return envs


def _autoreset_mode(envs: VectorEnv) -> AutoresetMode:
    mode = envs.metadata.get("autoreset_mode")
    if mode not in (AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP):
        raise ValueError(f'envs.metadata["autoreset_mode"] must be NEXT_STEP or SAME_STEP, got {mode!r}')
    return mode


def _keeps_state(envs: VectorEnv) -> bool:
    return hasattr(envs, "state_dict") and hasattr(envs, "load_state_dict")


@torch.no_grad()
def _choices(
    policy: ChoicePolicy, observations: Mapping[str, Tensor], temperature: Real
) -> tuple[Float[np.ndarray, "B V"], Float[np.ndarray, "B V"]]:
    """Log π(a|s) for each of B observations, and the chance of each action or one before it."""
    count = len(next(iter(observations.values())))
    asked = Episodes(
        observations=observations,
        actions=torch.zeros(count, 1, dtype=torch.int64),
        mask=torch.ones(count, 1, dtype=torch.bool),
        old_logprobs=torch.zeros(count, 1),
        rewards=torch.zeros(count),
        num_generations=1,
    )
    logprobs = policy.logits(asked, temperature=temperature)[:, 0].log_softmax(-1).numpy()  # [B, V]
    if np.isnan(logprobs).any():
        raise ValueError("the policy's log-probabilities are not numbers any more; was its learning rate too high?")
    up_to = np.exp(logprobs, dtype=np.float64).cumsum(axis=1)
    return logprobs, up_to / up_to[:, -1:]


def _rows(time_first: Tensor) -> Tensor:
    """From [T, N, …] to one row for each step, [N·T, 1, …]: all steps of one robot, then all of the next."""
    by_robot = time_first.transpose(0, 1)
    return by_robot.reshape(-1, 1, *time_first.shape[2:])
