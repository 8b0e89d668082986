"""An experiment: who learns what, for how long, and what is measured on the way."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rlcourse.algorithms import History, Policy, Training


@dataclass(frozen=True)
class Experiment:
    """One algorithm in one world, to be run with several seeds."""

    name: str
    """World and algorithm, such as "maze-ppo"; also the name of the file with its curves."""
    title: str
    """What it is, in one line."""
    make: Callable[[int], Training]
    """From a seed to a training before its first step."""
    steps: int
    """How many updates a run makes."""
    evaluate: Callable[[Policy], Mapping[str, float]]
    """Measures the policy; seeded, so that it takes no part in the run's own chance."""
    evaluate_every: int
    """Steps between two measurements; there is one before the first step too."""

    def run(self, seed: int, *, steps: int | None = None, progress: bool = True) -> History:
        """One run, of `steps` updates instead of all of them if given.

        Raises:
            KeyboardInterrupt: ■ or Ctrl-C: half a run is no curve.
        """
        history = self.make(seed).run(
            self.steps if steps is None else steps,
            evaluate=self.evaluate,
            evaluate_every=self.evaluate_every,
            progress=progress,
        )
        if history.interrupted:
            raise KeyboardInterrupt
        return history
