"""Gymnasium's vector environments: made from a name, and refused by name where our worlds cannot use them.

What is refused can often be had with one of Gymnasium's own wrappers; then the message says which. Left out:
continuous actions, and observations that no wrapper turns into a row of numbers.
"""

from collections.abc import Mapping

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete, Tuple
from gymnasium.vector import AutoresetMode, VectorEnv

from rlcourse.arguments import check_integer, describe

USUAL = 8
"""How many environments there are when only a name is given."""
MOST_ENVS = 100_000
"""More than this are a typing error, and would be made one by one for hours."""

FLATTEN = "gymnasium.make_vec(name, num_envs=8, wrappers=[gymnasium.wrappers.FlattenObservation])"


def vector_env(envs: VectorEnv | str, num_envs: int | None, arguments: Mapping[str, object]) -> VectorEnv:
    """The environments themselves: those given, or `num_envs` new ones of that name, made with these arguments.

    Raises:
        TypeError, ValueError: it is neither, or `num_envs` or arguments are given for one that is made already.
    """
    if isinstance(envs, str):
        count = USUAL if num_envs is None else num_envs
        check_integer("num_envs", count, 1)
        if count > MOST_ENVS:
            raise ValueError(f"num_envs must be at most {MOST_ENVS:,}, got {count}")
        return gymnasium.make_vec(envs, num_envs=count, **arguments)
    if isinstance(envs, gymnasium.Env):
        name = f'"{envs.spec.id}"' if envs.spec is not None else "make_one"
        many = f"gymnasium.make_vec({name}, num_envs=8)" if envs.spec is not None else _SEVERAL
        raise TypeError(f"envs must be a vector environment, got the single one {describe(envs)}; make {many}")
    if not isinstance(envs, VectorEnv):
        raise TypeError(
            f"envs must be a vector environment or the name of one, got {describe(envs)}; "
            f'make gymnasium.make_vec("CartPole-v1", num_envs=8), or {_SEVERAL}'
        )
    given = ["num_envs"] * (num_envs is not None) + list(arguments)
    if given:
        raise ValueError(f"{given[0]} is only for a name; the environment that was given has {envs.num_envs} already")
    return envs


_SEVERAL = "gymnasium.vector.SyncVectorEnv([make_one] * 8), where make_one() returns a new environment"


def check_spaces(envs: VectorEnv) -> tuple[Discrete, Discrete | Box]:
    """The spaces of one environment's actions and observations; ValueError if our worlds cannot use them."""
    actions, sight = envs.single_action_space, envs.single_observation_space
    if not isinstance(actions, Discrete):
        raise ValueError(f"envs must have Discrete actions, got {actions}{_advice(actions)}")
    if not isinstance(sight, Discrete | Box):
        raise ValueError(
            f"envs must have Discrete or Box observations, got {sight}; to get one row of numbers: {FLATTEN}"
        )
    if isinstance(sight, Box) and sight.dtype == np.uint8 and len(sight.shape) > 1:
        raise ValueError(
            f"envs must not show pictures of whole numbers, got {sight}: a network of ours reads numbers around 0. "
            "Give make_vec two wrappers, [lambda env: gymnasium.wrappers.RescaleObservation(gymnasium.wrappers."
            "DtypeObservation(env, numpy.float32), 0, 1), gymnasium.wrappers.FlattenObservation]"
        )
    return actions, sight


def _advice(actions: gymnasium.Space) -> str:
    if isinstance(actions, MultiDiscrete | MultiBinary | Tuple | Dict):
        return "; gymnasium.wrappers.TransformAction can number the combinations"
    return "; gymnasium.wrappers.TransformAction can let a number choose one of a few" if _is_box(actions) else ""


def _is_box(space: gymnasium.Space) -> bool:
    return isinstance(space, Box)


def autoreset_mode(envs: VectorEnv) -> AutoresetMode:
    """When an environment whose episode has ended starts over: with the next step, or within the same one."""
    mode = envs.metadata.get("autoreset_mode")
    if mode not in (AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP):
        raise ValueError(f'envs.metadata["autoreset_mode"] must be NEXT_STEP or SAME_STEP, got {mode!r}')
    return mode


def keeps_state(envs: VectorEnv) -> bool:
    """Whether the environments can write down where they are, as our mazes do."""
    return hasattr(envs, "state_dict") and hasattr(envs, "load_state_dict")


def time_limit_of(envs: VectorEnv) -> int | None:
    """How many steps an episode may have, as far as the environments say."""
    inside = getattr(envs.unwrapped, "envs", None)
    for one in (envs, *(inside[:1] if isinstance(inside, list | tuple) else ())):
        limit = getattr(getattr(one, "spec", None), "max_episode_steps", None) or getattr(one, "max_steps", None)
        if limit is not None:
            return int(limit)
    return None
