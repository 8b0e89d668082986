"""Recorded runs of one training with a setting that was turned: choose one, and see it among the others.

    runs_by_setting({"0": curves, "0.01": curves}, charts, label="weight of the bonus")

One picture for each chart: the band of the chosen setting over its seeds, and the means of the others as thin lines.
The last picture has where each of them ended. Left out: whatever lies between two settings, which nobody has run.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
from matplotlib.figure import Figure

from rlcourse.explorables.plotting import bench
from rlcourse.explorables.plotting.plot import Area, Array, Axis, Choice, Handle, Line, Panel, Plot, Rule, Scatter
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.explorables.training.bands import Curves, SeedBand, seed_band
from rlcourse.explorables.training.training_picture import Chart
from rlcourse.usual import usual_settings


def runs_by_setting(
    runs: Mapping[str, Curves],
    charts: Sequence[Chart],
    *,
    label: str,
    start: int = 0,
    logarithmic: Collection[str] = (),
    watch: str = "how the pictures move together, and how far the seeds of one setting lie apart.",
) -> bench.Bench:
    """The explorable: a slider over the settings, all drawn in the browser.

    Args:
        runs: What each setting is called, and its runs by their seed.
        charts: One to three; the first column of each is drawn. The last picture shows the first chart at the end.
        label: What was turned, for the slider.
        start: The number of the setting that it opens with.
        logarithmic: Columns, not the first chart's, whose axis is logarithmic: from the chart's low to its high.
        watch: What there is to see, for the sentence above.

    Raises:
        ValueError: There are fewer than two settings, or no chart or more than three, or a run lacks a column, or a
            logarithmic axis is asked for where there can be none.
    """
    try_this = (
        f"<b>Try this:</b> turn <i>{label}</i>, or drag the dotted line in the last picture. <b>Watch:</b> {watch}"
    )
    plot = runs_by_setting_plot(runs, charts, label=label, logarithmic=logarithmic)
    return bench.bench(try_this, plot, (_slider(runs, label, start),))


def runs_by_setting_figure(
    runs: Mapping[str, Curves],
    charts: Sequence[Chart],
    *,
    label: str,
    setting: int = 0,
    logarithmic: Collection[str] = (),
) -> Figure:
    """The same for print, for the setting with that number, the first being 0."""
    state = bench.state_of((_slider(runs, label, 0),), setting=setting)
    return draw_figure(runs_by_setting_plot(runs, charts, label=label, logarithmic=logarithmic), state)


def _slider(runs: Mapping[str, Curves], label: str, start: int) -> bench.Choice:
    return bench.Choice("setting", label, tuple(runs), start=start, play=True)


@usual_settings()
def runs_by_setting_plot(
    runs: Mapping[str, Curves], charts: Sequence[Chart], *, label: str, logarithmic: Collection[str] = ()
) -> Plot:
    """The bands of every setting, and where each ended."""
    if len(runs) < 2:
        raise ValueError(f"runs must hold at least two settings, got {list(runs)}")
    if not 1 <= len(charts) <= 3:
        raise ValueError(f"charts must hold one to three charts, got {len(charts)}")
    for column in logarithmic:
        _check_logarithmic(column, charts)
    names, settings = tuple(runs), tuple(map(float, range(len(runs))))
    grids = {"setting": settings, "one": settings}
    arrays = {
        "here": Array(("setting",), np.arange(1.0, len(runs) + 1)),
        "place": Array(("one",), np.arange(1.0, len(runs) + 1)),
    }
    panels, said = [], []
    for i, chart in enumerate(charts):
        bands = [seed_band(curves, chart.keys[0]) for curves in runs.values()]
        scale = 100.0 if chart.percent else 1.0
        grids[f"step_{i}"] = tuple(bands[0].steps.tolist())
        decades = chart.keys[0] in logarithmic
        arrays |= _curves(i, bands, scale, lowest=chart.low if decades else None)
        panels.append(_panel(i, chart, bands, scale, decades=decades))
        unit = " %" if chart.percent else ""
        digits = ".0f" if chart.percent else ".2f"
        end, worst, best = (f"{{{what}_{i}:{digits}}}" for what in ("end", "worst", "best"))
        said.append(f"{chart.title}: {end}{unit} at the end, from {worst} to {best}")
    last = [seed_band(curves, charts[0].keys[0]).values[:, -1] for curves in runs.values()]
    seeds, scale = len(last[0]), 100.0 if charts[0].percent else 1.0
    shifts = 0.08 * (np.arange(seeds) - (seeds - 1) / 2)
    grids["seed"] = tuple(map(float, range(len(runs) * seeds)))
    arrays["seed_place"] = Array(("seed",), (arrays["place"].values[:, None] + shifts).reshape(-1))
    arrays["ends"] = Array(("seed",), scale * np.concatenate(last))
    arrays["end_means"] = Array(("one",), scale * np.array([one.mean() for one in last]))
    return Plot(
        grids=grids,
        arrays=arrays,
        choices={"value": Choice(("setting",), np.arange(len(names)), names)},
        panels=(*panels, _ends(charts[0], names, label, panels[0].y)),
        readouts=(f"{label}: {{value}}. {'; '.join(said)}.",),
        alt=f"Runs with {label} {{value}}, over their seeds. {'; '.join(said)}.",
    )


def _check_logarithmic(column: str, charts: Sequence[Chart]) -> None:
    """Raise unless a later chart draws the column, in plain units, between two positive ends."""
    chart = next((one for one in charts[1:] if one.keys[0] == column), None)
    if chart is None or chart.percent or not chart.low or chart.high is None or chart.low < 0:
        raise ValueError(
            f"logarithmic must name columns that a chart after the first draws, in plain units, with a low above 0 and "
            f"a high, got {column!r}"
        )


def _curves(i: int, bands: Sequence[SeedBand], scale: float, *, lowest: float | None) -> dict[str, Array]:
    """Means and ends of each setting; logarithms of what is drawn, but not of what is said, if there is a `lowest`."""

    def drawn(values: np.ndarray) -> np.ndarray:
        return values * scale if lowest is None else np.log10(np.maximum(values, lowest))

    dims = ("setting", f"step_{i}")
    means = np.array([band.mean for band in bands])
    arrays = {
        f"mean_{i}": Array(dims, drawn(means)),
        f"low_{i}": Array(dims, drawn(np.array([band.low for band in bands]))),
        f"high_{i}": Array(dims, drawn(np.array([band.high for band in bands]))),
        f"end_{i}": Array(("setting",), scale * means[:, -1]),
        f"worst_{i}": Array(("setting",), np.array([band.low[-1] for band in bands]) * scale),
        f"best_{i}": Array(("setting",), np.array([band.high[-1] for band in bands]) * scale),
    }
    return arrays | {f"mean_{i}_of_{j}": Array((f"step_{i}",), drawn(mean)) for j, mean in enumerate(means)}


def _panel(i: int, chart: Chart, bands: Sequence[SeedBand], scale: float, *, decades: bool) -> Panel:
    step = f"step_{i}"
    low = 0.0 if chart.low is None else scale * chart.low
    high = 1.05 * scale * max(float(band.high.max()) for band in bands) if chart.high is None else scale * chart.high
    y = _decades(low, high) if decades else Axis("%" if chart.percent else "", low, high)
    others = tuple(
        Line(
            step, f"mean_{i}_of_{j}", along=step, label="" if j else "the others", colour="ink", dash="dotted", width=1
        )
        for j in range(len(bands))
    )
    return Panel(
        title=chart.title,
        x=Axis("update", 0, float(bands[0].steps[-1])),
        y=y,
        marks=(
            *others,
            Area(step, f"low_{i}", f"high_{i}", along=step, label="worst and best seed", colour="sky"),
            Line(step, f"mean_{i}", along=step, label="their mean", colour="blue"),
        ),
        of_row=0.5,
    )


def _decades(low: float, high: float) -> Axis:
    """A logarithmic axis, with a number at each power of ten."""
    places = tuple(range(int(np.ceil(np.log10(low) - 1e-9)), int(np.floor(np.log10(high) + 1e-9)) + 1))
    return Axis("", float(np.log10(low)), float(np.log10(high)), tuple(f"{10.0**n:g}" for n in places), places)


def _ends(chart: Chart, names: tuple[str, ...], label: str, y: Axis) -> Panel:
    return Panel(
        title=f"{chart.title}, at the end",
        x=Axis(label, 0.5, len(names) + 0.5, tuple(name.replace(" & ", "&") for name in names)),  # room is short
        y=replace(y, high=y.high + 0.14 * (y.high - y.low)),  # for what is dragged, so that it hides no run
        marks=(
            Rule(x="here", dash="dotted", width=2),
            Scatter("seed_place", "ends", along="seed", label="each seed", colour="blue", size=5),
            Line("place", "end_means", along="one", label="their mean", colour="vermillion", width=0, marker="diamond"),
        ),
        of_row=0.5,
        handles=(Handle("setting", x="here", grip=0.96),),
    )
