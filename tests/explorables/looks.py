"""What in a picture is told apart by colour alone."""

from itertools import pairwise

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.container import BarContainer, ErrorbarContainer
from matplotlib.figure import Figure
from matplotlib.lines import Line2D


def told_by_colour_alone(figure: Figure) -> list[tuple[str, str]]:
    """The names in a panel's legend that only a colour tells from the one before, or the one before that.

    Where more are stacked, as the pieces of a bar are, their order tells the others.
    """
    return [pair for axes in figure.axes for pair in _in_panel(axes)]


def _in_panel(axes: Axes) -> list[tuple[str, str]]:
    named = list(zip(*axes.get_legend_handles_labels(), strict=True))
    pairs = [*pairwise(named), *zip(named, named[2:], strict=False)]
    return [(name, other) for (mark, name), (after, other) in pairs if _look(mark) == _look(after)]


def _look(mark: Artist | BarContainer | ErrorbarContainer) -> tuple:
    """All that is to be seen of it but for its colour."""
    if isinstance(mark, BarContainer | ErrorbarContainer):
        mark = mark[0]
    if isinstance(mark, Line2D):
        return "line", str(mark._dash_pattern), mark.get_marker(), mark.get_linewidth(), mark.get_markersize()
    return type(mark).__name__, getattr(mark, "get_hatch", str)(), str(mark.get_linewidth())
