"""What a panel of an explorable is made of: axes, and the marks that are drawn in them.

A mark names arrays and grids of its `Plot`; it holds no numbers of its own but constants. `plot_marks.js` draws each
mark in the browser, `plot_figure` on paper. Left out: scales other than
linear (a logarithmic axis takes logarithms and `Axis.places`), and marks that no explorable needs yet.
"""

from dataclasses import dataclass, field
from typing import Literal, get_args

from matplotlib.ticker import MaxNLocator

Colour = Literal["ink", "blue", "vermillion", "green", "purple", "orange", "sky", "yellow"]
Dash = Literal["solid", "dashed", "dotted", "dashdot"]
Marker = Literal["circle", "square", "triangle", "diamond"]
Hatch = Literal["plain", "striped", "dotted"]
"""How an area is filled: what stands for a second thing in a panel is told apart without its colour, too."""
HATCHES: tuple[Hatch, ...] = get_args(Hatch)
Place = str | float | int
"""The name of an array or a grid, or a number."""


@dataclass(frozen=True)
class Axis:
    """One axis of a panel. In labels, `_word` is set as a subscript: "π_old"."""

    label: str
    low: float | int
    high: float | int
    names: tuple[str, ...] = ()
    """Words in the place of the numbers 1, 2, 3 …, for things in a row such as tokens."""
    places: tuple[float | int, ...] = ()
    """Where the names stand, if not at 1, 2, 3 …, as on a logarithmic axis."""

    @property
    def ticks(self) -> list[float]:
        """Round numbers inside the axis, about six; one for each name where there are names."""
        if self.names:
            return list(self.places or range(1, len(self.names) + 1))
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
    dash: Dash = "solid"


@dataclass(frozen=True)
class Bars:
    """Vertical bars, one for each entry of a grid: from `base` to `height`, in the middle at `x`."""

    x: Place
    height: str
    along: str | None
    """The grid; None for a single bar, at the parameters' values."""
    label: str = ""
    colour: Colour = "blue"
    base: Place = 0.0
    width: float | int = 0.8
    """Of one bar, in units of the x axis."""
    limit: float | int | None = None
    """A bar that is higher changes its colour to orange, and above the limit it is striped."""
    hatch: Hatch = "plain"


@dataclass(frozen=True)
class Area:
    """What lies between two curves, such as the band over several seeds."""

    x: str
    low: str
    high: str
    along: str
    label: str = ""
    colour: Colour = "sky"
    hatch: Hatch = "plain"


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
class Arrows:
    """Many small arrows, one for each entry of a grid; none where both dx and dy are 0, or NaN."""

    x: str
    y: str
    dx: str
    dy: Place
    along: str
    label: str = ""
    colour: Colour = "ink"
    width: float | int = 1.5


@dataclass(frozen=True)
class Tiles:
    """Polygons, one for each entry of a grid, whose colours say their numbers; a colour bar stands beside the panel."""

    corners: tuple[tuple[str, str], ...]
    """x and y of the first corner, of the second, …: arrays along the grid."""
    value: str
    along: str
    reach: Place
    """The number from which on colours are as strong as they get: blue above 0, vermillion below."""
    chooses: str = ""
    """The grid, if it is a parameter too and a click on a polygon chooses its entry."""
    label: str = field(default="", init=False)


@dataclass(frozen=True)
class Text:
    """A few words at a place in the panel; a template, see `Plot.fill`."""

    x: Place
    y: Place
    text: str
    anchor: Literal["start", "middle", "end"] = "middle"
    label: str = field(default="", init=False)


Mark = Line | Bars | Area | Scatter | Tiles | Point | Band | Rule | Arrow | Arrows | Text


@dataclass(frozen=True)
class Handle:
    """Where a parameter can be taken hold of: dragged, it takes the value for which the handle stands nearest by.

    With `x` alone it is a vertical line that goes sideways, such as the edge of a band; with `y` alone a horizontal one
    that goes up and down. A handle that moves two parameters goes wherever their values lead in the plane; of the arrow
    keys, left and right belong to the first of them, up and down to the second. It is nothing to see on paper.
    """

    moves: str | tuple[str, str]
    """The parameter, a grid; or two of them."""
    x: Place | None = None
    y: Place | None = None
    """Where it stands; one of the two is an array or a grid that changes with the parameter."""
    grip: float | int = 0.5
    """How far along its line a line's grip sits, from 0 at the left or the bottom to 1."""
    settles: str | None = None
    """An array: the value of its last parameter that comes next when a handle of the plot is let go (or Enter pressed),
    and so on step by step; where it stays, that is the value it has."""

    @property
    def parameters(self) -> tuple[str, ...]:
        """The one or two that it moves."""
        return (self.moves,) if isinstance(self.moves, str) else self.moves


@dataclass(frozen=True)
class Panel:
    """One pair of axes, with marks drawn in order, the last on top."""

    title: str
    x: Axis
    y: Axis
    marks: tuple[Mark, ...]
    equal: bool = False
    """Whether one unit is as long in x as in y, as in a map or a plane of parameters."""
    bare: bool = False
    """Whether the axes stay away, as in a map. Under tiles whose colours are made for it the ground is then white."""
    of_row: float = 0.0
    """How much of a row it takes, where panels stand in several rows; 0 where all stand in one, see `share`. On
    a narrow page the smaller ones stand in pairs, and maps come last."""
    height: int | None = None
    """In pixels, where it is not the usual one and units are not equal."""
    handles: tuple[Handle, ...] = ()
    """What can be dragged, the last on top. The first of those that move one parameter can be reached by keys too."""
    share: float | int = 1
    """How much of the page's width it gets, beside others, which usually have a share of 1."""
