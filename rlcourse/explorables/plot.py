"""What an explorable shows, as plain data: panels, marks and numbers over named grids.

Every array has named dimensions, and every dimension is a grid of values. A parameter (a slider) chooses one index
along its grid; a `Line` keeps one dimension free and is drawn along it. So the curves for all slider positions are
computed once, in Python, by `rlcourse.equations`, and whoever draws only picks: `plot_view` in the browser,
`plot_figure` on paper. Left out: any computation, scales other than linear, and marks that no explorable needs yet.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from string import Formatter
from typing import Literal

import numpy as np
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
State = Mapping[str, float | int]
"""The value of each parameter."""
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
class Text:
    """A few words at a place in the panel; a template, see `Plot.fill`."""

    x: Place
    y: Place
    text: str
    anchor: Literal["start", "middle", "end"] = "middle"
    label: str = field(default="", init=False)


Mark = Line | Point | Band | Rule | Arrow | Text


@dataclass(frozen=True)
class Panel:
    """One pair of axes, with marks drawn in order, the last on top."""

    title: str
    x: Axis
    y: Axis
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Array:
    """Numbers over named grids: `values[i, j, …]` belongs to entry i of the first grid, j of the second, …"""

    dims: tuple[str, ...]
    values: np.ndarray


@dataclass(frozen=True)
class Choice:
    """A text over named grids: entry `values[i, j, …]` of `texts`, itself a template."""

    dims: tuple[str, ...]
    values: np.ndarray
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Plot:
    """Everything there is to draw, for every state of the parameters.

    A grid's name may stand wherever an array's may. `readouts` and `alt` are templates. Raises a ValueError that names
    the culprit when an array does not fit its grids or a mark or a template names something that is not there.
    """

    grids: Mapping[str, Sequence[float | int]]
    arrays: Mapping[str, Array]
    panels: tuple[Panel, ...]
    alt: str
    """The picture in words, for those who cannot see it; spoken again when a parameter changes."""
    readouts: tuple[str, ...] = ()
    choices: Mapping[str, Choice] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, array in {**self.arrays, **self.choices}.items():
            self._check_shape(name, array)
        for panel in self.panels:
            for mark in panel.marks:
                self._check_mark(mark)
        for template in self._templates():
            self._check_template(template)

    def array(self, name: str) -> Array:
        """An array by its name, or a grid as an array over itself."""
        return self.arrays[name] if name in self.arrays else Array((name,), np.asarray(self.grids[name], dtype=float))

    @property
    def parameters(self) -> frozenset[str]:
        """The grids along which somebody must choose a value before anything can be drawn."""
        dims = {name: set(self.array(name).dims) for name in (*self.arrays, *self.grids)}
        dims |= {name: set(choice.dims) for name, choice in self.choices.items()}
        needed = set().union(*(dims[name] for template in self._templates() for name in _names_in(template)))
        for mark in (mark for panel in self.panels for mark in panel.marks):
            for name in _places(mark).values():
                needed |= dims[name] - {getattr(mark, "along", None)}
        return frozenset(needed)

    def nearest(self, state: State) -> dict[str, int]:
        """For each parameter, the index of the grid value nearest to it."""
        return {name: int(np.abs(np.asarray(self.grids[name]) - value).argmin()) for name, value in state.items()}

    def pick(self, name: Place, state: State, along: str | None = None) -> np.ndarray:
        """A named array at the parameters' values: a scalar, or the values along one grid. A number is itself."""
        if not isinstance(name, str):
            return np.asarray(float(name))
        array, index = self.choices.get(name) or self.array(name), self.nearest(state)
        return np.asarray(array.values[tuple(slice(None) if dim == along else index[dim] for dim in array.dims)])

    def fill(self, template: str, state: State) -> str:
        """A template with its {name} and {name:.2f} replaced by the picked numbers and texts.

        Of Python's format specifications the browser knows `.2f` and `+.2f`, with any number of digits.
        """
        values = {}
        for name in _names_in(template):
            picked = self.pick(name, state).item()
            values[name] = self.fill(self.choices[name].texts[picked], state) if name in self.choices else picked
        return _Words().format(template, **values)

    def _templates(self) -> list[str]:
        marks = [mark for panel in self.panels for mark in panel.marks]
        texts = [text for choice in self.choices.values() for text in choice.texts]
        return [self.alt, *self.readouts, *texts, *(mark.text for mark in marks if isinstance(mark, Text))]

    def _check_shape(self, name: str, array: Array | Choice) -> None:
        missing = [dim for dim in array.dims if dim not in self.grids]
        if missing:
            raise ValueError(f"array {name!r} has dimensions {missing} for which there is no grid")
        expected = tuple(len(self.grids[dim]) for dim in array.dims)
        if array.values.shape != expected:
            raise ValueError(f"array {name!r} has shape {array.values.shape}; its grids {array.dims} say {expected}")

    def _check_mark(self, mark: Mark) -> None:
        for place, name in _places(mark).items():
            if name not in self.arrays and name not in self.grids:
                raise ValueError(f"{type(mark).__name__}({place}={name!r}): no array or grid has that name")

    def _check_template(self, template: str) -> None:
        for name in _names_in(template):
            if not any(name in known for known in (self.arrays, self.grids, self.choices)):
                raise ValueError(f"the template {template!r} names {name!r}, which is no array, grid or choice")


class _Words(Formatter):
    """Python's templates, with a real minus sign in numbers, as in the browser."""

    def format_field(self, value: float | str, format_spec: str) -> str:
        text = super().format_field(value, format_spec)
        return text if isinstance(value, str) else text.replace("-", "−")


def _places(mark: Mark) -> dict[str, str]:
    """Where a mark names arrays or grids: field → name."""
    places = {name: getattr(mark, name, None) for name in ("x", "y", "dx", "dy", "low", "high", "along")}
    return {place: name for place, name in places.items() if isinstance(name, str)}


def _names_in(template: str) -> list[str]:
    return [name for _, name, _, _ in Formatter().parse(template) if name]


def describe(plot: Plot) -> dict:
    """The plot without its numbers, as plain JSON for the browser."""
    return {
        "grids": {name: [float(v) for v in values] for name, values in plot.grids.items()},
        "dims": {name: list(array.dims) for name, array in {**plot.arrays, **plot.choices}.items()},
        "texts": {name: list(choice.texts) for name, choice in plot.choices.items()},
        "panels": [_describe_panel(panel) for panel in plot.panels],
        "readouts": list(plot.readouts),
        "alt": plot.alt,
        "colours": OKABE_ITO,
    }


def _describe_panel(panel: Panel) -> dict:
    axes = {name: {**asdict(axis), "ticks": axis.ticks} for name, axis in (("x", panel.x), ("y", panel.y))}
    marks = [{"kind": type(mark).__name__.lower(), **asdict(mark)} for mark in panel.marks]
    return {"title": panel.title, **axes, "marks": marks}
