"""How far does a robot look ahead? What a reward counts that comes t actions later, γᵗ, and what walks are worth then.

    how_far_ahead({"the best robot": rewards, "a random robot": others})

The curve is `equations.prefix_values` read backwards, the returns are `equations.discounted_returns`. Left out: γ below
one half, with which a robot in a maze hardly sees further than its nose.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from matplotlib.figure import Figure

from rlcourse.equations import discounted_returns, prefix_values
from rlcourse.explorables.plotting.bench import Bench, Slider, bench, state_of
from rlcourse.explorables.plotting.marks import Axis, Handle, Line, Panel, Point, Rule
from rlcourse.explorables.plotting.plot import Array, Choice, Plot
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.usual import usual_settings

GAMMAS = tuple(round(0.005 * i, 3) for i in range(100, 201))  # 0.5 … 1
LATER = 120
"""Actions later, as far as the picture goes."""
SLIDERS = (Slider("gamma", "discount γ", GAMMAS, start=0.99, readout=".3f", play=True),)
TRY_THIS = (
    "<b>Try this:</b> drag the ring to the left, which makes γ smaller, or press ▶. <b>Watch:</b> how little of the "
    "exit’s reward is left where the walk begins, and at which γ the return of even the shortest way falls below 0."
)
Rewards = Mapping[str, Sequence[float]]
"""A name for each walk, and what its actions paid, the first first."""


def how_far_ahead(walks: Rewards) -> Bench:
    """The explorable: a slider for γ; the first walk is the one whose last reward is marked on the curve.

    Args:
        walks: a name for each walk, such as "the best robot", and what its actions paid; the first of them ends at the
            exit.

    Raises:
        ValueError: there is no walk, or one without a reward.
    """
    return bench(TRY_THIS, how_far_ahead_plot(walks), SLIDERS)


def how_far_ahead_figure(walks: Rewards, *, gamma: float = 0.99) -> Figure:
    """The same picture of one state, for print; γ from 0.5 to 1, rounded to 0.005."""
    return draw_figure(how_far_ahead_plot(walks), state_of(SLIDERS, gamma=gamma))


@usual_settings()
def how_far_ahead_plot(walks: Rewards) -> Plot:
    """The curve, where it has fallen to one half, and the return of each walk, for every γ."""
    if not walks or not all(len(rewards) for rewards in walks.values()):
        raise ValueError("walks must hold at least one walk, and each at least one reward")
    counts = np.stack([prefix_values(1.0, LATER + 1, gamma=gamma).numpy()[::-1] for gamma in GAMMAS])  # [gamma, later]
    length = len(next(iter(walks.values())))
    half, at = _half_way(counts)
    exit_at = min(length - 1, LATER)
    arrays = {
        "counts": Array(("gamma", "later"), counts),
        "half": Array(("gamma",), half),
        "at_half": Array(("gamma",), at),
        "exit_counts": Array(("gamma",), np.array([gamma ** (length - 1) for gamma in GAMMAS])),
    }
    returns = {f"return_{i}": Array(("gamma",), _returns(rewards)) for i, rewards in enumerate(walks.values())}
    told = ", ".join(f"of {name} {{return_{i}:+.2f}}" for i, name in enumerate(walks))
    fading = np.select([half < 1.5, half < LATER, np.array(GAMMAS) < 1], [0, 1, 2], 3)
    looks = Choice(
        ("gamma",),
        fading,
        (
            "A reward counts half as much when it comes one action later.",
            "A reward counts half as much when it comes {half:.0f} actions later.",
            f"A reward still counts more than half when it comes {LATER} actions later.",
            "A reward always counts in full.",
        ),
    )
    return Plot(
        grids={"gamma": GAMMAS, "later": tuple(range(LATER + 1))},
        arrays=arrays | returns,
        choices={"looks": looks},
        panels=(_panel(exit_at),),
        readouts=(
            "{looks}",
            f"The exit’s reward comes {length - 1} actions after the first: seen from the start it counts "
            "{exit_counts:.3f}.",
            f"The return {told}.",
        ),
        alt=(
            "A curve that falls from 1: how much a reward counts that comes later, with discount γ = {gamma:.3f}. "
            f"{{looks}} The exit, {length - 1} actions later, counts {{exit_counts:.3f}}. The return {told}."
        ),
    )


def _half_way(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each curve has fallen to one half, or where the picture ends, and how high it is there."""
    later = np.arange(counts.shape[1])
    with np.errstate(divide="ignore"):
        half = np.minimum(np.log(0.5) / np.log(GAMMAS), later[-1])
    half[-1] = later[-1]  # γ = 1 never falls
    return half, np.array([np.interp(x, later, curve) for x, curve in zip(half, counts, strict=True)]).clip(min=0.5)


def _returns(rewards: Sequence[float]) -> np.ndarray:
    """The return of a whole walk, for every γ."""
    column = torch.tensor([[float(reward)] for reward in rewards], dtype=torch.float64)  # [T, 1]
    done = torch.zeros(column.shape, dtype=torch.bool)
    done[-1] = True
    return np.array([discounted_returns(column, done, gamma=gamma)[0, 0].item() for gamma in GAMMAS])


def _panel(exit_at: int) -> Panel:
    return Panel(
        title="How much a reward counts that comes later",
        x=Axis("actions later, t", 0, LATER),
        y=Axis("γᵗ", 0.0, 1.1),
        marks=(
            Rule(y=0.5, width=1),
            Rule(x=exit_at, label="when the walk to the exit is paid", colour="green", dash="dashed"),
            Line("later", "counts", along="later", label="γᵗ"),
            Point("half", "at_half", label="counts half, or the end"),
        ),
        handles=(Handle("gamma", "half", "at_half"),),
    )
