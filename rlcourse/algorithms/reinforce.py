"""REINFORCE (Williams 1992): make what was followed by a high return likelier. One step per rollout, then it is stale.

    L = mean log π_θ(aₜ|sₜ)·(Gₜ − V(sₜ))        Gₜ = rₜ + γ·Gₜ₊₁

L is a surrogate: its gradient, where the policy still is the one that acted, estimates that of the true return. Without
a critic V is 0. With one the gradient is the same on average and far less noisy, which notebook 04 shows.
Gₜ is what really happened, to the end of the episode, so steps whose episode has not ended in the rollout do not count,
which favours short episodes: a world of whole episodes, such as `MazeWorld`, has none of them. An episode cut by a time
limit counts as it stands. Left out: bootstrapping, which is what GAE adds.
"""

from collections.abc import Callable
from dataclasses import replace
from math import inf
from typing import Annotated

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from rlcourse.algorithms._guards import (
    check_can_learn,
    check_config,
    check_depends,
    check_function,
    check_methods,
    check_returned,
    check_separate,
    copies,
    logprobs_of,
    plain_numbers,
    without_padding,
)
from rlcourse.algorithms.critics import fit_critic
from rlcourse.algorithms.judging import check_rollout, describe, expected, in_rows, normalized
from rlcourse.algorithms.protocol import Policy
from rlcourse.algorithms.rollout import Critic, Rollout, StepWorld, collect_steps
from rlcourse.algorithms.settings import Within, refuse_idle, settings
from rlcourse.algorithms.stepping import gradient_step
from rlcourse.equations import discounted_returns, policy_gradient


@settings
class ReinforceConfig:
    """The settings of REINFORCE."""

    gamma: Annotated[float, Within(0, 1, "[]")] = 0.99
    """Discount, 0 to 1; 0.95–0.999 is usual in control, 1 for answers of a language model. It belongs to the task."""
    learning_rate: Annotated[float, Within(0, inf, "()")] = 1e-3
    """Adam's step size for the policy; 1e-3 for small networks, 0.01–0.1 for tables, 1e-4 for the bundled GPT-2. Turn
    it first."""
    value_learning_rate: Annotated[float, Within(0, inf, "()")] = 1e-3
    """Adam's step size for the critic; 1e-3 for networks, 0.01–0.1 for tables. Turn it second. Needs a critic."""
    value_epochs: Annotated[int, Within(1)] = 4
    """How often the critic goes through each rollout; 1–10 is usual. Rarely. Needs a critic."""
    minibatch_size: Annotated[int, Within(1)] = 256
    """Rows per optimiser step of the critic: steps of a `GymnasiumWorld`, else whole episodes or answers. Rarely. Needs
    a critic."""
    normalize_advantages: bool = True
    """Give the advantages of a rollout mean 0 and deviation 1. Without a critic the mean is then a baseline too."""
    max_grad_norm: Annotated[float, Within(0, inf, "(]")] = 1.0
    """The gradient is scaled down to this length if it is longer; 0.5–1 is usual. Leave it."""
    temperature: Annotated[float, Within(1e-6, inf, "[)", "near 0 the policy tries nothing new")] = 1.0
    """Sampling temperature, above 0; 1 is usual. Leave it."""


class Reinforce:
    """One update of REINFORCE, for any policy in any world.

    Args:
        config: The settings.
        advantage_fn: With the signature of `rlcourse.equations.discounted_returns`; what the critic expected is
            taken off afterwards.
        objective: From (logprobs, advantages) to what each action contributes, to be maximised.
        critic: The baseline, trained along; none when None.

    Raises:
        TypeError: An argument is of the wrong kind, or a function cannot be called as it will be.
        ValueError: A setting of the critic's is not at its default, and there is no critic.
    """

    def __init__(
        self,
        config: ReinforceConfig | None = None,
        *,
        advantage_fn: Callable[..., Tensor] = discounted_returns,
        objective: Callable[..., Tensor] = policy_gradient,
        critic: Critic | None = None,
    ):
        self.config = check_config("Reinforce", config, ReinforceConfig)
        check_function("advantage_fn", advantage_fn, "rewards", "done", keywords=("gamma",))
        check_function("objective", objective, "logprobs", "advantages")
        if critic is None:
            values = ("value_learning_rate", "value_epochs", "minibatch_size")
            refuse_idle(self.config, *values, because="there is no critic; Reinforce(config, critic=...) has one")
        else:
            check_methods("critic", critic, Critic)
        self.advantage_fn, self.objective, self.critic = advantage_fn, objective, critic

    def make_optimizer(self, policy: Policy) -> torch.optim.Optimizer:
        """The optimiser whose steps `update` takes, with a learning rate for the policy and one for the critic."""
        check_can_learn("policy", policy)
        groups = [{"params": list(policy.parameters()), "lr": self.config.learning_rate}]
        if self.critic is not None:
            check_separate(policy, self.critic, "Reinforce")
            groups.append({"params": list(self.critic.parameters()), "lr": self.config.value_learning_rate})
        return torch.optim.Adam(groups, fused=True)

    def collect(self, world: StepWorld, policy: Policy, generator: torch.Generator) -> Rollout:
        """The experience for one update."""
        return collect_steps(world, policy, generator, temperature=self.config.temperature)

    def update(self, policy: Policy, optimizer: torch.optim.Optimizer, rollout: Rollout) -> dict[str, float]:
        """One step for the policy; then the critic, if there is one, learns from the same rollout.

        Returns:
            What happened, as plain numbers: reward and length of the episodes that ended, entropy, used (the share of
            the steps whose episode has ended), grad_norm (before it is cut); with a critic, explained_variance
            (before the update) and value_loss. Where no episode has ended nothing is learned, and used is 0.

        Raises:
            TypeError, ValueError: A reward, a value or an advantage is not finite, a function that was passed in
                returns something of another shape. Nothing has been changed then.
            FloatingPointError: The gradient is not finite. The weights are as before; if it is the critic's, the policy
                has made its step.
        """
        check_can_learn("policy", policy)
        check_rollout(rollout)
        sampled = rollout.rows.mask.sum()
        rollout = _ended(rollout)
        used = rollout.rows.mask.sum().item() / sampled.item()
        if used == 0:
            return {"used": 0.0}
        returns = self.advantage_fn(*copies(rollout.rewards, rollout.done), gamma=self.config.gamma)
        returns = check_returned("advantage_fn", returns, rollout.rewards.shape).detach()
        values = torch.zeros_like(returns) if self.critic is None else expected(rollout, self.critic)[0]
        judged = in_rows(rollout, returns - values, values)
        advantages = judged.advantages
        if self.config.normalize_advantages:
            advantages = normalized(advantages, rollout.rows.mask)
        stats = describe(rollout, None if self.critic is None else judged)
        stats["used"] = used
        stats["grad_norm"] = self.step(policy, optimizer, rollout, advantages)
        if self.critic is not None:
            stats["value_loss"] = fit_critic(
                self.critic,
                optimizer,
                rollout.rows,
                judged,
                epochs=self.config.value_epochs,
                minibatch_size=self.config.minibatch_size,
                max_grad_norm=self.config.max_grad_norm,
                seed=rollout.seed,
            )
        return plain_numbers("Reinforce.update", stats)

    def step(self, policy, optimizer, rollout: Rollout, advantages: Float[Tensor, "R K"]) -> float:
        """One step up the policy gradient; returns the gradient's length before it is cut."""
        rows = rollout.rows
        logprobs = logprobs_of(policy, rows, temperature=self.config.temperature)
        per_action = check_returned("objective", self.objective(*copies(logprobs, advantages)), logprobs.shape)
        check_depends("objective", per_action, logprobs)
        loss = -without_padding(per_action, rows).sum() / rows.mask.sum()
        return gradient_step(loss, optimizer, policy.parameters(), self.config.max_grad_norm)


def _ended(rollout: Rollout) -> Rollout:
    """The rollout without the steps whose episode had not ended when it did: their return is not known."""
    # From the last step backwards: has an end been seen yet?
    ends_later: Bool[Tensor, "T N"] = rollout.done.flip(0).cumsum(0).flip(0) > 0
    mask = rollout.rows.mask & rollout.in_rows(ends_later)
    return replace(rollout, rows=replace(rollout.rows, mask=mask))
