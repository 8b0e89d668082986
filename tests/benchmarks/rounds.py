"""How a comparison is run: both sides in turn, in one process, and medians over the rounds.

A machine is now faster, now slower; two sides that take turns meet the same weather. Which side begins changes from
round to round. The ratio is the median of the rounds' own ratios, so that a slow minute spoils one round and no more.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from statistics import median

Say = Callable[[str], None]


@dataclass(frozen=True)
class Result:
    """One row of the table."""

    row: str
    """Its name on the command line."""
    title: str
    """What was done."""
    peer: str
    """Against what; "" where there is only a limit."""
    unit: str
    """What the figures are: "s", "steps/s" …"""
    higher_is_better: bool
    """True for speeds, False for times."""
    ours: list[float]
    """One figure for each round."""
    theirs: list[float] = field(default_factory=list)
    """The peer's, round by round."""
    least_ratio: float | None = None
    """How many times faster ours has to be; None where the figure is only stated."""
    limit: float | None = None
    """What our figure may be at most, where there is no peer."""
    aim: float | None = None
    """What the course works towards, in the same terms. The table says whether it is reached; nothing fails."""
    settings: str = ""
    """What both sides share."""
    quality: str = ""
    """What came out, beside how long it took."""
    note: str = ""
    """What a reader must know to judge the figure."""

    @property
    def ratios(self) -> list[float]:
        """How many times faster ours was, round by round."""
        pairs = zip(self.ours, self.theirs, strict=True)
        return [ours / theirs if self.higher_is_better else theirs / ours for ours, theirs in pairs]

    @property
    def promised(self) -> float | None:
        """What must be kept, a ratio or a limit; None where the figure is only stated."""
        return self.limit if self.least_ratio is None else self.least_ratio

    @property
    def met(self) -> bool | None:
        """Whether the promise was kept; None where there is none."""
        return self._within(self.promised)

    @property
    def reached(self) -> bool | None:
        """Whether the figure is what the course works towards; None where that is not said."""
        return self._within(self.aim)

    def _within(self, bound: float | None) -> bool | None:
        if bound is None:
            return None
        return median(self.ratios) >= bound if self.theirs else median(self.ours) < bound

    def as_json(self) -> dict:
        """Everything, with the medians."""
        medians = {"median_ours": median(self.ours), "met": self.met, "reached": self.reached}
        if self.theirs:
            medians |= {"median_theirs": median(self.theirs), "ratio": median(self.ratios), "ratios": self.ratios}
        return asdict(self) | medians


def take_turns(
    ours: Callable[[int], float],
    theirs: Callable[[int], float],
    *,
    repeats: int,
    say: Say,
    unit: str,
) -> tuple[list[float], list[float]]:
    """Both sides, `repeats` times; each is called with the number of the round and returns its figure."""
    found: dict[str, list[float]] = {"ours": [], "theirs": []}
    for number in range(repeats):
        sides = [("ours", ours), ("theirs", theirs)]
        for name, side in sides[:: -1 if number % 2 else 1]:
            found[name].append(side(number))
        say(f"round {number + 1}/{repeats}: {shown(found['ours'][-1])} against {shown(found['theirs'][-1])} {unit}")
    return found["ours"], found["theirs"]


def shown(figure: float) -> str:
    """A figure in three digits that count, with thousands apart."""
    return f"{figure:,.0f}" if abs(figure) >= 100 else f"{figure:.3g}"


def seconds(work: Callable[[], object]) -> float:
    """How long it took."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
