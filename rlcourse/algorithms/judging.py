"""From a rollout to advantages: what each step paid, what the critic had expected, and how much better it went.

    r′ₜ = rₜ − kl_coef·k1(π_old, π_ref)        a price for moving away from a reference (Ouyang et al. 2022)
    Âₜ  = advantage_fn(r′, V)                   generalised advantage estimation, say
    Ĝₜ  = Âₜ + V(sₜ)                            what V(sₜ) should have been

Everything comes back in rows, as the policy reads them, with 0 in the padding. The returns are made from the raw
advantages; normalising is for the policy's loss only.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from rlcourse.algorithms._guards import (
    check_finite,
    check_returned,
    check_sampled,
    copies,
    logprobs_of,
    without_padding,
)
from rlcourse.algorithms.protocol import Policy
from rlcourse.algorithms.rollout import Critic, Rollout
from rlcourse.equations import explained_variance, kl_k1

JUDGED_BY = ("rewards", "values", "next_values", "terminated", "done")
"""What `advantage_fn` is given, besides its settings."""


@dataclass(frozen=True)
class Judged:
    """What a rollout was worth, step by step, in rows; 0 in the padding."""

    advantages: Float[Tensor, "R K"]
    """Âₜ, in the units of the reward."""
    returns: Float[Tensor, "R K"]
    """What the critic should have said."""
    values: Float[Tensor, "R K"]
    """What it did say."""


@torch.no_grad()
def judge(
    rollout: Rollout, critic: Critic, advantage_fn: Callable[..., Tensor], *, gamma: float, gae_lambda: float
) -> Judged:
    """Advantages of every step by `advantage_fn`, which has the signature of `rlcourse.equations.gae`."""
    values, next_values = expected(rollout, critic)
    given = copies(rollout.rewards, values, next_values, rollout.terminated, rollout.done)
    advantages = advantage_fn(*given, gamma=gamma, gae_lambda=gae_lambda)
    advantages = check_returned("advantage_fn", advantages, rollout.rewards.shape).detach()
    return in_rows(rollout, advantages, values)


def in_rows(rollout: Rollout, advantages: Float[Tensor, "T N"], values: Float[Tensor, "T N"]) -> Judged:
    """The advantages and what follows from them, as rows. ValueError if an advantage that counts is not finite."""
    per_row = without_padding(rollout.in_rows(advantages), rollout.rows)
    if not per_row.isfinite().all():
        row, step = (~per_row.isfinite()).nonzero()[0].tolist()
        raise ValueError(f"advantage_fn must return finite advantages, got {per_row[row, step]} in row {row}")
    values = without_padding(rollout.in_rows(values), rollout.rows)
    return Judged(per_row, per_row + values, values)


@torch.no_grad()
def expected(rollout: Rollout, critic: Critic) -> tuple[Float[Tensor, "T N"], Float[Tensor, "T N"]]:
    """V(sₜ) and V(sₜ₊₁) of every step, time first; 0 in the padding."""
    values = rollout.time_first(_values(critic, rollout.rows))
    if rollout.next_rows is None:
        return values, torch.cat([values[1:], torch.zeros_like(values[:1])])
    return values, rollout.time_first(_values(critic, rollout.next_rows))


def _values(critic: Critic, rows) -> Float[Tensor, "R K"]:
    values = without_padding(check_returned("critic.values", critic.values(rows), rows.mask.shape), rows)
    if not values.isfinite().all():
        raise ValueError("critic.values must be finite, got some that are not; was its learning rate too high?")
    return values


@torch.no_grad()
def reference_kl(rollout: Rollout, reference: Policy, *, temperature: float) -> Float[Tensor, "T N"]:
    """k1 of every step, log π_old − log π_ref: what RLHF takes off the reward, kl_coef times."""
    rows = rollout.rows
    ref_logprobs = check_finite(
        "reference.logprobs", logprobs_of(reference, rows, temperature=temperature, name="reference")
    )
    return rollout.time_first(kl_k1(without_padding(rows.old_logprobs, rows), ref_logprobs))


def normalized(advantages: Float[Tensor, "R K"], mask: Tensor) -> Float[Tensor, "R K"]:
    """(Â − mean) / std over the steps that count; unchanged if there is only one, or all are alike."""
    counted = advantages[mask]
    # Measured from the first, so that equal advantages have a deviation of exactly 0.
    spread = (counted - counted[0]).std() if len(counted) > 1 else counted.new_zeros(())
    if spread == 0:
        return advantages
    return torch.where(mask, (advantages - counted.mean()) / (spread + 1e-8), 0.0)


def describe(rollout: Rollout, judged: Judged | None = None) -> dict[str, float]:
    """What happened, as plain numbers: reward and length of the episodes that ended, entropy, explained_variance.

    The entropy is estimated from the actions sampled. There is no reward or length while no episode has ended, and no
    explained variance while all returns are alike.
    """
    rows, stats = rollout.rows, {}
    if len(rollout.episode_returns):
        stats["reward"] = rollout.episode_returns.mean().item()
        stats["length"] = rollout.episode_lengths.mean().item()
    stats["entropy"] = (-without_padding(rows.old_logprobs, rows).sum() / rows.mask.sum()).item()
    if judged is not None:
        explained = explained_variance(judged.values[rows.mask], judged.returns[rows.mask]).item()
        stats |= {"explained_variance": explained} if explained == explained else {}
    return stats


def check_rollout(rollout: Rollout) -> None:
    """ValueError if a reward or an action's log-probability is not finite, or nothing happened at all."""
    if not rollout.rewards.isfinite().all():
        step, robot = (~rollout.rewards.isfinite()).nonzero()[0].tolist()
        raise ValueError(f"rewards must be finite, got {rollout.rewards[step, robot]} at [t, n] = [{step}, {robot}]")
    if not rollout.rows.mask.any():
        raise ValueError("the rollout must hold at least one step, its mask is False everywhere")
    check_sampled(rollout.rows)
