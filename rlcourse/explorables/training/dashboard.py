"""A picture of a training run that grows as it learns.

Drawn on the main thread between two steps, at most five times a second and for at most a tenth of the time. Left out:
buttons (■ in the toolbar stops a cell; a button's callback would wait until the cell has ended) and threads.
"""

import base64
import html
import time
from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

import ipywidgets as widgets
from IPython.display import HTML, display

from rlcourse.algorithms import History
from rlcourse.explorables.training.training_picture import Chart, TrainingPicture, column

_SHORTEST_PAUSE = 0.2  # seconds between two pictures
_LARGEST_SHARE = 0.1  # of the time spent drawing
Sample = tuple[str, str, float | int]
"""What was asked, what was answered, what it earned."""


@runtime_checkable
class Watched(Protocol):
    """What the dashboard needs of a training run."""

    history: History


class TrainingDashboard(widgets.VBox):
    """Curves, a caption and a few samples, to display before a run and to hand to it as `on_step`.

        dashboard = TrainingDashboard([Chart("Accuracy", ("accuracy",), low=0, high=1, target=0.9)], 250)
        display(dashboard)
        training.run(250, on_step=dashboard)
        dashboard.finish(training.history)

    Args:
        charts: One to four charts, from left to right.
        total_steps: Steps that the run will take; the width of the charts.
        best: Column of the history whose best value stands in the caption; None for no such value.
        samples: Gives the latest samples to show, as (asked, answered, reward); called at each new picture.
    """

    def __init__(
        self,
        charts: Sequence[Chart],
        total_steps: int,
        *,
        best: str | None = None,
        samples: Callable[[], Sequence[Sample]] | None = None,
    ) -> None:
        if not 1 <= len(charts) <= 4:
            raise ValueError(f"charts must hold one to four charts, got {len(charts)}")
        if total_steps < 1:
            raise ValueError(f"total_steps must be at least 1, got {total_steps}")
        self._picture = TrainingPicture(charts, total_steps)
        self._total_steps, self._best, self._samples = total_steps, best, samples
        self._wait_until = 0.0
        self._width = f"{round(100 * self._picture.figure.get_figwidth())}px"
        size = widgets.Layout(width=self._width, max_width="100%", height="auto", align_self="flex-start")
        self._image = widgets.Image(format="png", layout=size)
        self._words = widgets.HTML()
        super().__init__([self._image, self._words])

    def __call__(self, training: Watched) -> None:
        """Draw the history so far, if enough time has passed since the last picture."""
        if (start := time.monotonic()) >= self._wait_until:
            self.draw(training.history)
            end = time.monotonic()
            self._wait_until = end + max(_SHORTEST_PAUSE, (end - start) / _LARGEST_SHARE)

    def draw(self, history: History) -> None:
        """Draw the history now."""
        self._image.value = self._picture.png(history)
        self._image.tooltip = self.alt(history)  # what the browser offers as a widget image's description
        self._words.value = self._below(history)

    def finish(self, history: History) -> None:
        """Put the final picture into the cell's output, where it is saved with the notebook.

        For the end of a run, whether it ran to the end or was stopped with ■: the live picture gives way to it.
        """
        data = base64.b64encode(self._picture.png(history, dpi=120)).decode()
        size = f"width: {self._width}; max-width: 100%"
        image = f'<img src="data:image/png;base64,{data}" alt="{html.escape(self.alt(history))}" style="{size}">'
        self.children = ()
        self.layout.display = "none"
        display(HTML(f"<div>{image}{self._below(history)}</div>"))

    def caption(self, history: History) -> str:
        """One line: how far, how long, how good."""
        if not len(history):
            return "Nothing yet."
        steps, seconds = history["step"][-1], history["seconds"][-1]
        parts = [f"Step {steps:.0f} of {self._total_steps}", f"{seconds:.1f} s of training"]
        for chart in self._picture.charts:
            values = column(history, self._best)[1] if self._best in chart.keys else ()
            if len(values):
                parts.append(f"best {self._best.replace('_', ' ')} {chart.format(values.max())}")
        return ", ".join(parts) + "."

    def alt(self, history: History) -> str:
        """The picture in words."""
        said = []
        for chart in self._picture.charts:
            for key in chart.keys:
                values = column(history, key)[1]
                if len(values):
                    said.append(f"{chart.title}, {key}: from {chart.format(values[0])} to {chart.format(values[-1])}")
        return f"Training curves. {'; '.join(said) or 'No points yet'}. {self.caption(history)}"

    def _below(self, history: History) -> str:
        """Caption and samples as HTML."""
        samples = self._samples() if self._samples is not None else ()
        return f'<div style="line-height: 1.5">{self.caption(history)}</div>{samples_table(samples)}'


def samples_table(samples: Sequence[Sample]) -> str:
    """A small HTML table of samples, every character of them shown and none of it obeyed."""
    if not samples:
        return ""
    look = "padding: 1px 18px 1px 0; text-align: left; white-space: pre-wrap; font-family:"
    words, code = f'style="{look} inherit"', f'style="{look} monospace"'
    rows = [
        f"<td {code}>{html.escape(asked)}</td><td {code}>{html.escape(answered)}</td><td {words}>{reward:.2f}</td>"
        for asked, answered, reward in samples
    ]
    head = "".join(f"<th {words}>{name}</th>" for name in ("asked", "answered", "reward"))
    body = "".join(f"<tr>{row}</tr>" for row in (head, *rows))
    return f'<table style="line-height: 1.4; background: none">{body}</table>'
