"""A world small enough to check by hand: T fixed questions, V answers to each, a table of logits as the policy.

The worlds for the algorithms that judge every single step are in `small_worlds`.
"""

import pytest
import torch

from rlcourse.algorithms import Episodes
from tests.algorithms.small_worlds import WORLDS, rollout_of

LENGTH, CHOICES = 4, 5


class TablePolicy(torch.nn.Module):
    """log π(a|t) from a table of logits [T, V]; the observations are not looked at."""

    def __init__(self, seed=0):
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.logits = torch.nn.Parameter(torch.randn(LENGTH, CHOICES, generator=generator, dtype=torch.float64))

    def logprobs(self, episodes, *, temperature=1.0):
        table = (self.logits / temperature).log_softmax(-1)
        time = torch.arange(episodes.actions.shape[1]).clamp(max=LENGTH - 1)
        return table[time, episodes.actions]


class TableWorld:
    """Episodes of random length; action 0 pays 1 each time it is taken."""

    def __init__(self, groups=6):
        self.groups = groups

    def sample_groups(self, policy, *, num_generations, temperature, generator):
        rows = self.groups * num_generations
        probabilities = (policy.logits.detach() / temperature).softmax(-1)
        actions = torch.multinomial(probabilities, rows, replacement=True, generator=generator).T  # [B, T]
        lengths = torch.randint(1, LENGTH + 1, (rows, 1), generator=generator)
        mask = torch.arange(LENGTH) < lengths
        actions = torch.where(mask, actions, 0)
        old = torch.where(mask, probabilities.log()[torch.arange(LENGTH), actions], 0.0)
        rewards = ((actions == 0) & mask).double().sum(1)
        return Episodes({"nothing": torch.zeros(rows)}, actions, mask, old, rewards, num_generations)


@pytest.fixture
def policy():
    return TablePolicy()


@pytest.fixture
def episodes(policy):
    generator = torch.Generator().manual_seed(1)
    return TableWorld().sample_groups(policy, num_generations=4, temperature=1.0, generator=generator)


@pytest.fixture(params=WORLDS)
def rollout(request):
    """A rollout of `StatePolicy(seed=0)`, in each of the three layouts."""
    return rollout_of(request.param)
