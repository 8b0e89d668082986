"""How old may the data be? Runs that learned from batches of some updates ago, in several ways, over the age.

The runs are recorded (`rlcourse.experiments.practice`), five seeds for each age and way. Three pictures: how the runs
of one age went, how many of their tokens had left the clip's band, and where the runs of every age ended. Left out:
ages between two that were run.
"""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from rlcourse.explorables.plotting import bench
from rlcourse.explorables.plotting.marks import Colour, Dash, Marker
from rlcourse.explorables.plotting.plot import Area, Array, Axis, Choice, Handle, Line, Panel, Plot, Rule, Scatter
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.explorables.training.bands import Curves, SeedBand, seed_band
from rlcourse.usual import usual_settings

Runs = Mapping[str, Mapping[int, Curves]]
"""By the way of learning, in words: by the age of the data, the runs by their seed."""
LOOKS: tuple[tuple[Colour, Colour, Dash, Marker], ...] = (
    ("vermillion", "orange", "dotted", "square"),
    ("blue", "sky", "solid", "circle"),
    ("green", "green", "dashed", "triangle"),
)
TRY_THIS = (
    "<b>Try this:</b> let the data grow older, age by age, or drag the line on the right. <b>Watch:</b> when the "
    "three ways part company, and how many tokens have left the band by then."
)


def age_of_data(runs: Runs) -> bench.Bench:
    """The explorable: a slider over the age of the data, drawn in the browser.

    Args:
        runs: One to three ways of learning, each with the same ages, from young to old; their runs have the columns
            accuracy (where measured) and clip_fraction.

    Raises:
        ValueError: there are no or more than three ways, fewer than two ages, or the ways have unlike ages.
    """
    return bench.bench(TRY_THIS, age_of_data_plot(runs), (_slider(runs),))


def age_of_data_figure(runs: Runs, *, age: int = 0) -> Figure:
    """The same for print, for the age with that number, the first being 0."""
    return draw_figure(age_of_data_plot(runs), bench.state_of((_slider(runs),), age=age))


def _slider(runs: Runs) -> bench.Choice:
    return bench.Choice("age", "age of the data, updates", tuple(map(str, _ages(runs))), start=0, play=True)


def _ages(runs: Runs) -> list[int]:
    if not 1 <= len(runs) <= len(LOOKS):
        raise ValueError(f"runs must hold one to {len(LOOKS)} ways of learning, got {len(runs)}")
    ages = [list(by_age) for by_age in runs.values()]
    if len(ages[0]) < 2 or any(other != ages[0] for other in ages):
        raise ValueError(f"runs must have the same ages in every way, at least two, got {ages}")
    return ages[0]


@usual_settings()
def age_of_data_plot(runs: Runs) -> Plot:
    """The bands of every way at every age, and where each ended."""
    ages = _ages(runs)
    right = [[seed_band(curves, "accuracy") for curves in by_age.values()] for by_age in runs.values()]
    outside = [[seed_band(curves, "clip_fraction") for curves in by_age.values()] for by_age in runs.values()]
    seeds = len(right[0][0].values)
    arrays = {"here": Array(("age",), np.arange(1.0, len(ages) + 1))}
    for i, (accuracies, fractions) in enumerate(zip(right, outside, strict=True)):
        arrays |= _band_arrays(f"right_{i}", "measured", accuracies) | _band_arrays(f"out_{i}", "update", fractions)
        arrays |= _ends(i, len(runs), accuracies)
    of_age = tuple(map(float, range(len(ages))))
    return Plot(
        grids={
            "age": of_age,
            "one": of_age,
            "run": tuple(map(float, range(len(ages) * seeds))),
            "measured": tuple(right[0][0].steps.tolist()),
            "update": tuple(outside[0][0].steps.tolist()),
        },
        arrays=arrays | {"place": Array(("one",), np.arange(1.0, len(ages) + 1))},
        choices={"old": Choice(("age",), np.arange(len(ages)), _words(ages))},
        panels=(_right(runs, right), _outside(runs, outside), _all(runs, ages)),
        readouts=("{old} " + _said(runs),),
        alt="Three pictures. {old} " + _said(runs),
    )


def _words(ages: list[int]) -> tuple[str, ...]:
    named = {0: "The data are fresh.", 1: "The data are one update old."}
    return tuple(named.get(age, f"The data are {age} updates old.") for age in ages)


def _said(runs: Runs) -> str:
    said = (
        f"{way}: {{end_{i}:.0f}} % right ({{worst_{i}:.0f}} to {{best_{i}:.0f}} over the seeds)"
        for i, way in enumerate(runs)
    )
    return "At the end, " + "; ".join(said) + "."


def _band_arrays(name: str, steps: str, of: list[SeedBand]) -> dict[str, Array]:
    parts = {"mean": "mean", "low": "low", "high": "high"}
    return {
        f"{name}_{part}": Array(("age", steps), 100 * np.array([getattr(band, column) for band in of]))
        for part, column in parts.items()
    }


def _ends(number: int, ways: int, of: list[SeedBand]) -> dict[str, Array]:
    """Where the runs of one way ended, at every age; ways stand a little beside each other."""
    last = 100 * np.array([band.values[:, -1] for band in of])  # [ages, seeds]
    places = np.arange(1.0, len(of) + 1) + 0.16 * (number - (ways - 1) / 2)
    return {
        f"end_{number}": Array(("age",), last.mean(1)),
        f"worst_{number}": Array(("age",), last.min(1)),
        f"best_{number}": Array(("age",), last.max(1)),
        f"place_{number}": Array(("one",), places),
        f"ends_{number}": Array(("one",), last.mean(1)),
        f"run_place_{number}": Array(("run",), np.repeat(places, last.shape[1])),
        f"run_end_{number}": Array(("run",), last.reshape(-1)),
    }


def _curves(runs: Runs, name: str, steps: str) -> tuple[Area | Line, ...]:
    areas, lines = [], []
    for i, (way, (colour, pale, dash, _)) in enumerate(zip(runs, LOOKS, strict=False)):
        areas.append(Area(steps, f"{name}_{i}_low", f"{name}_{i}_high", along=steps, colour=pale))
        lines.append(Line(steps, f"{name}_{i}_mean", along=steps, label=way, colour=colour, dash=dash))
    return (*areas, *lines)


def _right(runs: Runs, bands: list[list[SeedBand]]) -> Panel:
    return Panel(
        title="Right answers, held-out sums",
        x=Axis("update", 0, float(bands[0][0].steps[-1])),
        y=Axis("%", 0, 100),
        marks=_curves(runs, "right", "measured"),
    )


def _outside(runs: Runs, bands: list[list[SeedBand]]) -> Panel:
    most = max(float(band.high.max()) for of in bands for band in of)
    return Panel(
        title="Tokens outside the band",
        x=Axis("update", 0, float(bands[0][0].steps[-1])),
        y=Axis("%", 0, 105 * max(most, 0.01)),
        marks=_curves(runs, "out", "update"),
    )


def _all(runs: Runs, ages: list[int]) -> Panel:
    marks = [Rule(x="here", dash="dotted", width=2)]
    for i, (colour, _, dash, marker) in zip(range(len(runs)), LOOKS, strict=False):
        marks.append(Scatter(f"run_place_{i}", f"run_end_{i}", along="run", colour=colour, size=5))
        look = {"colour": colour, "dash": dash, "marker": marker, "width": 1.5}
        marks.append(Line(f"place_{i}", f"ends_{i}", along="one", **look))
    return Panel(
        title="At the end, for every age",
        x=Axis("age of the data, updates", 0.5, len(ages) + 0.5, tuple(map(str, ages))),
        y=Axis("right, %", 0, 100),
        marks=tuple(marks),
        handles=(Handle("age", x="here", grip=0.95),),
    )
