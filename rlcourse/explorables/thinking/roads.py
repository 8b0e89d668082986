"""One rule, several roads: what became of the same model on each, over recorded runs.

    thinking_roads({words: load_curves(name) for name, words in ROADS.items()})

Two pictures over the updates, right answers with the share that is worked out, and tokens in an answer; and where each
road ends, over the updates that all have made. Whatever is drawn is handed in: no mathematics here. Left out: the runs'
other columns.
"""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from rlcourse.explorables.plotting.bench import Bench, Choice, bench, state_of
from rlcourse.explorables.plotting.marks import Area, Axis, Handle, Line, Panel, Rule, Scatter
from rlcourse.explorables.plotting.plot import Array, Plot
from rlcourse.explorables.plotting.plot import Choice as Words
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.explorables.thinking.recorded import Curves, measured
from rlcourse.usual import usual_settings

COLUMNS = {"accuracy": 100.0, "worked": 100.0, "tokens": 1.0}
"""The columns that are drawn, and what each is multiplied by."""
TRY_THIS = (
    "<b>Try this:</b> guess first what becomes of a road. Then slide to it, play them all, or drag the line in the "
    "last picture. <b>Watch:</b> on which of them the answers grow, and whether they are right."
)


def thinking_roads(roads: Mapping[str, Curves]) -> Bench:
    """The explorable: a slider from road to road.

    Args:
        roads: What a road is like, in a few words → its runs by their seed, with the columns accuracy, worked and
            tokens; all are drawn up to the last step of the shortest.

    Raises:
        ValueError: There are fewer than two roads, or a run lacks a column.
    """
    return bench(TRY_THIS, thinking_roads_plot(roads), (_control(roads),))


def thinking_roads_figure(roads: Mapping[str, Curves], *, road: int = 0) -> Figure:
    """The same for print, for the road with that number, the first being 0."""
    return draw_figure(thinking_roads_plot(roads), state_of((_control(roads),), road=road))


def _control(roads: Mapping[str, Curves]) -> Choice:
    return Choice("road", "the model is", tuple(roads), start=0, play=True)


@usual_settings()
def thinking_roads_plot(roads: Mapping[str, Curves]) -> Plot:
    """The bands of every road, and where its runs ended."""
    if len(roads) < 2:
        raise ValueError(f"roads must hold at least two, got {list(roads)}")
    steps = min((measured(curves, "accuracy")[0] for curves in roads.values()), key=len)
    values = {column: _values(roads, column, steps) for column in COLUMNS}  # [road, seed, step]
    count, seeds, _ = values["accuracy"].shape
    grids = {
        "road": tuple(range(count)),
        "one": tuple(range(count)),
        "step": steps.tolist(),
        "run": tuple(range(count * seeds)),
    }
    return Plot(
        grids=grids,
        arrays=_arrays(values),
        choices={"words": Words(("road",), np.arange(count), tuple(roads))},
        panels=(_right(steps[-1]), _tokens(steps[-1], values["tokens"].max()), _ends(count, steps[-1])),
        readouts=(
            "The model is {words}: {accuracy_start:.0f} % of its answers are right at first, and after "
            f"{steps[-1]:.0f} updates "
            "{accuracy_end:.0f} % ({accuracy_least:.0f} to {accuracy_most:.0f} over the seeds); {worked_end:.0f} % are "
            "worked out. They have {tokens_start:.1f} tokens at first and {tokens_end:.1f} then.",
        ),
        alt=(
            "Three pictures of recorded runs. The model is {words}. Right answers: from {accuracy_start:.0f} to "
            "{accuracy_end:.0f} %. Worked out: {worked_end:.0f} %. Tokens in an answer: {tokens_end:.1f}."
        ),
    )


def _values(roads: Mapping[str, Curves], column: str, steps: np.ndarray) -> np.ndarray:
    found = [measured(curves, column) for curves in roads.values()]
    same = all(np.array_equal(at[: len(steps)], steps) for at, _ in found)
    if not same or len({len(values) for _, values in found}) > 1:
        raise ValueError("roads must hold equally many runs each, all measured at the same steps")
    return COLUMNS[column] * np.array([values[:, : len(steps)] for _, values in found])


def _arrays(measured_values: Mapping[str, np.ndarray]) -> dict[str, Array]:
    """For each column mean, lowest and highest over the updates; and of each road and each run the end."""
    count, seeds, _ = measured_values["accuracy"].shape
    shifts = 0.08 * (np.arange(seeds) - (seeds - 1) / 2)
    arrays = {
        "here": Array(("road",), np.arange(1.0, count + 1)),
        "place": Array(("one",), np.arange(1.0, count + 1)),
        "run_place": Array(("run",), (np.arange(1.0, count + 1)[:, None] + shifts).reshape(-1)),
    }
    for column, values in measured_values.items():
        parts = {"mean": values.mean(1), "low": values.min(1), "high": values.max(1)}
        arrays |= {f"{column}_{part}": Array(("road", "step"), found) for part, found in parts.items()}
        last = values[:, :, -1]
        ends = {"start": values[:, :, 0].mean(1), "end": last.mean(1), "least": last.min(1), "most": last.max(1)}
        arrays |= {f"{column}_{part}": Array(("road",), found) for part, found in ends.items()}
        arrays[f"{column}_runs"] = Array(("run",), last.reshape(-1))
        arrays[f"{column}_ends"] = Array(("one",), last.mean(1))
    return arrays


def _right(last: float) -> Panel:
    return Panel(
        title="Right, and worked out",
        x=Axis("update", 0, float(last)),
        y=Axis("of the answers, %", -3, 103),
        marks=(
            Area("step", "accuracy_low", "accuracy_high", along="step"),
            Area("step", "worked_low", "worked_high", along="step", colour="orange"),
            Line("step", "accuracy_mean", along="step", label="right"),
            Line("step", "worked_mean", along="step", label="worked out", colour="vermillion", dash="dashed"),
        ),
    )


def _tokens(last: float, longest: float) -> Panel:
    return Panel(
        title="Length of an answer",
        x=Axis("update", 0, float(last)),
        y=Axis("tokens", 0, 1.1 * float(longest)),
        marks=(
            Area("step", "tokens_low", "tokens_high", along="step", label="lowest and highest run"),
            Line("step", "tokens_mean", along="step", label="their mean", colour="ink"),
        ),
    )


def _ends(count: int, last: float) -> Panel:
    look = {"along": "one", "width": 0}
    return Panel(
        title=f"After {last:.0f} updates, on every road",
        x=Axis("road", 0.5, count + 0.5, tuple(map(str, range(1, count + 1)))),
        y=Axis("of the answers, %", -3, 117),  # room above for what is dragged, so that it hides no run
        marks=(
            Rule(x="here", dash="dotted", width=2),
            Scatter("run_place", "worked_runs", along="run", colour="vermillion", size=5, marker="square"),
            Scatter("run_place", "accuracy_runs", along="run", colour="blue", size=5),
            Line("place", "worked_ends", **look, label="worked out", colour="vermillion", marker="square"),
            Line("place", "accuracy_ends", **look, label="right", colour="blue", marker="circle"),
        ),
        handles=(Handle("road", x="here", grip=0.96),),
    )
