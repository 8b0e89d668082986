"""What the token microscope reads of each token: log π, ρ, KL, V, Â, and how the next step would pull at it.

    ρ = π/π_old        KL(π‖π_ref) = Σₐ π(a|s) log π(a|s)/π_ref(a|s)
    pull = ∂ min(ρÂ, clip(ρ, 1−ε, 1+ε)Â) / ∂ log π

All of it by the equations of the course, from teacher-forced logits. Left out: where the answers and Â come from.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from rlcourse.algorithms import Critic, Episodes, Policy
from rlcourse.equations import categorical_kl, clipped_surrogate, surrogate

CLIP = 0.2
"""ε of the clip, on either side."""


@dataclass(frozen=True)
class Reading:
    """What is known of every token of every answer, [G, T] each; 0 in the padding."""

    mask: Bool[Tensor, "G T"]
    logprobs: Float[Tensor, "G T"]
    """log π of the policy as it is now."""
    old_logprobs: Float[Tensor, "G T"]
    """log π_old, of the policy that wrote the answers."""
    ratio: Float[Tensor, "G T"]
    """ρ = π/π_old."""
    kl: Float[Tensor, "G T"]
    """KL(π‖π_ref) of the whole choice before each token, exact; π_ref is the policy of the beginning."""
    values: Float[Tensor, "G T"] | None
    """V before each token, by the critic as it is now; None without a critic."""
    advantages: Float[Tensor, "G T"]
    """Â, by the algorithm that is chosen."""
    pull: Float[Tensor, "G T"]
    """How strongly the next step pulls at each log π: the slope of the clipped objective, ρÂ, or 0 where it is flat."""

    def rows(self, name: str) -> list[list[float]]:
        """One of these numbers as lists, a row for each answer and without the padding."""
        return [row[kept].tolist() for row, kept in zip(getattr(self, name), self.mask, strict=True)]

    @property
    def chances(self) -> list[tuple[float, float]]:
        """The probability of each whole answer: when it was written, and now."""
        both = zip(self.old_logprobs.sum(1).exp().tolist(), self.logprobs.sum(1).exp().tolist(), strict=True)
        return list(both)


@torch.no_grad()
def read_tokens(
    policy: Policy, episodes: Episodes, advantages: Float[Tensor, "G T"], reference: Policy, critic: Critic | None
) -> Reading:
    """What is known of every token of some answers.

    Args:
        policy: as it is now; it and the reference say how they weigh every token (`ChoicePolicy`).
        episodes: the answers, with log π_old in `old_logprobs`, 0 in the padding.
        advantages: Â of every token, 0 in the padding.
        reference: π_ref.
        critic: says V; None if there is none.
    """
    mask, logits = episodes.mask, policy.logits(episodes)
    logprobs = of_the_tokens(logits, episodes)
    divergence = categorical_kl(logits, reference.logits(episodes))
    return Reading(
        mask=mask,
        logprobs=logprobs,
        old_logprobs=episodes.old_logprobs,
        ratio=surrogate(logprobs, episodes.old_logprobs, torch.ones_like(logprobs)),  # ρ · 1
        kl=torch.where(mask, divergence, 0.0),
        values=None if critic is None else torch.where(mask, critic.values(episodes), 0.0),
        advantages=advantages,
        pull=pull_of(logprobs, episodes.old_logprobs, advantages),
    )


def pull_of(
    logprobs: Float[Tensor, "G T"], old_logprobs: Float[Tensor, "G T"], advantages: Float[Tensor, "G T"]
) -> Float[Tensor, "G T"]:
    """The slope of the clipped objective in each log π."""
    with torch.enable_grad():
        asked = logprobs.detach().clone().requires_grad_()
        gain = clipped_surrogate(asked, old_logprobs, advantages, clip_low=CLIP, clip_high=CLIP)
        (slope,) = torch.autograd.grad(gain.sum(), asked)
    return slope


@torch.no_grad()
def chosen_logprobs(policy: Policy, episodes: Episodes) -> Float[Tensor, "G T"]:
    """How likely a policy finds each token, 0 in the padding."""
    return of_the_tokens(policy.logits(episodes), episodes)


def of_the_tokens(logits: Float[Tensor, "G T V"], episodes: Episodes) -> Float[Tensor, "G T"]:
    """Of all log-probabilities those of the tokens that stand there, 0 in the padding."""
    found = logits.log_softmax(-1).gather(2, episodes.actions[..., None])[..., 0]
    return torch.where(episodes.mask, found, 0.0)
