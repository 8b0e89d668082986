"""The figure behind the training dashboard: curves over steps, drawn often and cheaply.

The axes are drawn once and kept as a background; from then on only the curves are drawn over a copy of it (blitting),
about 15 ms a picture where a whole figure takes 110. The axes are drawn anew only when a curve leaves them. The bands
of recorded runs belong to the background: they cost nothing while the curves grow.
"""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import Bbox, TransformedBbox
from PIL import Image

from rlcourse.algorithms import History
from rlcourse.arguments import check_integer
from rlcourse.explorables.training.bands import SeedBand
from rlcourse.showing.picture import day_and_night, few_colours
from rlcourse.showing.style import LEVEL, LOOKS, Look, draw_level, in_our_style, new_figure, show_percent, tidy
from rlcourse.showing.words import minus

_MOST = 4
"""Curves in one chart."""
_MANY = 60
"""From this number of points on, a curve goes without markers."""
_BESIDE = {1: (5.6, 3.2), 2: (9.2, 3.0), 3: (10.2, 2.9), 4: (13.6, 2.9)}
"""Inches of all charts, by their number, where they stand side by side."""
_STACKED = {1: (5.4, 3.9), 2: (5.4, 4.6), 3: (5.4, 5.2), 4: (5.4, 6.4)}
"""The same where they stand one above the other."""
_A_LITTLE_MORE = Bbox([[-0.02, -0.03], [1.02, 1.03]])
"""The axes and a marker's breadth around them, in the axes' own units."""
GREY = "#8C8C8C"
"""Of the bands of recorded runs."""


@dataclass(frozen=True)
class Chart:
    """One pair of axes: a few columns of the history over the updates."""

    title: str
    keys: tuple[str, ...]
    """Columns of the history, one to four."""
    low: float | int | None = None
    """Lower end of the y axis; None lets the curves decide."""
    high: float | int | None = None
    """Upper end of the y axis; None lets the curves decide."""
    target: float | int | None = None
    """A level, such as one to reach, drawn as a horizontal line."""
    percent: bool = False
    """Show fractions as percentages."""
    target_label: str = "target"
    """What the level is called: "limit" where it is not to be passed."""
    names: tuple[str, ...] = ()
    """What the curves are called, one name for each column; empty for the columns' own names."""
    mean_of: int = 1
    """Each point is the mean of so many numbers, the last before it: for columns too noisy to read one by one."""

    def __post_init__(self) -> None:
        if not 1 <= len(self.keys) <= _MOST:
            raise ValueError(f"keys must name 1 to {_MOST} columns of the history, got {self.keys!r}")
        if self.low is not None and self.high is not None and not self.low < self.high:
            raise ValueError(f"low must be below high, got low={self.low} and high={self.high}")
        check_integer("mean_of", self.mean_of, 1)
        if self.names and len(self.names) != len(self.keys):
            raise ValueError(f"names must have one entry for each of {self.keys!r}, got {self.names!r}")

    def curve(self, history: History, key: str) -> tuple[np.ndarray, np.ndarray]:
        """The steps at which a column has a number, and what is drawn there."""
        steps, values = column(history, key)
        if self.mean_of == 1 or not len(values):
            return steps, values
        sums = np.concatenate([[0.0], np.cumsum(values)])
        ends = np.arange(1, len(sums))
        begins = np.maximum(ends - self.mean_of, 0)
        return steps, (sums[ends] - sums[begins]) / (ends - begins)

    def name_of(self, key: str) -> str:
        """What a column is called where people read it."""
        return self.names[self.keys.index(key)] if self.names else key.replace("_", " ")

    def format(self, value: float | int) -> str:
        """A value in the chart's units: "91 %" or "0.913"."""
        return f"{100 * value:.0f} %" if self.percent else minus(f"{value:.3g}")


def column(history: History, key: str) -> tuple[np.ndarray, np.ndarray]:
    """The steps at which a column has a number, and the numbers."""
    if not len(history):
        return np.array([]), np.array([])
    steps, values = history["step"], history[key]
    measured = np.isfinite(values)
    return steps[measured], values[measured]


class TrainingPicture:
    """Charts side by side, or one above the other; `png(history)` draws the curves as far as they go.

    Args:
        charts: What to draw.
        total_steps: The width of the charts.
        bands: Of recorded runs, by the column that they belong to; drawn in grey behind the curve.
        stacked: One above the other, with the steps named once.
        beside: How many charts share a row with this picture of one chart: it is as wide as there is room for it.
        alike: All charts that stand with it, so that every picture leaves the same room above its curves.
        named: Whether a legend says what the grey is.
        legend: Whether there is one at all; without it the page has to say which curve is which.
        whole: Whether the axes show all of the bands, and not only what more than a single run had.
    """

    @in_our_style
    def __init__(
        self,
        charts: Sequence[Chart],
        total_steps: int,
        *,
        bands: Mapping[str, SeedBand] | None = None,
        stacked: bool = False,
        beside: int = 1,
        alike: Sequence[Chart] = (),
        named: bool = True,
        legend: bool = True,
        whole: bool = False,
    ) -> None:
        self._whole = whole
        self.charts, self.bands = tuple(charts), dict(bands or {})
        count = len(self.charts)
        width, height = _STACKED[count] if stacked else _BESIDE[max(count, beside)]
        self.figure = new_figure(width * min(1.0, count / beside), height)
        self._canvas = FigureCanvasAgg(self.figure)
        self._axes = self.figure.subplots(*((count, 1) if stacked else (1, count)), squeeze=False).ravel()
        above = 0  # lines of words over the curves, where targets stand there, too
        if beside > 1 and count == 1:  # all of a row alike, however long the numbers on their axes
            width, height = self.figure.get_size_inches()
            above = max(len(_lines_above(chart, width)) for chart in (*self.charts, *alike))
            self._axes[0].set_position(_alike(width, height, above))
        behind = [self._bands_of(chart) for chart in self.charts]
        first = next((i for i, bands in enumerate(behind) if bands), 0) if named else -1  # the grey is named once
        self._lines = [
            _prepare(axes, chart, total_steps, behind[i], i == first, above=above)
            for i, (axes, chart) in enumerate(zip(self._axes, self.charts, strict=True))
        ]
        for axes in () if legend else self._axes:
            if axes.get_legend():
                axes.get_legend().remove()
        if stacked:
            for axes in self._axes[:-1]:
                axes.set(xlabel="")
                axes.tick_params(labelbottom=False)
        self._limits: list[tuple[float, float] | None] = [None] * len(self.charts)
        self._background = None

    def png(self, history: History, *, dpi: int = 100) -> bytes:
        """The picture as a small PNG file with an opaque white background."""
        if dpi != self.figure.dpi:
            self.figure.set_dpi(dpi)
            self._background = None
        self._update(history)
        if self._background is None:
            self._canvas.draw()
            self._background = self._canvas.copy_from_bbox(self.figure.bbox)
        self._canvas.restore_region(self._background)
        for axes, lines in zip(self._axes, self._lines, strict=True):
            for line in lines:
                axes.draw_artist(line)
        return _encode(np.asarray(self._canvas.buffer_rgba()))

    def day_and_night(self, history: History, *, dpi: int) -> tuple[bytes, bytes]:
        """The picture twice, for a light and for a dark page: slower, for what stays."""
        self._update(history)  # what is drawn last over a copy of the rest is drawn with it when a figure is saved
        day, night = day_and_night(self.figure, dpi=dpi)
        return few_colours(day), few_colours(night)

    def widen(self, steps: int) -> None:
        """Let the charts reach as far as this step."""
        for axes in self._axes:
            axes.set_xlim(0, steps)
        self._background = None

    def _update(self, history: History) -> None:
        """Move the curves to where the history is, and the axes where the curves no longer fit."""
        for i, (axes, chart, lines) in enumerate(zip(self._axes, self.charts, self._lines, strict=True)):
            curves = [chart.curve(history, key) for key in chart.keys]
            for line, (steps, values) in zip(lines, curves, strict=True):
                line.set_data(steps, values)
                line.set_marker(line.get_gid() if len(steps) < _MANY else "")
            if any(len(steps) for steps, _ in curves):
                self._fit(i, axes, *map(np.concatenate, zip(*curves, strict=True)))

    def _fit(self, i: int, axes: Axes, steps: np.ndarray, values: np.ndarray) -> None:
        chart = self.charts[i]
        shown = [values, () if chart.target is None else (chart.target,)]
        spikes = 0 if self._whole else 1
        shown += [_without_spikes(band, axes.get_xlim()[1], spikes) for band in self._bands_of(chart).values()]
        shown = np.concatenate(shown)
        limits, right = _fitting(chart, self._limits[i], shown), axes.get_xlim()[1]
        if limits != self._limits[i] or steps.max() > right:
            self._limits[i], self._background = limits, None
            axes.set(ylim=limits, xlim=(0, right if steps.max() <= right else 1.25 * steps.max()))

    def _bands_of(self, chart: Chart) -> dict[str, SeedBand]:
        return {key: self.bands[key] for key in chart.keys if key in self.bands}


def _of_target(chart: Chart) -> str:
    """The level and its dash, for the line of the title."""
    return f"– –  {chart.target_label} {chart.format(chart.target)}"


def _lines_above(chart: Chart, width: float) -> list[str]:
    """The title over a panel in so many inches, line by line, where bold letters take about 0.085.

    A last line is empty where the target, which stands at its end, has no room beside the title.
    """
    lines = textwrap.wrap(chart.title, int((width - 0.68) / 0.085)) or [""]
    if chart.target is not None and 0.085 * len(lines[-1]) + 0.075 * len(_of_target(chart)) >= width - 0.9:
        lines.append("")
    return lines


def _alike(width: float, height: float, above: int) -> Bbox:
    """Where one panel stands in a figure of so many inches: room for five letters on its left, lines above, steps."""
    return Bbox([[0.66 / width, 0.52 / height], [1 - 0.16 / width, 1 - (0.17 + 0.17 * above) / height]])


def _prepare(
    axes: Axes, chart: Chart, total_steps: int, behind: Mapping[str, SeedBand], named: bool, *, above: int
) -> list[Line2D]:
    """Everything that stands still, with the bands behind the curves, and the empty curves.

    With lines of words `above` a target stands at the end of the last, where it takes no room from the curve.
    """
    looks = dict(zip(chart.keys, LOOKS, strict=False))
    for number, (key, band) in enumerate(behind.items()):
        words = _recorded(band) if named and not number else "_"
        shade = GREY if len(behind) == 1 else _greyed(looks[key].line["color"])
        axes.fill_between(band.steps, band.low, band.high, color=shade, alpha=0.45, lw=1, label=words)
        if len(behind) > 1:  # whose band it is, even where two of them overlap
            axes.plot(band.steps, np.stack([band.low, band.high], axis=1), **_edge(looks[key]))
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    tidy(axes, title=chart.title, xlim=(0, total_steps), ylim=(chart.low, chart.high), xlabel="update")
    if chart.percent:
        show_percent(axes.yaxis)
    if above:
        lines = _lines_above(chart, axes.figure.get_figwidth())
        axes.set_title("\n".join(line or " " for line in [*lines, *[""] * (above - len(lines))]))
        if chart.target is not None:
            axes.axhline(chart.target, **LEVEL, label="_")
            axes.set_title(_of_target(chart), loc="right", fontsize=10, fontweight="normal")
    elif chart.target is not None:
        draw_level(axes, chart.target, f"{chart.target_label} {chart.format(chart.target)}")
    lines = [_curve(axes, chart.name_of(key) if len(chart.keys) > 1 else "_", look) for key, look in looks.items()]
    if len(lines) > 1 or (behind and named):
        axes.legend(fontsize=9.5, loc="best", framealpha=0.8, edgecolor="none", borderpad=0.2)
    return lines


def _recorded(band: SeedBand) -> str:
    """What the grey is. Between two measurements that lie apart nothing is known, which a straight edge hides."""
    apart = round(np.median(np.diff(band.steps))) if len(band.steps) > 1 else 1
    return f"{len(band.values)} recorded runs" + (f", every {apart} updates" if apart > 1 else "")


def _greyed(colour: str) -> tuple[float, ...]:
    """Grey with a breath of a curve's colour, so that two bands that overlap can be told apart."""
    return tuple(0.6 * grey + 0.4 * hue for grey, hue in zip(to_rgb(GREY), to_rgb(colour), strict=True))


def _edge(look: Look) -> dict:
    return {"lw": 0.8, "alpha": 0.75, "label": "_", **look.line}


def _without_spikes(band: SeedBand, right: float, spikes: int) -> np.ndarray:
    """The values up to there that the axes have to show: what a single run had for a moment may leave the picture."""
    values = np.sort(band.values[:, band.steps <= right], axis=0)
    return (values[spikes : len(values) - spikes] if len(values) > 2 else values).ravel()


def _curve(axes: Axes, words: str, look: Look) -> Line2D:
    """An empty curve that is drawn on top of the background; its gid remembers its marker."""
    dots = {"marker": look.marker, "ms": 4, "gid": look.marker}
    (line,) = axes.plot([], [], label=words, animated=True, lw=1.6, **look.line, **dots)
    line.set_clip_box(TransformedBbox(_A_LITTLE_MORE, axes.transAxes))  # so that markers on an edge are whole
    return line


def _fitting(chart: Chart, current: tuple[float, float] | None, values: np.ndarray) -> tuple[float, float]:
    """Limits of the y axis that show all values; they only ever grow, so that the axes mostly keep still."""
    lowest, highest = values.min(), values.max()
    if current is not None and current[0] <= lowest and highest <= current[1]:
        return current
    room = 0.15 * (highest - lowest) or 0.1 * abs(highest) or 0.1
    low, high = current or (lowest, highest)
    low = chart.low if chart.low is not None else min(low, lowest - room)
    high = chart.high if chart.high is not None else max(high, highest + room)
    return float(low), float(max(high, low + room))


def _encode(rgba: np.ndarray) -> bytes:
    """A PNG file of 32 colours: a third of the bytes, and quicker than compressing all of them."""
    buffer = BytesIO()
    image = Image.fromarray(rgba[..., :3]).quantize(32, method=Image.Quantize.FASTOCTREE)
    image.save(buffer, "png", compress_level=6)
    return buffer.getvalue()
