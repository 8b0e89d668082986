"""Group Relative Policy Optimisation (Shao et al. 2024, DeepSeekMath), and the family behind its options.

From each starting point the policy runs G episodes. An episode is good if it did better than its group:

    Âᵢ = (rᵢ − mean r) / std r
    J  = 1/G Σᵢ 1/|oᵢ| Σₜ { min(rₜÂᵢ, clip(rₜ, 1 − ε, 1 + ε)Âᵢ) − β·k3(π_θ, π_ref) },   rₜ = π_θ/π_old

There is no value function: the group's mean is the baseline. The words of the configuration are TRL's. Left out
here: minibatches within a batch of episodes and dynamic sampling.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from rlcourse.algorithms.protocol import Episodes, Policy, World
from rlcourse.equations import clip_fraction, clipped_surrogate, group_advantages, kl_k3, token_weights

_AGGREGATIONS = {"grpo": "sequence-mean", "dapo": "token-mean", "dr_grpo": "constant"}


@dataclass(frozen=True)
class GRPOConfig:
    """The settings of GRPO. Field names follow TRL's `GRPOConfig`."""

    num_generations: int = 8
    """G, episodes per starting point; 8–64 is usual, at least 2."""
    temperature: float = 1.0
    """Sampling temperature; 0.7–1.2 is usual. It must be above 0: at 0 all answers of a group agree."""
    learning_rate: float = 1.5e-4
    """AdamW's step size; 1e-4 to 2e-4 suits the bundled GPT-2, 1e-6 billions of weights."""
    num_iterations: int = 1
    """μ, optimiser steps on each batch of episodes; 1–4 is usual. With 1 the ratio is 1 and nothing is clipped."""
    epsilon: float = 0.2
    """How far the ratio may fall below 1 before it stops paying; 0.1–0.3 is usual."""
    epsilon_high: float | None = None
    """How far the ratio may rise above 1 before it stops paying; None means `epsilon`. DAPO uses 0.28."""
    beta: float = 0.0
    """Weight of the KL term; the paper uses 0.04, many later recipes 0. Above 0 it needs a reference policy."""
    loss_type: str = "grpo"
    """How tokens are averaged: "grpo" by episode, "dapo" over all tokens, "dr_grpo" by a constant."""
    scale_rewards: str = "group"
    """What the centred rewards are divided by: the "group"'s std, the "batch"'s std, or "none"."""
    importance_sampling_level: str = "token"
    """One ratio per "token", or per "sequence" as in GSPO."""
    max_completion_length: int | None = None
    """The constant of "dr_grpo", in tokens or steps."""
    max_grad_norm: float = 1.0
    """The gradient is scaled down to this length if it is longer; 0.5–1 is usual."""
    weight_decay: float = 0.0
    """AdamW's weight decay; 0–0.1 is usual."""

    def __post_init__(self):
        _check_config(self)


class GRPO:
    """One update of GRPO, for any policy in any world.

    Args:
        config: The settings.
        advantage_fn: From grouped rewards [P, G] to advantages [P, G]; called with `scale=config.scale_rewards`.
        objective: From (logprobs, old_logprobs, advantages) to what each action contributes, to be maximised;
            called with `clip_low` and `clip_high`.
        kl_fn: From (logprobs, ref_logprobs) to a penalty per action.
        reference: The policy to stay close to; needed when `config.beta` is above 0.

    Raises:
        ValueError: `config.beta` is above 0 and there is no reference.
    """

    def __init__(
        self,
        config: GRPOConfig | None = None,
        *,
        advantage_fn: Callable[..., Tensor] = group_advantages,
        objective: Callable[..., Tensor] = clipped_surrogate,
        kl_fn: Callable[[Tensor, Tensor], Tensor] = kl_k3,
        reference: Policy | None = None,
    ):
        self.config = config or GRPOConfig()
        if self.config.beta > 0 and reference is None:
            raise ValueError(f"beta={self.config.beta} needs a reference policy: GRPO(config, reference=...)")
        self.advantage_fn, self.objective, self.kl_fn, self.reference = advantage_fn, objective, kl_fn, reference

    def make_optimizer(self, policy: Policy) -> torch.optim.Optimizer:
        """The optimiser whose steps `update` takes."""
        c = self.config
        return torch.optim.AdamW(policy.parameters(), lr=c.learning_rate, weight_decay=c.weight_decay)

    def collect(self, world: World, policy: Policy, generator: torch.Generator) -> Episodes:
        """The experience for one update: G episodes from each of the world's next starting points."""
        c = self.config
        return world.sample_groups(
            policy, num_generations=c.num_generations, temperature=c.temperature, generator=generator
        )

    def update(self, policy: Policy, optimizer: torch.optim.Optimizer, episodes: Episodes) -> dict[str, float]:
        """Make what did better than its group likelier: `num_iterations` steps on one batch.

        Returns:
            What happened, as plain numbers: reward and reward_std, entropy (estimated from the sampled actions),
            length, informative_groups (the share of groups whose rewards differ), clip_fraction, kl (to the
            reference, if there is one), grad_norm.
        """
        rewards = episodes.grouped_rewards
        advantages = self.advantage_fn(rewards, scale=self.config.scale_rewards).detach()
        stats = _describe(episodes, advantages)
        batch, advantages, weights = self._informative(episodes, advantages.reshape(-1))
        if len(advantages) == 0:
            return stats | {"clip_fraction": 0.0, "grad_norm": 0.0}
        ref_logprobs = self._reference_logprobs(batch)
        for _ in range(self.config.num_iterations):
            logprobs = _without_padding(policy.logprobs(batch, temperature=self.config.temperature), batch)
            loss, measured = self._loss(logprobs, ref_logprobs, batch, advantages, weights)
            optimizer.zero_grad()
            loss.backward()
            norm = torch.nn.utils.clip_grad_norm_(policy.parameters(), self.config.max_grad_norm)
            optimizer.step()
        return stats | measured | {"grad_norm": norm.item()}

    def _informative(self, episodes: Episodes, advantages: Float[Tensor, "B"]):
        """The episodes that have something to say, with the weights they have in the whole batch.

        Without a KL term an episode whose advantage is 0 has no gradient. It is left out of the forward and
        backward pass, but its actions still count in the average.
        """
        c = self.config
        weights = token_weights(episodes.mask, mode=_AGGREGATIONS[c.loss_type], max_length=c.max_completion_length)
        if c.beta > 0:
            return episodes, advantages, weights
        rows = advantages.nonzero()[:, 0]
        batch = episodes.select(rows)
        return batch, advantages[rows], weights[rows]

    @torch.no_grad()
    def _reference_logprobs(self, batch: Episodes) -> Tensor | None:
        if self.config.beta == 0:
            return None
        return _without_padding(self.reference.logprobs(batch, temperature=self.config.temperature), batch)

    def _loss(self, logprobs, ref_logprobs, batch: Episodes, advantages, weights) -> tuple[Tensor, dict[str, float]]:
        """−J, and what was measured on the way."""
        c = self.config
        clip = {"clip_low": c.epsilon, "clip_high": c.epsilon if c.epsilon_high is None else c.epsilon_high}
        old_logprobs, counted = _without_padding(batch.old_logprobs, batch), batch.mask
        new = logprobs
        if c.importance_sampling_level == "sequence":
            # The mean log-ratio of an episode is the log of GSPO's length-normalised ratio (Zheng et al. 2025).
            lengths = batch.mask.sum(1, keepdim=True)
            new, old_logprobs = logprobs.sum(1, keepdim=True) / lengths, old_logprobs.sum(1, keepdim=True) / lengths
            counted = None
        per_action = self.objective(new, old_logprobs, advantages[:, None], **clip)  # [B, T] or [B, 1]
        measured = {"clip_fraction": float(clip_fraction(new.detach(), old_logprobs, mask=counted, **clip))}
        if ref_logprobs is not None:
            divergence = self.kl_fn(logprobs, ref_logprobs)
            measured["kl"] = divergence.detach()[batch.mask].mean().item()
            per_action = per_action - c.beta * divergence
        return -(per_action * weights).sum(), measured


def _without_padding(logprobs: Float[Tensor, "B T"], batch: Episodes) -> Float[Tensor, "B T"]:
    """0 in the padding, so that nothing standing there, not even a NaN, reaches a sum or a gradient."""
    return torch.where(batch.mask, logprobs, 0.0)


def _describe(episodes: Episodes, advantages: Float[Tensor, "P G"]) -> dict[str, float]:
    surprise = -_without_padding(episodes.old_logprobs, episodes)
    return {
        "reward": episodes.rewards.mean().item(),
        "reward_std": episodes.rewards.std().item(),
        "entropy": (surprise.sum() / episodes.mask.sum()).item(),
        "length": episodes.mask.sum(1).float().mean().item(),
        "informative_groups": (advantages != 0).any(1).float().mean().item(),
    }


def _check_config(c: GRPOConfig) -> None:
    """Raise ValueError for the first setting out of its range."""
    ranges = {
        "num_generations": (c.num_generations >= 2, "at least 2: one episode has no group to be compared with"),
        "temperature": (0 < c.temperature < float("inf"), "above 0: at 0 every episode of a group is the same"),
        "learning_rate": (0 < c.learning_rate < float("inf"), "above 0"),
        "num_iterations": (c.num_iterations >= 1, "at least 1"),
        "epsilon": (0 <= c.epsilon < 1, "in [0, 1)"),
        "epsilon_high": (c.epsilon_high is None or 0 <= c.epsilon_high < float("inf"), "None or at least 0"),
        "beta": (0 <= c.beta < float("inf"), "at least 0"),
        "loss_type": (c.loss_type in _AGGREGATIONS, f"one of {', '.join(_AGGREGATIONS)}"),
        "scale_rewards": (c.scale_rewards in ("group", "batch", "none"), "group, batch or none"),
        "importance_sampling_level": (c.importance_sampling_level in ("token", "sequence"), "token or sequence"),
        "max_completion_length": (
            c.loss_type != "dr_grpo" or (c.max_completion_length or 0) >= 1,
            "at least 1 when loss_type is dr_grpo",
        ),
        "max_grad_norm": (c.max_grad_norm > 0, "above 0"),
        "weight_decay": (0 <= c.weight_decay < float("inf"), "at least 0"),
    }
    for name, (fine, allowed) in ranges.items():
        if not fine:
            raise ValueError(f"{name} must be {allowed}, got {getattr(c, name)!r}")
