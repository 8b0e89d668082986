"""The loop that joins a policy, a world and an algorithm: let it act, learn from it, write down how it went.

It knows neither which world nor which algorithm it runs. It can be watched (`on_step`), stopped with ■ at any
moment and continued by another `run`, which then gives the numbers of a run that was never stopped: ■ lets the step
that is under way end first. Saving to disk is in `rlcourse.algorithms.saving`.
"""

import math
import time
from collections.abc import Callable, Mapping
from numbers import Integral
from typing import Protocol, runtime_checkable

import numpy as np
import torch

from rlcourse.algorithms._guards import check_can_learn, check_function, check_methods, plain_numbers
from rlcourse.algorithms.protocol import Policy, World
from rlcourse.algorithms.rollout import StepWorld
from rlcourse.algorithms.stopping import interrupt_held, until_stopped
from rlcourse.arguments import MOST_SEED, check_integer


@runtime_checkable
class Algorithm(Protocol):
    """What the loop needs of an algorithm."""

    def make_optimizer(self, policy: Policy) -> torch.optim.Optimizer:
        """The optimiser whose steps `update` takes."""
        ...

    def collect(self, world: World | StepWorld, policy: Policy, generator: torch.Generator):
        """The experience for one update."""
        ...

    def update(self, policy: Policy, optimizer: torch.optim.Optimizer, experience) -> dict[str, float]:
        """One update, and what happened in numbers."""
        ...


class History(list):
    """One dictionary of numbers per step, in order; `history["reward"]` is a column."""

    interrupted = False
    """Whether ■ ended the run that wrote it."""

    def __getitem__(self, key):
        """A row by its number, or a column by its name: an array with NaN where a row has no such entry."""
        if isinstance(key, str):
            return np.array([row.get(key, math.nan) for row in self], dtype=float)
        return super().__getitem__(key)

    def last(self, key: str) -> float:
        """The newest number in a column, or NaN if there is none."""
        return next((row[key] for row in reversed(self) if key in row), math.nan)


class Training:
    """A training run that can be watched, stopped and continued.

    Args:
        policy: What learns.
        world: Where it acts; a `World` for GRPO, a `StepWorld` for the others. Ours are both.
        algorithm: How it learns, such as `GRPO()`.
        seed: Drives every random choice; the same seed on the same machine gives the same numbers.
    """

    def __init__(self, policy: Policy, world: World | StepWorld, algorithm: Algorithm, *, seed: int = 0):
        check_methods("policy", policy, Policy)
        if isinstance(world, type) or not isinstance(world, World | StepWorld):
            no_object = ", the class itself and not an object made of it" * isinstance(world, type)
            raise TypeError(f"world must have sample_groups() or rollout(), got {world!r}{no_object}")
        check_methods("algorithm", algorithm, Algorithm)
        check_integer("seed", seed, 0, MOST_SEED)
        self.policy, self.world, self.algorithm = policy, world, algorithm
        with interrupt_held("setting up"):  # the first optimiser imports much of PyTorch; half an import is its end
            self.optimizer = algorithm.make_optimizer(policy)
        self.generator = torch.Generator().manual_seed(seed)
        self.history = History()
        self.seconds = 0.0
        self.begun_at = 0
        """How many steps had been made when the latest run began."""
        self.evaluated = -1
        """The last step after which the policy was measured."""

    def run(
        self,
        steps: int,
        *,
        on_step: Callable[["Training"], None] | None = None,
        evaluate: Callable[[Policy], Mapping[str, float]] | None = None,
        evaluate_every: int = 10,
        until: Callable[[History], bool] | None = None,
        progress: bool = True,
    ) -> History:
        """Train for `steps` more steps, or until ■, which lets the step that is under way end and says so at once. A
        second ■ does not wait: part of that step may have been made then, and going on is no longer the same as not
        having stopped. It says that too.

        Args:
            steps: Updates to make, at least 1.
            on_step: Called after each step with this training, for pictures. Its time does not count as training.
            evaluate: Measures the policy; what it returns, numbers by name, joins the history. Called before the
                first step and then every `evaluate_every` steps. Its time does not count as training either.
            evaluate_every: Steps between two evaluations.
            until: Looks at the history after each step; training ends when it returns True.
            progress: Show a progress bar.

        Returns:
            The history. Every row has "step" and "seconds" (spent training so far). After ■ it holds the steps
            that were finished, and `interrupted` is True.

        Raises:
            ValueError: `steps` or `evaluate_every` is not a positive whole number, or a measurement has the name
                of something else in the history, or is NaN or infinite.
            TypeError: `evaluate`, `on_step` or `until` is no function, or `evaluate` does not return numbers by name.
            RuntimeError: Gradients are switched off around this call.
        """
        check_can_learn("policy", self.policy)
        called = {"on_step": (on_step, "training"), "evaluate": (evaluate, "policy"), "until": (until, "history")}
        for name, (function, given) in called.items():
            if function is not None:
                check_function(name, function, given)
        for name, value in (("steps", steps), ("evaluate_every", evaluate_every)):
            if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
                raise ValueError(f"{name} must be a whole number of at least 1, got {value!r}")
        self.begun_at = int(self.history["step"][-1]) if self.history else 0
        with until_stopped(self.history, total=steps, disable=not progress, desc="training", mininterval=0.3) as shown:
            if evaluate is not None and not self.history:
                self.history.append({"step": 0, "seconds": 0.0})
            self._evaluate_if_due(evaluate, evaluate_every)  # perhaps ■ prevented it in the last run
            for _ in range(steps):
                self._step()
                self._evaluate_if_due(evaluate, evaluate_every)
                shown.update()
                row = self.history[-1]
                what = "loss" if "loss" in row and "reward" not in row else "reward"  # text is not paid
                shown.set_postfix({what: f"{self.history.last(what):.2f}"}, refresh=False)
                if on_step is not None:
                    on_step(self)
                if until is not None and until(self.history):
                    break
        return self.history

    @property
    def interrupted(self) -> bool:
        """Whether ■ ended the last run."""
        return self.history.interrupted

    def _step(self) -> None:
        with interrupt_held():
            start = time.perf_counter()
            experience = self.algorithm.collect(self.world, self.policy, self.generator)
            stats = plain_numbers("update", self.algorithm.update(self.policy, self.optimizer, experience))
            self.seconds += time.perf_counter() - start
            step = self.history[-1]["step"] + 1 if self.history else 1
            # The row stands before the evaluation, which may be interrupted: the step is done all the same.
            self.history.append({"step": step, "seconds": self.seconds, **stats})

    def _evaluate_if_due(self, evaluate, evaluate_every: int) -> None:
        """Measure the policy after the newest step, if that is a step to measure at and it has not been done."""
        if evaluate is None or not self.history:
            return
        row = self.history[-1]
        if row["step"] % evaluate_every == 0 and row["step"] > self.evaluated:
            row.update(_measured(evaluate(self.policy), taken=row))
            self.evaluated = row["step"]


def _measured(measured: object, taken: Mapping[str, float]) -> dict[str, float]:
    """What an evaluation returned, as plain numbers, or an error that says what is wrong with it."""
    plain = plain_numbers("evaluate", measured)
    for name in plain:
        if name in taken:
            raise ValueError(f"evaluate must not return {name!r}: the history has a number of that name already")
    return plain
