"""Proximal Policy Optimisation (Schulman et al. 2017): several steps on one rollout, and a clip that stops paying.

    L = mean min( ρₜÂₜ, clip(ρₜ, 1 − ε, 1 + ε)Âₜ ) − value_coef·½(V − Ĝ)² + entropy_coef·H,   ρₜ = π_θ/π_old

Where TRPO forbids a step that changes the policy too much, PPO takes away the reason for it: a ratio beyond the clip
gains nothing more. It may get there all the same, by the push of other samples, so this is no limit. L is a surrogate,
maximised in place of the true return. (The paper writes r for the ratio; here r is a reward.) With a reference and a
`kl_coef` this is RLHF's PPO (Ouyang et al. 2022): each token pays for its k1, and the score stands on the last token.

Details, and why: advantages are normalised over the rollout, so that one learning rate suits all reward scales;
returns come from the raw ones. Adam's ε is 1e-5, as in OpenAI's code. The KL that stops an epoch early is k3 with
samples of the old policy, never negative. Left out: the adaptive KL penalty of the paper's §4, and learning-rate
schedules.
"""

from collections.abc import Callable
from dataclasses import replace
from math import inf
from typing import Annotated

import torch
from jaxtyping import Float, Int
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
    copies,
    handed_to,
    is_ours,
    plain_numbers,
    without_padding,
)
from rlcourse.algorithms.choosing import check_choices, logprobs_and_entropy
from rlcourse.algorithms.critics import all_parameters, critic_of, minibatches
from rlcourse.algorithms.judging import JUDGED_BY, Judged, check_rollout, describe, judge, normalized, reference_kl
from rlcourse.algorithms.protocol import Episodes, Policy
from rlcourse.algorithms.rollout import Critic, Rollout, StepWorld, collect_steps
from rlcourse.algorithms.settings import Within, refuse_idle, settings
from rlcourse.algorithms.stepping import gradient_step
from rlcourse.equations import clipped_surrogate, gae, ppo_gauges, value_loss

PATIENCE = 1.5
"""How many times `target_kl` the policy may move before an update stops (as in OpenAI's Spinning Up)."""


@settings
class PPOConfig:
    """The settings of PPO.

    The defaults are for small networks on the classic control tasks and a short budget: on CartPole they reach 475 of
    500 within 50,000 steps (8 environments, 128 steps a rollout). A table wants a learning rate of 0.01–0.1 and larger
    minibatches; a language model one of 1e-4 or less, and few epochs.
    """

    gamma: Annotated[float, Within(0, 1, "[]")] = 0.99
    """Discount, 0 to 1; 0.95–0.999 is usual in control, 1 for answers of a language model. It belongs to the task."""
    gae_lambda: Annotated[float, Within(0, 1, "[]")] = 0.95
    """λ of the advantage estimate, 0 (trust the critic) to 1 (only what happened); 0.9–0.98 is usual. Rarely."""
    clip_range: Annotated[float, Within(0, 1)] = 0.2
    """ε, how far the ratio may leave 1 before it stops paying, 0 to 1; 0.1–0.3 is usual. Rarely."""
    value_clip_range: Annotated[float | None, Within(0, inf, "[]")] = None
    """How far a value may leave its old one before the critic's loss stops paying; None for no limit. Leave it."""
    epochs: Annotated[int, Within(1)] = 4
    """How often each rollout is gone through; 3–10 is usual. Turn it second: more learns more from the same steps, and
    moves further from the policy that made them."""
    minibatch_size: Annotated[int, Within(1)] = 64
    """Rows per optimiser step: steps of a `GymnasiumWorld`, 64–1024, else whole episodes or answers, 32–256. Turn it
    third: 64 learns most from few steps, 512 and more is quickest by the clock."""
    learning_rate: Annotated[float, Within(0, inf, "()")] = 1e-3
    """Adam's step size; 3e-4 to 1e-3 for small networks, 0.01–0.1 for tables, 1e-4 for the bundled GPT-2. Turn it
    first; 3e-4 is the steadier one where there is time."""
    value_learning_rate: Annotated[float | None, Within(0, inf, "()")] = None
    """The critic's own step size, 1–10 times the other; None means the same. Rarely. Needs a critic of its own."""
    value_coef: Annotated[float, Within(0)] = 0.5
    """Weight of the critic's loss; 0.5–1 is usual, and 0.1 where policy and critic share a body. Rarely."""
    entropy_coef: Annotated[float, Within(0)] = 0.0
    """Weight of the entropy bonus, which keeps a policy from deciding too early; 0–0.03. Turn it when it gets stuck."""
    kl_coef: Annotated[float, Within(0)] = 0.0
    """Price per nat of leaving the reference, off the reward; 0.01–0.2 is usual in RLHF: turn it first there."""
    max_grad_norm: Annotated[float, Within(0, inf, "(]")] = 0.5
    """The gradient, of policy and critic together, is scaled down to this length if longer; 0.5–1. Leave it."""
    target_kl: Annotated[float | None, Within(0, inf, "(]")] = None
    """Stop going through a rollout once the policy has moved 1.5 times this far; 0.01–0.05, or None for never. A brake,
    not a limit: nothing is undone. Rarely."""
    normalize_advantages: bool = True
    """Give the advantages of a rollout mean 0 and deviation 1 before the policy learns from them. Leave it."""
    temperature: Annotated[float, Within(1e-6, inf, "[)", "near 0 the policy tries nothing new")] = 1.0
    """Sampling temperature, above 0; 1 is usual. Leave it."""

    def __post_init__(self):
        if self.value_coef == 0:
            because = "value_coef is 0, so the critic learns nothing"
            refuse_idle(self, "value_clip_range", "value_learning_rate", because=because)


class PPO:
    """One update of PPO, for any policy in any world.

    Args:
        config: The settings.
        advantage_fn: With the signature of `rlcourse.equations.gae`.
        objective: From (logprobs, old_logprobs, advantages) to what each action contributes, to be maximised;
            called with `clip_low` and `clip_high`.
        value_loss_fn: With the signature of `rlcourse.equations.value_loss`: from (values, returns, mask) to the
            critic's loss; called with `old_values` and `clip_range`.
        gauges: With the signature of `rlcourse.equations.ppo_gauges`: from (logprobs, old_logprobs, mask) to the KL
            that `target_kl` is compared with, and the clip fraction; called with `clip_range`.
        critic: The value function, trained along; the policy itself when None, if it has `values()`.
        reference: The policy to stay close to, a frozen copy; needed when `config.kl_coef` is above 0. Where that is 0,
            the KL to it is measured all the same, and costs nothing.
        rewards_fn: With the signature of `rlcourse.equations.token_rewards`: what each token is paid, where each row is
            an answer with one score. If None, the same price is taken off whatever the world has paid for each step.

    Raises:
        TypeError: An argument is of the wrong kind, or a function cannot be called as it will be.
        ValueError: `config.kl_coef` is above 0, or there is a `rewards_fn`, and there is no reference; or
            `value_learning_rate` is set and there is no critic with weights of its own.
    """

    def __init__(
        self,
        config: PPOConfig | None = None,
        *,
        advantage_fn: Callable[..., Tensor] = gae,
        objective: Callable[..., Tensor] = clipped_surrogate,
        value_loss_fn: Callable[..., Tensor] = value_loss,
        gauges: Callable[..., tuple[Tensor, Tensor] | Tensor] = ppo_gauges,
        critic: Critic | None = None,
        reference: Policy | None = None,
        rewards_fn: Callable[..., Tensor] | None = None,
    ):
        self.config = check_config("PPO", config, PPOConfig)
        check_function("advantage_fn", advantage_fn, *JUDGED_BY, keywords=("gamma", "gae_lambda"))
        given = ("logprobs", "old_logprobs", "advantages")
        check_function("objective", objective, *given, keywords=("clip_low", "clip_high"))
        check_function(
            "value_loss_fn", value_loss_fn, "values", "returns", "mask", keywords=("old_values", "clip_range")
        )
        check_function("gauges", gauges, "logprobs", "old_logprobs", "mask", keywords=("clip_range",))
        if rewards_fn is not None:
            check_function(
                "rewards_fn", rewards_fn, "scores", "logprobs", "ref_logprobs", "mask", keywords=("kl_coef",)
            )
        for name, model, kind in (("critic", critic, Critic), ("reference", reference, Policy)):
            if model is not None:
                check_methods(name, model, kind)
        if critic is None:
            refuse_idle(self.config, "value_learning_rate", because="without critic=... the policy is its own critic")
        if self.config.kl_coef > 0 and reference is None:
            raise ValueError(f"kl_coef={self.config.kl_coef} needs a reference policy: PPO(config, reference=...)")
        if rewards_fn is not None and reference is None:
            raise ValueError("rewards_fn needs a reference policy: PPO(config, reference=..., rewards_fn=...)")
        self.advantage_fn, self.objective, self.gauges = advantage_fn, objective, gauges
        self.value_loss_fn = value_loss_fn
        self.critic, self.reference, self.rewards_fn = critic, reference, rewards_fn

    def make_optimizer(self, policy: Policy) -> torch.optim.Optimizer:
        """The optimiser whose steps `update` takes, over the weights of policy and critic."""
        check_can_learn("policy", policy)
        check_copy(policy, self.reference)
        c, critic = self.config, critic_of(self.critic, policy, "PPO")
        check_choices(policy, c.entropy_coef)
        value_learning_rate = c.learning_rate if c.value_learning_rate is None else c.value_learning_rate
        mine = list(policy.parameters())
        rest = all_parameters(policy, critic)[len(mine) :]  # the critic's weights that are not the policy's too
        if not rest:
            refuse_idle(c, "value_learning_rate", because="the critic has no weights that are not the policy's")
        groups = [{"params": mine}, {"params": rest, "lr": value_learning_rate}]
        return torch.optim.Adam(groups[: 2 if rest else 1], lr=c.learning_rate, eps=1e-5, fused=True)

    def collect(self, world: StepWorld, policy: Policy, generator: torch.Generator) -> Rollout:
        """The experience for one update."""
        return collect_steps(world, policy, generator, temperature=self.config.temperature)

    def update(self, policy: Policy, optimizer: torch.optim.Optimizer, rollout: Rollout) -> dict[str, float]:
        """Go through the rollout `epochs` times, in minibatches.

        Returns:
            What happened, as plain numbers: reward and length of the episodes that ended, entropy,
            explained_variance (before the update), kl (to the reference, if there is one); and of the last epoch
            clip_fraction, approx_kl (how far the policy had moved), value_loss and grad_norm (before it is cut), means
            over its minibatches, each measured before its own step: the last steps are not in them, and the update
            ends further away. Where `target_kl` ended the update, these are of the minibatch that ended it, and
            there is no grad_norm.

        Raises:
            TypeError, ValueError: A reward, a value or an advantage is not finite, a function that was passed in
                returns something of another shape, or the reference shares the policy's weights. Nothing has
                been changed then.
            FloatingPointError: The gradient is not finite. The weights are as before that minibatch.
        """
        check_can_learn("policy", policy)
        check_rollout(rollout)
        check_copy(policy, self.reference)
        critic = critic_of(self.critic, policy, "PPO")
        stats = {}
        if self.reference is not None:
            rollout, stats["kl"] = self._charge_for_kl(rollout)
        judged = judge(rollout, critic, self.advantage_fn, gamma=self.config.gamma, gae_lambda=self.config.gae_lambda)
        stats |= describe(rollout, judged)
        if self.config.normalize_advantages:
            judged = replace(judged, advantages=normalized(judged.advantages, rollout.rows.mask))
        generator = torch.Generator().manual_seed(rollout.seed)
        for left in reversed(range(self.config.epochs)):
            gauged = left == 0 or self.config.target_kl is not None or not is_ours(self.gauges)
            measured = self.epoch(policy, critic, optimizer, rollout.rows, judged, generator, gauged=gauged)
            if self._moved_too_far(measured):
                break
        return plain_numbers("PPO.update", stats | measured)

    def _charge_for_kl(self, rollout: Rollout) -> tuple[Rollout, float]:
        """The rollout with the KL's price taken off its rewards, and the mean KL per action, in nats."""
        per_step = reference_kl(rollout, self.reference, temperature=self.config.temperature)
        mean = per_step.sum() / rollout.rows.mask.sum()
        if self.rewards_fn is None:
            paid = rollout.rewards - self.config.kl_coef * per_step
        else:
            paid = rollout.time_first(self._paid(rollout.rows, rollout.in_rows(per_step)))
        return replace(rollout, rewards=paid), mean.item()

    def _paid(self, rows: Episodes, per_step: Float[Tensor, "R K"]) -> Float[Tensor, "R K"]:
        """What `rewards_fn` pays for each token, 0 in the padding."""
        logprobs = without_padding(rows.old_logprobs, rows)
        given = copies(rows.rewards, logprobs, logprobs - per_step, rows.mask)
        paid = check_returned("rewards_fn", self.rewards_fn(*given, kl_coef=self.config.kl_coef), rows.mask.shape)
        return check_finite("rewards_fn", without_padding(paid.detach(), rows))

    def epoch(
        self, policy, critic, optimizer, rows: Episodes, judged: Judged, generator, *, gauged: bool = True
    ) -> dict[str, float]:
        """Once through all rows. Returns the means over its minibatches; ends early if the policy moved too far.

        Only the last epoch's gauges are reported, so those of the others are read where something hangs on them.
        """
        weights, everything = all_parameters(policy, critic), []
        for picked in minibatches(rows.mask, self.config.minibatch_size, generator):
            loss, measured = self.loss(policy, critic, rows.select(picked), judged, picked, gauged=gauged)
            if self._moved_too_far(measured):
                return measured
            measured["grad_norm"] = gradient_step(loss, optimizer, weights, self.config.max_grad_norm)
            everything.append(measured)
        return {name: sum(measured[name] for measured in everything) / len(everything) for name in everything[0]}

    def loss(
        self, policy, critic, batch: Episodes, judged: Judged, picked: Int[Tensor, "M"], *, gauged: bool = True
    ) -> tuple[Float[Tensor, ""], dict[str, float]]:
        """−L of one minibatch, and what was measured on the way; nothing if not `gauged`."""
        c, mask = self.config, batch.mask
        how = {"temperature": c.temperature, "entropy_coef": c.entropy_coef}
        logprobs, entropy = logprobs_and_entropy(policy, batch, **how)
        old_logprobs = without_padding(batch.old_logprobs, batch)
        clip = {"clip_low": c.clip_range, "clip_high": c.clip_range}
        given = handed_to(self.objective, logprobs, old_logprobs, judged.advantages[picked])
        per_action = self.objective(*given, **clip)
        per_action = without_padding(check_returned("objective", per_action, logprobs.shape), batch)
        check_depends("objective", per_action, logprobs)
        old_values = None if c.value_clip_range is None else judged.values[picked]
        values = check_returned("critic.values", critic.values(batch), mask.shape)
        given = handed_to(self.value_loss_fn, values, judged.returns[picked], mask)
        misjudged = self.value_loss_fn(*given, old_values=old_values, clip_range=c.value_clip_range)
        check_returned("value_loss_fn", misjudged, torch.Size([]))
        count = mask.sum()
        loss = c.value_coef * misjudged - per_action.sum() / count
        if entropy is not None:
            loss = loss - c.entropy_coef * entropy.sum() / count
        if not gauged:
            return loss, {}
        given = handed_to(self.gauges, logprobs.detach(), old_logprobs, mask)
        moved, fraction = self.gauges(*given, clip_range=c.clip_range)
        return loss, {"clip_fraction": float(fraction), "approx_kl": float(moved), "value_loss": misjudged.item()}

    def _moved_too_far(self, measured: dict[str, float]) -> bool:
        return self.config.target_kl is not None and measured["approx_kl"] > PATIENCE * self.config.target_kl
