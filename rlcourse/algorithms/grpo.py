"""Group Relative Policy Optimisation (Shao et al. 2024, DeepSeekMath), and the family behind its options.

From each starting point the policy runs G episodes. An episode is good if it did better than its group:

    Âᵢ = (rᵢ − mean r) / std r
    L  = 1/G Σᵢ 1/|oᵢ| Σₜ { min(ρₜÂᵢ, clip(ρₜ, 1 − ε, 1 + ε)Âᵢ) − β·k3(π_θ, π_ref) },   ρₜ = π_θ/π_old

That is for one starting point; the mean over all of them is maximised, as a surrogate of the true return. (The paper
writes J for L, and r for the ratio too; here r is a reward.) There is no value function: the group's mean is the
baseline. The words of the configuration are TRL's. Left out here: minibatches within a batch of episodes.
"""

from collections.abc import Callable
from math import inf
from typing import Annotated

import torch
from jaxtyping import Float
from torch import Tensor

from rlcourse.algorithms._guards import (
    check_can_learn,
    check_config,
    check_copy,
    check_depends,
    check_finite,
    check_function,
    check_methods,
    check_returned,
    check_sampled,
    copies,
    logprobs_of,
    name_of,
    plain_numbers,
    takes_keyword,
    without_padding,
)
from rlcourse.algorithms.protocol import Episodes, Policy, World, join
from rlcourse.algorithms.settings import OneOf, Within, refuse_idle, settings
from rlcourse.algorithms.stepping import gradient_step
from rlcourse.equations import clip_fraction, clipped_surrogate, group_advantages, kl_k3, surrogate, token_weights

AGGREGATIONS = {"grpo": "sequence-mean", "dapo": "token-mean", "dr_grpo": "constant"}
"""What each `loss_type` is called in `rlcourse.equations.aggregate`."""


@settings
class GRPOConfig:
    """The settings of GRPO and its family. Field names follow TRL's `GRPOConfig`."""

    num_generations: Annotated[int, Within(2, because="one episode has no group to be compared with")] = 8
    """G, episodes per starting point, at least 2; 8–64 is usual. Turn it second: more is steadier and dearer."""
    temperature: Annotated[float, Within(1e-6, inf, "[)", "near 0 every episode of a group is the same")] = 1.0
    """Sampling temperature, above 0: at 0 all answers of a group agree; 0.7–1.2 is usual. Rarely."""
    learning_rate: Annotated[float, Within(0, inf, "()")] = 1e-4
    """AdamW's step size; 1e-4 suits the bundled GPT-2, 0.01–0.1 a table, 1e-6 billions of weights. Turn it first."""
    num_iterations: Annotated[int, Within(1)] = 1
    """μ, optimiser steps on each batch of episodes; 1–4 is usual. With 1 the ratio is 1 and nothing is clipped."""
    epsilon: Annotated[float, Within(0, 1)] = 0.2
    """How far the ratio may fall below 1 before it stops paying; 0.1–0.3 is usual. Rarely; idle at ratio 1."""
    epsilon_high: Annotated[float | None, Within(0)] = None
    """How far the ratio may rise above 1 before it stops paying; None means `epsilon`. DAPO uses 0.28. Rarely."""
    beta: Annotated[float, Within(0)] = 0.0
    """Weight of the KL term; the paper has 0.04, later recipes 0. Above 0 it needs a reference. Turn it third."""
    use_bias_correction_kl: bool = False
    """Weight the KL term by the ratio: its gradient is then that of KL(π_θ‖π_ref) of each choice, given the text before
    it (DeepSeek-V3.2). True in TRL. Leave it."""
    loss_type: Annotated[str, OneOf(*AGGREGATIONS)] = "grpo"
    """How tokens are averaged: "grpo" by episode, "dapo" over all tokens, "dr_grpo" by a constant. Rarely."""
    scale_rewards: Annotated[str, OneOf("group", "batch", "none")] = "group"
    """What the centred rewards are divided by: the "group"'s std, the "batch"'s std, or "none". Rarely."""
    importance_sampling_level: Annotated[str, OneOf("token", "sequence")] = "token"
    """One ratio per "token", or per "sequence" as in GSPO. Leave it."""
    dynamic_sampling: bool = False
    """Replace groups whose rewards are all alike, from which nothing can be learned, by fresh ones (DAPO). Rarely."""
    max_sampling_rounds: Annotated[int, Within(1)] = 4
    """How often `dynamic_sampling` samples for one update at most; 3–10 is usual. Leave it."""
    max_completion_length: Annotated[int | None, Within(1)] = None
    """The constant of "dr_grpo", in tokens or steps; how long an answer may get is the world's business."""
    max_grad_norm: Annotated[float, Within(0, inf, "(]")] = 1.0
    """The gradient is scaled down to this length if it is longer; 0.5–1 is usual. Leave it."""
    weight_decay: Annotated[float, Within(0)] = 0.0
    """AdamW's weight decay; 0–0.1 is usual. Leave it."""

    def __post_init__(self):
        if self.loss_type == "dr_grpo" and self.max_completion_length is None:
            raise ValueError("max_completion_length must be at least 1 when loss_type is dr_grpo, got None")
        if self.loss_type != "dr_grpo":
            refuse_idle(
                self, "max_completion_length", because='only loss_type="dr_grpo" divides by it; the world cuts answers'
            )
        if not self.dynamic_sampling:
            refuse_idle(self, "max_sampling_rounds", because="dynamic_sampling is False")
        if self.beta == 0:
            refuse_idle(self, "use_bias_correction_kl", because="beta is 0, so there is no KL term")


class GRPO:
    """One update of GRPO, for any policy in any world.

    Args:
        config: The settings.
        advantage_fn: From grouped rewards [P, G] to advantages [P, G]; called with `scale=config.scale_rewards` too if
            that is not "group", so that a function of one's own need not know of it.
        objective: From (logprobs, old_logprobs, advantages) to what each action contributes, to be maximised;
            called with `clip_low` and `clip_high`.
        kl_fn: From (logprobs, ref_logprobs) to a penalty per action.
        reference: The policy to stay close to, a frozen copy; needed when `config.beta` is above 0. Where that is 0,
            the KL to it is measured all the same.

    Raises:
        TypeError: An argument is of the wrong kind, or a function cannot be called as it will be.
        ValueError: `config.beta` is above 0 and there is no reference; `scale_rewards` is not "group" and advantage_fn
            takes no `scale`; or a kl_fn is given that nothing would ask.
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
        self.config = check_config("GRPO", config, GRPOConfig)
        check_function("advantage_fn", advantage_fn, "rewards")
        given = ("logprobs", "old_logprobs", "advantages")
        check_function("objective", objective, *given, keywords=("clip_low", "clip_high"))
        check_function("kl_fn", kl_fn, "logprobs", "ref_logprobs")
        if not takes_keyword(advantage_fn, "rewards", keyword="scale"):
            refuse_idle(self.config, "scale_rewards", because=f"advantage_fn {name_of(advantage_fn)} takes no `scale`")
        if reference is not None:
            check_methods("reference", reference, Policy)
        elif self.config.beta > 0:
            raise ValueError(f"beta={self.config.beta} needs a reference policy: GRPO(config, reference=...)")
        elif kl_fn is not kl_k3:
            raise ValueError(f"kl_fn {name_of(kl_fn)} could not act: beta is 0, and there is no reference to measure")
        self.advantage_fn, self.objective, self.kl_fn, self.reference = advantage_fn, objective, kl_fn, reference

    def make_optimizer(self, policy: Policy) -> torch.optim.Optimizer:
        """The optimiser whose steps `update` takes."""
        check_can_learn("policy", policy)
        check_copy(policy, self.reference)
        c = self.config
        return torch.optim.AdamW(policy.parameters(), lr=c.learning_rate, weight_decay=c.weight_decay, fused=True)

    def collect(self, world: World, policy: Policy, generator: torch.Generator) -> Episodes:
        """The experience for one update: G episodes from each of the world's next starting points.

        With `dynamic_sampling` (DAPO, Yu et al. 2025, §3.2) only groups whose rewards differ are kept, and the world
        is asked again until there are as many of them as it gives at once, or `max_sampling_rounds` is reached.

        Raises:
            TypeError: The world cannot begin several episodes at the same place.
        """
        c = self.config
        if not isinstance(world, World):
            raise TypeError(f"GRPO compares episodes from one place: world must have sample_groups(), got {world!r}")
        how = {"num_generations": c.num_generations, "temperature": c.temperature, "generator": generator}
        episodes = world.sample_groups(policy, **how)
        if not c.dynamic_sampling:
            return episodes
        wanted, kept = len(episodes.grouped_rewards), [_groups_that_differ(episodes)]
        for _ in range(c.max_sampling_rounds - 1):
            if sum(len(part.grouped_rewards) for part in kept) >= wanted:
                break
            kept.append(_groups_that_differ(world.sample_groups(policy, **how)))
        first = torch.arange(wanted, device=episodes.rewards.device)
        return join(kept).select_groups(first) if any(len(k.rewards) for k in kept) else episodes

    def update(self, policy: Policy, optimizer: torch.optim.Optimizer, episodes: Episodes) -> dict[str, float]:
        """Make what did better than its group likelier: `num_iterations` steps on one batch.

        Returns:
            What happened, as plain numbers: reward and reward_std of all episodes, entropy (estimated from the
            sampled actions), length, informative_groups (the share of groups whose rewards differ); with dynamic
            sampling all these are of the groups kept, so measure the policy itself by `evaluate`. And of the last
            iteration clip_fraction, kl (to the reference, if there is one) and grad_norm (before it is cut).

        Raises:
            TypeError, ValueError: A reward or an advantage is not finite, a function that was passed in returns
                something of another shape, an episode is longer than `max_completion_length`, or the reference
                shares the policy's weights. Nothing has been changed then.
            FloatingPointError: The gradient is not finite. The weights are as before that iteration.
        """
        self._check(policy, episodes)
        advantages = self._advantages(episodes.grouped_rewards)
        stats = _describe(episodes)
        if self.config.beta == 0 and self.reference is not None:
            stats["kl"] = self._sampled_kl(episodes)
        batch, advantages, weights = self._informative(episodes, advantages.reshape(-1))
        if len(advantages) == 0:
            return plain_numbers("GRPO.update", stats | {"clip_fraction": 0.0, "grad_norm": 0.0})
        ref_logprobs = self._reference_logprobs(batch)
        for _ in range(self.config.num_iterations):
            logprobs = logprobs_of(policy, batch, temperature=self.config.temperature)
            loss, measured = self.loss(logprobs, ref_logprobs, batch, advantages, weights)
            norm = gradient_step(loss, optimizer, policy.parameters(), self.config.max_grad_norm)
        return plain_numbers("GRPO.update", stats | measured | {"grad_norm": norm})

    def _check(self, policy: Policy, episodes: Episodes) -> None:
        check_can_learn("policy", policy)
        longest, limit = episodes.mask.shape[1], self.config.max_completion_length
        if not episodes.rewards.isfinite().all():
            row = int((~episodes.rewards.isfinite()).nonzero()[0])
            raise ValueError(f"rewards must be finite, got {episodes.rewards[row]} for episode {row}")
        if self.config.loss_type == "dr_grpo" and longest > limit:
            raise ValueError(f"max_completion_length must be at least the longest episode's {longest}, got {limit}")
        check_sampled(episodes)
        check_copy(policy, self.reference)

    def _advantages(self, rewards: Float[Tensor, "P G"]) -> Float[Tensor, "P G"]:
        c = self.config
        scale = {} if c.scale_rewards == "group" else {"scale": c.scale_rewards}
        advantages = self.advantage_fn(*copies(rewards), **scale)
        advantages = check_returned("advantage_fn", advantages, rewards.shape).detach()
        if not advantages.isfinite().all():
            group = int((~advantages.isfinite()).any(1).nonzero()[0])
            raise ValueError(
                f"advantage_fn must return finite advantages, got {advantages[group].tolist()} "
                f"for the rewards {rewards[group].tolist()}; is a group divided by a standard deviation of 0?"
            )
        return advantages

    def _informative(self, episodes: Episodes, advantages: Float[Tensor, "B"]):
        """The episodes that have something to say, with the weights they have in the whole batch.

        Without a KL term an episode whose advantage is 0 has no gradient. It is left out of the forward and
        backward pass, but its actions still count in the average.
        """
        c = self.config
        weights = token_weights(episodes.mask, mode=AGGREGATIONS[c.loss_type], max_length=c.max_completion_length)
        if c.beta > 0:
            return episodes, advantages, weights
        rows = advantages.nonzero()[:, 0]
        batch = episodes.select(rows)
        return batch, advantages[rows], weights[rows]

    @torch.no_grad()
    def _reference_logprobs(self, batch: Episodes) -> Tensor | None:
        if self.config.beta == 0:
            return None
        return self._asked(batch)

    def _asked(self, batch: Episodes) -> Float[Tensor, "B T"]:
        """The reference's log-probabilities, 0 in the padding."""
        logprobs = logprobs_of(self.reference, batch, temperature=self.config.temperature, name="reference")
        return check_finite("reference.logprobs", logprobs)

    @torch.no_grad()
    def _sampled_kl(self, episodes: Episodes) -> float:
        """The mean of `kl_fn` over all actions, between the policy that sampled them and the reference."""
        given = (without_padding(episodes.old_logprobs, episodes), self._asked(episodes))
        divergence = check_returned("kl_fn", self.kl_fn(*given), episodes.mask.shape)
        return divergence[episodes.mask].mean().item()

    def loss(self, logprobs, ref_logprobs, batch: Episodes, advantages, weights) -> tuple[Tensor, dict[str, float]]:
        """−L, and what was measured on the way."""
        c = self.config
        clip = {"clip_low": c.epsilon, "clip_high": c.epsilon if c.epsilon_high is None else c.epsilon_high}
        old_logprobs, counted = without_padding(batch.old_logprobs, batch), batch.mask
        new = logprobs
        if c.importance_sampling_level == "sequence":
            # The mean log-ratio of an episode is the log of GSPO's length-normalised ratio (Zheng et al. 2025).
            lengths = batch.mask.sum(1, keepdim=True)
            new, old_logprobs = logprobs.sum(1, keepdim=True) / lengths, old_logprobs.sum(1, keepdim=True) / lengths
            counted = None
        per_action = self.objective(*copies(new, old_logprobs, advantages[:, None]), **clip)  # [B, T] or [B, 1]
        per_action = check_depends("objective", check_returned("objective", per_action, new.shape), new)
        measured = {"clip_fraction": float(clip_fraction(new.detach(), old_logprobs, mask=counted, **clip))}
        if ref_logprobs is not None:
            divergence = check_returned("kl_fn", self.kl_fn(*copies(logprobs, ref_logprobs)), logprobs.shape)
            measured["kl"] = divergence.detach()[batch.mask].mean().item()
            if c.use_bias_correction_kl:  # the ratio is 1 in value on fresh samples, but not in gradient
                divergence = surrogate(logprobs, without_padding(batch.old_logprobs, batch), divergence)
            check_depends("kl_fn", divergence, logprobs)
            per_action = per_action - c.beta * divergence
        return -(per_action * weights).sum(), measured


def _groups_that_differ(episodes: Episodes) -> Episodes:
    """The groups from which something can be learned."""
    rewards = episodes.grouped_rewards
    return episodes.select_groups((rewards != rewards[:, :1]).any(1).nonzero()[:, 0])


def _describe(episodes: Episodes) -> dict[str, float]:
    surprise = -without_padding(episodes.old_logprobs, episodes)
    return {
        "reward": episodes.rewards.mean().item(),
        "reward_std": episodes.rewards.std().item(),
        "entropy": (surprise.sum() / episodes.mask.sum()).item(),
        "length": episodes.mask.sum(1).float().mean().item(),
        "informative_groups": len(_groups_that_differ(episodes).grouped_rewards) / len(episodes.grouped_rewards),
    }
