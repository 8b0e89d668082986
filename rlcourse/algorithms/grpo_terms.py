"""The terms of GRPO's objective, each a number per action: the push of an advantage, and the price of leaving home.

Most of the family differs from GRPO in one line of this file or in one setting that it reads. How the numbers of a
batch become one is `token_weights`; the bonus for entropy is in `GRPO.loss`.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from rlcourse.algorithms._guards import check_depends, check_returned, copies, without_padding
from rlcourse.algorithms.grpo_config import AGGREGATIONS, GRPOConfig
from rlcourse.algorithms.protocol import Episodes
from rlcourse.equations import clip_fraction, mean_logprobs, surrogate, token_weights


def new_and_old(level: str, logprobs: Tensor, batch: Episodes) -> tuple[Tensor, Tensor]:
    """The log-probabilities whose difference is the log-ratio: [B, T] by "token", [B, 1] by "sequence" (GSPO)."""
    old_logprobs = without_padding(batch.old_logprobs, batch)
    if level == "token":
        return logprobs, old_logprobs
    return mean_logprobs(logprobs, batch.mask), mean_logprobs(old_logprobs, batch.mask)


def push(
    c: GRPOConfig, objective: Callable[..., Tensor], logprobs: Tensor, batch: Episodes, advantages: Tensor
) -> tuple[Tensor, float]:
    """What `objective` makes of each action, [B, T] or [B, 1], to be maximised; and the clip fraction."""
    clip = {"clip_low": c.epsilon, "clip_high": c.epsilon if c.epsilon_high is None else c.epsilon_high}
    new, old = new_and_old(c.importance_sampling_level, logprobs, batch)
    per_action = check_returned("objective", objective(*copies(new, old, advantages[:, None]), **clip), new.shape)
    counted = batch.mask if new.shape == batch.mask.shape else None
    return check_depends("objective", per_action, new), float(clip_fraction(new.detach(), old, mask=counted, **clip))


def leash(
    c: GRPOConfig, kl_fn: Callable[..., Tensor], logprobs: Tensor, ref_logprobs: Tensor, batch: Episodes
) -> tuple[Float[Tensor, "B T"], float]:
    """What `kl_fn` makes of each action, weighted by the ratio if the settings say so; and its mean as it is."""
    divergence = check_returned("kl_fn", kl_fn(*copies(logprobs, ref_logprobs)), logprobs.shape)
    mean = divergence.detach()[batch.mask].mean().item()
    if c.use_bias_correction_kl:  # the ratio is 1 in value on fresh samples, but not in gradient
        new, old = new_and_old(c.importance_sampling_level, logprobs, batch)
        divergence = surrogate(new.expand_as(logprobs), old.expand_as(logprobs), divergence)
    return check_depends("kl_fn", divergence, logprobs), mean


def what_teaches(
    c: GRPOConfig, episodes: Episodes, advantages: Float[Tensor, "B"]
) -> tuple[Episodes, Float[Tensor, "R"], Float[Tensor, "R T"]]:
    """The episodes that have something to say, with their advantages and the weights they have in the whole batch.

    Without a KL term or a bonus an episode whose advantage is 0 has no gradient. It is left out of the forward and
    backward pass, but its actions still count in the average. One that was cut off, where the settings mask it, teaches
    nothing either way; its actions count no more, though it is one of the B episodes still (as in TRL).
    """
    mask = episodes.mask
    if c.mask_truncated_completions:
        mask = mask & ~episodes.truncated[:, None]
    weights = token_weights(mask, mode=AGGREGATIONS[c.loss_type], max_length=c.max_completion_length)
    says = torch.ones_like(advantages, dtype=torch.bool) if c.beta > 0 or c.entropy_coef > 0 else advantages != 0
    rows = (says & mask.any(1)).nonzero()[:, 0]
    return episodes.select(rows), advantages[rows], weights[rows]


def groups_that_differ(episodes: Episodes) -> Episodes:
    """The groups from which something can be learned."""
    rewards = episodes.grouped_rewards
    return episodes.select_groups((rewards != rewards[:, :1]).any(1).nonzero()[:, 0])


def describe(episodes: Episodes) -> dict[str, float]:
    """What the episodes were like, as plain numbers."""
    surprise = -without_padding(episodes.old_logprobs, episodes)
    return {
        "reward": episodes.rewards.mean().item(),
        "reward_std": episodes.rewards.std().item(),
        "entropy": (surprise.sum() / episodes.mask.sum()).item(),
        "length": episodes.mask.sum(1).float().mean().item(),
        "informative_groups": len(groups_that_differ(episodes).grouped_rewards) / len(episodes.grouped_rewards),
    }
