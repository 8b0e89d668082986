"""Recorded learning curves as bands: one run is luck, so a claim about learning is drawn over all seeds.

For each method the mean over the seeds as a line, and between the worst seed and the best a shaded area. Left out:
standard errors, which five runs are too few for.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.ticker import EngFormatter, MaxNLocator

from rlcourse.algorithms import History
from rlcourse.showing.picture import Picture
from rlcourse.showing.style import LOOKS, OKABE_ITO, Look, draw_level, in_our_style, new_figure, show_percent, tidy
from rlcourse.showing.words import minus

Curves = Mapping[int, History]
"""The runs of one method by their seed, as `rlcourse.experiments.load_curves` gives them."""

_OWN_LOOKS = dict(zip(("PPO", "TRPO", "REINFORCE", "GRPO"), LOOKS, strict=False))
"""The course's algorithms look the same in every picture, whatever stands beside them."""


@dataclass(frozen=True)
class SeedBand:
    """One number of a method's history over its seeds, at the K steps at which it was measured."""

    steps: Float[np.ndarray, "K"]
    values: Float[np.ndarray, "N K"]
    """One row for each of N seeds."""

    @property
    def mean(self) -> Float[np.ndarray, "K"]:
        """The mean over the seeds."""
        return self.values.mean(axis=0)

    @property
    def low(self) -> Float[np.ndarray, "K"]:
        """The worst seed at each step, or the best where less is better."""
        return self.values.min(axis=0)

    @property
    def high(self) -> Float[np.ndarray, "K"]:
        """The best seed at each step, or the worst where less is better."""
        return self.values.max(axis=0)


def seed_band(curves: Curves, metric: str) -> SeedBand:
    """One column of all runs, where every one of them has a number.

    Args:
        curves: The runs by their seed.
        metric: A column of their histories, such as "optimality".

    Raises:
        ValueError: There is no run, or no step at which all runs have that number.
    """
    if not curves:
        raise ValueError("curves must hold at least one run, got none")
    columns = [dict(zip(run["step"], run[metric], strict=True)) for run in curves.values()]
    steps = [step for step in columns[0] if all(np.isfinite(column.get(step, np.nan)) for column in columns)]
    if not steps:
        there = sorted({name for run in curves.values() for row in run for name in row})
        raise ValueError(f"metric must be a number that all runs have at the same steps, got {metric!r}; among {there}")
    values = np.array([[column[step] for step in steps] for column in columns])
    return SeedBand(np.array(steps, dtype=float), values)


@in_our_style
def bands_picture(
    curves: Mapping[str, Curves],
    *,
    metric: str,
    target: float | int | None = None,
    title: str = "",
    low: float | int | None = None,
    high: float | int | None = None,
    percent: bool = False,
    xlabel: str = "update",
    x_per_step: Mapping[str, float | int] | None = None,
    axes: Axes | None = None,
) -> Picture:
    """Methods as bands over their seeds: the mean as a line, from the worst seed to the best as a shaded area.

    Args:
        curves: A label for each method, one to six, and its runs by their seed. A label that begins with "PPO",
            "TRPO", "REINFORCE" or "GRPO" gets that algorithm's colour and dash, the same in every picture.
        metric: The column of the histories to draw.
        target: A level to reach, drawn as a horizontal line.
        title: Above the picture; the metric's name and what the band is when empty.
        low: Lower end of the y axis; None lets the curves decide.
        high: Upper end of the y axis; None lets the curves decide.
        percent: Show fractions as percentages.
        xlabel: What the x axis counts.
        x_per_step: For each label, how many of those one update is: for methods whose updates cost unlike much. 1 for
            all when None.
        axes: Where to draw, to stand beside other pictures; a figure of its own when None.

    Raises:
        ValueError: There are no methods or more than six, one has no number of that name, or `x_per_step` lacks one.
    """
    if not 1 <= len(curves) <= len(LOOKS):
        raise ValueError(f"curves must hold 1 to {len(LOOKS)} methods, got {len(curves)}")
    if x_per_step is not None and (missing := curves.keys() - x_per_step.keys()):
        raise ValueError(f"x_per_step must have a number for every method, it lacks {sorted(missing)}")
    bands = {label: seed_band(runs, metric) for label, runs in curves.items()}
    if axes is None:
        axes = new_figure(8.4, 4.0).subplots()
    drawn, shade = list(bands.values()), 0.22 if len(bands) < 4 else 0.1  # many bands on top of each other are a fog
    for place, ((label, band), look) in enumerate(zip(bands.items(), _looks_of(bands), strict=True)):
        covered = any(_alike(band, later) for later in drawn[place + 1 :])
        _draw(axes, label, band, look, 1 if x_per_step is None else x_per_step[label], covered=covered, shade=shade)
    if target is not None:
        draw_level(axes, target, f"target {_number(target, percent)}")
    _finish(axes, title or f"{metric.replace('_', ' ')}: mean, worst and best seed", xlabel, percent, (low, high))
    said = [_in_words(label, band, percent) for label, band in bands.items()]
    return Picture(axes.figure, f"Learning curves of {metric.replace('_', ' ')} over {xlabel}. {' '.join(said)}")


def _looks_of(labels: Iterable[str]) -> list[Look]:
    """An algorithm's own look for the first label that begins with its name; the others take what is left, in turn."""
    labels, taken = list(labels), {}
    for label in labels:
        own = _OWN_LOOKS.get(re.match(r"\w*", label).group())
        if own is not None and own not in taken.values():
            taken[label] = own
    left = iter([look for look in LOOKS if look not in taken.values()])
    return [taken.get(label) or next(left) for label in labels]


def _alike(band: SeedBand, other: SeedBand) -> bool:
    """Whether two means lie on top of each other nearly everywhere, so that the later one would hide the other."""
    apart = np.abs(np.interp(other.steps, band.steps, band.mean) - other.mean)
    return bool(other.steps[-1] > band.steps[-1] / 2 and np.quantile(apart, 0.9) < 0.02 * np.ptp(band.mean))


def _draw(
    axes: Axes, label: str, band: SeedBand, look: Look, x_per_step: float, *, covered: bool, shade: float
) -> None:
    """A curve that another will cover is drawn wide and pale, so that both are seen."""
    x = band.steps * x_per_step
    axes.fill_between(x, band.low, band.high, color=OKABE_ITO[look.colour], alpha=shade, lw=0)
    every = max(1, len(x) // 8)  # a few markers tell the curves apart, many hide them
    words = f"{label} ({len(band.values)} seeds)" if len(band.values) > 1 else label
    weight = {"lw": 7, "alpha": 0.45, "ms": 9} if covered else {"lw": 2, "ms": 5}
    axes.plot(x, band.mean, **look.line, **weight, marker=look.marker, markevery=every, label=words)


def _finish(axes: Axes, title: str, xlabel: str, percent: bool, limits: tuple[float | None, float | None]) -> None:
    legend = {"loc": "best", "frameon": True}
    tidy(axes, title=title, grid="both", xlabel=xlabel, xlim=(0, None), ylim=limits, legend=legend)
    axes.xaxis.set_major_locator(MaxNLocator(7, integer=True))
    if axes.get_xlim()[1] >= 10_000:
        axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    if percent:
        show_percent(axes.yaxis)


def _in_words(label: str, band: SeedBand, percent: bool) -> str:
    start, *end = (_number(v, percent) for v in (band.mean[0], band.mean[-1], band.low[-1], band.high[-1]))
    return f"{label}, {len(band.values)} seeds: from {start} on average to {end[0]}, between {end[1]} and {end[2]}."


def _number(value: float, percent: bool) -> str:
    return minus(f"{100 * value:.0f} %" if percent else f"{value:.3g}")
