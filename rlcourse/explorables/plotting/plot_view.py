"""The thin view that draws a `Plot` in the browser, and sliders that move it without the kernel.

The numbers go to the browser once, as binary float32. From then on a slider and the view talk in the browser alone
(`jslink`), so the picture follows while a training cell keeps the kernel busy, and in an exported page without one.
"""

import pathlib
from collections.abc import Sequence

import anywidget
import ipywidgets as widgets
import numpy as np
import traitlets

from rlcourse.explorables.plotting.plot import Plot, describe

_HERE = pathlib.Path(__file__).parent


class PlotView(anywidget.AnyWidget):
    """A `Plot`, drawn in the browser at the current value of its parameters.

    `PlotView(plot, epsilon=0.2, ratio=1.3)` has a float trait for each parameter named, here `epsilon` and `ratio`.
    Raises a ValueError for a parameter that has no grid, or whose name a widget needs for itself.
    """

    _esm = (_HERE / "plot_marks.js").read_text("utf-8") + (_HERE / "plot_view.js").read_text("utf-8")
    _css = _HERE / "plot_view.css"

    description = traitlets.Dict().tag(sync=True)
    """The plot without its numbers; see `rlcourse.explorables.plotting.plot.describe`."""
    numbers = traitlets.Dict().tag(sync=True)
    """The numbers: array name → float32, little-endian, last dimension fastest."""
    parameters = traitlets.List().tag(sync=True)
    """The names of the traits that choose an entry of a grid."""

    def __init__(self, plot: Plot, **parameters: float | int) -> None:
        for name in parameters:
            if name not in plot.grids:
                raise ValueError(f"parameter {name!r} has no grid; the plot's grids are {sorted(plot.grids)}")
            if hasattr(PlotView, name):
                raise ValueError(f"parameter {name!r} has a name that a widget needs for itself; choose another")
        if missing := plot.parameters - parameters.keys():
            raise ValueError(f"the plot needs a value for {sorted(missing)} too; given: {sorted(parameters)}")
        arrays = {**plot.arrays, **plot.choices}
        # A widget counts its traits as it starts, so these must be there before.
        self.add_traits(**{name: traitlets.Float(float(v)).tag(sync=True) for name, v in parameters.items()})
        super().__init__(
            description=describe(plot),
            numbers={name: array.values.astype("<f4").tobytes() for name, array in arrays.items()},
            parameters=list(parameters),
        )
        self.plot = plot


def explorable(try_this: str, controls: Sequence[widgets.Widget], view: PlotView) -> widgets.VBox:
    """What every browser-drawn explorable looks like: what to try, the controls in a row that wraps, the picture."""
    style = "line-height: 1.45; max-width: 1100px; font-family: var(--jp-ui-font-family, system-ui, sans-serif)"
    row = widgets.HBox(tuple(controls), layout=widgets.Layout(flex_flow="row wrap", max_width="1100px"))
    return widgets.VBox([widgets.HTML(f'<div style="{style}">{try_this}</div>'), row, view])


def linked_choice(
    view: PlotView, name: str, label: str, options: Sequence[str], *, buttons: bool = False
) -> widgets.Widget:
    """A slider over words, or a row of buttons, that chooses an entry of the grid 0, 1, 2 …, linked in the browser.

    For grids that are unevenly spaced, or no numbers at all. Raises a ValueError where options and grid do not fit.
    """
    grid = list(view.plot.grids[name])
    if grid != list(range(len(options))):
        raise ValueError(f"the grid of {name!r} must be 0, 1 … {len(options) - 1} for these options, got {grid}")
    common = {"options": tuple(options), "index": int(getattr(view, name)), "description": label}
    if buttons:
        choice = widgets.ToggleButtons(**common, style={"button_width": "auto", "description_width": "initial"})
    else:
        choice = widgets.SelectionSlider(**common, style={"description_width": "initial"}, layout=_beside())
    widgets.jslink((choice, "index"), (view, name))
    return choice


def linked_slider(view: PlotView, name: str, label: str, *, readout_format: str = ".2f") -> widgets.Widget:
    """A slider over a parameter's grid, linked to the view inside the browser.

    Evenly spaced grids get a linear slider, grids of constant ratio a logarithmic one; others, and grids of a single
    value, are a ValueError.
    """
    grid = np.asarray(view.plot.grids[name], dtype=float)
    if len(grid) < 2:
        raise ValueError(f"the grid of {name!r} must have at least two values to slide between, got {grid.tolist()}")
    common = {
        "value": getattr(view, name),
        "description": label,
        "readout_format": readout_format,
        "style": {"description_width": "initial"},
        "layout": _beside(),
    }
    steps = np.diff(grid)
    if np.allclose(steps, steps[0]):
        slider = widgets.FloatSlider(min=grid[0], max=grid[-1], step=round(float(steps[0]), 12), **common)
    elif (grid > 0).all() and np.allclose(np.diff(np.log10(grid)), np.log10(grid[1] / grid[0])):
        low, high, step = np.log10(grid[0]), np.log10(grid[-1]), np.log10(grid[1] / grid[0])
        slider = widgets.FloatLogSlider(base=10, min=low, max=high, step=step, **common)
    else:
        raise ValueError(f"the grid of {name!r} is neither evenly spaced nor of constant ratio: {grid[:4]} …")
    widgets.jslink((slider, "value"), (view, name))
    return slider


def _beside() -> widgets.Layout:
    """Room for a slider beside others, or below them on a narrow page."""
    return widgets.Layout(flex="1 1 260px", min_width="240px", max_width="460px", width="auto")
