"""How the course's pictures look, wherever they are drawn, and whatever the user has set in matplotlib.

matplotlib reads its settings when a thing is made and again when it is drawn: a dark style or a large font of the
user's would reach our pictures twice. So both happen inside `our_style`, where matplotlib's own defaults hold.
"""

import os
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import NamedTuple, ParamSpec, TypeVar

import matplotlib
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backend_bases import RendererBase
from matplotlib.colors import LinearSegmentedColormap, ListedColormap, to_hex
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter, ScalarFormatter
from matplotlib.transforms import ScaledTranslation

from rlcourse.arguments import check_flag
from rlcourse.showing.words import minus

OKABE_ITO = {
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "green": "#009E73",
    "purple": "#CC79A7",
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "yellow": "#F0E442",
}
"""Colours that people with any kind of colour vision can tell apart. "ink", in a plot, is the page's text colour."""


class Scale(ListedColormap):
    """Colours of numbers, from the lowest to the highest, and what they are on a dark page."""

    def __init__(self, by_day: Sequence[str], by_night: Sequence[str]) -> None:
        super().__init__(_between(by_day))
        self.by_night = ListedColormap(_between(by_night))


def _between(colours: Sequence[str], steps: int = 65) -> list[str]:
    """Colours in even steps from the first over the others to the last."""
    shades = LinearSegmentedColormap.from_list("", colours, N=steps)
    return [to_hex(shades(place)) for place in range(steps)]


SIGNED = Scale((OKABE_ITO["vermillion"], "#F7F7F7", OKABE_ITO["blue"]), ("#FF8C2E", "#151515", "#4FC3FF"))
"""The colours of numbers wherever colours say numbers: vermillion below 0, blue above, and like the page near it."""
_BELOW = 32 / 72
"""Where a legend stands that has no room among the curves: under the name of the x axis, so many inches below it."""
INK, QUIET = "#222222", "#555555"
"""Of words and walls, and of the numbers along an axis."""
OURS = {
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.titlesize": 10.5,
    "axes.titlecolor": INK,
    "axes.titlepad": 8,
    "axes.titley": 1.0,  # else matplotlib looks for room above each panel: a quarter of the time
    "axes.labelcolor": INK,
    "axes.axisbelow": True,
    **{f"axes.spines.{side}": False for side in ("left", "right", "top", "bottom")},
    "grid.color": INK,
    "grid.alpha": 0.12,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "xtick.minor.size": 0,
    "ytick.minor.size": 0,
    "xtick.labelcolor": QUIET,
    "ytick.labelcolor": QUIET,
    "legend.fontsize": 10,
    "legend.frameon": False,
    "legend.framealpha": 0.8,
    "legend.edgecolor": "none",
    "legend.handlelength": 3,
    "legend.labelcolor": INK,
    "text.color": INK,
}
"""What differs from matplotlib as it comes. A picture looks as what plot_view.js draws: a bold title on the left, fine
lines instead of a frame and, at 96 pixels to the inch, letters of the same sizes."""

DASHES = {"solid": "-", "dashed": (0, (5, 2)), "dotted": (0, (1, 1.5)), "dashdot": (0, (6, 2, 1, 2))}
MARKERS = {"circle": "o", "square": "s", "triangle": "^", "diamond": "D"}
LEVEL = {"color": INK, "ls": (0, (4, 3)), "lw": 1}
"""How a level to reach, or not to pass, is drawn across a panel."""


class Look(NamedTuple):
    """How one of several curves looks: never told apart by colour alone."""

    colour: str
    dash: str | tuple
    marker: str

    @property
    def line(self) -> dict:
        """For `axes.plot`, without markers."""
        return {"color": OKABE_ITO[self.colour], "ls": self.dash}


LOOKS = (
    Look("blue", DASHES["solid"], "o"),
    Look("vermillion", DASHES["dashed"], "s"),
    Look("green", DASHES["dashdot"], "^"),
    Look("purple", DASHES["dotted"], "D"),
    Look("orange", DASHES["solid"], "v"),
    Look("sky", DASHES["dashed"], "P"),
)
"""Of the first curve, the second, …"""


def draw_level(axes: Axes, level: float, words: str) -> None:
    """A level across a panel. Its name stands where the line ends, outside, so that no curve can run through it."""
    axes.axhline(level, **LEVEL, label="_")
    beside = {"fontsize": 10, "ha": "left", "va": "center", "annotation_clip": True}
    axes.annotate(words, (1, level), (4, 0), ("axes fraction", "data"), "offset points", **beside)


def show_percent(axis: Axis) -> None:
    """Write the fractions along an axis as percentages: 12.5 % stays 12.5 %."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: minus(f"{round(100 * value, 6):.4g} %")))


@contextmanager
def our_style() -> Iterator[None]:
    """The course's own settings of matplotlib, whatever the user's are, for as long as the block lasts."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(OURS)
        yield


Given = ParamSpec("Given")
Made = TypeVar("Made")


def in_our_style(draw: Callable[Given, Made]) -> Callable[Given, Made]:
    """A function that draws, made deaf to the user's settings."""

    @wraps(draw)
    def drawn(*args: Given.args, **options: Given.kwargs) -> Made:
        with our_style():
            return draw(*args, **options)

    return drawn


PROJECTOR = "RLCOURSE_PROJECTOR"
"""The environment variable that says, when it is 1, that the course is shown to a room."""
MAGNIFIED = 1.5


def projector(on: object = True) -> None:
    """For a room with a projector: fonts and lines of all pictures that are made from now on are 1.5 times as large.

    The same as the environment variable RLCOURSE_PROJECTOR=1, which holds from the start; `projector(False)` ends it.

    Args:
        on: True, or False for pictures as they are on a desk.

    Raises:
        TypeError: `on` is neither.
    """
    check_flag("on", on)
    os.environ[PROJECTOR] = "1" if on else "0"


def projecting() -> bool:
    """Whether pictures are made for a room with a projector."""
    return os.environ.get(PROJECTOR, "0") not in ("", "0")


def magnified(figure: Figure) -> float:
    """How many times larger than it is a figure is to be shown, so that what is written in it is as much larger."""
    return getattr(figure, "magnified", 1.0)


class CourseFigure(Figure):
    """A figure that looks the same whoever draws or saves it, with a real minus in front of its numbers."""

    magnified = 1.0
    savefig = in_our_style(Figure.savefig)

    @in_our_style
    def draw(self, renderer: RendererBase) -> None:
        """Draw everything."""
        for words in self.findobj(Text):
            if "-" in words.get_text() and "$" not in words.get_text() and "monospace" not in words.get_fontfamily():
                words.set_text(minus(words.get_text()))  # what is set in monospace is quoted letter by letter
        super().draw(renderer)


def new_figure(width: float | int, height: float | int, *, layout: str = "constrained") -> CourseFigure:
    """An empty figure of so many inches on opaque white, so that it can be read in a dark notebook too.

    What is put into it belongs into `our_style` as well: see `in_our_style`. `layout` is "none" where every panel has a
    place of its own. For a room with a projector it is smaller, to be shown `magnified`.
    """
    scale = MAGNIFIED if projecting() and layout != "none" else 1.0
    # A smaller figure that is shown larger: everything in it grows. Words need more of its height then.
    figure = CourseFigure(figsize=(width / scale, height / scale**0.6), layout=layout, facecolor="white")
    figure.magnified = scale
    return figure


def tidy(axes: Axes, *, title: str = "", grid: str = "both", legend: dict | None = None, **labels: object) -> None:
    """The last touches to a panel: fine lines, labels, a title, and a legend where there is one to read.

    Args:
        axes: The panel.
        title: Above it, on the left.
        grid: "x", "y" or "both", for fine lines behind everything, a stronger one at 0; "" for none.
        legend: How the legend is placed; none when None, or when no curve has a name. With {"loc": "best"} it
            stands below the panel, side by side, where it would hide a curve in any corner.
        labels: Whatever `axes.set` takes: xlabel, ylabel, xlim …
    """
    axes.set(**labels)
    if type(axes.yaxis.get_major_formatter()) is ScalarFormatter:
        axes.yaxis.set_major_formatter(_EachInFull(useOffset=False))
    if title:
        axes.set_title(title if "$" in title else textwrap.fill(title, _letters(axes), break_long_words=False))
    if grid:
        axes.grid(axis=grid)
        axes.add_artist(_ZeroLines(axes, grid))
    if legend is not None and axes.get_legend_handles_labels()[0]:  # without a curve matplotlib would warn
        placed = axes.legend(**legend)
        if legend.get("loc") == "best" and _hides_a_curve(placed, axes):
            fit = int(axes.bbox.width // placed.get_window_extent().width)
            placed = axes.legend(**legend | {"loc": "upper center", "ncols": max(1, fit)})
            down = ScaledTranslation(0, -_BELOW, axes.figure.dpi_scale_trans)
            placed.set_bbox_to_anchor((0.5, 0), axes.transAxes + down)


class _EachInFull(ScalarFormatter):
    """The numbers along an axis, tiny and huge ones too: 2e-14, instead of 2 with a "1e-14" in the title's place."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        return minus(f"{x:.3g}") if super().get_offset() else super().__call__(x, pos)

    def get_offset(self) -> str:
        return ""


def _hides_a_curve(legend: Legend, axes: Axes) -> bool:
    """Whether a part of a line runs behind it. The panel has not got its place yet: this is near enough."""
    box = legend.get_window_extent()
    paths = (line.get_path().transformed(line.get_transform()) for line in axes.lines)
    return any(path.intersects_bbox(box, filled=False) for path in paths)


def _letters(axes: Axes) -> int:
    """How many bold letters stand side by side over a panel. It has not got its place yet: this is near enough."""
    letter = 0.62 * OURS["axes.titlesize"] * axes.figure.dpi / 72
    return max(12, int(1.1 * axes.bbox.width / letter))


class _ZeroLines(Artist):
    """Stronger lines where x is 0, and y. They ask for no room: where 0 is out of sight, so are they."""

    def __init__(self, axes: Axes, grid: str) -> None:
        super().__init__()
        self.set(zorder=0.9, in_layout=False)
        look = {"color": INK, "alpha": 0.55, "lw": 0.8, "figure": axes.figure, "clip_box": axes.bbox}
        across = Line2D((0, 1), (0, 0), transform=axes.get_yaxis_transform(), **look)
        along = Line2D((0, 0), (0, 1), transform=axes.get_xaxis_transform(), **look)
        self._lines = {"x": [along], "y": [across], "both": [along, across]}[grid]

    def draw(self, renderer: RendererBase) -> None:
        """Draw them."""
        for line in self._lines:
            line.draw(renderer)
