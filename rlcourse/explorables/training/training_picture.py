"""The figure behind the training dashboard: curves over steps, drawn often and cheaply.

The axes are drawn once and kept as a background; from then on only the curves are drawn over a copy of it (blitting),
about 15 ms a picture where a whole figure takes 110. The axes are drawn anew only when a curve leaves them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from PIL import Image

from rlcourse.algorithms import History
from rlcourse.showing.style import LOOKS, Look, draw_level, in_our_style, new_figure, show_percent, tidy
from rlcourse.showing.words import minus

_MOST = 4
"""Curves in one chart."""
_MANY = 60
"""From this number of points on, a curve goes without markers."""


@dataclass(frozen=True)
class Chart:
    """One pair of axes: a few columns of the history over the steps."""

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

    def __post_init__(self) -> None:
        if not 1 <= len(self.keys) <= _MOST:
            raise ValueError(f"keys must name 1 to {_MOST} columns of the history, got {self.keys!r}")
        if self.low is not None and self.high is not None and not self.low < self.high:
            raise ValueError(f"low must be below high, got low={self.low} and high={self.high}")

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
    """Charts side by side; `png(history)` draws the curves as far as they go."""

    @in_our_style
    def __init__(self, charts: Sequence[Chart], total_steps: int) -> None:
        self.charts = tuple(charts)
        self.figure = new_figure(3.4 * len(self.charts), 2.9)
        self._canvas = FigureCanvasAgg(self.figure)
        self._axes = self.figure.subplots(1, len(self.charts), squeeze=False)[0]
        self._lines = [_prepare(*pair, total_steps) for pair in zip(self._axes, self.charts, strict=True)]
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

    def widen(self, steps: int) -> None:
        """Let the charts reach as far as this step."""
        for axes in self._axes:
            axes.set_xlim(0, steps)
        self._background = None

    def _update(self, history: History) -> None:
        """Move the curves to where the history is, and the axes where the curves no longer fit."""
        for i, (axes, chart, lines) in enumerate(zip(self._axes, self.charts, self._lines, strict=True)):
            curves = [column(history, key) for key in chart.keys]
            for line, (steps, values) in zip(lines, curves, strict=True):
                line.set_data(steps, values)
                line.set_marker(line.get_gid() if len(steps) < _MANY else "")
            if any(len(steps) for steps, _ in curves):
                self._fit(i, axes, *map(np.concatenate, zip(*curves, strict=True)))

    def _fit(self, i: int, axes: Axes, steps: np.ndarray, values: np.ndarray) -> None:
        chart = self.charts[i]
        shown = values if chart.target is None else np.append(values, chart.target)
        limits, right = _fitting(chart, self._limits[i], shown), axes.get_xlim()[1]
        if limits != self._limits[i] or steps.max() > right:
            self._limits[i], self._background = limits, None
            axes.set(ylim=limits, xlim=(0, right if steps.max() <= right else 1.25 * steps.max()))


def _prepare(axes: Axes, chart: Chart, total_steps: int) -> list[Line2D]:
    """Everything that stands still, and the empty curves."""
    axes.set_title(chart.title, fontsize=11)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    tidy(axes, grid="both", xlim=(0, total_steps), ylim=(chart.low, chart.high), xlabel="step")
    if chart.percent:
        show_percent(axes.yaxis)
    if chart.target is not None:
        draw_level(axes, chart.target, f"{chart.target_label} {chart.format(chart.target)}")
    lines = [_curve(axes, key, look) for key, look in zip(chart.keys, LOOKS, strict=False)]
    if len(lines) > 1:
        axes.legend(fontsize=8, loc="best")
    return lines


def _curve(axes: Axes, key: str, look: Look) -> Line2D:
    """An empty curve that is drawn on top of the background; its gid remembers its marker."""
    words, dots = key.replace("_", " "), {"marker": look.marker, "ms": 4, "gid": look.marker}
    (line,) = axes.plot([], [], label=words, animated=True, lw=1.6, **look.line, **dots)
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
