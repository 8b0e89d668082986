"""How good is a policy that has stopped learning? Whole episodes of a Gymnasium environment, one in each of N."""

import numpy as np
import torch
from gymnasium.vector import VectorEnv
from jaxtyping import Float

from rlcourse.algorithms.protocol import Policy
from rlcourse.arguments import check_integer
from rlcourse.control.asking import draw
from rlcourse.control.environments import time_limit_of
from rlcourse.control.gymnasium_world import GymnasiumWorld, even_draws, seed_from

PATIENCE = 10_000
"""After as many steps an episode counts as endless, where neither the environment nor the caller has a time limit."""


def episode_returns(
    policy: Policy,
    envs: VectorEnv | str,
    *,
    num_envs: int | None = None,
    greedy: bool = False,
    seed: int = 0,
    max_steps: int | None = None,
    **arguments: object,
) -> Float[np.ndarray, "N"]:
    """The undiscounted return of one whole episode in each of N environments.

    One each, so that short episodes are not counted more often than long ones. Drawn and likeliest actions can do
    very differently: a policy that dithers may balance well on average, and a greedy one run into a wall for ever.

    Args:
        policy: who acts.
        envs: a vector environment, or the name of a registered one.
        num_envs: N; only where `envs` is a name. 100 is usual.
        greedy: always take the likeliest action, instead of drawing one.
        seed: decides the environments' starts and the actions drawn.
        max_steps: after as many steps an episode ends here, with what it has earned so far. None leaves it to the
            environment's own time limit.
        arguments: for `gymnasium.make_vec`, as in `GymnasiumWorld`.

    Raises:
        ValueError: there is no `max_steps`, and an episode did not end within the environment's time limit, or
            within 10,000 steps where it has none, as CliffWalking. And what `GymnasiumWorld` refuses.
    """
    world = GymnasiumWorld(envs, steps=1, num_envs=num_envs, **arguments)
    if max_steps is not None:
        check_integer("max_steps", max_steps, 1)
    choices, returns = world._choices(policy, 1.0), np.zeros(world.num_envs)
    generator = torch.Generator().manual_seed(seed)
    world._begin(seed_from(generator))
    under_way = np.ones(world.num_envs, dtype=bool)
    for _ in range(max_steps or time_limit_of(world.envs) or PATIENCE):
        logprobs, up_to = choices(world._seen)
        chance = even_draws((world.num_envs,), generator)
        action = logprobs.argmax(axis=1) if greedy else draw(up_to, chance)
        _, reward, _, done, _ = world._step(action, [])
        returns += reward * under_way
        under_way &= ~done
        if not under_way.any():
            return returns
    if max_steps is None:
        raise ValueError(
            f"max_steps must be given, such as max_steps=200: {under_way.sum()} of {world.num_envs} episodes had not "
            f"ended after {time_limit_of(world.envs) or PATIENCE:,} steps"
        )
    return returns
