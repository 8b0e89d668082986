"""What an explorable shows, as plain data: panels, marks and numbers over named grids.

Every array has named dimensions, and every dimension is a grid of values. A parameter (a slider) chooses one index
along its grid; a `Line` keeps one dimension free and is drawn along it. So the curves for all slider positions are
computed once, in Python, by `rlcourse.equations`, and whoever draws only picks: `plot_view` in the browser,
`plot_figure` on paper. Left out: any computation.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from string import Formatter

import numpy as np

from rlcourse.explorables.plotting.marks import (
    Area,
    Arrow,
    Arrows,
    Axis,
    Band,
    Bars,
    Handle,
    Line,
    Mark,
    Panel,
    Place,
    Point,
    Rule,
    Scatter,
    Text,
    Tiles,
)
from rlcourse.showing.style import OKABE_ITO, SIGNED

__all__ = [
    "Area", "Array", "Arrow", "Arrows", "Axis", "Band", "Bars", "Choice", "Handle", "Line", "Mark", "Panel", "Place",
    "Plot", "Point", "Rule", "Scatter", "State", "Text", "Tiles", "describe",
]  # fmt: skip

State = Mapping[str, float | int]
"""The value of each parameter."""


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
            for handle in panel.handles:
                self._check_handle(handle)
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
        for handle in (handle for panel in self.panels for handle in panel.handles):
            needed |= set(handle.parameters).union(*(dims[name] for name in _places(handle).values()))
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

        Of Python's format specifications the browser knows `.2f`, `+.2f` and `,.2f`, with any number of digits.
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

    def _check_handle(self, handle: Handle) -> None:
        self._check_mark(handle)
        for moved in handle.parameters:
            if moved not in self.grids:
                raise ValueError(f"Handle(moves={moved!r}): no grid has that name")
            if not any(moved in self.array(getattr(handle, axis)).dims for axis in _places(handle) if axis in "xy"):
                raise ValueError(f"Handle(moves={moved!r}) stands still: neither its x nor its y has that grid")

    def _check_mark(self, mark: Mark | Handle) -> None:
        for place, name in _places(mark).items():
            if name not in self.arrays and name not in self.grids:
                raise ValueError(f"{type(mark).__name__}({place}={name!r}): no array or grid has that name")

    def _check_template(self, template: str) -> None:
        for name in _names_in(template):
            if not any(name in known for known in (self.arrays, self.grids, self.choices)):
                raise ValueError(f"the template {template!r} names {name!r}, which is no array, grid or choice")


class _Words(Formatter):
    """Python's templates, with numbers as the browser writes them: a real minus sign, and 0.125 rounded up to 0.13."""

    def format_field(self, value: float | str, format_spec: str) -> str:
        digits = re.fullmatch(r"\+?,?\.(\d+)f", format_spec)
        if digits and math.isfinite(value):
            value = Decimal(value + 0.0).quantize(Decimal(1).scaleb(-int(digits[1])), ROUND_HALF_UP)
        text = super().format_field(value, format_spec)
        return text if isinstance(value, str) else text.replace("-", "−")


def _places(mark: Mark | Handle) -> dict[str, str]:
    """Where a mark or a handle names arrays or grids: field → name."""
    fields = ("x", "y", "dx", "dy", "low", "high", "height", "base", "along", "value", "reach", "settles")
    places = {name: getattr(mark, name, None) for name in fields}
    for i, corner in enumerate(getattr(mark, "corners", ())):
        places |= {f"corners[{i}].{axis}": name for axis, name in zip("xy", corner, strict=True)}
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
        "scale": SIGNED.colors,
    }


def _describe_panel(panel: Panel) -> dict:
    axes = {name: {**asdict(axis), "ticks": axis.ticks} for name, axis in (("x", panel.x), ("y", panel.y))}
    marks = [{"kind": type(mark).__name__.lower(), **asdict(mark)} for mark in panel.marks]
    handles = [asdict(handle) for handle in panel.handles]
    looks = {name: getattr(panel, name) for name in ("title", "equal", "bare", "share", "of_row", "height")}
    return _plain({**looks, **axes, "marks": marks, "handles": handles})


def _plain(value: object) -> object:
    """Lists for tuples, all the way down: JSON knows no others."""
    if isinstance(value, dict):
        return {name: _plain(entry) for name, entry in value.items()}
    return [_plain(entry) for entry in value] if isinstance(value, (list, tuple)) else value
