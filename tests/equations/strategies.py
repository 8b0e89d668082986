"""What the property tests draw: shapes and seeds from hypothesis, numbers from torch."""

from dataclasses import dataclass

import torch
from hypothesis import settings
from hypothesis import strategies as st
from torch import Tensor

quick = settings(max_examples=40)

seeds = st.integers(0, 2**31 - 1)
unit = st.floats(0.0, 1.0)


def normal(*shape: int, seed: int, scale: float = 1.0) -> Tensor:
    """Standard normal numbers times `scale`, in float64."""
    generator = torch.Generator().manual_seed(seed)
    return scale * torch.randn(*shape, generator=generator, dtype=torch.float64)


def random_mask(*shape: int, seed: int) -> Tensor:
    """True about two times in three, anywhere: harder than masks that only end early."""
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(*shape, generator=generator) < 0.67


@dataclass(frozen=True)
class Transitions:
    """The columns of one batch of transitions, [T, N]."""

    rewards: Tensor
    values: Tensor
    next_values: Tensor
    terminated: Tensor
    done: Tensor


def random_transitions(steps: int, envs: int, *, seed: int) -> Transitions:
    """Some steps end by termination, some by a time limit, most not at all; next values are the next row's."""
    rewards, values, after = normal(3, steps, envs, seed=seed).unbind()
    generator = torch.Generator().manual_seed(seed + 1)
    dice = torch.rand(steps, envs, generator=generator)
    terminated, truncated = dice < 0.2, (dice > 0.6) & (dice < 0.8)
    done = terminated | truncated
    next_values = torch.where(done, after, torch.cat([values[1:], after[-1:]]))
    return Transitions(rewards, values, next_values, terminated, done)


@st.composite
def transitions(draw) -> Transitions:
    """A batch of up to 7 steps of up to 3 environments."""
    return random_transitions(draw(st.integers(1, 7)), draw(st.integers(1, 3)), seed=draw(seeds))
