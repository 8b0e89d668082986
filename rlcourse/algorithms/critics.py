"""Which critic an algorithm uses, and how it learns.

Left out: value functions of the state and the action (Q), which none of the course's algorithms learn.
"""

from collections.abc import Iterator

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from rlcourse.algorithms._guards import check_returned
from rlcourse.algorithms.judging import Judged
from rlcourse.algorithms.protocol import Episodes, Policy
from rlcourse.algorithms.rollout import Critic
from rlcourse.algorithms.stepping import gradient_step
from rlcourse.equations import value_loss


def critic_of(critic: Critic | None, policy: Policy, algorithm: str) -> Critic:
    """The critic that was given, or the policy itself if it has values too (one body, two heads).

    Raises:
        ValueError: There is neither.
    """
    if critic is not None:
        return critic
    if isinstance(policy, Critic):
        return policy
    raise ValueError(f"{algorithm} needs a critic: {algorithm}(config, critic=...), or a policy with values()")


def all_parameters(policy: Policy, critic: Critic) -> list[torch.nn.Parameter]:
    """The weights of both, each once, in a fixed order."""
    return list({id(weight): weight for weight in (*policy.parameters(), *critic.parameters())}.values())


def minibatches(mask: Bool[Tensor, "R K"], size: int, generator: torch.Generator) -> Iterator[Int[Tensor, "M"]]:
    """All rows in which something happened, each once, in random order, `size` at a time."""
    rows = mask.any(1).nonzero()[:, 0]
    yield from rows[torch.randperm(len(rows), generator=generator, device=generator.device).to(rows.device)].split(size)


def fit_critic(
    critic: Critic,
    optimizer: torch.optim.Optimizer,
    rows: Episodes,
    judged: Judged,
    *,
    epochs: int,
    minibatch_size: int,
    max_grad_norm: float,
    seed: int,
) -> float:
    """Move the values towards the returns, by regression; returns the mean loss of the last time through."""
    generator = torch.Generator().manual_seed(seed)
    weights = list(critic.parameters())
    for _ in range(epochs):
        losses = []
        for picked in minibatches(rows.mask, minibatch_size, generator):
            batch = rows.select(picked)
            values = check_returned("critic.values", critic.values(batch), batch.mask.shape)
            loss = value_loss(values, judged.returns[picked], batch.mask)
            gradient_step(loss, optimizer, weights, max_grad_norm)
            losses.append(loss.item())
    return sum(losses) / len(losses)
