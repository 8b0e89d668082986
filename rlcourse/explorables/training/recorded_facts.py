"""What can be read off recorded runs of one training: when a level was reached, how far they fell, how they ended."""

import numpy as np

from rlcourse.explorables.training.bands import Curves

Clauses = tuple[tuple[str | None, str], ...]
"""A sentence in parts, each with the column that somebody must see to follow it; None where anybody can."""


def all_values(curves: Curves, key: str, *, first: int | None = None) -> np.ndarray:
    """What was written down in a column, of all runs one after the other, or only its `first` numbers of each."""
    columns = (run[key] for run in curves.values())
    return np.concatenate([column[np.isfinite(column)][:first] for column in columns])


def first_reached(curves: Curves, key: str, level: float) -> list[int]:
    """For each run the first step at which a column was measured at that level or above; runs that never were, not."""
    reached = [run["step"][run[key] >= level] for run in curves.values()]  # NaN is at no level
    return [int(steps[0]) for steps in reached if len(steps)]


def first_below(curves: Curves, key: str, level: float) -> list[int]:
    """For each run the first step at which a column was measured below that level; runs that never were, not."""
    below = [run["step"][run[key] < level] for run in curves.values()]  # NaN is below no level
    return [int(steps[0]) for steps in below if len(steps)]


def largest_fall(curves: Curves, key: str, level: float) -> list[float]:
    """For each run by how much a column fell back from its best so far, before it first was at that level."""
    falls = []
    for run in curves.values():
        values = run[key][np.isfinite(run[key])]
        values = values[: int((values >= level).argmax()) + 1]
        falls.append(float((np.maximum.accumulate(values) - values).max()))
    return falls


def crawling(curves: Curves, key: str, *, updates: int, share: float) -> int:
    """In how many runs a column rose by less than this share of its way from first to best within so many updates."""
    count = 0
    for run in curves.values():
        measured = np.isfinite(run[key])
        steps, values = run["step"][measured], run[key][measured]
        later = np.searchsorted(steps, steps + updates)
        whole = later < len(steps)
        count += bool((values[later[whole]] - values[whole] < share * (values.max() - values[0])).any())
    return count


def resting(curves: Curves, key: str) -> int:
    """How many runs gain, somewhere, less than half of what they gain at one time before and at another one after."""
    gains = [np.diff(run[key][np.isfinite(run[key])]) for run in curves.values()]
    middles = [range(1, len(gain) - 1) for gain in gains]
    return sum(
        any(2 * gain[i] < min(gain[:i].max(), gain[i + 1 :].max()) for i in middle)
        for gain, middle in zip(gains, middles, strict=True)
    )


def at_step(curves: Curves, key: str, step: int) -> np.ndarray:
    """What a column was at that step in each run."""
    return np.array([run[key][run["step"] == step][0] for run in curves.values()])


def ends(curves: Curves, key: str) -> np.ndarray:
    """The last number of a column in each run."""
    return np.array([run.last(key) for run in curves.values()])


def after(steps: list[int]) -> str:
    """After how many updates, in words."""
    low, high = min(steps), max(steps)
    return f"after {low} updates" if low == high else f"after {low} to {high} updates"


def percent(shares: np.ndarray) -> str:
    """Shares from the lowest to the highest, in words."""
    return f"{from_to(*(f'{100 * share:.0f}' for share in (shares.min(), shares.max())))} %"


def from_to(low: str, high: str) -> str:
    """Two numbers as they are written, once where they are written alike."""
    return low if low == high else f"{low} to {high}"


def above(value: float, digits: int) -> str:
    """A round number that the value is below."""
    return f"{np.ceil(value * 10**digits) / 10**digits:.{digits}f}"
