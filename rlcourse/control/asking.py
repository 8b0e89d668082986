"""Asking a policy what it would do, and drawing an action from its answer: the one place where either is done.

    choices_at(policy, seen)        log π(a|s) of every choice for each of B observations
    values_at(critic, seen)         V(s) of each of them
    draw(up_to, chance)             a = the first action with chance < Σ_{a′≤a} π(a′|s)

A policy reads `Episodes`; whoever only wants to know what it would do has none. `choices_at` writes down B questions
of one step each, on the policy's own device and in its own precision, and looks at the answer: a policy that has
another number of choices than its world has actions is refused here, before a step is made. Left out: sampling text,
where each token has to be asked for separately (`rlcourse.language.model.sampling`).
"""

from collections.abc import Mapping
from contextlib import contextmanager
from math import isfinite
from numbers import Real

import numpy as np
import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor

from rlcourse.algorithms.protocol import Episodes, Policy
from rlcourse.algorithms.rollout import Critic
from rlcourse.arguments import describe

COLDEST = 1e-6
"""The lowest temperature but 0: below it a logit over the temperature may be no number any more."""


def home_of(policy: Policy) -> tuple[torch.device, torch.dtype]:
    """The device and the precision of the policy's weights: where and as what a world makes its tensors.

    Raises:
        TypeError: the policy is a class, or cannot be asked.
        ValueError: its weights are on the device "meta", which keeps no numbers.
    """
    if isinstance(policy, type):
        raise TypeError(
            f"policy must be an object, got the class {policy.__name__}: make one, as with rlcourse.control.policy_for"
        )
    if not (hasattr(policy, "logits") or hasattr(policy, "logprobs")):
        raise TypeError(f"policy must have the method logits or logprobs, got {describe(policy)}")
    weights = policy.parameters() if hasattr(policy, "parameters") else ()
    weight = next((weight for weight in weights if weight.is_floating_point()), None)
    if weight is None:
        return torch.device("cpu"), torch.float32
    if weight.is_meta:
        raise ValueError('policy must hold numbers, its weights are on the device "meta": give them some, on "cpu" say')
    return weight.device, weight.dtype


@torch.no_grad()
def choices_at(
    policy: Policy,
    seen: Int[Tensor | np.ndarray, "B"] | Float[Tensor | np.ndarray, "B D"],
    *,
    num_actions: int | None = None,
    temperature: Real = 1.0,
) -> Float[Tensor, "B V"]:
    """The log π(a|s) of every choice for each of B observations, where the policy's weights are, without gradients.

    Args:
        policy: who is asked: by its `logits` if it has some, else by the `logprobs` of each action.
        seen: the numbers of B states, or B rows of D numbers.
        num_actions: V, how many actions the world has; None asks a policy with `logits` for as many as it has.
        temperature: above 0.

    Raises:
        TypeError: the policy cannot be asked, or `seen` is neither whole numbers nor rows of numbers.
        ValueError: the policy does not fit: it has another number of choices, or reads something else; or its
            log-probabilities are not numbers.
    """
    check_temperature(temperature)
    device, dtype = home_of(policy)
    observations = _as_observations(seen, device, dtype)
    with _noting(observations):
        if hasattr(policy, "logits"):
            logprobs = _by_logits(policy, observations, num_actions, temperature)
        elif num_actions is None:
            raise TypeError("num_actions must be given for a policy without logits")
        else:
            logprobs = _by_logprobs(policy, observations, num_actions, temperature)
    if logprobs.isnan().any():
        if not all(tensor.isfinite().all() for tensor in observations.values()):
            raise ValueError("what the environment shows must be finite numbers, it showed NaN or infinity")
        raise ValueError("the policy's log-probabilities are not numbers any more; was its learning rate too high?")
    return logprobs


@torch.no_grad()
def values_at(
    critic: Critic, seen: Int[Tensor | np.ndarray, "B"] | Float[Tensor | np.ndarray, "B D"]
) -> Float[Tensor, "B"]:
    """What a critic expects from each of B observations on, V(s), where its weights are, without gradients.

    Args:
        critic: who is asked, such as a `TabularValue`.
        seen: the numbers of B states, or B rows of D numbers.

    Raises:
        TypeError: the critic has no `values`, or `seen` is neither whole numbers nor rows of numbers.
        ValueError: the critic reads something else.
    """
    if not hasattr(critic, "values"):
        raise TypeError(f"critic must have the method values, got {describe(critic)}")
    weight = next(iter(critic.parameters()), torch.zeros(0))
    observations = _as_observations(seen, weight.device, weight.dtype)
    with _noting(observations):
        rows = next(iter(observations.values()))
        actions = torch.zeros(len(rows), 1, dtype=torch.int64, device=rows.device)
        return critic.values(_questions(observations, actions))[:, 0]


def draw(up_to: Float[np.ndarray, "B V"], chance: Float[np.ndarray, "B"]) -> Int[np.ndarray, "B"]:
    """One action for each row: the first whose chance, with that of all before it, is above an even draw from [0, 1).

    Args:
        up_to: what `cumulative` makes of the probabilities.
        chance: the even draws.
    """
    action = np.zeros(len(up_to), dtype=np.int64)
    for column in up_to.T[:-1]:
        action += chance >= column
    return action


def cumulative(probabilities: Float[np.ndarray, "B V"]) -> Float[np.ndarray, "B V"]:
    """The chance of each action or one before it, in float64; the last is exactly 1, whatever was rounded."""
    up_to = probabilities.cumsum(axis=1, dtype=np.float64)
    return up_to / up_to[:, -1:]


def as_array(tensor: Tensor) -> Float[np.ndarray, "..."]:
    """The tensor's numbers for NumPy, from any device: float32 or float64, as NumPy knows no bfloat16."""
    tensor = tensor.detach().cpu()
    return tensor.numpy() if tensor.dtype in (torch.float32, torch.float64) else tensor.float().numpy()


def act(
    policy: Policy, observation: object, *, greedy: bool = False, generator: torch.Generator | None = None
) -> int | Int[np.ndarray, "B"]:
    """What the policy does on seeing this: one action for one observation, B actions for a batch of them.

    Args:
        policy: a policy of `rlcourse.control`.
        observation: a state's number, or as many numbers as the policy reads; or, with an axis in front, B of them.
            States are counted from 0, as a world counts them, whatever the environment's `Discrete` starts with.
        greedy: the likeliest action instead of one that is drawn.
        generator: where chance comes from; PyTorch's own when None.

    Returns:
        Whole numbers from 0, as Gymnasium's `step` takes them.

    Raises:
        TypeError, ValueError: the observation is not what the policy reads.
    """
    rows, single = _in_rows(observation, policy)
    logprobs = as_array(choices_at(policy, rows))
    if greedy:
        actions = logprobs.argmax(axis=1)
    else:
        device = "cpu" if generator is None else generator.device
        chance = torch.rand(len(logprobs), generator=generator, dtype=torch.float64, device=device)
        actions = draw(cumulative(np.exp(logprobs)), chance.cpu().numpy())
    return int(actions[0]) if single else actions


def check_temperature(temperature: object, *, zero: bool = False) -> None:
    """Raise unless this is a number above 0 that a logit can be divided by; or 0 itself, where that is allowed."""
    if isinstance(temperature, bool) or not isinstance(temperature, Real):
        raise TypeError(f"temperature must be a number, got {describe(temperature)}")
    allowed = "0 or a number above 0" if zero else "a number above 0"
    if not (isfinite(temperature) and (temperature > 0 or (zero and temperature == 0))):
        raise ValueError(f"temperature must be {allowed}, got {describe(temperature)}")
    if 0 < temperature < COLDEST:
        raise ValueError(f"temperature must be {allowed}, not below {COLDEST:g}, got {describe(temperature)}")


def softened(logits: Float[Tensor, "*B V"], temperature: Real) -> Float[Tensor, "*B V"]:
    """softmax(logits / temperature); at temperature 0 all of it on the likeliest choice, the first one of equals."""
    if temperature == 0:
        likeliest = logits.argmax(dim=-1, keepdim=True)
        return torch.zeros_like(logits).scatter_(-1, likeliest, 1.0)
    return torch.softmax((logits - logits.amax(dim=-1, keepdim=True)) / temperature, dim=-1)


def _as_observations(seen: Tensor | np.ndarray, device: torch.device, dtype: torch.dtype) -> dict[str, Tensor]:
    """B questions of one step each, by the names that `GymnasiumWorld` gives them."""
    seen = torch.from_numpy(seen) if isinstance(seen, np.ndarray) else seen
    if isinstance(seen, Tensor) and seen.ndim == 1 and not (seen.is_floating_point() or seen.dtype == torch.bool):
        return {"states": seen.to(device, torch.int64)[:, None]}
    if isinstance(seen, Tensor) and seen.ndim == 2 and seen.is_floating_point():
        return {"observations": seen.to(device, dtype)[:, None]}
    raise TypeError(f"seen must be the numbers of states [B], or rows of numbers [B, D], got {describe(seen)}")


def _questions(observations: Mapping[str, Tensor], actions: Int[Tensor, "B T"]) -> Episodes:
    """Episodes that nobody made: what the policy is asked about, with these actions."""
    nothing = torch.zeros(actions.shape, device=actions.device, dtype=torch.float32)
    return Episodes(
        observations=observations,
        actions=actions,
        mask=torch.ones(actions.shape, device=actions.device, dtype=torch.bool),
        old_logprobs=nothing,
        rewards=nothing[:, 0],
        num_generations=1,
    )


def _by_logits(policy: Policy, observations: Mapping[str, Tensor], num_actions: int | None, temperature: Real):
    states = next(iter(observations.values()))
    actions = torch.zeros(len(states), 1, dtype=torch.int64, device=states.device)
    logits = policy.logits(_questions(observations, actions), temperature=temperature)
    if not isinstance(logits, Tensor) or logits.shape[:-1] != actions.shape:
        got = list(logits.shape) if isinstance(logits, Tensor) else describe(logits)
        raise ValueError(f"the policy's logits must have the shape {[*actions.shape, 'V']}, got {got}")
    if num_actions is not None and logits.shape[-1] != num_actions:
        raise ValueError(_other_choices(policy, logits.shape[-1], num_actions))
    return logits[:, 0].log_softmax(-1)


def _by_logprobs(policy: Policy, observations: Mapping[str, Tensor], num_actions: int, temperature: Real):
    """Asked as if each observation were an episode in which every action is taken once."""
    asked = {name: rows.expand(-1, num_actions, *rows.shape[2:]) for name, rows in observations.items()}
    count, device = len(next(iter(asked.values()))), next(iter(asked.values())).device
    actions = torch.arange(num_actions, device=device).expand(count, num_actions)
    logprobs = policy.logprobs(_questions(asked, actions), temperature=temperature)
    totals = logprobs.exp().sum(dim=-1).nan_to_num(1.0)
    worst = float(totals[(totals - 1).abs().argmax()])
    if abs(worst - 1) > 0.01:
        raise ValueError(
            f"the policy's chances of this world's {num_actions} actions must add up to 1, they add up to {worst:.3g}; "
            "does it have as many choices?"
        )
    return logprobs


def _other_choices(policy: Policy, choices: int, num_actions: int) -> str:
    kind = type(policy).__name__
    if kind == "TabularPolicy":
        inputs = "world.num_states"
    else:
        inputs = "…" if getattr(policy, "num_inputs", None) is None else "world.num_inputs"
    return (
        f"the policy must have as many choices as its world has actions: it has {choices}, the world has "
        f"{num_actions}; write {kind}({inputs}, world.num_actions), or policy_for(world)"
    )


@contextmanager
def _noting(observations: Mapping[str, Tensor]):
    """Say what a policy was asked, if it cannot answer: the error may come from somebody else's code."""
    name, rows = next(iter(observations.items()))
    try:
        yield
    except KeyError as error:
        raise ValueError(f'the policy reads {error}, this world shows only "{name}"') from error
    except Exception as error:
        error.add_note(f'The policy was asked about observations["{name}"] of the shape {list(rows.shape)}.')
        raise


def _in_rows(observation: object, policy: Policy) -> tuple[Shaped[np.ndarray, "..."], bool]:
    """The observation with an axis in front, and whether it had none."""
    seen = observation.detach().cpu().numpy() if isinstance(observation, Tensor) else np.asarray(observation)
    wanted = getattr(policy, "num_inputs", None)
    if wanted is None:
        if seen.ndim > 1 or not np.issubdtype(seen.dtype, np.integer):
            raise TypeError(f"observation must be a state's number, or several [B], got {describe(observation)}")
        return np.atleast_1d(seen), seen.ndim == 0
    if seen.dtype == object or seen.dtype.kind not in "fiub":
        raise TypeError(f"observation must be {wanted} numbers, or rows of as many, got {describe(observation)}")
    seen = seen.astype(np.float64 if seen.dtype == np.float64 else np.float32)
    if seen.ndim > 1 and seen[:1].size == wanted:
        return seen.reshape(len(seen), wanted), False
    if seen.size == wanted:
        return seen.reshape(1, wanted), True
    raise ValueError(f"observation must be {wanted} numbers, or rows of as many, got the shape {list(seen.shape)}")
