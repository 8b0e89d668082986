"""The road of the course as one picture: from a robot in a maze to a GPT-2 that learns, notebook by notebook.

Which notebooks exist is looked up in the notebooks' folder, so that the picture never promises more than there is.
"""

from collections.abc import Collection

from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from rlcourse.course.contents import CONTENTS, Notebook, notebooks_there
from rlcourse.exercises.catalogue import EXERCISES
from rlcourse.exercises.quizzes import QUIZZES
from rlcourse.exercises.record import load_record
from rlcourse.showing.picture import Picture
from rlcourse.showing.style import OKABE_ITO, in_our_style, new_figure

_COLOURS = {"maze": ("blue",), "GPT-2": ("orange",), "both": ("blue", "orange"), "": ()}
_COLUMNS = 8
_WIDTH, _HEIGHT, _ROW = 0.86, 0.82, 1.32  # of a box, and from one row to the next, in columns


def finished_notebooks() -> frozenset[str]:
    """The numbers of the notebooks whose exercises are passed and whose quiz is all right."""
    record = load_record()
    left = {exercise.notebook for exercise in EXERCISES.values() if not record.exercise(exercise.name).passed}
    left |= {number for number, quiz in QUIZZES.items() if record.quiz(number).right < len(quiz.questions)}
    return frozenset({exercise.notebook for exercise in EXERCISES.values()} | QUIZZES.keys()) - left


@in_our_style
def road_map(there: Collection[str] | None = None, *, finished: Collection[str] | None = None) -> Picture:
    """The notebooks in order, those that exist drawn solid, the others dashed, and what you have finished ticked.

    Args:
        there: Numbers of the notebooks that exist, such as "02"; looked up when None.
        finished: Numbers of those that you are done with; looked up in your progress when None.
    """
    there = notebooks_there() if there is None else there
    finished = finished_notebooks() if finished is None else finished
    figure = new_figure(10.4, 3.8, layout="none")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(-0.55, _COLUMNS - 0.45), ylim=(_ROW + 0.9, -0.6))
    axes.set_axis_off()
    _draw_road(axes)
    for index, stop in enumerate(CONTENTS):
        _draw_stop(axes, stop, index, there=stop.number in there, finished=stop.number in finished)
    _draw_legend(axes)
    ready = [f"{stop.number} {_one_line(stop)}" for stop in CONTENTS if stop.number in there]
    coming = [f"{stop.number} {_one_line(stop)}" for stop in CONTENTS if stop.number not in there]
    done = [stop.number for stop in CONTENTS if stop.number in finished]
    alt = (
        f"The notebooks in order. There now: {', '.join(ready) or 'none'}. Coming: {', '.join(coming) or 'none'}. "
        f"Finished by you: {', '.join(done) or 'none yet'}."
    )
    return Picture(figure, alt)


def _place(index: int) -> tuple[float, float]:
    """The middle of a stop's box: two rows, both read from left to right."""
    row, column = divmod(index, _COLUMNS)
    return float(column), row * _ROW


def _draw_road(axes: Axes) -> None:
    """One line from stop to stop; at the end of the first row it turns back to the beginning of the second."""
    last, middle = _COLUMNS - 1, _ROW / 2
    xs, ys = [0, last, last, 0, 0, len(CONTENTS) - _COLUMNS - 1], [0, 0, middle, middle, _ROW, _ROW]
    axes.plot(xs, ys, color="#BBBBBB", lw=5, solid_joinstyle="round", solid_capstyle="round", zorder=1)
    axes.annotate(
        "", (2.85, middle), (3.15, middle), arrowprops={"arrowstyle": "-|>", "color": "#888888", "lw": 2}, zorder=2
    )


def _draw_stop(axes: Axes, stop: Notebook, index: int, *, there: bool, finished: bool) -> None:
    x, y = _place(index)
    left, top = x - _WIDTH / 2, y - _HEIGHT / 2
    box = {"boxstyle": "round,pad=0,rounding_size=0.07", "facecolor": "white", "zorder": 3}
    line = {"edgecolor": "black", "lw": 1.8} if there else {"edgecolor": "#777777", "lw": 1.2, "ls": (0, (4, 3))}
    axes.add_patch(FancyBboxPatch((left, top), _WIDTH, _HEIGHT, **box, **line))
    ink = "black" if there else "#555555"
    axes.text(x, top + 0.19, stop.number, ha="center", va="center", fontsize=12, fontweight="bold", color=ink, zorder=4)
    axes.text(x, y + 0.12, stop.road, ha="center", va="center", fontsize=10.5, color=ink, zorder=4, linespacing=1.15)
    _draw_world(axes, stop, left, top + _HEIGHT)
    if finished:
        axes.text(left + _WIDTH - 0.1, top + 0.17, "✓", ha="center", va="center", color=OKABE_ITO["green"], zorder=4)


def _draw_world(axes: Axes, stop: Notebook, left: float, bottom: float) -> None:
    """A stripe along the bottom of the box for each world it plays in."""
    colours = _COLOURS[stop.world]
    width = (_WIDTH - 0.16) / max(1, len(colours))
    for i, colour in enumerate(colours):
        start = left + 0.08 + i * width
        axes.plot([start + 0.02, start + width - 0.02], [bottom - 0.07] * 2, color=OKABE_ITO[colour], lw=4, zorder=4)


def _draw_legend(axes: Axes) -> None:
    """What solid, dashed and the stripes mean."""
    y = _ROW + 0.68
    entries = (
        (-0.4, "✓  finished by you", None),
        (1.45, "dashed: still being written", None),
        (3.55, "the robot learns", "blue"),
        (5.1, "the GPT-2 learns", "orange"),
    )
    for x, words, colour in entries:
        if colour is not None:
            axes.plot([x, x + 0.28], [y, y], color=OKABE_ITO[colour], lw=4)
        axes.text(x + (0.38 if colour else 0.0), y, words, va="center", fontsize=10.5, color="#333333")


def _one_line(stop: Notebook) -> str:
    return stop.road.replace("\n", " ")
