"""A policy of two parameters, small enough to draw, and TRPO's step of it.

The robot comes to two junctions, half of the time to each. θ₁ and θ₂ are the log-odds of the better turn there:

    π(better turn | junction i) = σ(θᵢ)        J(θ) = ½·σ(θ₁)·1 + ½·σ(θ₂)·0.2

Where the sigmoid is flat a weight may move far before the policy changes, and where it is steep it may not. The Fisher
products, directions, KLs and the line search are `rlcourse.equations`, as TRPO uses them. Left out: sampling, so that
nothing moves by chance, and damping.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from rlcourse.equations import categorical_kl, conjugate_gradient, fisher_matvec, line_search, surrogate

PAYS = (1.0, 0.2)
"""How much more the better turn pays than the other one, at each junction."""
BACKTRACK, TRIES = 0.8, 10
FURTHEST = 60.0
"""Where the search for the edge of the true KL gives up, far outside any picture."""


def logits_at(theta: Float[Tensor, "*B 2"]) -> Float[Tensor, "*B 2 2"]:
    """The policy's logits at both junctions: one row for each, the better turn first."""
    return torch.stack([theta, torch.zeros_like(theta)], dim=-1)


def mean_kl(old: Float[Tensor, "2"], theta: Float[Tensor, "*B 2"]) -> Float[Tensor, "*B"]:
    """KL(π_old‖π_θ), the mean over the junctions; of any number of θ at once."""
    return categorical_kl(logits_at(old).expand(*theta.shape, 2), logits_at(theta)).mean(-1)


def expected_surrogate(old: Float[Tensor, "2"], theta: Float[Tensor, "*B 2"]) -> Float[Tensor, "*B"]:
    """The surrogate of TRPO, exactly: over both junctions and both turns, as often as π_old takes them.

    Nothing that the robot does here changes which junction comes next, so this is J(θ) − J(θ_old) itself.
    """
    old_logprobs, logprobs = logits_at(old).log_softmax(-1), logits_at(theta).log_softmax(-1)
    pays = torch.tensor([[pay, 0.0] for pay in PAYS], dtype=theta.dtype)
    advantages = pays - (old_logprobs.exp() * pays).sum(-1, keepdim=True)
    objective = surrogate(logprobs, old_logprobs.expand_as(logprobs), advantages.expand_as(logprobs))
    return (old_logprobs.exp() * objective).sum(-1).mean(-1)


@dataclass(frozen=True)
class Directions:
    """Where the two steps from one θ go, and the matrix that measures them."""

    fisher: Float[Tensor, "2 2"]
    """The Fisher matrix, which is the curvature of the KL."""
    gradient: Float[Tensor, "2"]
    """Of the surrogate: the direction of the gradient step."""
    natural: Float[Tensor, "2"]
    """F⁻¹·gradient: the direction of the natural-gradient step."""

    def full_step(self, direction: Float[Tensor, "2"], delta: float) -> Float[Tensor, "2"]:
        """The direction, as long as the quadratic model of the KL allows: √(2δ / xᵀFx)·x."""
        return (2 * delta / (direction @ self.fisher @ direction)).sqrt() * direction

    def ellipse(self, delta: float, angles: Float[Tensor, "A"]) -> Float[Tensor, "A 2"]:
        """The steps x with ½·xᵀFx = δ, all around."""
        values, vectors = torch.linalg.eigh(self.fisher)
        return (2 * delta) ** 0.5 * _ways(angles) @ (vectors * values.rsqrt()) @ vectors.T  # F^(−½) times a circle


def directions_from(old: Float[Tensor, "2"]) -> Directions:
    """Both directions from one θ: the gradient by autograd, the natural one by conjugate gradient."""
    theta = old.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(expected_surrogate(old, theta), theta)
    matvec = fisher_matvec(mean_kl(old, theta), [theta], damping=0.0)
    natural = conjugate_gradient(matvec, gradient, iterations=4, tolerance=1e-12)
    fisher = torch.stack([matvec(unit) for unit in torch.eye(2, dtype=old.dtype)])
    return Directions(fisher, gradient, natural)


def search_along(
    old: Float[Tensor, "2"], full_step: Float[Tensor, "2"], delta: float
) -> tuple[Float[Tensor, "2"], list[float]]:
    """Where the line search ends, and which shares of the step it tried to get there."""
    tried = []

    def evaluate(candidate: Float[Tensor, "2"]) -> tuple[float, float]:
        tried.append(BACKTRACK ** len(tried))
        return expected_surrogate(old, candidate).item(), mean_kl(old, candidate).item()

    limits = {"max_kl": delta, "backtrack_coef": BACKTRACK, "backtrack_iterations": TRIES}
    return line_search(old, full_step, evaluate, **limits), tried


def search_on_a_grid(fine: Bool[Tensor, "*B lengths"], *, apart: int) -> Int[Tensor, "*B lengths"]:
    """The same search for steps of many lengths at once: which length each one's next try leads to.

    Args:
        fine: Whether a step keeps the limit and gains, from no step (False) to the longest.
        apart: How many lengths down the next try is.

    Returns:
        The number of the length: its own where the step is accepted; 0, no step, where no try will be, or only one that
        is shorter than all lengths here.
    """
    tries, following = torch.full(fine.shape, TRIES), torch.zeros(fine.shape, dtype=torch.int64)  # tries still to make
    for i in range(1, fine.shape[-1]):
        shorter = max(0, i - apart)
        tries[..., i] = torch.where(fine[..., i], 0, 1 + tries[..., shorter])
        following[..., i] = torch.where(fine[..., i], i, torch.where(tries[..., i] < TRIES, shorter, 0))
    return following


def true_edge(
    old: Float[Tensor, "*S 2"], deltas: Float[Tensor, "N"], angles: Float[Tensor, "A"]
) -> Float[Tensor, "*S N A 2"]:
    """For each δ, the θ all around whose true KL from the old one is δ; from any number of old ones at once.

    The KL is a sum over the junctions. So cos² of it goes to the first and sin² to the second, and how far that is
    bisection finds, as the KL only grows on the way out. Points of equal angles then lie close where the edge bends.
    """
    ways, old = _ways(angles), old[..., None, None, :]
    allowed = deltas[:, None, None] * ways.square()  # [N, A, 2], of the mean KL, for each junction
    allowed = allowed.expand(*old.shape[:-3], *allowed.shape)
    low, high = torch.zeros_like(allowed), torch.full_like(allowed, FURTHEST)
    for _ in range(40):
        middle = (low + high) / 2
        moved = old + middle * ways.sign()
        inside = categorical_kl(logits_at(old).expand(*moved.shape, 2), logits_at(moved)) / 2 <= allowed  # of the mean
        low, high = torch.where(inside, middle, low), torch.where(inside, high, middle)
    return old + low * ways.sign()


def line_of_equal_return(
    level: float, wide: tuple[float, float], high: tuple[float, float]
) -> tuple[Float[np.ndarray, "41"], Float[np.ndarray, "41"]]:
    """θ₁ and θ₂ along a line of equal return, J = ½·(pay₁·σ(θ₁) + pay₂·σ(θ₂)), from edge to edge of a picture.

    Half of the corners lie even in θ₁ and half in θ₂: where the line runs along one axis the other one is too coarse.
    """

    def across(one: np.ndarray, pay: float, other_pay: float) -> np.ndarray:
        """The other θ on the line, ±∞ where there is none."""
        chance = np.clip((2 * level - pay / (1 + np.exp(-one))) / other_pay, 0, 1)
        with np.errstate(divide="ignore"):
            return np.log(chance) - np.log1p(-chance)

    right, left = np.clip(across(np.array(high), PAYS[1], PAYS[0]), *wide)
    bottom, top = np.clip(across(np.array([right, left]), *PAYS), *high)
    evenly_across, evenly_up = np.linspace(left, right, 21), np.linspace(bottom, top, 22)[1:-1]
    x = np.concatenate([evenly_across, across(evenly_up, PAYS[1], PAYS[0])])
    y = np.concatenate([np.clip(across(evenly_across, *PAYS), *high), evenly_up])
    order = np.argsort(x)
    return x[order], y[order]


def _ways(angles: Float[Tensor, "A"]) -> Float[Tensor, "A 2"]:
    return torch.stack([angles.cos(), angles.sin()], dim=-1)
