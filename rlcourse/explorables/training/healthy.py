"""What healthy looks like: recorded runs of the same training, to stand behind a live one, and what is normal in words.

A beginner cannot tell a run that goes well from one that is broken: is it wrong that the reward falls at first, that
the loss is 0, that the curve lies flat for twenty updates? The course has recorded each training with five seeds
(`rlcourse.experiments`). Every number in the sentences below is worked out from these records when it is said. Left
out: trainings that were recorded with other settings than the notebooks use.
"""

from collections.abc import Callable, Container
from dataclasses import dataclass

import numpy as np

from rlcourse.arguments import check_choice
from rlcourse.experiments import load_curves
from rlcourse.experiments.recipes import the_maze
from rlcourse.explorables.training.bands import Curves, SeedBand, seed_band
from rlcourse.explorables.training.healthy_language import LANGUAGE
from rlcourse.explorables.training.recorded_facts import (
    Clauses,
    above,
    after,
    all_values,
    crawling,
    ends,
    first_reached,
    largest_fall,
    percent,
    resting,
)
from rlcourse.maze import optimal_return
from rlcourse.showing.words import minus

_OTHER_NAMES = {"upright": "balance", "held_out": "accuracy"}
"""What notebooks call a column in their own words, and what it is called in the records."""


@dataclass(frozen=True)
class Healthy:
    """Recorded runs of one training, and one sentence on what is normal in them."""

    curves: Curves
    words: str

    def band(self, key: str) -> SeedBand | None:
        """The recorded runs of a column, by its name in a notebook; None if it was not recorded.

        `expected_return` is that of the notebooks' maze, from its start: the records keep its share of the optimum.
        """
        if key == "expected_return" and (share := self.band("optimality")) is not None:
            return SeedBand(share.steps, share.values * optimal_return(the_maze()))
        try:
            return seed_band(self.curves, _OTHER_NAMES.get(key, key))
        except ValueError:  # no step at which all runs have this number
            return None


def healthy(name: str, *, charted: Container[str] | None = None) -> Healthy:
    """The recorded runs of an experiment of the course, and what is normal in them.

    Args:
        name: Such as "maze-ppo"; one of `HEALTHY`.
        charted: The columns that are drawn: what is said only about others is left out. None for all that there is.

    Raises:
        ValueError: There are no words for a training of that name.
    """
    check_choice("recorded", name, tuple(HEALTHY))
    curves = load_curves(name)
    said = HEALTHY[name](curves)
    if not isinstance(said, str):
        said = "; ".join(words for key, words in said if charted is None or _seen(key, charted)) + "."
    updates = int(ends(curves, "step").max())
    return Healthy(curves, f"Normal here, in {len(curves)} recorded runs of {updates} updates: {minus(said)}")


def _seen(key: str | None, charted: Container[str]) -> bool:
    """Whether a column is drawn, by its own name or by one that notebooks have for it. None always is."""
    return key is None or any(name in charted for name in (key, *(o for o, own in _OTHER_NAMES.items() if own == key)))


def _best_return(curves: Curves) -> str:
    return f"nine tenths of the best return {after(first_reached(curves, 'optimality', 0.9))}"


def _reward_falls_first(curves: Curves) -> str:
    lowest = np.mean([np.nanmin(run["reward"]) for run in curves.values()])
    return (
        f"while it trains, the reward below the progress bar falls to about {lowest:.0f} before it rises, since the "
        "first walks to end are short and lucky"
    )


def _maze_grpo(curves: Curves) -> str:
    return (
        f"{_best_return(curves)}, and an entropy below {above(ends(curves, 'entropy').max(), 2)} at the end: hardly a "
        "doubt is left."
    )


def _maze_ppo(curves: Curves) -> Clauses:
    kl = all_values(curves, "approx_kl")
    early = all_values(curves, "approx_kl", first=5).mean()
    spikes = (
        f"a KL gauge of a few hundredths ({early:.2f} on average in the first five updates) with single spikes (up to "
        f"{kl.max():.1f})"
    )
    return (None, _best_return(curves)), ("approx_kl", spikes), (None, _reward_falls_first(curves))


def _maze_trpo(curves: Curves) -> str:
    used = all_values(curves, "policy_kl").max()
    return (
        f"{_best_return(curves)}; every step below the limit (the longest has a KL of {used:.3f}), and shorter and "
        f"shorter steps; {_reward_falls_first(curves)}."
    )


def _maze_reinforce_plain(curves: Curves) -> str:
    last, where = int(ends(curves, "step").max()), ends(curves, "optimality") * optimal_return(the_maze())
    return (
        f"a slow climb that depends on luck: after {last} updates their returns end between {where.min():.1f} and "
        f"{where.max():.1f}, and {crawling(curves, 'optimality', updates=20, share=0.1)} of them crawl on the way "
        "(twenty updates gain less than a tenth of their whole climb)."
    )


def _maze_reinforce_step_mean(curves: Curves) -> str:
    last, where = int(ends(curves, "step").max()), ends(curves, "optimality")
    return (
        f"it earns more than it costs {after(first_reached(curves, 'optimality', 0.0))}, and is at {where.min():.1f} "
        f"to {where.max():.1f} times the best return after {last}; the curves climb all the way, "
        f"{resting(curves, 'optimality')} of {len(curves)} with a slow stretch between two fast ones."
    )


def _mazes_ppo(curves: Curves) -> str:
    begin, end = (np.array([run["solved"][at] for run in curves.values()]) for at in (0, -1))
    return (
        f"out of {percent(begin)} of the unseen mazes at first, of nine tenths "
        f"{after(first_reached(curves, 'solved', 0.9))}, and of {percent(end)} at the end."
    )


def _cartpole_ppo(curves: Curves) -> str:
    solved, falls = first_reached(curves, "balance", 475), largest_fall(curves, "balance", 475)
    return (
        f"475 steps {after(solved)}, and dips on the way: before that every one of them fell back once by "
        f"{min(falls):.0f} steps or more."
    )


HEALTHY: dict[str, Callable[[Curves], str | Clauses]] = {
    "maze-grpo": _maze_grpo,
    "maze-ppo": _maze_ppo,
    "maze-trpo": _maze_trpo,
    "maze-reinforce-plain": _maze_reinforce_plain,
    "maze-reinforce-step-mean": _maze_reinforce_step_mean,
    "mazes-ppo": _mazes_ppo,
    "cartpole-ppo": _cartpole_ppo,
    **LANGUAGE,
}
"""What is normal in each of the course's trainings that are run live, said about its records."""
