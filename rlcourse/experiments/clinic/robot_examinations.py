"""The examinations of a robot that learns by PPO, whose values can be held against the exact ones."""

import numpy as np
import torch

from rlcourse.algorithms import Training
from rlcourse.experiments.clinic.examining import Examination, Report, after, draw
from rlcourse.experiments.recipes import the_maze
from rlcourse.maze import solve

WARM = 8
"""Updates after which a critic should know its way about."""
OFF = 0.45
"""How far from the exact values those of a critic that knows its way are at most, on the mean of all places."""
LATER = 0.5
"""What a state is worth, in a question to the advantage function."""


def after_the_limit(training: Training) -> Report:
    """What the advantage function makes of a step after which time is up, and of one that leaves the maze."""
    step, worth, yes = torch.zeros(1, 1), torch.full((1, 1), LATER), torch.ones(1, 1, dtype=torch.bool)
    config = training.algorithm.config
    how = {"gamma": config.gamma, "gae_lambda": config.gae_lambda}
    asked = training.algorithm.advantage_fn
    stopped = float(asked(step, step, worth, ~yes, yes, **how))
    left = float(asked(step, step, worth, yes, yes, **how))
    rows = {
        f"time is up where V = {LATER}: advantage": stopped,
        "the walk has left the maze: advantage": left,
    }
    return Report(rows, stopped < 0.9 * config.gamma * LATER or left > 0.1)


def perfect_critic(training: Training) -> Report:
    """The loss of a critic whose values are what they should be, in every state."""
    returns = torch.linspace(-1, 1, 64)[:, None]  # [N, 1], as rows of one step are
    mask = torch.ones_like(returns, dtype=torch.bool)
    loss = float(training.algorithm.value_loss_fn(returns.clone(), returns, mask, old_values=None, clip_range=None))
    off = float(training.algorithm.value_loss_fn(returns + 0.5, returns, mask, old_values=None, clip_range=None))
    return Report({"loss, where all values are right": loss, "loss, where each is 0.5 too high": off}, loss > 1e-6)


def values_by_the_book(training: Training) -> Report:
    """The critic's values after some updates, beside the exact ones of the policy as it is then."""
    trained, maze = after(training, WARM), the_maze()
    exact = solve(maze, gamma=trained.algorithm.config.gamma, policy=trained.policy.probabilities().numpy()).V
    found = trained.algorithm.critic.table.detach().numpy()[:, 0]
    found, exact = found[maze.open_states], exact[maze.open_states]
    distance = float(np.abs(found - exact).mean())
    rows = {
        "values from, to": f"{found.min():.2f}, {found.max():.2f}",
        "exact from, to": f"{exact.min():.2f}, {exact.max():.2f}",
        "mean distance": distance,
        "too high by, on average": float((found - exact).mean()),
        "correlation": float(np.corrcoef(found, exact)[0, 1]),
    }
    return Report(rows, distance > OFF)


def first_ratio(training: Training) -> Report:
    """ρ before the first step, when both policies are the same."""
    rows = draw(training).rows
    with torch.no_grad():
        gap = float((training.policy.logprobs(rows) - rows.old_logprobs).expm1()[rows.mask].abs().max())
    return Report({"largest |ρ − 1|": gap}, gap > 0.01)


_ALL = (
    Examination(
        "ratio",
        "the first ratios",
        "One rollout, before the first step: ρ = π_θ/π_old of every action. Both are the same policy, so ρ is 1.",
        first_ratio,
    ),
    Examination(
        "limit",
        "two last steps",
        "The advantage function is asked about two last steps that paid nothing, with V = 0 before them: one after "
        "which time was up, one out of the maze. After the first the walk would have gone on, and γV of it counts.",
        after_the_limit,
    ),
    Examination(
        "perfect",
        "the critic’s loss",
        "The loss is asked about values that are right everywhere, which must cost 0, and about values that are 0.5 "
        "too high, which must cost ½ · 0.5² = 0.125.",
        perfect_critic,
    ),
    Examination(
        "values",
        "V against the exact V",
        "After eight updates: the critic’s values beside those of dynamic programming for the policy as it is then.",
        values_by_the_book,
    ),
)
ROBOTS = {test.key: test for test in _ALL}
"""What can be ordered for a robot."""
