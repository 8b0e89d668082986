"""Experience that comes late: what an update learns from was sampled by an older policy.

On a cluster one half of the machines samples while the other half learns, so that nobody waits; what arrives was
written by the policy of some updates ago. Here a queue does the same with one process:

    Training(policy, LateWorld(world, age=4), GRPO())       each batch is four updates old

The log-probabilities stay those of the policy that sampled, so the ratios of an update are 1 no longer. Left out:
saving the queue with a run, and answers whose tokens are of several ages.
"""

from collections import deque

import torch

from rlcourse.algorithms._guards import check_methods
from rlcourse.algorithms.protocol import Episodes, Policy, World
from rlcourse.arguments import check_integer


class LateWorld:
    """A world whose episodes are handed out `age` updates after they were sampled.

    A run begins with a full queue: its first `age + 1` batches are all by the policy that it begins with.

    Args:
        world: Where the episodes come from.
        age: How many updates the policy has made since it sampled what it learns from; 0 is the world itself.

    Raises:
        TypeError: The world has no `sample_groups`, or the age is no whole number.
        ValueError: The age is below 0.
    """

    def __init__(self, world: World, *, age: int):
        check_methods("world", world, World)
        check_integer("age", age, 0)
        self.world, self.age = world, age
        self._queue: deque[Episodes] = deque()

    def sample_groups(
        self, policy: Policy, *, num_generations: int, temperature: float, generator: torch.Generator
    ) -> Episodes:
        """Let the policy of today act, and hand out what the policy of `age` calls ago did."""
        how = {"num_generations": num_generations, "temperature": temperature, "generator": generator}
        while len(self._queue) <= self.age:
            self._queue.append(self.world.sample_groups(policy, **how))
        return self._queue.popleft()
