"""From two scores to a preference: the probability σ(r(a) − r(b)), and how surprising each choice then is.

    score_difference()

The loss is `equations.bradley_terry_loss` of a single pair, the probability exp of minus that. Left out: where the
scores come from.
"""

import numpy as np
import torch
from matplotlib.figure import Figure

from rlcourse.equations import bradley_terry_loss
from rlcourse.explorables.plotting.bench import Bench, Slider, bench, state_of
from rlcourse.explorables.plotting.marks import Axis, Handle, Line, Panel, Point, Rule
from rlcourse.explorables.plotting.plot import Array, Plot
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.usual import usual_settings

DIFFERENCES = tuple(round(0.1 * i, 1) for i in range(-50, 51))  # −5 … 5
SLIDERS = (Slider("difference", "difference r(a) − r(b)", DIFFERENCES, start=1.0, readout=".1f", play=True),)
TRY_THIS = (
    "<b>Try this:</b> drag a ring to either side, or press ▶. <b>Watch:</b> the surprise if b is "
    "chosen after all. It goes on growing, in a straight line, where the model is very sure and wrong."
)


def score_difference() -> Bench:
    """The explorable: a slider for the difference of two scores."""
    return bench(TRY_THIS, score_difference_plot(), SLIDERS)


def score_difference_figure(*, difference: float = 1.0) -> Figure:
    """The same picture of one state, for print; the difference from −5 to 5, rounded to 0.1."""
    return draw_figure(score_difference_plot(), state_of(SLIDERS, difference=difference))


@usual_settings()
def score_difference_plot() -> Plot:
    """The probability that a is preferred, and the loss for either choice, for every difference."""
    nothing = torch.zeros(1, dtype=torch.float64)
    scores = [torch.tensor([difference], dtype=torch.float64) for difference in DIFFERENCES]
    loss_a = np.array([bradley_terry_loss(score, nothing).item() for score in scores])
    loss_b = np.array([bradley_terry_loss(nothing, score).item() for score in scores])
    arrays = {
        "at": Array(("difference",), np.array(DIFFERENCES)),
        "chance": Array(("difference",), np.exp(-loss_a)),
        "percent": Array(("difference",), 100 * np.exp(-loss_a)),
        "loss_a": Array(("difference",), loss_a),
        "loss_b": Array(("difference",), loss_b),
        "chances": Array(("along",), np.exp(-loss_a)),
        "losses_a": Array(("along",), loss_a),
        "losses_b": Array(("along",), loss_b),
    }
    return Plot(
        grids={"difference": DIFFERENCES, "along": DIFFERENCES},
        arrays=arrays,
        panels=(_chances(), _losses()),
        readouts=(
            "A difference of {at:+.1f}: the model bets {percent:.0f} % that a is preferred.",
            "If people choose a, the loss is {loss_a:.2f}; if they choose b, it is {loss_b:.2f}.",
        ),
        alt=(
            "Left: the probability that a is preferred rises from 0 to 1 in the shape of an S; at a difference of "
            "{at:+.1f} it is {percent:.0f} %. Right: the loss if a is chosen, {loss_a:.2f} there, falls, and the loss "
            "if b is chosen, {loss_b:.2f}, rises as its mirror image."
        ),
    )


def _chances() -> Panel:
    return Panel(
        title="The bet that a is preferred",
        x=Axis("r(a) − r(b)", DIFFERENCES[0], DIFFERENCES[-1]),
        y=Axis("σ(r(a) − r(b))", 0.0, 1.0),
        marks=(
            Rule(y=0.5, width=1),
            Line("along", "chances", along="along", label="σ"),
            Point("at", "chance", label="now"),
        ),
        handles=(Handle("difference", "at", "chance"),),
    )


def _losses() -> Panel:
    return Panel(
        title="The loss, after people have chosen",
        x=Axis("r(a) − r(b)", DIFFERENCES[0], DIFFERENCES[-1]),
        y=Axis("−log of the bet on what was chosen", 0.0, 5.2),
        marks=(
            Line("along", "losses_a", along="along", label="a was chosen"),
            Line("along", "losses_b", along="along", label="b was chosen", colour="orange", dash="dashed"),
            Point("at", "loss_a", label="", colour="blue"),
            Point("at", "loss_b", label="", colour="orange"),
        ),
        handles=(Handle("difference", "at", "loss_b"),),
    )
