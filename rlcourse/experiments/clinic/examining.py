"""What an examination is, and what all of them need: a batch, and how likely the run finds its tokens.

An examination takes a training before its first step, does with it what its question needs, and reports numbers in
rows. Whether they are out of the ordinary it says too, by a line that is drawn in its own file. Left out: any word
about causes, which are the patients' business.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from rlcourse.algorithms import Training
from rlcourse.algorithms.protocol import Episodes
from rlcourse.algorithms.rollout import Rollout
from rlcourse.language import LanguagePolicy


@dataclass(frozen=True)
class Report:
    """What an examination has found."""

    rows: Mapping[str, float | str]
    """Numbers, or words, by what they are."""
    odd: bool
    """Whether this is out of the ordinary."""


@dataclass(frozen=True)
class Examination:
    """A further test that can be ordered."""

    key: str
    label: str
    """What stands on its button."""
    asks: str
    """What is done, and what is to be expected, in a sentence or two."""
    measure: Callable[[Training], Report]
    """From a training before its first step, which may be used up."""


def draw(training: Training) -> Episodes | Rollout:
    """The run's first batch: answers, or steps of a robot."""
    return training.algorithm.collect(training.world, training.policy, training.generator)


@torch.no_grad()
def scores(training: Training, episodes: Episodes) -> Float[Tensor, "N"]:
    """Log π of the tokens that count, as the run itself scores them."""
    logprobs = training.policy.logprobs(episodes, temperature=training.algorithm.config.temperature)
    return logprobs[episodes.mask]


def by_the_book(training: Training) -> LanguagePolicy:
    """The run's model, scored by the course."""
    return LanguagePolicy(training.policy.model, training.policy.tokenizer)


def after(training: Training, updates: int) -> Training:
    """The training after so many updates."""
    for _ in range(updates):
        training.algorithm.update(training.policy, training.optimizer, draw(training))
    return training
