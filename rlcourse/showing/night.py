"""Our pictures on a dark page: what is black by day is light by night, and the paper is the page's.

    with at_night(figure):
        figure.savefig(…, facecolor=PAPER)

Colours keep their meaning: they stay what they are, and only grey is turned over, from paper to ink. A panel whose
colours are numbers is drawn in its `Scale` for the night; with another colour map it stays as it is, with what is
written on it, on white ground. Left out: an SVG in the page's own colours, which grows with every dot, and which a page
that is not trusted does not show.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import Collection
from matplotlib.colors import Colormap, to_rgba_array
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.text import Text

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

Undo = Callable[[], None]


@contextmanager
def at_night(figure: Figure) -> Iterator[None]:
    """The figure as it looks on a dark page, for as long as the block lasts. It must have been drawn once before."""
    undo: list[Undo] = []
    try:
        kept = set()
        for axes in figure.axes:
            numbers = [
                one for one in axes.get_children() if isinstance(one, ScalarMappable) and one.get_array() is not None
            ]
            if all(isinstance(one.cmap, Scale) for one in numbers):
                undo += [_darken(one) for one in numbers]
                kept |= set(numbers)
            else:
                inside = (*axes.lines, *axes.patches, *axes.collections, *axes.images, *axes.texts, axes.patch)
                kept |= {part for one in inside for part in one.findobj()}
                undo.append(_white_ground(axes))
                kept |= set(axes.patches)
        for artist in figure.findobj():
            if artist not in kept:
                undo += _turn_over(artist)
        yield
    finally:
        for step in reversed(undo):
            step()


def by_night(colours: object) -> np.ndarray:
    """Colours as they are by night, [colours, rgba]: grey from paper to ink, the others a little brighter."""
    colours = to_rgba_array(colours)
    rgb, alpha = colours[:, :3], colours[:, 3:]
    paper, ink = to_rgba_array([PAPER, INK])[:, :3]
    grey = np.ptp(rgb, axis=1, keepdims=True) <= GREY
    turned = ink + (paper - ink) * rgb.mean(axis=1, keepdims=True)
    glow = np.maximum(GLOW, DARKEST / np.maximum(rgb.max(axis=1, keepdims=True), 1e-6))
    return np.hstack([np.where(grey, turned, np.clip(glow * rgb, 0, 1)), alpha])


def _darken(drawn: ScalarMappable) -> Undo:
    """Give numbers the colours of their scale by night. A colour bar beside them follows, but forgets its ends."""
    day, bar = drawn.cmap, drawn.colorbar
    ends = None if bar is None else bar.ax.get_ylim()

    def change(colours: Colormap) -> None:
        drawn.set_cmap(colours)
        if bar is not None:
            bar.ax.set_ylim(ends)

    change(day.by_night)
    return lambda: change(day)


def _white_ground(axes: Axes) -> Undo:
    """Lay white under what is drawn in the panel; panels without axes draw no ground of their own."""
    ground = Rectangle((0, 0), 1, 1, transform=axes.transAxes, facecolor="white", edgecolor="none", zorder=-100)
    ground.set_in_layout(False)
    axes.add_artist(ground)
    return ground.remove


def _turn_over(artist: Artist) -> list[Undo]:
    """Give an artist, and what hangs on it, the colours of the night; how to take them off again."""
    hung = (getattr(artist, "arrow_patch", None), artist.get_bbox_patch() if isinstance(artist, Text) else None)
    undo = []
    for one in (artist, *(part for part in hung if part is not None)):
        # All are read before one is set: a marker without a colour of its own has its line's.
        old = [(name, getattr(one, f"get_{name}")()) for name in _colours_of(one)]
        undo += [_change(one, name, colour) for name, colour in old if to_rgba_array(colour)[:, 3:].any()]
    return undo


def _colours_of(artist: Artist) -> tuple[str, ...]:
    """What colours an artist has, by matplotlib's names."""
    if isinstance(artist, Text):
        return ("color",)
    if isinstance(artist, Line2D):
        return ("color", "markerfacecolor", "markeredgecolor")
    return ("facecolor", "edgecolor") if isinstance(artist, (Patch, Collection)) else ()


def _change(artist: Artist, name: str, old: object) -> Undo:
    """Set one colour, or one for each entry of a collection, as it is by night. What cannot be seen stays so."""
    put, new = getattr(artist, f"set_{name}"), by_night(old)
    put(new if isinstance(artist, Collection) else tuple(new[0]))
    return lambda: put(old)
