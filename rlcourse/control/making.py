"""The policy and the value function that a world asks for: made for it, or loaded from where they were saved.

policy, critic = policy_for(world), value_for(world)     tables for states, small networks for numbers
policy.save("pole"); load_policy("pole")                 the same policy again
"""

from collections.abc import Sequence
from pathlib import Path

import torch

from rlcourse.arguments import describe
from rlcourse.control.keeping import FEATURES, read
from rlcourse.control.networks import NetworkPolicy, NetworkValue
from rlcourse.control.policy import TabularPolicy, TabularValue

WIDTHS = (64, 64)


def policy_for(world: object, *, hidden: Sequence[int] = WIDTHS, seed: int = 0) -> TabularPolicy | NetworkPolicy:
    """A fresh policy that fits: a table where the world shows the number of a state, else a small network.

    Args:
        world: with `num_states`, `num_inputs` and `num_actions`, such as a `GymnasiumWorld` or a `MazeWorld`.
        hidden: the width of each hidden layer of a network; a table has none.
        seed: decides a network's first weights; a table begins with zeros.
    """
    _check_world(world)
    if world.num_states is not None:
        return TabularPolicy(world.num_states, world.num_actions)
    return NetworkPolicy(world.num_inputs, world.num_actions, hidden=hidden, seed=seed)


def value_for(world: object, *, hidden: Sequence[int] = WIDTHS, seed: int = 1) -> TabularValue | NetworkValue:
    """A fresh value function that fits, as `policy_for`."""
    _check_world(world)
    if world.num_states is not None:
        return TabularValue(world.num_states)
    return NetworkValue(world.num_inputs, hidden=hidden, seed=seed)


def load_policy(folder: str | Path) -> TabularPolicy | NetworkPolicy:
    """The policy that `save` wrote, on the CPU, in the precision it had.

    Raises:
        FileNotFoundError: nothing was saved in the folder.
        ValueError: it is damaged, or no policy of a step world.
    """
    return _load(folder, TabularPolicy, NetworkPolicy)


def load_value(folder: str | Path) -> TabularValue | NetworkValue:
    """The value function that `save` wrote, as `load_policy` does."""
    return _load(folder, TabularValue, NetworkValue)


def _load(folder: str | Path, *kinds: type) -> torch.nn.Module:
    name, made_with, tensors = read(folder)
    kind = next((kind for kind in kinds if kind.__name__ == name), None)
    if kind is None:
        raise ValueError(f"{folder} must hold one of {', '.join(k.__name__ for k in kinds)}, it holds {name}")
    try:
        if FEATURES in tensors:
            made_with["inputs"] = tensors.pop(FEATURES)
        model = kind(**made_with)
        model.to(next(iter(tensors.values())).dtype).load_state_dict(tensors)
    except (TypeError, ValueError, RuntimeError, StopIteration) as error:
        raise ValueError(f"the {name} in {folder} is damaged ({error})") from error
    return model


def _check_world(world: object) -> None:
    if isinstance(world, type) or not all(hasattr(world, n) for n in ("num_states", "num_inputs", "num_actions")):
        raise TypeError(
            f"world must show states or numbers, as a GymnasiumWorld or a MazeWorld does, got {describe(world)}"
        )
