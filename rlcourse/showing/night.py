"""Our pictures on a dark page: what is black by day is light by night, and the paper is the page's.

    both = DayAndNight(width, height, dpi)
    with marked(figure):
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
    colours = to_rgba_array(colours)
    by_day, then = (to_rgba_array(shades.colors)[:, :3] for shades in (scale, scale.by_night))
    apart = np.abs(colours[:, None, :3] - by_day).sum(axis=2)
    rgb = np.where(apart.min(axis=1, keepdims=True) < 1e-6, then[apart.argmin(axis=1)], colours[:, :3])
    return np.hstack([rgb, colours[:, 3:]])


@dataclass(frozen=True)
class Mark:
    """What an artist is drawn as, in place of its group's name, where it is not turned over as the others are."""

    turn: Turn


KEPT = Mark(to_rgba_array)
"""Of what stays as it is by day."""


@contextmanager
def marked(figure: Figure) -> Iterator[None]:
    """The figure, for as long as the block lasts, with marks on what is not turned over by night."""
    undo: list[Callable[[], object]] = []
    try:
        for axes in figure.axes:
            numbers = [
                one for one in axes.get_children() if isinstance(one, ScalarMappable) and one.get_array() is not None
            ]
            if all(isinstance(one.cmap, Scale) for one in numbers):
                undo += [_mark(one, Mark(partial(by_night_in, one.cmap))) for one in numbers]
                continue
            undo.append(_white_ground(axes))
            inside = (*axes.lines, *axes.patches, *axes.collections, *axes.images, *axes.texts, axes.patch)
            undo += [_mark(part, KEPT) for one in inside for part in one.findobj()]
        yield
    finally:
        for step in reversed(undo):
            step()


def _mark(artist: Artist, mark: Mark) -> Callable[[], object]:
    """Mark an artist; how to take the mark off again."""
    usual = artist.get_gid()
    artist.set_gid(mark)
    return partial(artist.set_gid, usual)


def _white_ground(axes: Axes) -> Callable[[], object]:
    """Lay white under what is drawn in the panel; panels without axes draw no ground of their own."""
    ground = Rectangle((0, 0), 1, 1, transform=axes.transAxes, facecolor="white", edgecolor="none", zorder=-100)
    ground.set_in_layout(False)
    axes.add_artist(ground)
    return ground.remove


class DayAndNight(RendererAgg):
    """What a `marked` figure is drawn on once for both pages; by day it is in `buffer_rgba`, by night in `night`."""

    def __init__(self, width: float, height: float, dpi: float) -> None:
        super().__init__(width, height, dpi)
        self.night = RendererAgg(width, height, dpi)
        self._day, self._turns = self._renderer, [by_night]
        self._renderer = _Both(self._day, self.night._renderer, self._turns)
        self._update_methods()

    def buffer_rgba(self) -> memoryview:
        """The pixels by day."""
        return memoryview(self._day)

    def open_group(self, s: str, gid: object = None) -> None:
        """Matplotlib says so before it draws an artist, and what belongs to it."""
        self._turns.append(gid.turn if isinstance(gid, Mark) else self._turns[-1])

    def close_group(self, s: str) -> None:
        """And this after it."""
        self._turns.pop()


STROKES = {
    "draw_path": (0, (3,)),
    "draw_markers": (0, (5,)),
    "draw_path_collection": (0, (6, 7)),
    "draw_quad_mesh": (0, (7, 9)),
    "draw_gouraud_triangles": (0, (2,)),
    "draw_text_image": (4, ()),
    "draw_image": (0, ()),
}
"""All that Agg draws with. Which argument is the pen (matplotlib says "graphics context"), and which are colours."""


class _Both:
    """Two of Agg's canvases as one: each stroke is drawn on both, on the second in the colours of the night."""

    def __init__(self, day: object, night: object, turns: list[Turn]) -> None:
        self._day, self._turns = day, turns
        for stroke, (pen, colours) in STROKES.items():
            both = getattr(day, stroke), getattr(night, stroke)
            setattr(self, stroke, partial(self._draw, *both, pen, colours))
        self._blank = day.clear, night.clear

    def __getattr__(self, name: str) -> object:
        return getattr(self._day, name)  # what is no stroke

    def clear(self) -> None:
        for blank in self._blank:
            blank()

    def _draw(
        self, by_day: Callable, at_night: Callable, pen: int, colours: tuple[int, ...], *what: object, **hatched: object
    ) -> None:
        by_day(*what, **hatched)
        turn, turned = self._turns[-1], list(what)
        turned[pen] = _inked(what[pen], turn)
        for place in colours:
            if place < len(what) and what[place] is not None:
                turned[place] = _turned(what[place], turn)
        at_night(*turned, **{name: turn(some) for name, some in hatched.items()})


def _inked(pen: GraphicsContextBase, turn: Turn) -> GraphicsContextBase:
    """The same pen with ink of the night."""
    inked = GraphicsContextBase()
    inked.copy_properties(pen)
    inked.set_foreground(_turned(pen.get_rgb(), turn), isRGBA=True)
    if pen.get_hatch_color() is not None:
        inked.set_hatch_color(_turned(to_rgba(pen.get_hatch_color()), turn))
    return inked


def _turned(colours: tuple | np.ndarray, turn: Turn) -> tuple | np.ndarray:
    """One colour, or several, [colours, rgba]."""
    return _one_turned(colours, turn) if isinstance(colours, tuple) else turn(colours)


@lru_cache(1000)
def _one_turned(colour: tuple, turn: Turn) -> tuple:
    return tuple(turn([colour])[0])
