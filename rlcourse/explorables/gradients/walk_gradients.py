"""What every walk a robot could make says about the gradient: small enough to list, so that nothing is left to chance.

A maze of 2 × 2 cells and a robot that may take at most 8 actions. The gradients are `policy_gradient` of
`rlcourse.equations` by autograd. Left out: longer walks, of which there would be too many to list.
"""

import itertools
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from rlcourse.algorithms.rollout import Rollout
from rlcourse.equations import discounted_returns, policy_gradient
from rlcourse.maze import Maze, TabularPolicy, expected_return, generate_maze, solve
from rlcourse.maze.walks import every_walk, walk_probabilities

MAX_STEPS = 8
"""The robot's patience: 3⁸ walks at most."""
SKILL = 2.0
"""The logit of the best action in every state; the others have 0."""


@dataclass(frozen=True)
class WalkGradients:
    """What each of the W walks there are says about the D weights, and how likely it is."""

    probabilities: Float[Tensor, "W"]
    of_returns: Float[Tensor, "W D"]
    """Σₜ Gₜ·∇log π(aₜ|sₜ): the gradient without a baseline."""
    of_logprobs: Float[Tensor, "W D"]
    """Σₜ ∇log π(aₜ|sₜ): what a baseline of 1 takes off."""
    of_advantages: Float[Tensor, "W D"]
    """Σₜ (Gₜ − V(sₜ))·∇log π(aₜ|sₜ): the gradient with the value of each state as its baseline."""

    def of_baseline(self, baseline: float) -> Float[Tensor, "W D"]:
        """The gradient of each walk with a constant baseline."""
        return self.of_returns - baseline * self.of_logprobs

    def mean(self, gradients: Float[Tensor, "W D"]) -> Float[Tensor, "D"]:
        """The mean over all walks, each counted as often as the policy makes it."""
        return self.probabilities @ gradients

    def variance(self, gradients: Float[Tensor, "W D"]) -> float:
        """The expected squared distance of one walk's gradient from the mean of all."""
        return float(self.probabilities @ (gradients - self.mean(gradients)).square().sum(dim=1))


def a_halfway_robot() -> tuple[Maze, TabularPolicy, Rollout]:
    """A maze of 2 × 2 cells, a robot that often does the best thing and often not, and every walk it could make."""
    maze = generate_maze(2, seed=0)
    policy = TabularPolicy(maze.num_states).double()
    with torch.no_grad():
        policy.table += SKILL * torch.from_numpy(solve(maze, gamma=0.99).policy)
    return maze, policy, every_walk(maze, max_steps=MAX_STEPS)


def every_gradient(maze: Maze, policy: TabularPolicy, walks: Rollout) -> WalkGradients:
    """The policy gradient of every single walk, undiscounted, with and without a baseline."""
    returns = discounted_returns(walks.rewards, walks.done, gamma=1.0).T  # [W, T]
    values = _values(maze, policy, walks)
    return WalkGradients(
        walk_probabilities(policy, walks).detach(),
        _walk_gradients(policy, walks, returns),
        _walk_gradients(policy, walks, torch.ones_like(returns)),
        _walk_gradients(policy, walks, returns - values),
    )


def _walk_gradients(policy: TabularPolicy, walks: Rollout, advantages: Float[Tensor, "W T"]) -> Float[Tensor, "W D"]:
    """Σₜ Aₜ·∇log π(aₜ|sₜ) of each walk, by autograd of `policy_gradient`.

    Each walk gets a table of its own, all alike: so one backward pass keeps the walks' gradients apart.
    """
    rows, count = walks.rows, len(advantages)
    tables = policy.table.detach().expand(count, -1, -1).clone().requires_grad_()  # [W, S, 3]
    walk = torch.arange(count)[:, None]
    logprobs = tables.log_softmax(-1)[walk, rows.observations["states"], rows.actions]  # [W, T]
    objective = torch.where(rows.mask, policy_gradient(logprobs, advantages), 0.0)
    (gradients,) = torch.autograd.grad(objective.sum(), tables)
    return gradients.flatten(1)


def _values(maze: Maze, policy: TabularPolicy, walks: Rollout) -> Float[Tensor, "W T"]:
    """V of each state with as many actions left as there are at that step; exact."""
    table, steps = policy.probabilities(), walks.rows.mask.shape[1]
    values = torch.zeros(steps, maze.num_states, dtype=torch.float64)  # 0 in the exit
    for t, state in itertools.product(range(steps), maze.open_states.tolist()):
        values[t, state] = expected_return(maze, table, max_steps=steps - t, start_state=state)
    return values[torch.arange(steps), walks.rows.observations["states"]]


def best_baseline(gradients: WalkGradients) -> float:
    """The constant with the least variance, E[⟨u, w⟩] / E[|w|²]: the lowest point of the parabola.

    u and w are a walk's gradient without a baseline and that of its log-probability. Long gradients count for more,
    so it is not simply the mean return (Greensmith et al. 2004).
    """
    u, w = gradients.of_returns, gradients.of_logprobs
    return float(gradients.probabilities @ (u * w).sum(dim=1) / (gradients.probabilities @ w.square().sum(dim=1)))


@dataclass(frozen=True)
class BaselineNoise:
    """The variance of the gradient from one walk under four baselines, and why V(s) is not the best of them."""

    without: float
    best_constant: float
    with_values: float
    """With V(s, time left)."""
    least: float
    """With the best of all numbers that depend on the state and the time left; no such baseline does better."""
    constant: float
    """The best constant itself."""
    mean_return: float
    worse_share: float
    """How many of the walks return less than the mean."""
    worse_length: float
    """The mean squared length of Σₜ ∇log π(aₜ|sₜ) over those walks."""
    better_length: float
    """The same over all others."""


def baseline_noise() -> BaselineNoise:
    """What is measured of the robot in `baseline_and_variance`, over every walk it could make."""
    maze, policy, walks = a_halfway_robot()
    gradients = every_gradient(maze, policy, walks)
    likely, returns = gradients.probabilities, walks.rewards.sum(dim=0).double()
    lengths, mean = gradients.of_logprobs.square().sum(dim=1), likely @ returns
    worse = returns < mean
    constant = best_baseline(gradients)
    return BaselineNoise(
        without=gradients.variance(gradients.of_returns),
        best_constant=gradients.variance(gradients.of_baseline(constant)),
        with_values=gradients.variance(gradients.of_advantages),
        least=gradients.variance(_with_the_best_baseline(policy, walks, gradients)),
        constant=constant,
        mean_return=float(mean),
        worse_share=float(likely[worse].sum()),
        worse_length=float(likely[worse] @ lengths[worse] / likely[worse].sum()),
        better_length=float(likely[~worse] @ lengths[~worse] / likely[~worse].sum()),
    )


def _with_the_best_baseline(policy: TabularPolicy, walks: Rollout, gradients: WalkGradients) -> Float[Tensor, "W D"]:
    """The gradient of each walk with the b(s, t) of least variance: least squares, one unknown for each (s, t).

    Σ_k b_k·w_k is what the baseline takes off, where w_k is the sum of ∇log π(aₜ|sₜ) = e_a − π(·|s) over the steps
    that were made in the k-th (s, t).
    """
    states, mask, likely = walks.rows.observations["states"], walks.rows.mask, gradients.probabilities
    walk, step = mask.nonzero(as_tuple=True)
    here, table = states[mask], policy.table.detach().softmax(dim=-1)
    pushes = torch.nn.functional.one_hot(walks.rows.actions[mask], table.shape[1]) - table[here]  # [steps, 3]
    places, which = torch.unique(here * mask.shape[1] + step, return_inverse=True)
    taken = table.new_zeros(len(mask), len(places), *table.shape)
    taken[walk, which, here] = pushes  # a walk is in each (s, t) once at most
    taken = taken.flatten(2)  # [W, K, D]
    matrix = torch.einsum("w,wkd,wld->kl", likely, taken, taken)
    best = torch.linalg.lstsq(matrix, torch.einsum("w,wkd,wd->k", likely, taken, gradients.of_returns)[:, None])
    return gradients.of_returns - torch.einsum("k,wkd->wd", best.solution[:, 0], taken)
