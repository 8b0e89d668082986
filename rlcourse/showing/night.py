"""Our pictures on a dark page: what is black by day is light by night, and the paper is the page's.

    both = DayAndNight(width, height, dpi)
    with tagged(figure):
        figure.draw(both)
    both.buffer_rgba(), both.night.buffer_rgba()

Most of the time matplotlib finds out where everything goes, which by night is the same. So a figure is drawn once, and
each stroke is put onto two canvases, onto the second one in the colours of the night.

Colours keep their meaning: they stay what they are, and only grey is turned over, from paper to ink. A panel whose
colours are numbers is drawn in its `Scale` for the night; with another colour map it stays as it is, with what is
written on it, on white ground. Left out: an SVG in the page's own colours, which grows with every dot, and which a page
that is not trusted does not show.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backend_bases import GraphicsContextBase
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import to_rgba, to_rgba_array
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from rlcourse.showing.style import Scale

PAPER = "#111111"
"""The ground of JupyterLab's dark theme."""
INK = "#e0e0e0"
"""And what is written on it."""
GREY = 0.12
"""Colours whose channels differ by no more are grey."""
GLOW = 1.1
"""How much brighter other colours are by night, as in plot_view.css."""
DARKEST = 0.65
"""The least that their strongest channel has then."""

Turn = Callable[[object], np.ndarray]
"""What gives colours, [colours, rgba] or one of them, as they are by night."""


def by_night(colours: object) -> np.ndarray:
    """Colours as they are by night, [colours, rgba]: grey from paper to ink, the others a little brighter."""
    colours = to_rgba_array(colours)
    rgb, alpha = colours[:, :3], colours[:, 3:]
    paper, ink = to_rgba_array([PAPER, INK])[:, :3]
    grey = np.ptp(rgb, axis=1, keepdims=True) <= GREY
    turned = ink + (paper - ink) * rgb.mean(axis=1, keepdims=True)
    glow = np.maximum(GLOW, DARKEST / np.maximum(rgb.max(axis=1, keepdims=True), 1e-6))
    return np.hstack([np.where(grey, turned, np.clip(glow * rgb, 0, 1)), alpha])


def by_night_in(scale: Scale, colours: object) -> np.ndarray:
    """Colours of numbers as they are by night, [colours, rgba]; what is none of the scale's stays as it is."""
    colours, which = np.unique(to_rgba_array(colours), axis=0, return_inverse=True)  # a map may have a million tiles
    by_day, then = (to_rgba_array(shades.colors)[:, :3] for shades in (scale, scale.by_night))
    apart = np.abs(colours[:, None, :3] - by_day).sum(axis=2)
    is_one = apart.min(axis=1, keepdims=True) < 3.5 / 255  # an image has them in whole steps of 1 / 255
    turned = np.where(is_one, then[apart.argmin(axis=1)], colours[:, :3])
    return np.hstack([turned, colours[:, 3:]])[which.ravel()]


@dataclass(frozen=True)
class Tag:
    """A name of an artist ("gid") that says how it looks by night, where that is not as by `by_night`."""

    turn: Turn


AS_BY_DAY = Tag(to_rgba_array)


@contextmanager
def tagged(figure: Figure) -> Iterator[None]:
    """The figure, for as long as the block lasts, with tags on what is not turned over by night."""
    undo: list[Callable[[], object]] = []
    try:
        for axes in figure.axes:
            numbers = [
                one for one in axes.get_children() if isinstance(one, ScalarMappable) and one.get_array() is not None
            ]
            if all(isinstance(one.cmap, Scale) for one in numbers):
                undo += [_tag(one, Tag(partial(by_night_in, one.cmap))) for one in numbers]
                continue
            if not (axes.axison and axes.get_frame_on()):
                undo.append(_white_ground(axes))
            inside = (*axes.lines, *axes.patches, *axes.collections, *axes.images, *axes.texts, axes.patch)
            parts = [part for one in inside for part in one.findobj()]
            arrows = [part.arrow_patch for part in parts if getattr(part, "arrow_patch", None) is not None]
            undo += [_tag(part, AS_BY_DAY) for part in (*parts, *arrows)]
        yield
    finally:
        for step in reversed(undo):
            step()


def _tag(artist: Artist, tag: Tag) -> Callable[[], object]:
    """Tag an artist; how to take the tag off again."""
    usual = artist.get_gid()
    artist.set_gid(tag)
    return partial(artist.set_gid, usual)


def _white_ground(axes: Axes) -> Callable[[], object]:
    """Lay white under a panel that draws no ground of its own; how to take it away."""
    ground = Rectangle((0, 0), 1, 1, transform=axes.transAxes, facecolor="white", edgecolor="none", zorder=-100)
    ground.set_in_layout(False)
    axes.add_artist(ground)
    return ground.remove


class DayAndNight(RendererAgg):
    """What a `tagged` figure is drawn on once for both pages; by day it is in `buffer_rgba`, by night in `night`.

    What a filter makes of an artist (matplotlib's `agg_filter`) looks by night as it does by day.
    """

    def __init__(self, width: float, height: float, dpi: float) -> None:
        super().__init__(width, height, dpi)
        self.night = RendererAgg(width, height, dpi)
        self._groups: list[tuple[str, Turn]] = [("", by_night)]
        self._renderer = _Both(self._renderer, self.night._renderer, self._groups)
        self._update_methods()

    def buffer_rgba(self) -> memoryview:
        """The pixels by day."""
        return memoryview(self._renderer.day if isinstance(self._renderer, _Both) else self._renderer)

    def open_group(self, s: str, gid: object = None) -> None:
        """Matplotlib says so before it draws an artist, and what belongs to it."""
        if s == self._groups[-1][0] == "text":  # left open by words that turned out to have no place
            self._groups.pop()
        self._groups.append((s, gid.turn if isinstance(gid, Tag) else self._groups[-1][1]))

    def close_group(self, s: str) -> None:
        """And this after it."""
        while len(self._groups) > 1 and self._groups.pop()[0] != s:
            pass


STROKES = {
    "draw_path": (0, (3,)),
    "draw_markers": (0, (5,)),
    "draw_path_collection": (0, (6, 7)),
    "draw_quad_mesh": (0, (7, 9)),
    "draw_gouraud_triangles": (0, (2,)),
    "draw_text_image": (4, ()),
}
"""How Agg draws all but images: which argument is the pen (matplotlib's "graphics context"), and which are colours."""


class _Both:
    """Two of Agg's canvases as one: each stroke is drawn on both, on the second in the colours of the night."""

    def __init__(self, day: object, night: object, groups: list[tuple[str, Turn]]) -> None:
        self.day, self._night = day, night
        for stroke, places in STROKES.items():
            both = getattr(day, stroke), getattr(night, stroke)
            setattr(self, stroke, partial(_draw_twice, *both, groups, *places))
        self.copy_from_bbox, self.restore_region = day.copy_from_bbox, day.restore_region

    def clear(self) -> None:
        self.day.clear()
        self._night.clear()

    def draw_image(self, pen: GraphicsContextBase, x: float, y: float, image: np.ndarray) -> None:
        """Images stay as they are, but for those whose colours are numbers. They come without a group."""
        self.day.draw_image(pen, x, y, image)
        tag = pen.get_gid()
        if isinstance(tag, Tag) and tag is not AS_BY_DAY:
            image = np.rint(255 * _turned(np.divide(image, 255), tag.turn)).astype(np.uint8)
        self._night.draw_image(pen, x, y, image)


def _draw_twice(
    by_day: Callable,
    at_night: Callable,
    groups: list[tuple[str, Turn]],
    pen: int,
    colours: tuple[int, ...],
    *what: object,
    **more: object,
) -> None:
    by_day(*what, **more)
    turn, turned = groups[-1][1], list(what)
    turned[pen] = _inked(what[pen], turn)
    for place in colours:
        if place < len(what) and what[place] is not None:
            turned[place] = _turned(what[place], turn)
    if "hatchcolors" in more:
        more["hatchcolors"] = turn(more["hatchcolors"])
    at_night(*turned, **more)


def _inked(pen: GraphicsContextBase, turn: Turn) -> GraphicsContextBase:
    """The same pen with ink of the night."""
    inked = GraphicsContextBase()
    inked.copy_properties(pen)
    inked.set_foreground(_turned(pen.get_rgb(), turn), isRGBA=True)
    if pen.get_hatch_color() is not None:
        inked.set_hatch_color(_turned(to_rgba(pen.get_hatch_color()), turn))
    return inked


def _turned(colours: tuple | np.ndarray, turn: Turn) -> tuple | np.ndarray:
    """One colour, or several, [..., rgba]."""
    if np.ndim(colours) == 1:
        return _one_turned(tuple(colours), turn)
    return turn(np.reshape(colours, (-1, 4))).reshape(np.shape(colours))


@lru_cache(1000)
def _one_turned(colour: tuple, turn: Turn) -> tuple:
    return tuple(turn([colour])[0, : len(colour)])
