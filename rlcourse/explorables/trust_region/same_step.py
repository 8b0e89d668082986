"""The same step of a weight, wherever it begins: harmless in the flat part of a sigmoid, ruinous in the steep part.

One weight θ, two actions: π(left) = σ(θ). A step goes from θ to θ + 2. Left out: any gradient that would choose it.
"""

import numpy as np
import torch
from matplotlib.figure import Figure

from rlcourse.explorables.plotting.bench import Bench, Slider, bench, state_of
from rlcourse.explorables.plotting.plot import Array, Axis, Handle, Line, Panel, Plot, Point
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.usual import usual_settings

STEP = 2.0
STARTS = tuple(0.25 * i for i in range(-28, 21))  # −7 … 5
PLACES = tuple(0.125 * i for i in range(-60, 61))  # −7.5 … 7.5

SLIDERS = (Slider("start", "θ before the step", STARTS, start=-6.0, readout="+.2f", exact=True),)
TRY_THIS = (
    "<b>Try this:</b> drag the black dot along the curve. The step is 2 long wherever it begins. <b>Watch:</b> by how "
    "much the robot becomes another one."
)


def same_step() -> Bench:
    """The explorable: one slider, or the dot itself, for where the step begins; drawn in the browser."""
    return bench(TRY_THIS, same_step_plot(), SLIDERS)


def same_step_figure(*, start: float | int = -6.0) -> Figure:
    """The same picture of one state, for print.

    Args:
        start: θ before the step, −7 to 5 in steps of 0.25.

    Raises:
        TypeError: `start` is no number.
        ValueError: `start` is not on the slider.
    """
    return draw_figure(same_step_plot(), state_of(SLIDERS, start=start))


@usual_settings()
def same_step_plot() -> Plot:
    """The probability before and after the step, for every place where it can begin."""
    start = torch.tensor(STARTS, dtype=torch.float64)
    before, after = start.sigmoid(), (start + STEP).sigmoid()
    way = start[:, None] + torch.linspace(0, STEP, 21, dtype=torch.float64)  # along the curve
    change = 100 * (after - before)
    arrays = {
        "sigmoid": Array(("place",), torch.tensor(PLACES, dtype=torch.float64).sigmoid().numpy()),
        "end": Array(("start",), (start + STEP).numpy()),
        "before": Array(("start",), before.numpy()),
        "after": Array(("start",), after.numpy()),
        "way_x": Array(("start", "piece"), way.numpy()),
        "way_y": Array(("start", "piece"), way.sigmoid().numpy()),
        "percent_before": Array(("start",), 100 * before.numpy()),
        "percent_after": Array(("start",), 100 * after.numpy()),
        "change": Array(("start",), change.numpy()),
        "changes": Array(("begin",), change.numpy()),
    }
    return Plot(
        grids={"start": STARTS, "begin": STARTS, "place": PLACES, "piece": tuple(np.linspace(0, 1, 21).tolist())},
        arrays=arrays,
        panels=(_curve(), _changes()),
        readouts=(
            "From θ = {start:+.2f} to {end:+.2f}: the robot turned left in {percent_before:.1f} % of all cases, "
            "and now does in {percent_after:.1f} %. That is a change of {change:.1f} percentage points.",
        ),
        alt=(
            "Two pictures. First: a sigmoid with a step from θ = {start:+.2f}, where π(left) is {percent_before:.1f} "
            "%, to {end:+.2f}, where it is {percent_after:.1f} %. Second: what a step of 2 changes, a hump over where "
            "it begins; here it is {change:.1f} percentage points."
        ),
    )


def _curve() -> Panel:
    return Panel(
        title="A policy with one weight",
        x=Axis("weight θ", PLACES[0], PLACES[-1]),
        y=Axis("π(left) = σ(θ)", -0.05, 1.05),
        marks=(
            Line("place", "sigmoid", along="place", label="σ(θ)", colour="ink", width=2),
            Line("way_x", "way_y", along="piece", label="the step", colour="vermillion", width=5),
            Point("end", "after", label="after", colour="vermillion", marker="square"),
            Point("start", "before", label="before", colour="ink"),
        ),
        handles=(Handle("start", "start", "before"),),
    )


def _changes() -> Panel:
    return Panel(
        title="What the same step changes",
        x=Axis("θ before the step", PLACES[0], PLACES[-1]),
        y=Axis("change of π(left), percentage points", 0, 50),
        marks=(
            Line("begin", "changes", along="begin", colour="vermillion"),
            Point("start", "change", colour="ink"),
        ),
        handles=(Handle("start", "start", "change"),),
    )
