"""The bench that every browser-drawn explorable stands on: what to try, its controls in a row, and the picture.

    SLIDERS = (Slider("epsilon", "clip range ε", EPSILONS, start=0.2), …)

    def clipped_objective():
        return bench(TRY_THIS, the_plot(…), SLIDERS)

    def clipped_objective_figure(*, epsilon=0.2, …):
        state = state_of(SLIDERS, epsilon=epsilon, …)      # the range of an argument is its slider's
        return draw_figure(the_plot(…), state)

A slider says once over which grid it runs, where it opens and what it is called; the widget, the check of an argument
and the state at the beginning all come from there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import ipywidgets as widgets
import numpy as np

from rlcourse.arguments import check_integer, check_number
from rlcourse.explorables.plotting.plot import Plot
from rlcourse.explorables.plotting.plot_view import PlotView
from rlcourse.showing.live import Lasting, Still, enlarge


@runtime_checkable
class View(Protocol):
    """What stands on a bench, as `PlotView` does: a trait for each parameter, its grid, and what is left behind."""

    grids: Mapping[str, Sequence[float | int]]

    def still(self) -> Still:
        """What stands where the view cannot live."""


@dataclass(frozen=True)
class Slider:
    """A parameter that slides along its grid."""

    name: str
    """Of the plot's grid, and of the figure's argument."""
    label: str
    """What stands beside it."""
    grid: Sequence[float | int]
    start: float | int
    """Where it opens."""
    readout: str = ".2f"
    """How its number is written; empty where no number stands beside it, as the words below say it."""
    exact: bool = False
    """Whether only the grid's own values can be drawn, as nothing was computed between them."""
    drawable: tuple[float | int, float | int] | None = None
    """What a figure can show, where that is more than the slider reaches."""
    play: bool = False
    """Whether a button lets it run to the end of its grid."""

    def check(self, value: float | int) -> None:
        """Raise a TypeError or a ValueError that names the parameter unless `value` lies on the slider."""
        low, high = self.drawable or (self.grid[0], self.grid[-1])
        check_number(self.name, value, low=low, high=high)
        if self.exact and not np.isclose(value, self.grid, rtol=0, atol=1e-9).any():
            raise ValueError(f"{self.name} must be one of {', '.join(f'{v:g}' for v in self.grid)}, got {value}")

    def beside(self, view: View) -> widgets.Widget:
        """The widget, linked to the view."""
        return linked_slider(view, self.name, self.label, readout_format=self.readout)


@dataclass(frozen=True)
class Choice:
    """A parameter that is one of a few words; in the plot its grid is 0, 1, 2 …"""

    name: str
    label: str
    words: tuple[str, ...]
    start: int
    """The number of the word it opens with."""
    buttons: bool = False
    """Whether it is a row of buttons."""
    play: bool = False
    """Whether a button lets it run through the words that follow."""

    def check(self, value: int) -> None:
        """Raise a TypeError or a ValueError that names the parameter unless `value` is the number of a word."""
        check_integer(self.name, value, 0, len(self.words) - 1)

    def beside(self, view: View) -> widgets.Widget:
        """The widget, linked to the view."""
        return linked_choice(view, self.name, self.label, self.words, buttons=self.buttons)


@dataclass(frozen=True)
class Held:
    """A parameter that has no slider, as its handle in the picture moves it, by pointer and by keys."""

    name: str
    label: str
    """What the handle is called."""
    grid: Sequence[float | int]
    start: float | int
    """Where it opens."""
    play: bool = field(default=False, init=False)

    def check(self, value: float | int) -> None:
        """Raise a TypeError or a ValueError that names the parameter unless `value` is one of the grid's."""
        check_number(self.name, value, low=min(self.grid), high=max(self.grid))
        if not np.isclose(value, self.grid, rtol=0, atol=1e-9).any():
            raise ValueError(f"{self.name} must be one of {', '.join(f'{v:g}' for v in self.grid)}, got {value}")


WHOLE = "visible"
"""What becomes of shadows of buttons and rings of focus at a box's edge: ipywidgets would cut them off."""


class Bench(Lasting, widgets.VBox):
    """An explorable on the page; where it cannot live its picture stands, with what to try."""

    def __init__(self, try_this: str, controls: Sequence[widgets.Widget], view: View) -> None:
        self.view, self.try_this = view, _words(try_this)
        rows = [_row(some) for some in _rows(controls)]
        words = widgets.HTML(self.try_this)
        enlarge(words, *rows)
        super().__init__([words, *rows, view], layout=widgets.Layout(overflow=WHOLE))

    def still(self) -> Still:
        """The picture as it opens."""
        return self.view.still()


def bench(try_this: str, plot: Plot, controls: Sequence[Slider | Choice | Held]) -> Bench:
    """An explorable: what to try, a control for each parameter, and the plot at the controls' starts.

    Args:
        try_this: One or two sentences of HTML: what to try, and what to watch.
        plot: What is drawn, for every state of the controls.
        controls: From left to right; those that are `Held` have their place in the picture.
    """
    view = PlotView(plot, **{control.name: control.start for control in controls})
    view.labels = {control.name: control.label for control in controls}
    view.plays = [control.name for control in controls if control.play]
    return Bench(try_this, [one.beside(view) for one in controls if not isinstance(one, Held)], view)


def state_of(controls: Sequence[Slider | Choice | Held], **values: float | int) -> dict[str, float]:
    """The state of a plot at these values, each checked against its control; the others are where they open.

    Raises:
        TypeError: A value is no number.
        ValueError: A value lies outside its control's range.
    """
    state = {control.name: float(control.start) for control in controls}
    for control in controls:
        if control.name in values:
            control.check(values[control.name])
            state[control.name] = float(values[control.name])
    return state


def linked_choice(
    view: View, name: str, label: str, options: Sequence[str], *, buttons: bool = False
) -> widgets.Widget:
    """A slider over words, or a row of buttons, that chooses an entry of the grid 0, 1, 2 …, linked in the browser.

    For grids that are unevenly spaced, or no numbers at all. Raises a ValueError where options and grid do not fit.
    """
    grid = list(view.grids[name])
    if grid != list(range(len(options))):
        raise ValueError(f"the grid of {name!r} must be 0, 1 … {len(options) - 1} for these options, got {grid}")
    common = {"options": tuple(options), "index": int(getattr(view, name)), "description": label}
    if buttons:
        style = {"button_width": "auto", "description_width": "initial"}
        choice = widgets.ToggleButtons(**common, style=style, layout=_as_wide_as_its_words())
    else:
        choice = widgets.SelectionSlider(**common, style={"description_width": "initial"}, layout=_beside(label))
    widgets.jslink((choice, "index"), (view, name))
    return choice


def linked_slider(view: View, name: str, label: str, *, readout_format: str = ".2f") -> widgets.Widget:
    """A slider over a parameter's grid, linked to the view inside the browser.

    Evenly spaced grids get a linear slider, grids of constant ratio a logarithmic one; others, and grids of a single
    value, are a ValueError.
    """
    grid = np.asarray(view.grids[name], dtype=float)
    if len(grid) < 2:
        raise ValueError(f"the grid of {name!r} must have at least two values to slide between, got {grid.tolist()}")
    common = {
        "value": getattr(view, name),
        "description": label,
        "readout": bool(readout_format),
        "readout_format": readout_format or ".2f",
        "style": {"description_width": "initial"},
        "layout": _beside(label),
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


def _rows(controls: Sequence[widgets.Widget]) -> list[list[widgets.Widget]]:
    """Two controls share a row; of more the buttons stand below the sliders, or they would dangle at the row's end."""
    buttons = [one for one in controls if isinstance(one, widgets.ToggleButtons)]
    sliders = [one for one in controls if not isinstance(one, widgets.ToggleButtons)]
    return [sliders, buttons] if buttons and sliders and len(controls) > 2 else [list(controls)]


def _row(controls: Sequence[widgets.Widget]) -> widgets.HBox:
    how = {"flex_flow": "row wrap", "max_width": "1100px", "overflow": WHOLE}
    return widgets.HBox(tuple(controls), layout=widgets.Layout(**how))


def _beside(label: str) -> widgets.Layout:
    """Room for a slider beside others, or below them on a narrow page: for its label, its number, and a way to go."""
    least = max(240, 200 + 7 * len(label))
    return widgets.Layout(
        flex=f"1 1 {max(260, least)}px", min_width=f"min({least}px, 100%)", max_width="460px", width="auto"
    )


def _as_wide_as_its_words() -> widgets.Layout:
    """A row of buttons beside its name, in one line where there is room, and apart from the next row's."""
    return widgets.Layout(width="max-content", max_width="100%", margin="2px 24px 2px 2px")


def _words(text: str) -> str:
    style = "line-height: 1.45; max-width: 1100px; font-family: var(--jp-ui-font-family, system-ui, sans-serif)"
    return f'<div style="{style}">{text.replace(" %", chr(160) + "%")}</div>'
