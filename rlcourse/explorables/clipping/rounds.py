"""One batch that is gone through many times, with and without a clip: what `twenty_rounds` shows of it.

`record_update` has written down every gradient step. What follows from it is worked out here, each once: ratios, pushes
by autograd, exact values, and which way the robot leaves each cell. Left out: how any of it is drawn.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from rlcourse.equations import clipped_surrogate, surrogate
from rlcourse.experiments.recipes import the_maze
from rlcourse.explorables.clipping.batch_of_ratios import TRAINED, RecordedUpdate, record_update
from rlcourse.maze import solve, ways_out

GAMMA = 0.99


@dataclass(frozen=True)
class Rounds:
    """One batch, gone through many times: without a clip, and perhaps with several clip ranges."""

    free: RecordedUpdate
    held: RecordedUpdate | None

    def __post_init__(self) -> None:
        if len(self.free.epsilons) != 1:
            raise ValueError(f"free must be recorded for one clip range, got {len(self.free.epsilons)}")
        if self.held is None:
            return
        if not torch.equal(self.free.old_logprobs, self.held.old_logprobs):
            raise ValueError("free and held must be recorded on the same batch: give both the same seed and training")
        if self.free.logprobs.shape[1] != self.held.logprobs.shape[1]:
            steps = self.free.logprobs.shape[1] - 1, self.held.logprobs.shape[1] - 1
            raise ValueError(f"free and held must have as many gradient steps, got {steps[0]} and {steps[1]}")

    @property
    def fences(self) -> tuple[float | None, ...]:
        """The clip ranges, and None for none, which comes last."""
        return (*(self.held.epsilons if self.held else ()), None)

    @cached_property
    def shown(self) -> list[int]:
        """The gradient steps that are shown: two a round, where a round has an even number of them."""
        each = self.free.steps_per_epoch
        return list(range(0, self.free.logprobs.shape[1], each // 2 if each % 2 == 0 else each))

    @property
    def rounds(self) -> tuple[float, ...]:
        """How many times through the batch that is."""
        return tuple(step / self.free.steps_per_epoch for step in self.shown)

    @cached_property
    def logprobs(self) -> Float[Tensor, "F S R"]:
        """Log π_θ(a|s) for each fence, at the steps that are shown."""
        both = (self.held, self.free) if self.held else (self.free,)
        return torch.cat([one.logprobs for one in both])[:, self.shown]

    @cached_property
    def policies(self) -> Float[np.ndarray, "F S states 3"]:
        """π_θ(a|s) of all states, likewise."""
        both = (self.held, self.free) if self.held else (self.free,)
        return torch.cat([one.policies for one in both])[:, self.shown].double().numpy()

    @cached_property
    def log_ratios(self) -> Float[Tensor, "F S R"]:
        """Log ρ."""
        return self.logprobs - self.free.old_logprobs

    @cached_property
    def pushes(self) -> Float[Tensor, "F S R"]:
        """The gradient of what is maximised by log π_θ(a|s): ρ·A, and 0 where the clip takes it away."""
        slopes = []
        for epsilon, logprobs in zip(self.fences, self.logprobs, strict=True):
            leaf = logprobs.detach().clone().requires_grad_()
            given = leaf, *(one.expand_as(leaf) for one in (self.free.old_logprobs, self.free.advantages))
            bounds = {"clip_low": epsilon, "clip_high": epsilon}
            objective = surrogate(*given) if epsilon is None else clipped_surrogate(*given, **bounds)
            slopes.append(torch.autograd.grad(objective.sum(), leaf)[0])
        return torch.stack(slopes)

    @cached_property
    def outside(self) -> Bool[Tensor, "F S R"]:
        """Where the ratio has left the band; nowhere without one."""
        width = torch.tensor([np.inf if epsilon is None else epsilon for epsilon in self.fences])[:, None, None]
        return (self.log_ratios.exp() - 1).abs() > width

    @cached_property
    def values(self) -> Float[np.ndarray, "F S states"]:
        """The exact value of every state under each policy."""
        flat = self.policies.reshape(-1, *self.policies.shape[2:])
        values = [solve(the_maze(), gamma=GAMMA, policy=table).V for table in flat]
        return np.array(values).reshape(self.policies.shape[:3])

    @cached_property
    def ways(self) -> Float[np.ndarray, "F S cells 4"]:
        """How likely the robot leaves each cell each way: `rlcourse.maze.ways_out`."""
        flat = self.policies.reshape(-1, *self.policies.shape[2:])
        ways = np.array([ways_out(the_maze(), table) for table in flat])
        return ways.reshape(*self.policies.shape[:2], *ways.shape[1:])


def record_without_clip(
    *, rounds: int = 20, trained: int = TRAINED, seed: int = 0, progress: bool = False
) -> RecordedUpdate:
    """Train a robot for a few updates, then go through the next batch many times, climbing the surrogate.

    Args:
        rounds: how often the batch is gone through.
        trained: updates, with the usual settings, before the batch is collected; 0 for a robot that knows nothing.
        seed: of the training and the batch.
        progress: show a bar.
    """
    given = {"epochs": rounds, "trained": trained, "seed": seed, "progress": progress}
    return record_update([0.2], objective=_unclipped, **given)  # 0.2 is not looked at


def _unclipped(
    logprobs: Tensor, old_logprobs: Tensor, advantages: Tensor, *, clip_low: float, clip_high: float
) -> Tensor:
    """The surrogate, called as the clipped one is."""
    return surrogate(logprobs, old_logprobs, advantages)
