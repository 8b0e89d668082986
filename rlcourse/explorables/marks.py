"""What a panel of an explorable is made of: axes, and the marks that are drawn in them.

A mark names arrays and grids of its `Plot`; it holds no numbers of its own but constants. `plot_marks.js` draws each
mark in the browser, `plot_figure` on paper. Left out: scales other than linear, and marks that no explorable needs yet.
"""

from dataclasses import dataclass, field
from typing import Literal

from matplotlib.ticker import MaxNLocator

OKABE_ITO = {
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "green": "#009E73",
    "purple": "#CC79A7",
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "yellow": "#F0E442",
}
"""Colours that people with any kind of colour vision can tell apart; "ink" is the page's own text colour."""

Colour = Literal["ink", "blue", "vermillion", "green", "purple", "orange", "sky", "yellow"]
Dash = Literal["solid", "dashed", "dotted", "dashdot"]
Marker = Literal["circle", "square", "triangle", "diamond"]
Place = str | float | int
"""The name of an array or a grid, or a number."""


@dataclass(frozen=True)
class Axis:
    """One axis of a panel. In labels, `_word` is set as a subscript: "π_old"."""

    label: str
    low: float | int
    high: float | int

    @property
    def ticks(self) -> list[float]:
        """Round numbers inside the axis, about six."""
        ticks = MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]).tick_values(self.low, self.high)
        slack = 1e-9 * (self.high - self.low)
        return [round(float(t), 12) for t in ticks if self.low - slack <= t <= self.high + slack]


@dataclass(frozen=True)
class Line:
    """A curve: `y` against `x`, along one grid."""

    x: str
    y: str
    along: str
    label: str = ""
    colour: Colour = "blue"
    dash: Dash = "solid"
    width: float | int = 2.5
    marker: Marker | None = None
    """Drawn at every sample: for curves of few points."""


@dataclass(frozen=True)
class Point:
    """A single marked point, at the parameters' values."""

    x: Place
    y: Place
    label: str = ""
    colour: Colour = "vermillion"
    marker: Marker = "circle"


@dataclass(frozen=True)
class Band:
    """A shaded interval of the x axis."""

    low: Place
    high: Place
    label: str = ""
    colour: Colour = "sky"


@dataclass(frozen=True)
class Rule:
    """A vertical line at `x`, or a horizontal one at `y`, across the panel."""

    x: Place | None = None
    y: Place | None = None
    label: str = ""
    colour: Colour = "ink"
    dash: Dash = "dotted"
    width: float | int = 1.5


@dataclass(frozen=True)
class Arrow:
    """An arrow from (x, y) to (x + dx, y + dy); none where both are 0."""

    x: Place
    y: Place
    dx: Place
    dy: Place
    label: str = ""
    colour: Colour = "vermillion"


@dataclass(frozen=True)
class Bars:
    """Vertical bars, one for each entry of a grid: from `base` to `height`, in the middle at `x`."""

    x: str
    height: str
    along: str
    label: str = ""
    colour: Colour = "blue"
    base: Place = 0.0
    width: float | int = 0.8
    """Of one bar, in units of the x axis."""


@dataclass(frozen=True)
class Area:
    """What lies between two curves, such as the band over several seeds."""

    x: str
    low: str
    high: str
    along: str
    label: str = ""
    colour: Colour = "sky"


@dataclass(frozen=True)
class Scatter:
    """Many small points, one for each entry of a grid. NaN leaves one out."""

    x: str
    y: str
    along: str
    label: str = ""
    colour: Colour = "vermillion"
    marker: Literal["circle", "square"] = "circle"
    size: float | int = 6
    """Across, in pixels of the screen."""


@dataclass(frozen=True)
class Text:
    """A few words at a place in the panel; a template, see `Plot.fill`."""

    x: Place
    y: Place
    text: str
    anchor: Literal["start", "middle", "end"] = "middle"
    label: str = field(default="", init=False)


Mark = Line | Bars | Area | Scatter | Point | Band | Rule | Arrow | Text


@dataclass(frozen=True)
class Panel:
    """One pair of axes, with marks drawn in order, the last on top."""

    title: str
    x: Axis
    y: Axis
    marks: tuple[Mark, ...]
    equal: bool = False
    """Whether one unit is as long in x as in y, as in a map or a plane of parameters."""
