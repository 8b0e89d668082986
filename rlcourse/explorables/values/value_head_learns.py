"""A value head while it learns: what it says at each cursor of an answer, beside what there is to learn.

    loss = ½·meanₜ (V(sₜ) − vₜ)²        vₜ, the bars, and V(sₜ), the dots, update by update

Left: the answer's beginnings. Right: how far off the worst of them is. All numbers are handed in: a picture trains
nothing. Left out: the loss itself, which is small long before the last cursor is right.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from rlcourse.explorables.plotting.bench import Bench, Slider, bench, state_of
from rlcourse.explorables.plotting.marks import Axis, Bars, Handle, Line, Panel, Point, Rule
from rlcourse.explorables.plotting.plot import Array, Plot
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.explorables.values.prefix_values import CURSOR
from rlcourse.showing.token_words import seen
from rlcourse.usual import usual_settings

TRY_THIS = (
    "<b>Try this:</b> press ▶, or drag the dot down the curve. <b>Watch:</b> the dots of the value head set out from 0 "
    "and find their bars. At which cursor is it right last?"
)


def value_head_learns(
    tokens: Sequence[str], targets: Float[ArrayLike, "T"], said: Mapping[int, Float[ArrayLike, "T"]]
) -> Bench:
    """The explorable: a slider for the updates, and ▶.

    Args:
        tokens: of the answer, the last of them its end.
        targets: vₜ, what there is to learn at the cursor before each token.
        said: number of updates → V(sₜ) after so many; two numbers or more, evenly spaced.

    Raises:
        ValueError: there are fewer than two, they are not evenly spaced, or have not one value for each token.
    """
    return bench(TRY_THIS, value_head_learns_plot(tokens, targets, said), _sliders(said))


def value_head_learns_figure(
    tokens: Sequence[str],
    targets: Float[ArrayLike, "T"],
    said: Mapping[int, Float[ArrayLike, "T"]],
    *,
    updates: int | None = None,
) -> Figure:
    """The same picture after so many updates, for print; the last when None. Raises as there."""
    plot, sliders = value_head_learns_plot(tokens, targets, said), _sliders(said)
    return draw_figure(plot, state_of(sliders, updates=max(said) if updates is None else updates))


@usual_settings()
def value_head_learns_plot(
    tokens: Sequence[str], targets: Float[ArrayLike, "T"], said: Mapping[int, Float[ArrayLike, "T"]]
) -> Plot:
    """What is said at each cursor after each number of updates."""
    targets = np.asarray(targets, dtype=float)
    values = _checked(tokens, targets, said)  # [updates, T]
    apart = np.abs(values - targets).max(axis=1)
    updates, texts = tuple(said), ["".join(map(seen, tokens[:i])) + CURSOR for i in range(len(tokens))]
    return Plot(
        grids={"updates": updates, "moment": updates, "cursor": tuple(range(1, len(tokens) + 1))},
        arrays={
            "target": Array(("cursor",), targets),
            "said": Array(("updates", "cursor"), values),
            "gap": Array(("moment",), apart),
            "apart": Array(("updates",), apart),
            "first": Array(("updates",), values[:, 0].round(3) + 0.0),  # no −0.000
            "last": Array(("updates",), values[:, -1].round(3) + 0.0),
            "to_learn": Array((), targets[:1].reshape(())),
            "in_the_end": Array((), targets[-1:].reshape(())),
        },
        panels=(_values_panel(texts, values, targets), _gap_panel(updates, float(apart.max()) or 1.0)),
        readouts=(
            "After {updates:.0f} updates: at the first cursor {first:+.3f} (to learn: {to_learn:+.3f}), at the last "
            "{last:+.3f} (to learn: {in_the_end:+.3f}). The largest gap is {apart:.3f}.",
        ),
        alt=(
            f"Left, bars of the values to learn at {len(tokens)} cursors, from {{to_learn:+.3f}} to "
            "{in_the_end:+.3f}, and dots of what the value head says after {updates:.0f} updates, from {first:+.3f} "
            "to {last:+.3f}. Right, the largest gap between the two over the updates; here {apart:.3f}."
        ),
    )


def _checked(
    tokens: Sequence[str], targets: Float[np.ndarray, "T"], said: Mapping[int, ArrayLike]
) -> Float[np.ndarray, "updates T"]:
    steps = np.diff(list(said))
    if len(said) < 2 or (steps <= 0).any() or (steps != steps[0]).any():
        raise ValueError(f"said must be for two or more numbers of updates, evenly spaced, got {list(said)}")
    for name, row in {"targets": targets, **{f"said[{count}]": row for count, row in said.items()}}.items():
        if np.shape(row) != (len(tokens),):
            raise ValueError(f"{name} must have one value for each of {len(tokens)} tokens, got {list(np.shape(row))}")
    return np.array([np.asarray(row, dtype=float) for row in said.values()])


def _sliders(said: Mapping[int, ArrayLike]) -> tuple[Slider]:
    return (Slider("updates", "updates", tuple(said), start=min(said), readout=".0f", exact=True, play=True),)


def _values_panel(texts: Sequence[str], values: np.ndarray, targets: np.ndarray) -> Panel:
    low, high = min(0.0, values.min(), targets.min()), max(0.0, values.max(), targets.max())
    room = 0.08 * (high - low or 1.0)
    return Panel(
        title="What the value head says at each cursor",
        x=Axis("the text to the left of the cursor (␣ is a space)", 0.4, len(texts) + 0.6, names=tuple(texts)),
        y=Axis("value", float(low - room), float(high + room)),
        marks=(
            Rule(y=0.0, dash="solid", width=1),
            Bars("cursor", "target", along="cursor", label="to learn", colour="sky"),
            Line("cursor", "said", along="cursor", label="what it says", colour="vermillion", marker="circle", width=1),
        ),
        share=1.9,
    )


def _gap_panel(updates: Sequence[int], highest: float) -> Panel:
    return Panel(
        title="The largest gap",
        x=Axis("updates", updates[0] - 0.03 * updates[-1], 1.03 * updates[-1]),  # the dot is whole at both ends
        y=Axis("gap", 0.0, 1.1 * highest),
        marks=(Line("moment", "gap", along="moment", label="gap"), Point("updates", "apart", label="now")),
        handles=(Handle("updates", "updates", "apart"),),
    )
