"""Group Relative Policy Optimisation (Shao et al. 2024, DeepSeekMath), and the family behind its options.

From each starting point the policy runs G episodes. An episode is good if it did better than its group:

    Âᵢ = (rᵢ − mean r) / std r
    L  = 1/G Σᵢ 1/|oᵢ| Σₜ { min(ρₜÂᵢ, clip(ρₜ, 1 − ε, 1 + ε)Âᵢ) − β·k3(π_θ, π_ref) },   ρₜ = π_θ/π_old

That is for one starting point; the mean over all of them is maximised, as a surrogate of the true return. (The paper
writes J for L.) There is no value function: the group's mean is the
baseline. The settings stand in `grpo_config`, the terms of L in `grpo_terms`. Left out here: minibatches within a
batch of episodes.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from rlcourse.algorithms._guards import (
    check_can_learn,
    check_config,
    check_copy,
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
from rlcourse.algorithms.choosing import check_choices, logprobs_and_entropy
from rlcourse.algorithms.grpo_config import GRPOConfig
from rlcourse.algorithms.grpo_terms import describe, groups_that_differ, leash, push, what_teaches
from rlcourse.algorithms.protocol import Episodes, Policy, World, join
from rlcourse.algorithms.settings import refuse_idle
from rlcourse.algorithms.stepping import gradient_step
from rlcourse.equations import clipped_surrogate, group_advantages, kl_k3


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
        check_choices(policy, c.entropy_coef)
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
        wanted, kept = len(episodes.grouped_rewards), [groups_that_differ(episodes)]
        for _ in range(c.max_sampling_rounds - 1):
            if sum(len(part.grouped_rewards) for part in kept) >= wanted:
                break
            kept.append(groups_that_differ(world.sample_groups(policy, **how)))
        first = torch.arange(wanted, device=episodes.rewards.device)
        return join(kept).select_groups(first) if any(len(k.rewards) for k in kept) else episodes

    def update(self, policy: Policy, optimizer: torch.optim.Optimizer, episodes: Episodes) -> dict[str, float]:
        """Make what did better than its group likelier: `num_iterations` steps on one batch.

        Returns:
            What happened, as plain numbers: reward and reward_std of all episodes, entropy (estimated from the
            sampled actions), length, informative_groups (the share of groups whose rewards differ), and truncated
            (the share of answers that were cut off) where these are masked; with dynamic sampling all these are of
            the groups kept, so measure the policy itself by `evaluate`. And of the last iteration, measured before its
            step, clip_fraction, kl (to the reference, if there is one) and grad_norm (before it is cut).

        Raises:
            TypeError, ValueError: A reward or an advantage is not finite, a function that was passed in returns
                something of another shape, an episode is longer than `max_completion_length`, the world does not
                say which were cut off although these are masked, or the reference shares the policy's weights.
                Nothing has been changed then.
            FloatingPointError: The gradient is not finite. The weights are as before that iteration.
        """
        self._check(policy, episodes)
        c, advantages = self.config, self._advantages(episodes.grouped_rewards)
        stats = describe(episodes)
        if c.mask_truncated_completions:
            stats["truncated"] = episodes.truncated.float().mean().item()
        if c.beta == 0 and self.reference is not None:
            stats["kl"] = self._sampled_kl(episodes)
        batch, advantages, weights = what_teaches(c, episodes, advantages.reshape(-1))
        if len(advantages) == 0:
            return plain_numbers("GRPO.update", stats | {"clip_fraction": 0.0, "grad_norm": 0.0})
        ref_logprobs = self._reference_logprobs(batch)
        how = {"temperature": c.temperature, "entropy_coef": c.entropy_coef}
        for _ in range(c.num_iterations):
            logprobs, entropy = logprobs_and_entropy(policy, batch, **how)
            loss, measured = self.loss(logprobs, ref_logprobs, batch, advantages, weights, entropy)
            norm = gradient_step(loss, optimizer, policy.parameters(), c.max_grad_norm)
        return plain_numbers("GRPO.update", stats | measured | {"grad_norm": norm})

    def _check(self, policy: Policy, episodes: Episodes) -> None:
        check_can_learn("policy", policy)
        longest, limit = episodes.mask.shape[1], self.config.max_completion_length
        if not episodes.rewards.isfinite().all():
            row = int((~episodes.rewards.isfinite()).nonzero()[0])
            raise ValueError(f"rewards must be finite, got {episodes.rewards[row]} for episode {row}")
        if self.config.loss_type == "dr_grpo" and longest > limit:
            raise ValueError(f"max_completion_length must be at least the longest episode's {longest}, got {limit}")
        if self.config.mask_truncated_completions and episodes.truncated is None:
            raise ValueError(
                "mask_truncated_completions=True could not act: this world does not say which episodes were truncated"
            )
        check_sampled(episodes)
        check_copy(policy, self.reference)
        check_choices(policy, self.config.entropy_coef)

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

    def loss(
        self, logprobs, ref_logprobs, batch: Episodes, advantages, weights, entropy=None
    ) -> tuple[Float[Tensor, ""], dict[str, float]]:
        """−L, and what was measured on the way."""
        c = self.config
        per_action, outside = push(c, self.objective, logprobs, batch, advantages)  # [B, T], or [B, 1] by sequence
        measured = {"clip_fraction": outside}
        if ref_logprobs is not None:
            divergence, measured["kl"] = leash(c, self.kl_fn, logprobs, ref_logprobs, batch)
            per_action = per_action - c.beta * divergence
        loss = -(per_action * weights).sum()
        if entropy is not None:
            loss = loss - c.entropy_coef * entropy.sum() / batch.mask.sum()
        return loss, measured
