"""One update on a cluster, moment by moment: which part works, what travels, and how much of it.

    cluster_update()

Bytes are `rlcourse.algorithms.what_travels`. Left out: programs that let sampler and trainer work at the same time, on
answers of older weights.
"""

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from rlcourse.algorithms import SIZES, UpdateSize, what_travels
from rlcourse.explorables.plotting.bench import Bench, Choice, Slider, bench, state_of
from rlcourse.explorables.plotting.marks import Arrow, Axis, Line, Panel, Text
from rlcourse.explorables.plotting.plot import Array, Plot
from rlcourse.explorables.plotting.plot import Choice as Words
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.usual import usual_settings

BOXES = {
    "questions": (1.5, 5.0),
    "sampler": (5.0, 5.0),
    "rewards": (8.6, 5.0),
    "trainer": (6.8, 1.3),
    "reference": (2.4, 1.3),
}
"""Where the middle of each part stands."""
WORDS = {
    "questions": ("questions", "and right answers"),
    "sampler": ("sampler", "vLLM, on GPUs"),
    "rewards": ("reward workers", "rules, on CPUs"),
    "trainer": ("trainer", "GRPO, on GPUs"),
    "reference": ("reference", "only if β > 0"),
}
WIDE, HIGH = 2.6, 1.5


@dataclass(frozen=True)
class Moment:
    """Something that happens in an update."""

    says: str
    works: str
    """The part that is busy then."""
    way: tuple[str, str] | None = None
    """From which part to which something goes; among the trainer's own GPUs, if it is the trainer twice."""
    travels: tuple[str, ...] = ()
    """What goes, in the words of `what_travels`."""
    called: str = ""
    """How that is called in the picture, where those words do not do."""


MOMENTS = (
    Moment("64 questions go to the sampler.", "questions", ("questions", "sampler"), ("questions",)),
    Moment("The sampler writes 8 answers to each, token by token. The trainer’s GPUs wait.", "sampler"),
    Moment("The answers go to the reward workers, which judge them.", "rewards", ("sampler", "rewards"), ("answers",)),
    Moment(
        "The answers go to the trainer, each with its reward, which is one number.", "trainer",
        ("rewards", "trainer"), ("answers", "rewards"), "answers and rewards",
    ),
    Moment(
        "The reference has read the answers, too, and says how likely each token was at first. Without a KL term "
        "there is none.",
        "reference", ("reference", "trainer"), ("reference",), "log-probabilities",
    ),
    Moment(
        "The trainer takes its step. Its GPUs tell one another their gradients. The sampler waits.", "trainer",
        ("trainer", "trainer"), ("gradients",), "gradients from GPU to GPU",
    ),
    Moment(
        "The new weights go to the sampler, or its next answers are old.", "sampler", ("trainer", "sampler"),
        ("weights",),
    ),
)  # fmt: skip
CONTROLS = (
    Slider("moment", "moment", tuple(range(1, len(MOMENTS) + 1)), start=1, readout=".0f", exact=True, play=True),
    Choice("model", "weights of the model", tuple(name.split(", ")[1] for name in SIZES), start=4),
)
TRY_THIS = (
    "<b>Try this:</b> press play, and go through one update. Then choose other models at the moments 5 and 7. "
    "<b>Watch:</b> which part works while which one waits, and which loads grow with the model and which do not."
)


def cluster_update() -> Bench:
    """The explorable: five parts, seven moments, and what travels."""
    return bench(TRY_THIS, cluster_update_plot(), CONTROLS)


def cluster_update_figure(*, moment: int = 1, model: int = 4) -> Figure:
    """The same picture of one state, for print."""
    return draw_figure(cluster_update_plot(), state_of(CONTROLS, moment=moment, model=model))


@usual_settings()
def cluster_update_plot() -> Plot:
    """The parts, and for every moment which works and what goes where."""
    number = np.arange(len(MOMENTS))
    arrays = {}
    for name, middle in BOXES.items():
        arrays |= {f"{name}_{axis}": Array(("corner",), row) for axis, row in zip("xy", _corners(middle), strict=True)}
    busy = np.array([_corners(BOXES[one.works], more=0.12) for one in MOMENTS])  # [moment, xy, corner]
    arrays |= {"busy_x": Array(("moment", "corner"), busy[:, 0]), "busy_y": Array(("moment", "corner"), busy[:, 1])}
    ways = np.array([_way(one) for one in MOMENTS])
    arrays |= {name: Array(("moment",), ways[:, i]) for i, name in enumerate(("from_x", "from_y", "way_x", "way_y"))}
    travelling = [[_bytes(name, one) for name in SIZES] for one in MOMENTS]
    texts = sorted({text for row in travelling for text in row})
    place = np.array([[texts.index(text) for text in row] for row in travelling])
    return Plot(
        grids={
            "moment": tuple(range(1, len(MOMENTS) + 1)),
            "model": tuple(range(len(SIZES))),
            "corner": tuple(range(5)),
        },
        arrays=arrays,
        choices={
            "says": Words(("moment",), number, tuple(one.says for one in MOMENTS)),
            "travels": Words(("moment", "model"), place, tuple(texts)),
        },
        panels=(_panel(),),
        readouts=("{moment:.0f} of 7. {says}", "{travels}"),
        alt="Five parts of a cluster: questions, sampler, reward workers, trainer, reference. {says} {travels}",
    )


def _corners(middle: tuple[float, float], more: float = 0.0) -> np.ndarray:
    """The corners of a part's box, back to the first, [xy, corner]."""
    wide, high = WIDE / 2 + more, HIGH / 2 + more
    around = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)]).T
    return np.array(middle)[:, None] + around * np.array([[wide], [high]])


def _way(one: Moment) -> tuple[float, float, float, float]:
    """Where an arrow begins and how far it goes: from the edge of one box to that of another."""
    if one.way is None:
        return 0.0, 0.0, 0.0, 0.0
    if one.way[0] == one.way[1]:  # among the GPUs of one part: beneath its box, from end to end
        x, y = BOXES[one.way[0]]
        return x - WIDE / 2, y - HIGH / 2 - 0.25, WIDE, 0.0
    begin, end = (np.array(BOXES[name]) for name in one.way)
    along = end - begin
    out = min((WIDE / 2 + 0.15) / max(abs(along[0]), 1e-9), (HIGH / 2 + 0.15) / max(abs(along[1]), 1e-9))
    start, way = begin + out * along, (1 - 2 * out) * along
    return float(start[0]), float(start[1]), float(way[0]), float(way[1])


def _bytes(name: str, one: Moment) -> str:
    """What is on the way, in words. They name the model, as some loads do not grow with it."""
    model = f"A model of {name.partition(', ')[2]} weights."
    if not one.travels:
        return f"{model} Nothing is on the way."
    moved = what_travels(SIZES[name], UpdateSize())
    count = sum(moved[what] for what in one.travels)
    unit, size = next((u, s) for u, s in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3), ("bytes", 1)) if count >= s)
    return f"{model} On the way: {one.called or one.travels[0]}, {count / size:.1f} {unit}."


def _panel() -> Panel:
    boxes = tuple(Line(f"{name}_x", f"{name}_y", "corner", "", "ink", width=1.5) for name in BOXES)
    words = tuple(
        Text(x, y + rise, line)
        for name, (x, y) in BOXES.items()
        for line, rise in zip(WORDS[name], (0.08, -0.45), strict=True)
    )
    return Panel(
        title="One update on a cluster",
        x=Axis("", 0.0, 10.1),
        y=Axis("", 0.2, 6.1),
        marks=(
            *boxes,
            Line("busy_x", "busy_y", "corner", "works now", "vermillion", width=4),
            Arrow("from_x", "from_y", "way_x", "way_y", "is on the way", "blue"),
            *words,
        ),
        bare=True,
        height=330,
    )
