"""Experience for algorithms that judge every single step: Reinforce, PPO and TRPO.

`Episodes` says what a policy has to read. A `Rollout` adds what a judge of single steps has to know: what each step
paid, where the world ended, where only our patience did, and what the robot saw next.

The steps lie twice, in two orders, because two readers want them:

- **rows**, as the policy reads them and as minibatches are made of them: in the maze each step is a row of its own,
  in language each answer is a row, since GPT-2 reads an answer at once. Shape `[R, K]`.
- **time first**, `[T, N]`, as the equations read them: T steps of N robots, or the tokens of N answers.

In rows the steps of one robot follow each other, so one reshape leads from each order to the other.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from rlcourse.algorithms.protocol import Episodes, Policy


@dataclass(frozen=True)
class Rollout:
    """T steps of N robots, or N answers of up to T tokens, with what each step paid."""

    rows: Episodes
    """The steps as the policy reads them; R rows of K steps, R·K = N·T."""
    rewards: Float[Tensor, "T N"]
    """What each step paid; 0 in the padding. An answer's score stands on its last token."""
    terminated: Bool[Tensor, "T N"]
    """True where the world ended with this step: the exit, the end of an answer."""
    done: Bool[Tensor, "T N"]
    """True where the episode ended with this step, for that reason or because of a time limit."""
    next_observations: Mapping[str, Tensor] | None
    """What was seen after each step, as `rows.observations`; at an end the last thing seen of that episode.
    None where the state after a step is simply that of the row's next step, and every row ends in a terminal state."""
    episode_returns: Float[Tensor, "E"]
    """The undiscounted return of each episode that ended in this rollout; perhaps of none."""
    episode_lengths: Float[Tensor, "E"]
    """How many steps each of them had."""
    seed: int = 0
    """Decides the order of minibatches, so that an update is a function of its arguments."""

    def time_first(self, in_rows: Tensor) -> Tensor:
        """From `[R, K]` to `[T, N]`."""
        steps, robots = self.rewards.shape
        return in_rows.reshape(robots, steps).T

    def in_rows(self, time_first: Tensor) -> Tensor:
        """From `[T, N]` to `[R, K]`."""
        return time_first.T.reshape(self.rows.mask.shape)

    @property
    def next_rows(self) -> Episodes | None:
        """The rows with what was seen after each step in the place of what was seen before it."""
        if self.next_observations is None:
            return None
        return replace(self.rows, observations=self.next_observations)


@runtime_checkable
class ChoicePolicy(Policy, Protocol):
    """A policy that can also say how it weighs all V choices: needed for an exact KL or entropy."""

    def logits(self, episodes: Episodes, *, temperature: float = 1.0) -> Float[Tensor, "B T V"]:
        """The logits of every choice over the temperature, twice differentiable; anything where the mask is False."""
        ...


@runtime_checkable
class Critic(Protocol):
    """A value function: what it expects from here on."""

    def parameters(self) -> Iterator[torch.nn.Parameter]:
        """The weights to train."""
        ...

    def values(self, episodes: Episodes) -> Float[Tensor, "B T"]:
        """V(sₜ) of the state before each action, with gradients; anything at all where the mask is False."""
        ...


def collect_steps(world: "StepWorld", policy: Policy, generator: torch.Generator, *, temperature: float) -> Rollout:
    """The world's next steps under the policy, and a seed for the order in which they will be learned from.

    Raises:
        TypeError: The world does not make single steps.
    """
    if not isinstance(world, StepWorld):
        raise TypeError(f"this algorithm judges every step and needs a world with rollout(), got {world!r}")
    rollout = world.rollout(policy, temperature=temperature, generator=generator)
    return replace(rollout, seed=int(torch.randint(2**31, (), generator=generator, device=generator.device)))


@runtime_checkable
class StepWorld(Protocol):
    """What Reinforce, PPO and TRPO need of a world: steps, each with its reward."""

    def rollout(self, policy: Policy, *, temperature: float, generator: torch.Generator) -> Rollout:
        """Let the policy act, for as many steps as this world makes at a time."""
        ...
