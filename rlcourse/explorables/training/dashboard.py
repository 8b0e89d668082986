"""A picture of a training run that grows as it learns.

Drawn on the main thread between two steps, at most five times a second and for at most a tenth of the time. Where a
robot learns a maze, a map of what it does stands beside the curves (`learning_maze`); where the same training was
recorded with five seeds, these runs lie behind the curves in grey (`healthy`). Left out: buttons (■ in the toolbar
stops a cell; a button's callback would wait until the cell has ended) and threads.
"""

import html
import time
from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

import ipywidgets as widgets
import traitlets
from IPython.display import display

from rlcourse.algorithms import History
from rlcourse.arguments import check_integer
from rlcourse.explorables.training.bands import SeedBand
from rlcourse.explorables.training.healthy import Healthy, healthy
from rlcourse.explorables.training.learning_maze import LearningMaze
from rlcourse.explorables.training.training_picture import GREY, Chart, TrainingPicture, column
from rlcourse.maze.dynamic_programming import MazeLike
from rlcourse.showing.live import ALIVE, Lasting, Still, enlarge, still_bundle
from rlcourse.showing.panels import SHRINK
from rlcourse.showing.picture import themed_tag
from rlcourse.showing.style import magnified
from rlcourse.showing.table import Table
from rlcourse.showing.words import Code

_SHORTEST_PAUSE = 0.2  # seconds between two pictures
_LARGEST_SHARE = 0.1  # of the time spent drawing
_FINE = 120  # pixels to an inch of what stays
_GAP = 6  # pixels of the page between two charts
_DARK = """<style>@media screen {
[data-jp-theme-light="false"] .rlc-curves { filter: invert(0.933) hue-rotate(180deg) }
}</style>"""
"""On a dark page white becomes the page's #111 and black a light ink; hues stay. So the live picture is drawn once."""
_NORMAL = (
    f'<div><span style="display: inline-block; width: 1.6em; height: 0.8em; background: {GREY}99" aria-hidden="true">'
    "</span> {}</div>"
)
Sample = tuple[str, str, float | int]
"""What was asked, what was answered, what it earned."""


@runtime_checkable
class Watched(Protocol):
    """What the dashboard needs of a training run."""

    history: History


class DescribedImage(widgets.Image):
    """An image with a tooltip: for one the browser asks after a `description`, and fails where there is none."""

    description = traitlets.Unicode("").tag(sync=True)


class TrainingDashboard(Lasting, widgets.VBox):
    """Curves, a caption and a few samples, to display before a run and to hand to it as `on_step`.

        dashboard = TrainingDashboard([Chart("Accuracy", ("accuracy",), low=0, high=1, target=0.9)], 250)
        display(dashboard)
        training.run(250, on_step=dashboard)
        dashboard.finish(training.history)

    Args:
        charts: One to four charts, from left to right.
        total_steps: Steps that the run will take; the width of the charts.
        best: Column of one of the charts whose best value stands in the caption; None for no such value.
        samples: Gives the latest samples to show, as (asked, answered, reward); called at each new picture.
        maze: The maze that a robot learns, of which a map shall stand beside the curves; None for no map.
        recorded: Name of the recorded runs of this very training, such as "maze-ppo", to lie behind the curves.

    Raises:
        ValueError: There are no or too many charts, `best` is in none of them, the maze is too large for a map, or
            there are no recorded runs of that name.
    """

    def __init__(
        self,
        charts: Sequence[Chart],
        total_steps: int,
        *,
        best: str | None = None,
        samples: Callable[[], Sequence[Sample]] | None = None,
        maze: MazeLike | None = None,
        recorded: str | None = None,
    ) -> None:
        if not 1 <= len(charts) <= 4:
            raise ValueError(f"charts must hold one to four charts, got {len(charts)}")
        check_integer("total_steps", total_steps, 1)
        if best is not None and not any(best in chart.keys for chart in charts):
            raise ValueError(f"best must be a column that a chart draws, one of {sorted(_drawn(charts))}, got {best!r}")
        self._healthy = None if recorded is None else healthy(recorded, charted=_drawn(charts))
        bands = {} if self._healthy is None else _bands(self._healthy, charts)
        self._pictures = _pictures(charts, total_steps, bands, stacked=maze is not None)
        self._charts = tuple(charts)
        self._map = None if maze is None else LearningMaze(maze)
        self._training: Watched | History | None = None
        self._total_steps, self._best, self._samples = total_steps, best, samples
        self._wait_until = 0.0
        self._before: int | None = None  # steps that the training had made before it was handed to us
        self._displayed = False
        self._scale = magnified(self._pictures[0].figure)
        beside = maze is None
        looks = [_filling() if beside else _as_wide(picture) for picture in self._pictures]
        self._images = [DescribedImage(format="png", layout=look) for look in looks]
        for image in self._images:
            image.add_class("rlc-curves")
        self._columns = _columns(self._pictures, len(charts)) if beside else {}
        curves = widgets.GridBox(self._images, layout=widgets.Layout(**self._columns)) if beside else self._images[0]
        self._words = widgets.HTML()
        enlarge(self._words)
        super().__init__([curves, self._words] if self._map is None else [_beside(self._map, curves, self._words)])
        self.add_class(ALIVE)
        # There is something to see before the first step is made.
        self._paint(History())
        self._words.value = self._below(History())

    def __call__(self, training: Watched | History) -> None:
        """Draw the history so far, if enough time has passed since the last picture."""
        first, self._training = self._training is None, training
        if self._before is None:
            self._before = getattr(training, "begun_at", 0)
            self._widen(self._before + self._total_steps)
        if self._map is not None:
            self._map.note(training)
        if (start := time.monotonic()) >= self._wait_until:
            self.draw(training if isinstance(training, History) else training.history)
            end = time.monotonic()
            took = 0.0 if first else end - start  # the first one takes longer than any other
            self._wait_until = end + max(_SHORTEST_PAUSE, took / _LARGEST_SHARE)

    def draw(self, history: History, *, dpi: int = 100) -> None:
        """Draw the history now, and the policy that it has led to."""
        self._paint(history, dpi=dpi)
        self._images[0].tooltip = self.alt(history)  # what the browser offers as a widget image's description
        self._words.value = self._below(history)
        if self._map is not None and self._training is not None:
            self._map.look(self._training)

    def _paint(self, history: History, *, dpi: int = 100) -> None:
        for image, picture in zip(self._images, self._pictures, strict=True):
            image.value = picture.png(history, dpi=round(self._scale * dpi))

    def _widen(self, steps: int) -> None:
        for picture in self._pictures:
            picture.widen(steps)

    def finish(self, history: History) -> None:
        """Put the final picture into the cell's output, where it is saved with the notebook.

        For the end of a run, whether it ran to the end or was stopped with ■: the live picture gives way to it. A map
        stays where it is, since it still answers whoever points at a cell; its picture is what is saved.
        """
        if len(history):
            self._widen(int(history["step"][-1]))  # a run that ended early leaves no empty half
        still = self._final(history)
        if self._map is None:
            self.children = ()
            self.layout.display = "none"
            self.remove_class(ALIVE)
        else:
            self.draw(history, dpi=_FINE)
            self._map.replay()
        if self._displayed:
            self.leave_behind(still)
        else:
            display(still_bundle(still), raw=True)

    def _final(self, history: History) -> Still:
        """The run as it ended, as a picture and in words."""
        dpi, alts = round(self._scale * _FINE), [self.alt(history)] + len(self._pictures) * [""]
        width = "100%" if self._columns else f"{_pixels(self._pictures[0])}px"
        image = "".join(
            themed_tag(*picture.day_and_night(history, dpi=dpi), alt, f"width: {width}; max-width: 100%")
            for picture, alt in zip(self._pictures, alts, strict=False)
        )
        if self._columns:
            style = "; ".join(f"{name.replace('_', '-')}: {value}" for name, value in self._columns.items())
            image = f'<div style="display: grid; align-items: start; {style}">{image}</div>'
        if self._map is None or self._training is None:
            return Still(f"<div>{image}{self._below(history)}</div>", self.alt(history))
        self._map.look(self._training)
        drawn = self._map.picture()
        columns = f"<div>{drawn.tag(small=True)}</div><div>{image}{self._below(history)}</div>"
        row = "display: flex; flex-flow: row wrap; gap: 8px 28px; align-items: flex-start"
        return Still(f'<div style="{row}">{columns}</div>', f"{self.alt(history)} {drawn.alt}")

    def still(self) -> Still:
        """What stands there until the run has ended, if nobody can watch it."""
        words = "The curves of a training run stood here while it ran. Run this cell to see them grow."
        return Still(f"<div>{words}</div>", words)

    def _ipython_display_(self, **asked: object) -> None:
        self._displayed = True
        super()._ipython_display_(**asked)

    def caption(self, history: History) -> str:
        """One line: how far, how long, how good."""
        if not len(history):
            return "Nothing yet."
        steps, seconds, before = int(history["step"][-1]), history["seconds"][-1], self._before or 0
        whole = max(before + self._total_steps, steps)
        went_on = f" (going on after update {before})" if before else ""
        parts = [f"Update {steps} of {whole}{went_on}", f"{seconds:.1f} s of training"]
        chart = next((chart for chart in self._charts if self._best in chart.keys), None)
        values = () if chart is None else column(history, self._best)[1]
        if len(values):
            parts.append(f"best {chart.name_of(self._best)} {chart.format(values.max())}")
        return ", ".join(parts) + "."

    def alt(self, history: History) -> str:
        """The curves in words."""
        said = []
        for chart in self._charts:
            for key in chart.keys:
                values = chart.curve(history, key)[1]
                if len(values):
                    first, last = chart.format(values[0]), chart.format(values[-1])
                    said.append(f"{chart.title}, {chart.name_of(key)}: from {first} to {last}")
        behind = "" if self._healthy is None else f" {self._healthy.words}"
        return f"Training curves. {'; '.join(said) or 'No points yet'}. {self.caption(history)}{behind}"

    def _below(self, history: History) -> str:
        """Caption, what is normal, and samples, as HTML."""
        samples = self._samples() if self._samples is not None else ()
        normal = "" if self._healthy is None else _NORMAL.format(html.escape(self._healthy.words))
        words = html.escape(self.caption(history))
        return f'{_DARK}<div style="line-height: 1.5">{words}{normal}</div>{samples_table(samples)}'


def _pictures(
    charts: Sequence[Chart], total_steps: int, bands: dict[str, SeedBand], *, stacked: bool
) -> list[TrainingPicture]:
    """One picture of all charts where they are stacked, else one of each. What the grey is stands below them."""
    if stacked:
        return [TrainingPicture(charts, total_steps, bands=bands, stacked=True, named=False)]
    beside = _in_a_row(len(charts))
    common = {"bands": bands, "beside": beside, "alike": charts, "named": False}
    return [TrainingPicture([chart], total_steps, **common) for chart in charts]


def _in_a_row(charts: int) -> int:
    """How many stand in a row where there is room: four are two rows of two, as three and one would look forgotten."""
    return 2 if charts == 4 else charts


def _pixels(picture: TrainingPicture) -> int:
    """How wide a picture is shown, pixels of the page."""
    return round(100 * magnified(picture.figure) * picture.figure.get_figwidth())


def _as_wide(picture: TrainingPicture) -> widgets.Layout:
    return widgets.Layout(width=f"{_pixels(picture)}px", max_width="100%", height="auto", align_self="flex-start")


def _filling() -> widgets.Layout:
    return widgets.Layout(width="100%", height="auto", margin="0", align_self="flex-start")


def _columns(pictures: Sequence[TrainingPicture], charts: int) -> dict[str, str]:
    """A grid, in the words of `Layout`: as many alike columns as there is room for, and all of the page is used.

    A column may be a little narrower than its chart before the row wraps, as rows of panels may (`SHRINK`); where it
    has wrapped, charts are larger. With room for all, each has the size that it was drawn for.
    """
    one = _pixels(pictures[0])
    whole = _in_a_row(charts) * (one + _GAP) - _GAP
    return {
        "grid_template_columns": f"repeat(auto-fit, minmax(min({round(SHRINK * one)}px, 100%), 1fr))",
        "grid_gap": f"{_GAP}px",
        "max_width": f"{whole}px",
    }


def _drawn(charts: Sequence[Chart]) -> set[str]:
    """The columns that the charts draw."""
    return {key for chart in charts for key in chart.keys}


def _bands(behind: Healthy, charts: Sequence[Chart]) -> dict[str, SeedBand]:
    """The recorded runs of the columns that are drawn, as far as they were recorded."""
    found = {key: behind.band(key) for key in sorted(_drawn(charts))}
    return {key: band for key, band in found.items() if band is not None}


def _beside(map_: LearningMaze, *curves: widgets.DOMWidget) -> widgets.Box:
    """The map, and what stands beside it: below it where the page is narrow."""
    row = widgets.Box([map_, widgets.VBox(curves)])
    row.add_class("rlc-stage-and-curves")
    return row


def samples_table(samples: Sequence[Sample]) -> str:
    """A small HTML table of samples, every character of them shown and none of it obeyed."""
    if not samples:
        return ""
    rows = tuple((Code(asked), Code(answered), float(reward)) for asked, answered, reward in samples)
    return Table(("asked", "answered", "reward"), rows).html
