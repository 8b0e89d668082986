"""A gradient step and a natural-gradient step with the same allowance δ, in the plane of a policy's two parameters.

To second order the steps that cost KL ≤ δ are an ellipse, ½·xᵀFx ≤ δ; in truth they are something egg-shaped. TRPO's
line search is what knows the difference. The policy, its steps and its KL are in `two_junctions`.
"""

from collections.abc import Sequence

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor

from rlcourse.explorables.plotting.bench import Bench, Slider, bench, state_of
from rlcourse.explorables.plotting.plot import (
    Array,
    Arrow,
    Axis,
    Choice,
    Handle,
    Line,
    Panel,
    Plot,
    Point,
    Rule,
    Scatter,
)
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.explorables.trust_region.plane import Plane
from rlcourse.explorables.trust_region.two_junctions import (
    TRIES,
    directions_from,
    expected_surrogate,
    mean_kl,
    search_along,
    true_edge,
)
from rlcourse.usual import usual_settings

STARTS = tuple(0.25 * i for i in range(-16, 9))  # θ₁ = −4 … 2
DELTAS = tuple(float(10 ** (-3 + 0.25 * i)) for i in range(11))  # 0.001 … 0.316
OTHER = 0.0
"""θ₂ where every step begins: undecided at the second junction."""
ANGLES = torch.linspace(0, 2 * torch.pi, 97, dtype=torch.float64)
FRACTIONS = tuple(round(0.05 * i, 2) for i in range(25))  # of the full step, 0 … 1.2
PLANE = Plane(wide=(-7.0, 5.5), high=(-3.0, 3.0), levels=(0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.55, 0.58))

SLIDERS = (
    Slider("start", "θ₁ before the step", STARTS, start=-4.0, readout="+.2f"),
    Slider("delta", "limit δ of the KL", DELTAS, start=DELTAS[6], readout=".4f", drawable=(1e-6, 0.32)),
)
TRY_THIS = (
    "<b>Try this:</b> begin at <i>θ₁</i> = −4, where the robot is all but sure of the worse turn, and drag the dot "
    "from which both arrows start to the right. Then go back to −4 and drag the tip of the blue arrow, which changes "
    "<i>δ</i>. <b>Watch:</b> the shape of the ellipse, which of the two arrows makes use of it, and when the line "
    "search has to shorten the step."
)
VERDICTS = (
    "The line search takes the full natural step: its true KL is {kl:.4f}, within the limit.",
    "The full natural step would cost more KL than the ellipse says. The line search shortens it to {share:.2f} of its "
    "length, with a true KL of {kl:.4f}.",
)


def natural_gradient_step() -> Bench:
    """The explorable: sliders for δ and for where the step begins, all drawn in the browser."""
    return bench(TRY_THIS, natural_gradient_step_plot(STARTS, DELTAS), SLIDERS)


def natural_gradient_step_figure(*, start: float | int = -4.0, delta: float | int = DELTAS[6]) -> Figure:
    """The same picture of one state, for print.

    Args:
        start: θ₁ before the step, −4 to 2.
        delta: The limit of the KL in nats, up to 0.32; 0.01 is usual.

    Raises:
        ValueError: an argument outside its range.
    """
    state = state_of(SLIDERS, start=start, delta=delta)
    return draw_figure(natural_gradient_step_plot([state["start"]], [state["delta"]]), state)


@usual_settings()
def natural_gradient_step_plot(starts: Sequence[float], deltas: Sequence[float]) -> Plot:
    """Both steps, the ellipse, the true edge and the line search, for every start and every δ."""
    olds = torch.tensor([[start, OTHER] for start in starts], dtype=torch.float64)
    edges = true_edge(olds, torch.tensor(deltas, dtype=olds.dtype), ANGLES)
    everything = [_all_from(old, edge, deltas) for old, edge in zip(olds, edges, strict=True)]
    arrays = {
        name: Array(("start", "delta", *dims), torch.stack([one[name][1] for one in everything]).numpy())
        for name, (dims, _) in everything[0].items()
    }
    return Plot(
        grids={
            "start": tuple(starts),
            "delta": tuple(deltas),
            "angle": tuple(ANGLES.tolist()),
            "fraction": FRACTIONS,
            "attempt": tuple(float(i) for i in range(TRIES)),
            "bend": PLANE.bends,
        },
        arrays={**arrays, **PLANE.arrays(), "quadratic": Array(("fraction",), np.square(FRACTIONS))},
        choices={"verdict": Choice(("start", "delta"), (arrays["share"].values < 1).astype(int), VERDICTS)},
        panels=(_plane(), _along_the_steps()),
        readouts=(
            "With δ = {delta:.4f} the gradient step gains {plain_gain:+.3f} of J and the natural-gradient step "
            "{natural_gain:+.3f}, both after a line search.",
            "{verdict}",
        ),
        alt=(
            "Two pictures. First: the plane of θ₁ and θ₂ with lines of equal return J. At θ₁ = {start:+.2f}, "
            "θ₂ = 0 the ellipse of KL {delta:.4f} reaches {reach_1:.2f} along θ₁ and {reach_2:.2f} along θ₂. The "
            "full gradient step goes by {plain_x:+.2f} and {plain_y:+.2f}, the full natural step by {natural_x:+.2f} "
            "and {natural_y:+.2f}; after a line search they gain {plain_gain:+.3f} and {natural_gain:+.3f}. Second: "
            "the true KL along both steps, beside the bowl. {verdict}"
        ),
    )


Numbers = dict[str, tuple[tuple[str, ...], Tensor]]
"""Name → the grids it lies over, besides start and δ, and the numbers, [δ, …]."""


def _all_from(old: Tensor, edge: Tensor, deltas: Sequence[float]) -> Numbers:
    """Everything that is drawn for one start, for every δ. `edge` is where the true KL is δ, [δ, angle, 2]."""
    ways = directions_from(old)
    limits = torch.tensor(deltas, dtype=old.dtype)
    natural, plain = (
        torch.stack([ways.full_step(way, delta) for delta in deltas]) for way in (ways.natural, ways.gradient)
    )
    found = [search_along(old, step, delta) for step, delta in zip(natural, deltas, strict=True)]
    accepted, tried = torch.stack([end for end, _ in found]), [shares for _, shares in found]
    plain_end = torch.stack([search_along(old, step, delta)[0] for step, delta in zip(plain, deltas, strict=True)])
    ellipse = old + torch.stack([ways.ellipse(delta, ANGLES) for delta in deltas])
    reach = (2 * limits[:, None] / ways.fisher.diagonal()).sqrt()  # F is diagonal here
    around = {"ellipse": ellipse, "edge": edge}
    curves = {f"{name}_{axis}": (("angle",), c[..., i]) for name, c in around.items() for i, axis in enumerate("xy")}
    return (
        _search(old, natural, accepted, tried, limits)
        | _step("natural", old, natural, accepted, limits)
        | _step("plain", old, plain, plain_end, limits)
        | curves
        | {"reach_1": ((), reach[:, 0]), "reach_2": ((), reach[:, 1]), "other": ((), old[1].expand(len(deltas)))}
    )


def _step(name: str, old: Tensor, full: Tensor, accepted: Tensor, limits: Tensor) -> Numbers:
    """One full step, what it gains after a line search, and the KL along it; all for every δ."""
    along = old + torch.tensor(FRACTIONS, dtype=old.dtype)[:, None] * full[:, None]
    return {
        f"{name}_x": ((), full[:, 0]),
        f"{name}_y": ((), full[:, 1]),
        f"{name}_gain": ((), expected_surrogate(old, accepted)),
        f"{name}_kl": (("fraction",), mean_kl(old, along) / limits[:, None]),
    }


def _search(old: Tensor, full: Tensor, accepted: Tensor, shares: list[list[float]], limits: Tensor) -> Numbers:
    """The lengths that the line search tried, and the one it accepted; all for every δ."""
    tried = torch.full((len(shares), TRIES), torch.nan, dtype=old.dtype)
    for row, some in zip(tried, shares, strict=True):
        row[: len(some)] = torch.tensor(some, dtype=old.dtype)
    candidates, kl = old + tried[..., None] * full[:, None], mean_kl(old, accepted)
    tip = old + full
    return {
        "tip_x": ((), tip[:, 0]),
        "tip_y": ((), tip[:, 1]),
        "tried": (("attempt",), tried),
        "tried_x": (("attempt",), candidates[..., 0]),
        "tried_y": (("attempt",), candidates[..., 1]),
        "tried_kl": (("attempt",), mean_kl(old, candidates) / limits[:, None]),
        "accepted_x": ((), accepted[:, 0]),
        "accepted_y": ((), accepted[:, 1]),
        "share": ((), torch.tensor([some[-1] for some in shares], dtype=old.dtype)),
        "kl": ((), kl),
        "relative_kl": ((), kl / limits),
    }


def _plane() -> Panel:
    across, up = PLANE.axes
    return Panel(
        title="One step in the plane of two parameters (thin lines: equal J)",
        x=across,
        y=up,
        marks=(
            *PLANE.lines,
            Line("ellipse_x", "ellipse_y", along="angle", label="bowl = δ", colour="ink", dash="dashed", width=2),
            Line("edge_x", "edge_y", along="angle", label="KL = δ", colour="green", width=2.5),
            Arrow("start", "other", "plain_x", "plain_y", label="gradient", colour="vermillion", dash="dashdot"),
            Arrow("start", "other", "natural_x", "natural_y", label="natural", colour="blue"),
            Scatter("tried_x", "tried_y", along="attempt", colour="purple", size=7),
            Point("accepted_x", "accepted_y", colour="green", marker="square"),
            Point("start", "other", colour="ink"),
        ),
        handles=(Handle("delta", "tip_x", "tip_y"), Handle("start", "start", "other")),
        equal=True,
    )


def _along_the_steps() -> Panel:
    return Panel(
        title="True KL along both steps (green: limit)",
        height=285,  # as tall as the plane beside it
        x=Axis("share of the full step", 0, 1.2),
        y=Axis("KL / δ", 0, 3),
        marks=(
            Line("fraction", "quadratic", along="fraction", label="bowl", colour="ink", dash="dashed", width=2),
            Line(
                "fraction", "plain_kl", along="fraction", label="gradient", colour="vermillion", dash="dashdot", width=3
            ),
            Line("fraction", "natural_kl", along="fraction", label="natural", colour="blue", width=3.5),
            Rule(y=1.0, colour="green", dash="solid", width=2),
            Scatter("tried", "tried_kl", along="attempt", label="tried", colour="purple", size=7),
            Point("share", "relative_kl", label="accepted", colour="green", marker="square"),
        ),
    )
