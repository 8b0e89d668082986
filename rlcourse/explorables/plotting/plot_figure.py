"""The same `Plot` on paper: one state of it as a matplotlib Figure, for print, slides and tests.

Left out: pyplot. A Figure made by hand belongs to nobody's running cell.
"""

import re
import textwrap
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from rlcourse.explorables.plotting.marks import (
    Area,
    Arrow,
    Arrows,
    Band,
    Bars,
    Hatch,
    Line,
    Panel,
    Point,
    Rule,
    Scatter,
    Text,
    Tiles,
)
from rlcourse.explorables.plotting.plot import Plot, State
from rlcourse.showing.style import DASHES, INK, MARKERS, OKABE_ITO, SIGNED, in_our_style, new_figure, projecting, tidy

_PATTERNS = {"striped": "////", "dotted": "...."}
_ANCHORS = {"start": "left", "middle": "center", "end": "right"}
WIDTHS = {1: 7.6, 2: 10.4}
"""In inches, of a figure with so many panels in a row."""
COLUMNS = 6
"""Of the grid on which panels in several rows stand: halves and thirds of a row."""
LETTERS, SAMPLE = 10, 5
"""How many letters of a legend stand in an inch, and in the place of how many the sample beside a name."""
Picker = Callable[..., np.ndarray]


@in_our_style
def draw_figure(plot: Plot, state: State) -> Figure:
    """The plot at one state of its parameters, readouts below; `plot.fill(plot.alt, state)` says it in words.

    Two panels stand side by side, or as their shares say, and one in a row where it is made for a projector.
    """
    columns = 1 if projecting() else min(2, len(plot.panels))
    rows, places = _rows(_parts(plot.panels, columns))
    figure = new_figure(WIDTHS[columns], 4.4 * rows)
    pick = partial(plot.pick, state=state)
    room = LETTERS * figure.get_figwidth()
    lines = max(_legend_lines(panel, room * part) for panel, (_, _, part) in zip(plot.panels, places, strict=True))
    alone = [panel.share for panel in plot.panels] if len(plot.panels) == columns else None  # in their only row
    grid = figure.add_gridspec(rows, columns if alone else COLUMNS, width_ratios=alone)
    for number, (panel, (row, start, part)) in enumerate(zip(plot.panels, places, strict=True)):
        stretch = slice(round(COLUMNS * start), round(COLUMNS * (start + part)))
        axes = figure.add_subplot(grid[row, number if alone else stretch])
        _draw_panel(axes, panel, pick, lambda template: plot.fill(template, state))
        _name_panel(axes, panel, lines, room * part)  # as many lines for all: titles stand on one line
    words = (textwrap.fill(plot.fill(readout, state), int(1.2 * room)) for readout in plot.readouts)
    figure.supxlabel(_typeset("\n".join(words)), fontsize=10)
    return figure


def _parts(panels: Sequence[Panel], columns: int) -> list[float]:
    """How much of its row each panel takes."""
    if columns > 1 and all(panel.of_row for panel in panels):
        return [panel.of_row for panel in panels]
    if len(panels) == columns:
        return [panel.share / sum(other.share for other in panels) for panel in panels]
    return [1 / columns] * len(panels)


def _rows(parts: list[float]) -> tuple[int, list[tuple[int, float, float]]]:
    """How many rows, and for each panel its row, where in it it starts and its part of it."""
    row, start, places = 0, 0.0, []
    for part in parts:
        if start + part > 1 + 1e-6:
            row, start = row + 1, 0.0
        places.append((row, start, part))
        start += part
    return row + 1, places


def _legend_lines(panel: Panel, room: float) -> int:
    """In how many lines the names of its marks stand above a panel with room for so many letters."""
    names = [mark.label for mark in panel.marks if mark.label]
    narrow = panel.equal and not panel.bare  # where units are equal the panel is often the narrower one
    return -(-sum(len(name) + SAMPLE for name in names) // int(0.7 * room if narrow else room)) or 1


def _draw_panel(axes: Axes, panel: Panel, pick: Picker, fill: Callable[[str], str]) -> None:
    axes.set(xlim=(panel.x.low, panel.x.high), ylim=(panel.y.low, panel.y.high))
    axes.set(xlabel=_typeset(panel.x.label), ylabel=_typeset(panel.y.label))
    axes.set_xticks(panel.x.ticks, panel.x.names or None)
    axes.set_yticks(panel.y.ticks, panel.y.names or None)
    if panel.equal:
        axes.set_aspect("equal")
    if panel.bare:
        axes.set_axis_off()
    tidy(axes, grid="" if panel.bare else "both")
    for order, mark in enumerate(panel.marks):
        words = fill(mark.text) if isinstance(mark, Text) else mark.label or "_"  # matplotlib lists no "_" in a legend
        colour = OKABE_ITO.get(getattr(mark, "colour", "ink"), INK)
        _DRAW[type(mark)](axes, mark, {"color": colour, "label": _typeset(words), "zorder": order + 2}, pick)


def _name_panel(axes: Axes, panel: Panel, lines: int, room: float) -> None:
    """The title, and below it the names of the marks in so many lines, where they can hide no curve."""
    title = textwrap.fill(panel.title, int(room))
    axes.set_title(_typeset(title), loc="left", pad=8 + 16 * lines)
    named = sum(bool(mark.label) for mark in panel.marks)
    if named:
        columns = -(-named // lines)
        above = {"loc": "lower left", "bbox_to_anchor": (-0.02, 0.99), "ncols": columns, "columnspacing": 1.2}
        legend = axes.legend(frameon=False, fontsize=10, handlelength=1.6, **above)
        legend.set_in_layout(False)  # its title has made room for it, and no panel must shrink for its names


def _typeset(text: str) -> str:
    """`π_old` with its subscript, in matplotlib's way."""
    return re.sub(r"_([^\W\d_]+)", r"$_{\\mathrm{\1}}$", text)


def _draw_line(axes: Axes, mark: Line, style: dict, pick: Picker) -> None:
    x, y = pick(mark.x, along=mark.along), pick(mark.y, along=mark.along)
    axes.plot(x, y, ls=DASHES[mark.dash], lw=0.7 * mark.width, marker=MARKERS.get(mark.marker), ms=5, **style)


def _draw_bars(axes: Axes, mark: Bars, style: dict, pick: Picker) -> None:
    x, top = pick(mark.x, along=mark.along), pick(mark.height, along=mark.along)
    bottom = pick(mark.base, along=mark.along)
    if mark.hatch != "plain":
        top = np.where(top == bottom, np.nan, top)  # or the edge of a bar of no height would be drawn
    bars = axes.bar(x, top - bottom, bottom=bottom, width=mark.width, alpha=0.75, **_filled(style, mark.hatch))
    for bar in () if mark.limit is None else bars:
        if (end := bar.get_y() + bar.get_height()) > mark.limit:
            bar.set(height=mark.limit - bar.get_y(), color=OKABE_ITO["orange"])
            look = _filled({"color": OKABE_ITO["orange"], "zorder": style["zorder"]}, "striped")
            axes.bar(bar.get_x() + mark.width / 2, end - mark.limit, bottom=mark.limit, width=mark.width, **look)


def _draw_area(axes: Axes, mark: Area, style: dict, pick: Picker) -> None:
    x, low, high = (pick(name, along=mark.along) for name in (mark.x, mark.low, mark.high))
    weight = {"alpha": 0.3, "lw": 0} if mark.hatch == "plain" else {"alpha": 0.6, "lw": 1}
    axes.fill_between(x, low, high, **weight, **_filled(style, mark.hatch))


def _filled(style: dict, hatch: Hatch) -> dict:
    """The style, with what fills a mark in the place of its colour where that is a pattern."""
    if hatch == "plain":
        return style
    look = {name: value for name, value in style.items() if name != "color"}
    return look | {"facecolor": "none", "edgecolor": style["color"], "hatch": _PATTERNS[hatch]}


def _draw_scatter(axes: Axes, mark: Scatter, style: dict, pick: Picker) -> None:
    x, y = pick(mark.x, along=mark.along), pick(mark.y, along=mark.along)
    axes.plot(x, y, ls="", marker=MARKERS[mark.marker], ms=0.7 * mark.size, alpha=0.7, markeredgewidth=0, **style)


def _draw_tiles(axes: Axes, mark: Tiles, style: dict, pick: Picker) -> None:
    places = [[pick(name, along=mark.along) for name in corner] for corner in mark.corners]
    corners = np.transpose(places, (2, 0, 1))  # [tile, corner, xy]
    look = {"cmap": SIGNED, "antialiased": False, "zorder": style["zorder"]}
    tiles = PolyCollection(corners, array=pick(mark.value, along=mark.along), **look)
    reach = float(pick(mark.reach))
    tiles.set_clim(-reach, reach)
    axes.add_collection(tiles)
    axes.figure.colorbar(tiles, ax=axes, fraction=0.046, pad=0.03).outline.set_visible(False)


def _draw_point(axes: Axes, mark: Point, style: dict, pick: Picker) -> None:
    x, y = float(pick(mark.x)), float(pick(mark.y))
    ends = zip((x, y), (axes.get_xlim(), axes.get_ylim()), strict=True)
    inside = all(low <= value <= high for value, (low, high) in ends)  # then it is drawn whole, at an edge too
    look = {"ls": "", "marker": MARKERS[mark.marker], "ms": 9, "markeredgecolor": "white", "clip_on": not inside}
    axes.plot([x], [y], **look, **style)


def _draw_band(axes: Axes, mark: Band, style: dict, pick: Picker) -> None:
    axes.axvspan(pick(mark.low), pick(mark.high), alpha=0.25, lw=0, **style)


def _draw_rule(axes: Axes, mark: Rule, style: dict, pick: Picker) -> None:
    line = {"ls": DASHES[mark.dash], "lw": 0.7 * mark.width, **style}
    if mark.x is None:
        axes.axhline(pick(mark.y), **line)
    else:
        axes.axvline(pick(mark.x), **line)


def _draw_arrow(axes: Axes, mark: Arrow, style: dict, pick: Picker) -> None:
    x, y, dx, dy = (float(pick(place)) for place in (mark.x, mark.y, mark.dx, mark.dy))
    if dx or dy:
        arrow = {
            "arrowstyle": "-|>",
            "mutation_scale": 16,
            "lw": 2,
            "ls": DASHES[mark.dash],
            "shrinkA": 0,
            "shrinkB": 0,
            "color": style["color"],
        }
        shaft = {"lw": 2, "ls": DASHES[mark.dash], "marker": ">", "color": style["color"]}
        axes.plot([], [], label=style["label"], **shaft)  # for the legend
        axes.annotate("", xy=(x + dx, y + dy), xytext=(x, y), arrowprops=arrow, zorder=style["zorder"])


def _draw_arrows(axes: Axes, mark: Arrows, style: dict, pick: Picker) -> None:
    places = (pick(name, along=mark.along) for name in (mark.x, mark.y, mark.dx, mark.dy))
    x, y, dx, dy = np.broadcast_arrays(*places)
    there = (dx != 0) | (dy != 0)
    if there.any():
        look = {"angles": "xy", "scale_units": "xy", "scale": 1, "width": 0.0015 * mark.width, "minlength": 0}
        look |= {"headwidth": 5, "headlength": 5, "headaxislength": 4}
        axes.quiver(x[there], y[there], dx[there], dy[there], **look, **style)


def _draw_text(axes: Axes, mark: Text, style: dict, pick: Picker) -> None:
    axes.text(
        float(pick(mark.x)), float(pick(mark.y)), style["label"], ha=_ANCHORS[mark.anchor], zorder=style["zorder"]
    )


_DRAW = {
    Line: _draw_line,
    Bars: _draw_bars,
    Area: _draw_area,
    Scatter: _draw_scatter,
    Tiles: _draw_tiles,
    Point: _draw_point,
    Band: _draw_band,
    Rule: _draw_rule,
    Arrow: _draw_arrow,
    Arrows: _draw_arrows,
    Text: _draw_text,
}
