"""An estimate of the gradient against the exact one, as it is made from more and more walks.

    error(N) = √mean |ĝ_N − ∇J|² / |∇J|        and by theory  error(4N) = error(N)/2

Each dot is one derivative; on the dashed diagonal the estimate is exact. Exact numbers and estimates are handed in: a
picture computes no gradient. Left out: dots for more than one of the estimates from N walks; the error is that of all.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from rlcourse.explorables.plotting.bench import Bench, Slider, bench, state_of
from rlcourse.explorables.plotting.plot import Array, Axis, Bars, Choice, Line, Panel, Plot, Point, Scatter
from rlcourse.explorables.plotting.plot_figure import draw_figure

HEIGHT = 430
"""Of the panel on the right, in pixels."""
ROOM = 1.6
"""How far the picture reaches, in lengths of the largest exact derivative."""
TRY_THIS = (
    "<b>Try this:</b> press ▶, or drag the <i>number of walks</i> up. <b>Watch:</b> the dots close in on the dashed "
    "line. How much smaller does the error become when there are four times as many walks?"
)
CROWDS = (
    "All {count:.0f} dots are in the picture.",
    "Of the {count:.0f} dots {outside:.0f} lie outside the picture.",
    "You see fewer than {count:.0f} dots: equal ones hide each other, {places:.0f} differ.",
    "You see fewer than {count:.0f} dots: {outside:.0f} lie outside the picture; of the others equal ones hide each "
    "other, {places:.0f} differ.",
)
"""How many of the dots can be seen, and why no more."""


def more_walks(exact: ArrayLike, estimates: Mapping[int, ArrayLike]) -> Bench:
    """The explorable: a slider for the number of walks, and ▶.

    Args:
        exact: the K exact derivatives.
        estimates: number of walks → some estimates from so many, [M, K]; two numbers or more, each the same multiple
            of the one before.

    Raises:
        ValueError: the estimates do not fit to `exact`, or their numbers of walks do not grow evenly.
    """
    plot = more_walks_plot(exact, estimates)
    return bench(TRY_THIS, plot, _sliders(plot.grids["walks"]))


def more_walks_figure(exact: ArrayLike, estimates: Mapping[int, ArrayLike], *, walks: int) -> Figure:
    """The same picture for one number of walks, for print.

    Raises a ValueError where there are no estimates from so many.
    """
    plot = more_walks_plot(exact, estimates)
    return draw_figure(plot, state_of(_sliders(plot.grids["walks"]), walks=walks))


def more_walks_plot(exact: ArrayLike, estimates: Mapping[int, ArrayLike]) -> Plot:
    """The dots, and how large the error is, for every number of walks."""
    exact = np.asarray(exact, dtype=float)
    counts = tuple(estimates)
    drawn = np.stack(_checked(exact, estimates))  # [walks, M, K]
    length = np.linalg.norm(exact)
    errors = 100 * np.sqrt(np.square(drawn - exact).sum(axis=-1).mean(axis=1)) / length
    reach = ROOM * np.abs(exact).max()
    inside = np.abs(drawn[:, 0]) <= reach
    outside = (~inside).sum(axis=-1)
    places = np.array([_places(exact[seen], dots[seen]) for seen, dots in zip(inside, drawn[:, 0], strict=True)])
    crowd = Choice(("walks",), (outside > 0) + 2 * (places + outside < exact.size), CROWDS)
    return Plot(
        grids={"walks": counts, "bar": counts, "entry": tuple(range(exact.size)), "edge": (-reach, reach)},
        arrays={
            "exact": Array(("entry",), exact),
            "estimated": Array(("walks", "entry"), drawn[:, 0]),
            "place": Array(("bar",), np.arange(1.0, len(counts) + 1)),
            "errors": Array(("bar",), errors),
            "here": Array(("walks",), np.arange(1.0, len(counts) + 1)),
            "error": Array(("walks",), errors),
            "outside": Array(("walks",), outside.astype(float)),
            "places": Array(("walks",), places.astype(float)),
            "count": Array((), np.array(float(exact.size))),
        },
        choices={"crowd": crowd},
        panels=(_dots_panel(float(reach)), _error_panel(counts, float(errors.max()) or 1.0)),
        readouts=(
            "From {walks:.0f} walks: the typical error is {error:.1f} % of the gradient's length. {crowd}",
        ),
        alt=(
            "Left, the {count:.0f} derivatives of J, estimated from {walks:.0f} walks, over the exact ones. {crowd} "
            "Right, the typical error by the number of walks as bars; here {error:.1f} % of the gradient's length."
        ),
    )  # fmt: skip


def _places(exact: np.ndarray, estimated: np.ndarray) -> int:
    """In how many different places these dots stand."""
    return len(np.unique(np.stack([exact, estimated]).round(6), axis=1).T)


def _checked(exact: np.ndarray, estimates: Mapping[int, ArrayLike]) -> list[np.ndarray]:
    counts = np.array(list(estimates), dtype=float)
    if len(counts) < 2 or (counts <= 0).any() or not np.allclose(counts[1:] / counts[:-1], counts[1] / counts[0]):
        raise ValueError(f"estimates must be from numbers of walks of a constant ratio, got {list(estimates)}")
    if exact.ndim != 1 or not np.abs(exact).max(initial=0) > 0:
        raise ValueError(f"exact must be a row of numbers that are not all 0, got the shape {exact.shape}")
    drawn = [np.asarray(rows, dtype=float) for rows in estimates.values()]
    for count, rows in zip(estimates, drawn, strict=True):
        if rows.ndim != 2 or rows.shape[1] != exact.size or rows.shape != drawn[0].shape or not len(rows):
            raise ValueError(f"estimates[{count}] must have the shape [M, {exact.size}], got {list(rows.shape)}")
    return drawn


def _sliders(counts: Sequence[float]) -> tuple[Slider]:
    return (Slider("walks", "number of walks", counts, start=counts[0], readout=".0f", exact=True, play=True),)


def _dots_panel(reach: float) -> Panel:
    return Panel(
        title="The derivatives of J",
        x=Axis("exact", -reach, reach),
        y=Axis("estimated", -reach, reach),
        marks=(
            Line("edge", "edge", along="edge", label="exactly right", colour="ink", dash="dashed", width=1.5),
            Scatter("exact", "estimated", along="entry", label="one derivative", colour="blue", size=8),
        ),
        equal=True,
    )


def _error_panel(counts: Sequence[int], highest: float) -> Panel:
    return Panel(
        title="The typical error, in % of the gradient's length",
        x=Axis("number of walks", 0.4, len(counts) + 0.6, names=tuple(f"{count:,}" for count in counts)),
        y=Axis("error in %", 0.0, 1.1 * highest),
        marks=(
            Bars("place", "errors", along="bar", label="error", colour="sky"),
            Point("here", "error", label="from so many walks"),
        ),
        height=HEIGHT,
        share=1.4,  # beside a panel of equal units, so that both are about as tall
    )
