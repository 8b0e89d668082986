"""The thin view that draws a `Plot` in the browser.

The numbers go to the browser once, as binary float32. From then on a slider (`bench`) and the view talk in the
browser alone (`jslink`), so the picture follows while a training cell keeps the kernel busy, and without a kernel too.
"""

import pathlib
from collections.abc import Mapping, Sequence

import anywidget
import traitlets

from rlcourse.explorables.plotting.plot import Plot, describe
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.showing.live import BROWSER, BUTTONS, Lasting, Still
from rlcourse.showing.picture import Picture

_HERE = pathlib.Path(__file__).parent
_SCRIPTS = ("plot_marks.js", "plot_handles.js", "plot_view.js")


class PlotView(Lasting, anywidget.AnyWidget):
    """A `Plot`, drawn in the browser at the current value of its parameters.

    `PlotView(plot, epsilon=0.2, ratio=1.3)` has a float trait for each parameter named, here `epsilon` and `ratio`.
    Raises a ValueError for a parameter that has no grid, or whose name a widget needs for itself.
    """

    _esm = BROWSER + "".join((_HERE / name).read_text("utf-8") for name in _SCRIPTS)
    _css = BUTTONS + (_HERE / "plot_view.css").read_text("utf-8")

    description = traitlets.Dict().tag(sync=True)
    """The plot without its numbers; see `rlcourse.explorables.plotting.plot.describe`."""
    numbers = traitlets.Dict().tag(sync=True)
    """The numbers: array name → float32, little-endian, last dimension fastest."""
    parameters = traitlets.List().tag(sync=True)
    """The names of the traits that choose an entry of a grid."""
    labels = traitlets.Dict().tag(sync=True)
    """What a parameter is called on the page, where that is not its name."""
    plays = traitlets.List().tag(sync=True)
    """The parameters that have a play button."""

    def __init__(self, plot: Plot, **parameters: float | int) -> None:
        for name in parameters:
            if name not in plot.grids:
                raise ValueError(f"parameter {name!r} has no grid; the plot's grids are {sorted(plot.grids)}")
            if hasattr(PlotView, name):
                raise ValueError(f"parameter {name!r} has a name that a widget needs for itself; choose another")
        if missing := plot.parameters - parameters.keys():
            raise ValueError(f"the plot needs a value for {sorted(missing)} too; given: {sorted(parameters)}")
        # A widget counts its traits as it starts, so these must be there before.
        self.add_traits(**{name: traitlets.Float(float(v)).tag(sync=True) for name, v in parameters.items()})
        super().__init__(
            description=describe(plot),
            numbers=_numbers(plot),
            parameters=list(parameters),
        )
        self.plot = plot

    @property
    def grids(self) -> Mapping[str, Sequence[float | int]]:
        """The values that each parameter may take, by its name."""
        return self.plot.grids

    def show(self, plot: Plot) -> None:
        """Other numbers for the same marks and words: what `answered.py` does at each move."""
        self.plot, self.numbers = plot, _numbers(plot)

    def picture(self) -> Picture:
        """The plot on paper, at the values that the kernel knows of."""
        state = {name: getattr(self, name) for name in self.parameters}
        return Picture(draw_figure(self.plot, state), self.plot.fill(self.plot.alt, state))

    def still(self) -> Still:
        """What stands where the view cannot live."""
        return Still.of(self.picture(), "Run this cell, and its sliders move the picture.")


def _numbers(plot: Plot) -> dict[str, bytes]:
    arrays = {**plot.arrays, **plot.choices}
    return {name: array.values.astype("<f4").tobytes() for name, array in arrays.items()}
