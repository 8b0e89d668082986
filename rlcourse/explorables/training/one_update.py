"""What one update costs: passes through the policy, products with its Fisher matrix, seconds of processor time.

Counted, not estimated; of several tries the median, since a computer always does other
things as well. Left out: memory, and what an update costs at other sizes (`rlcourse.algorithms.costs`).
"""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median
from time import process_time

import torch
from torch import Tensor

from rlcourse.algorithms import TRPO, Algorithm, Policy, Rollout
from rlcourse.showing.progress_bar import bar


@dataclass(frozen=True)
class UpdateCost:
    """What one update took."""

    forwards: int
    """Forward passes through the policy."""
    products: int
    """Products with the Fisher matrix, each of which is a backward pass through a backward pass; 0 but for TRPO."""
    seconds: float
    """Of processor time, the median of the tries, the critic's learning included."""


def update_cost(
    algorithm: Algorithm, policy: Policy, rollout: Rollout, *, repeat: int = 3, progress: bool = False
) -> UpdateCost:
    """Make an update a few times with copies of everything, so that nothing is learned, and say what one took.

    Args:
        algorithm: Whose update to measure.
        policy: Who would learn.
        rollout: What it would learn from.
        repeat: How often; an odd number has one try in the middle.
        progress: Show a bar over the tries.
    """
    with bar(range(repeat), desc=type(algorithm).__name__, disable=not progress) as tries:
        costs = [_measure(copy.deepcopy(algorithm), _Counted(copy.deepcopy(policy)), rollout) for _ in tries]
    return UpdateCost(costs[0].forwards, costs[0].products, median(cost.seconds for cost in costs))


def _measure(algorithm: Algorithm, policy: "_Counted", rollout: Rollout) -> UpdateCost:
    counter = None
    if isinstance(algorithm, TRPO):
        algorithm.solve = counter = _CountedProducts(algorithm.solve, others=1 + (algorithm.config.damping is None))
    optimizer = algorithm.make_optimizer(policy)
    start = process_time()
    algorithm.update(policy, optimizer, rollout)
    return UpdateCost(policy.asked, 0 if counter is None else counter.products, process_time() - start)


class _Counted:
    """A policy that counts how often it is asked."""

    def __init__(self, policy: Policy) -> None:
        self.policy, self.asked = policy, 0

    def parameters(self) -> Iterator[torch.nn.Parameter]:
        return self.policy.parameters()

    def logits(self, episodes, **options) -> Tensor:
        self.asked += 1
        return self.policy.logits(episodes, **options)

    def logprobs(self, episodes, **options) -> Tensor:
        self.asked += 1
        return self.policy.logprobs(episodes, **options)


class _CountedProducts:
    """A solver of F·x = g that counts its products.

    One more is needed afterwards, for the length of the step, and one before where the damping is F's own.
    """

    def __init__(self, solve: Callable[..., Tensor], *, others: int) -> None:
        self.solve, self.products = solve, others

    def __call__(self, matvec: Callable[[Tensor], Tensor], b: Tensor, **limits) -> Tensor:
        def counted(vector: Tensor) -> Tensor:
            self.products += 1
            return matvec(vector)

        return self.solve(counted, b, **limits)
