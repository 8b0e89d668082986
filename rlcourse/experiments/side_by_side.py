"""TRPO, PPO and GRPO on one GPT-2, like for like: the same weights, questions, rule and number of answers per update.

    RACERS["GRPO"].training(0)        a training before its first step
    RACERS["GRPO"].curves             the name of its five recorded runs

PPO stands there with 1, 4 and 16 gradient steps on each batch, TRPO with all answers in its Fisher products and with a
tenth of them: how much is made of a batch is a choice, and a fair comparison shows it. A record says what is learned by
how many updates, which no other machine changes; how long an update takes is measured where the reader is, by `Runner`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from statistics import median

from rlcourse.algorithms import TRPO, Algorithm, Training
from rlcourse.algorithms.costs import seconds_worked
from rlcourse.algorithms.stopping import interrupt_held
from rlcourse.arguments import check_number
from rlcourse.experiments.language import SUMS, grpo, ppo, sums
from rlcourse.language import LanguagePolicy, ValueModel, arithmetic_world, load_gpt2, split_sums


def trpo(policy: LanguagePolicy, **settings: object) -> Algorithm:
    """TRPO with a value model of its own, perhaps with other settings."""
    critic = ValueModel.from_language_model(policy.model, policy.tokenizer)
    return TRPO(replace(SUMS["trpo"], **settings), critic=critic)


def ppo_with(policy: LanguagePolicy, **settings: object) -> Algorithm:
    """PPO with a value model of its own, perhaps with other settings."""
    return ppo(policy, replace(SUMS["ppo"], **settings))


SIXTEEN = partial(ppo_with, epochs=4, minibatch_size=64)
TENTH = partial(trpo, fisher_every=10)

RACE = (
    sums("ppo-16", "PPO on sums with 16 gradient steps on each batch", SIXTEEN, steps=10, evaluate_every=5),
    sums("trpo-tenth", "TRPO on sums, F by a tenth of the answers", TENTH, steps=20, evaluate_every=5),
)
"""The runs of notebook 11 that no other notebook has."""


@dataclass(frozen=True)
class Racer:
    """One way to learn from the same answers."""

    curves: str
    """The name of its recorded runs."""
    make: Callable[[LanguagePolicy], Algorithm]
    """From the policy before its first step to the algorithm."""
    gradients: str
    """What it makes of one batch, in words."""

    def training(self, seed: int, *, model: str | Path = "sft") -> Training:
        """A run before its first step.

        Args:
            seed: Of the run.
            model: Who learns, by the name or the folder that `load_gpt2` takes: GPT-2 as supervised fine-tuning left
                it, of which the recorded runs are; "gpt2" is the original from the hub.
        """
        policy = LanguagePolicy(*load_gpt2(model))
        return Training(policy, arithmetic_world(split_sums()[0]), self.make(policy), seed=seed)


RACERS = {
    "GRPO": Racer("language-grpo", grpo, "1 gradient step"),
    "PPO, 1 step": Racer("language-ppo", ppo_with, "1 gradient step"),
    "PPO, 4 steps": Racer(
        "language-ppo-twice",
        partial(ppo_with, epochs=2, minibatch_size=128),
        "4 gradient steps: 2 times through, in 2 portions",
    ),
    "PPO, 16 steps": Racer("language-ppo-16", SIXTEEN, "16 gradient steps: 4 times through, in 4 portions"),
    "TRPO": Racer("language-trpo", trpo, "1 trusted step, F of all answers"),
    "TRPO, a tenth": Racer("language-trpo-tenth", TENTH, "1 trusted step, F of a tenth"),
}
"""By the label that stands in tables and pictures."""
EARLY = 3
"""Updates from which the seconds of all racers are taken: while all are still near the model that they began with."""


@dataclass
class Runner:
    """A racer under way, with a stopwatch: `seconds_worked`."""

    label: str
    training: Training
    sampling: list[float] = field(default_factory=list)
    """Seconds until an update's answers were there with their rewards, one number for each update."""
    learning: list[float] = field(default_factory=list)
    """And from there to the new weights."""
    right: list[float] = field(default_factory=list)
    """The share of right answers among those that an update learned from, before it learned."""

    @property
    def spent(self) -> float:
        """All seconds so far."""
        return sum(self.sampling) + sum(self.learning)

    @property
    def usual(self) -> tuple[float, float]:
        """What an update takes, sampling and learning: the medians of the first three, or of as many as were made.

        A racer that has made twenty is another model by then, and may have less to do: GRPO leaves out groups whose
        answers are all right. Among the first three all racers have much the same to do. There must be one.
        """
        return median(self.sampling[:EARLY]), median(self.learning[:EARLY])

    def warm_up(self) -> None:
        """Draw answers once and forget them, so that no update pays for what a new world does once.

        A world turns its questions into tokens when it is first asked. Chance goes on as if nothing had been drawn.
        """
        run = self.training
        before = run.generator.get_state()
        run.algorithm.collect(run.world, run.policy, run.generator)
        run.generator.set_state(before)

    def rewind(self, policy: LanguagePolicy, *, seed: int = 0) -> None:
        """Give the policy another one's weights, and the chance of a seed: the next answers are then the same for all.

        Optimiser and value model stay as they are, so that what an update needs is there.
        """
        self.training.policy.model.load_state_dict(policy.model.state_dict())
        self.training.generator.manual_seed(seed)

    def step(self) -> None:
        """One update; ■ lets it end first."""
        run = self.training
        with interrupt_held("this update"):
            start = seconds_worked()
            experience = run.algorithm.collect(run.world, run.policy, run.generator)
            between = seconds_worked()
            stats = run.algorithm.update(run.policy, run.optimizer, experience)
            self.learning.append(seconds_worked() - between)
            self.sampling.append(between - start)
            self.right.append(stats["reward"])


def race(runners: Sequence[Runner], *, seconds: float) -> Iterator[Runner]:
    """Let each learn until it has spent its seconds; whoever has spent least goes next, and is yielded afterwards.

    An update that has begun is ended, so that all but the last may be over time by one update.

    Args:
        runners: Who takes part.
        seconds: Of processor time, for each; above 0. A second race goes on for as long again.

    Raises:
        ValueError: `seconds` is not above 0, or nobody takes part.
    """
    check_number("seconds", seconds, low=0, above=True)
    if not runners:
        raise ValueError("runners must hold at least one, got none")
    return _race(runners, {id(one): one.spent + seconds for one in runners})


def _race(runners: Sequence[Runner], until: Mapping[int, float]) -> Iterator[Runner]:
    while behind := [one for one in runners if one.spent < until[id(one)]]:
        runner = min(behind, key=lambda one: one.spent - until[id(one)])
        runner.step()
        yield runner
