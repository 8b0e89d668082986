"""Trust Region Policy Optimisation (Schulman et al. 2015): the best step that changes the policy by at most δ.

    max_θ  L = mean ρₜÂₜ,  ρₜ = π_θ/π_old        subject to   mean KL(π_old‖π_θ) ≤ δ

Near π_old the objective is a slope g and the KL a bowl ½xᵀFx. So the best direction is x = F⁻¹g, by conjugate gradient,
and the longest step allowed is √(2δ / xᵀFx)·x; F includes the damping, which makes it shorter, much so where the
policy is decided. The bowl is only an approximation, so the step is then tried out, and shortened until the true KL is
at most δ *and* the surrogate L has risen, or given up. The limit holds for the mean over the batch's own states.

The damping is from the authors' code, not from the paper. The critic and GAE are from Schulman et al. 2016: in the
first paper Q is the discounted return that was seen. The critic learns by regression, afterwards and with weights of
its own. Left out: the vine sampling of the paper's §5.2 (ours is the single path of §5.1).
"""

from collections.abc import Callable, Sequence
from math import inf, isfinite
from typing import Annotated

import torch
from jaxtyping import Float
from torch import Tensor

from rlcourse.algorithms._guards import (
    check_can_learn,
    check_config,
    check_depends,
    check_finite,
    check_function,
    check_methods,
    check_returned,
    check_separate,
    copies,
    plain_numbers,
    without_padding,
)
from rlcourse.algorithms.critics import critic_of, fit_critic
from rlcourse.algorithms.judging import JUDGED_BY, check_rollout, describe, judge, normalized
from rlcourse.algorithms.protocol import Episodes, Policy
from rlcourse.algorithms.rollout import ChoicePolicy, Critic, Rollout, StepWorld, collect_steps
from rlcourse.algorithms.settings import Within, settings
from rlcourse.equations import categorical_kl, conjugate_gradient, fisher_matvec, gae, line_search, surrogate
from rlcourse.equations.natural_gradient import flatten_gradients


@settings
class TRPOConfig:
    """The settings of TRPO. The step size is not among them: the KL limit decides it."""

    gamma: Annotated[float, Within(0, 1, "[]")] = 0.99
    """Discount, 0 to 1; 0.95–0.999 is usual in control, 1 for answers of a language model. It belongs to the task."""
    gae_lambda: Annotated[float, Within(0, 1, "[]")] = 0.95
    """λ of the advantage estimate, 0 (trust the critic) to 1 (only what happened); 0.9–0.98 is usual. Rarely."""
    target_kl: Annotated[float, Within(0, inf, "()")] = 0.01
    """δ, the limit of the mean KL between the old policy and the new one, in nats; 0.001–0.05. Turn it first."""
    damping: Annotated[float | None, Within(0)] = None
    """Added to the Fisher matrix's diagonal, which is often singular; None, a tenth of the matrix's own scale, fits all
    worlds. As a plain number 0.1–0.001 is usual for networks, 1e-3–1e-5 for tables. Leave it."""
    fisher_every: Annotated[int, Within(1)] = 1
    """Compute the products with F on every 1st, 2nd, … row: 1 is all; 10, as the paper's appendix C.1 does, makes all
    products together about as dear as one gradient. For networks; a table needs all its states. Rarely."""
    cg_iterations: Annotated[int, Within(1)] = 10
    """Conjugate-gradient steps; 10–15 is usual. Leave it."""
    cg_tolerance: Annotated[float, Within(0, 1)] = 1e-10
    """The relative residual at which conjugate gradient may stop earlier; 1e-10 is usual. Leave it."""
    backtrack_coef: Annotated[float, Within(0, 1, "()")] = 0.8
    """What the step is multiplied by each time it is refused; 0.5–0.8 is usual. Leave it."""
    backtrack_iterations: Annotated[int, Within(1)] = 10
    """How many lengths are tried before the step is given up; 10–15 is usual. Leave it."""
    value_learning_rate: Annotated[float, Within(0, inf, "()")] = 1e-3
    """Adam's step size for the critic; 1e-3 for networks, 0.01–0.1 for tables. Turn it second."""
    value_epochs: Annotated[int, Within(1)] = 10
    """How often the critic goes through each rollout; 5–80 is usual. Rarely."""
    minibatch_size: Annotated[int, Within(1)] = 256
    """Rows per optimiser step of the critic: steps of a `GymnasiumWorld`, else whole episodes or answers. Rarely."""
    max_grad_norm: Annotated[float, Within(0, inf, "(]")] = 0.5
    """The critic's gradient is scaled down to this length if it is longer; 0.5–1 is usual. Leave it."""
    normalize_advantages: bool = True
    """Give the advantages of a rollout mean 0 and deviation 1. TRPO's step hardly depends on their scale. Leave it."""
    temperature: Annotated[float, Within(1e-6, inf, "[)", "near 0 the policy tries nothing new")] = 1.0
    """Sampling temperature, above 0; 1 is usual. Leave it."""


Matvec = Callable[[Float[Tensor, "D"]], Float[Tensor, "D"]]

RELATIVE_DAMPING = 0.1
"""The damping, as a share of the Fisher matrix's own scale, where none is given."""
LEAST_DAMPING = 1e-4
"""Added to that: else a policy that has made up its mind, and has hardly any F, is sent too far to come back."""

NO_STEP = {"policy_kl": 0.0, "kl_used": 0.0, "improvement": 0.0, "step_fraction": 0.0}
"""What is said of a step that was given up, or had nowhere to go."""


class TRPO:
    """One update of TRPO, for any policy with `logits()` in any world.

    Args:
        config: The settings.
        advantage_fn: With the signature of `rlcourse.equations.gae`.
        objective: From (logprobs, old_logprobs, advantages) to what each action contributes, to be maximised.
        solve: With the signature of `rlcourse.equations.conjugate_gradient`: solves F·x = g for the direction x.
        search: With the signature of `rlcourse.equations.line_search`: says how far to go along it.
        critic: The value function, with weights of its own, trained along.

    Raises:
        TypeError: An argument is of the wrong kind, or a function cannot be called as it will be.
    """

    def __init__(
        self,
        config: TRPOConfig | None = None,
        *,
        advantage_fn: Callable[..., Tensor] = gae,
        objective: Callable[..., Tensor] = surrogate,
        solve: Callable[..., Tensor] = conjugate_gradient,
        search: Callable[..., Tensor] = line_search,
        critic: Critic | None = None,
    ):
        self.config = check_config("TRPO", config, TRPOConfig)
        check_function("advantage_fn", advantage_fn, *JUDGED_BY, keywords=("gamma", "gae_lambda"))
        check_function("objective", objective, "logprobs", "old_logprobs", "advantages")
        check_function("solve", solve, "matvec", "gradient", keywords=("iterations", "tolerance"))
        limits = ("max_kl", "backtrack_coef", "backtrack_iterations")
        check_function("search", search, "parameters", "step", "evaluate", keywords=limits)
        if critic is not None:
            check_methods("critic", critic, Critic)
        self.advantage_fn, self.objective, self.critic = advantage_fn, objective, critic
        self.solve, self.search = solve, search

    def make_optimizer(self, policy: Policy) -> torch.optim.Optimizer:
        """The optimiser of the critic. The policy's step needs none."""
        self._check_policy(policy)
        critic = critic_of(self.critic, policy, "TRPO")
        check_separate(policy, critic, "TRPO")
        return torch.optim.Adam(list(critic.parameters()), lr=self.config.value_learning_rate, fused=True)

    def collect(self, world: StepWorld, policy: Policy, generator: torch.Generator) -> Rollout:
        """The experience for one update."""
        return collect_steps(world, policy, generator, temperature=self.config.temperature)

    def update(self, policy: ChoicePolicy, optimizer: torch.optim.Optimizer, rollout: Rollout) -> dict[str, float]:
        """One trusted step for the policy; then the critic learns from the same rollout.

        Returns:
            What happened, as plain numbers: reward and length of the episodes that ended, entropy,
            explained_variance and value_loss; policy_kl (mean KL(π_old‖π_θ) after the step, at most `target_kl`),
            kl_used (its share of that limit), improvement (of the surrogate), step_fraction (1 for the full step, 0 for
            a step given up).

        Raises:
            TypeError, ValueError: The policy has no logits(), the critic shares its weights, a reward, a value or
                an advantage is not finite, or a function that was passed in returns something of another shape.
                Nothing has been changed then.
            FloatingPointError: The critic's gradient is not finite. The policy has made its step.
        """
        self._check_policy(policy)
        check_rollout(rollout)
        critic = critic_of(self.critic, policy, "TRPO")
        check_separate(policy, critic, "TRPO")
        c = self.config
        judged = judge(rollout, critic, self.advantage_fn, gamma=c.gamma, gae_lambda=c.gae_lambda)
        stats = describe(rollout, judged)
        advantages = judged.advantages
        if c.normalize_advantages:
            advantages = normalized(advantages, rollout.rows.mask)
        stats |= self.step(policy, rollout.rows, advantages)
        stats["value_loss"] = fit_critic(
            critic,
            optimizer,
            rollout.rows,
            judged,
            epochs=c.value_epochs,
            minibatch_size=c.minibatch_size,
            max_grad_norm=c.max_grad_norm,
            seed=rollout.seed,
        )
        return plain_numbers("TRPO.update", stats)

    def _check_policy(self, policy: Policy) -> None:
        if not isinstance(policy, ChoicePolicy):
            raise TypeError(f"TRPO needs a policy with logits(), for the KL of whole distributions, got {policy!r}")
        check_can_learn("policy", policy)

    def step(self, policy: ChoicePolicy, rows: Episodes, advantages: Float[Tensor, "R K"]) -> dict[str, float]:
        """Along the natural gradient, as far as the limit allows."""
        c, weights = self.config, _trained(policy)
        logits = self.logits(policy, rows)  # [R, K, V]
        old_logits = logits.detach()
        before = self.surrogate(logits, rows, advantages)
        gradient = flatten_gradients(
            torch.autograd.grad(before, weights, retain_graph=c.fisher_every == 1, allow_unused=True), weights
        )
        if not (gradient.isfinite().all() and before.isfinite()):
            raise ValueError("the surrogate's gradient must be finite; is the policy or the objective?")
        if not gradient.any():
            return dict(NO_STEP)
        fisher = fisher_matvec(self.bowl(policy, rows, logits), weights, damping=0.0)
        matvec = damped(fisher, gradient, c.damping)
        # No copy, which would be as long as the policy: nobody reads the gradient after this.
        direction = self.solve(matvec, gradient, iterations=c.cg_iterations, tolerance=c.cg_tolerance)
        direction = check_finite("solve", check_returned("solve", direction, gradient.shape)).to(gradient)
        curvature = direction @ matvec(direction)
        if not curvature > 0:  # also where the policy is so decided that rounding leaves nothing of its KL
            return dict(NO_STEP)
        full_step = (2 * c.target_kl / curvature).sqrt() * direction
        return self.move(policy, rows, advantages, full_step, old_logits, before.item())

    def bowl(self, policy: ChoicePolicy, rows: Episodes, logits: Float[Tensor, "R K V"]) -> Float[Tensor, ""]:
        """The mean KL from π_old, as a function of the weights at π_old: 0, flat, and curved as F says."""
        if self.config.fisher_every > 1:
            rows = rows.select(rows.mask.any(1).nonzero()[:: self.config.fisher_every, 0])
            logits = self.logits(policy, rows)
        return _mean_kl(logits.detach(), logits, rows)

    @torch.no_grad()
    def move(
        self, policy, rows: Episodes, advantages, full_step: Float[Tensor, "D"], old_logits, before: float
    ) -> dict[str, float]:
        """Search along the step with the true KL and surrogate; the old weights, to the bit, if all is refused."""
        c, weights = self.config, _trained(policy)
        old_weights = torch.cat([weight.reshape(-1) for weight in weights])
        lengths, last, improvement, kl = 0, old_weights, 0.0, 0.0

        def evaluate(candidate: Float[Tensor, "D"]) -> tuple[float, float]:
            nonlocal lengths, last, improvement, kl
            lengths, last = lengths + 1, candidate.clone()
            _put(candidate, weights)
            logits = self.logits(policy, rows)
            kl = _mean_kl(old_logits, logits, rows).item()
            improvement = self.surrogate(logits, rows, advantages).item() - before
            return improvement, kl

        accepted, given = old_weights, copies(old_weights, full_step)
        limits = {"max_kl": c.target_kl, "backtrack_coef": c.backtrack_coef}
        try:
            found = self.search(*given, evaluate, **limits, backtrack_iterations=c.backtrack_iterations)
            found = check_finite("search", check_returned("search", found, old_weights.shape)).to(old_weights)
            if torch.equal(found, old_weights):
                return dict(NO_STEP)
            fraction = c.backtrack_coef ** (lengths - 1)
            if not torch.equal(found, last):  # the search looked further: ask about the step it chose
                evaluate(found)
                fraction = float((found - old_weights) @ full_step / (full_step @ full_step))
            if not (isfinite(kl) and isfinite(improvement)):
                raise ValueError(f"search must return weights that can be used: there the KL is {kl}")
            accepted = found
        finally:  # also where ■ or an error ends the search: nobody is left with a step that was refused
            _put(accepted, weights)
        shares = {"kl_used": kl / c.target_kl, "step_fraction": fraction}
        return {"policy_kl": kl, "improvement": improvement, **shares}

    def logits(self, policy: ChoicePolicy, rows: Episodes) -> Float[Tensor, "R K V"]:
        """The policy's logits; 0 in the padding, so that nothing standing there reaches a sum or a gradient."""
        logits = policy.logits(rows, temperature=self.config.temperature)
        return torch.where(rows.mask[..., None], logits, 0.0)

    def surrogate(self, logits: Float[Tensor, "R K V"], rows: Episodes, advantages) -> Float[Tensor, ""]:
        """The mean of the objective over the steps that count."""
        logprobs = logits.log_softmax(-1).gather(-1, rows.actions[..., None])[..., 0]
        old_logprobs = without_padding(rows.old_logprobs, rows)
        logprobs = without_padding(logprobs, rows)
        per_action = self.objective(*copies(logprobs, old_logprobs, advantages))
        per_action = check_returned("objective", per_action, rows.mask.shape)
        check_depends("objective", per_action, logprobs)
        return without_padding(per_action, rows).sum() / rows.mask.sum()


def damped(fisher: Matvec, gradient: Float[Tensor, "D"], damping: float | None) -> Matvec:
    """V ↦ (F + damping·I)·v, where None means a share of F's own scale along the gradient, ‖F·g‖/‖g‖, and a little.

    F is the *mean* over states of each state's own curvature. A table, whose weights each serve one state of hundreds,
    has a far smaller F than a network, whose weights serve all; and as a policy makes up its mind, F shrinks. A damping
    that is a plain number drowns the one and hardly touches the other.
    """
    if damping is None:
        damping = LEAST_DAMPING + RELATIVE_DAMPING * (fisher(gradient).norm() / gradient.norm()).item()

    def matvec(vector: Float[Tensor, "D"]) -> Float[Tensor, "D"]:
        product = fisher(vector)
        product += damping * vector  # where it stands: each vector is as long as the policy
        return product

    return matvec


def _mean_kl(old_logits: Float[Tensor, "R K V"], logits: Float[Tensor, "R K V"], rows: Episodes) -> Float[Tensor, ""]:
    """KL(π_old‖π_θ), the mean over the steps that count; in the padding both are 0, and so is their KL."""
    return categorical_kl(old_logits, logits).sum() / rows.mask.sum()


def _trained(policy: Policy) -> list[torch.nn.Parameter]:
    """The weights that are not frozen."""
    return [weight for weight in policy.parameters() if weight.requires_grad]


def _put(flat: Float[Tensor, "D"], weights: Sequence[Tensor]) -> None:
    """Write one flat vector of numbers into the weights, in their order."""
    pieces = flat.split([weight.numel() for weight in weights])
    for weight, piece in zip(weights, pieces, strict=True):
        weight.copy_(piece.view_as(weight))
