"""Pictures of the three KL estimates k1, k2 and k3 (Schulman 2020) beside the exact KL: their values, their gradients.

Whatever is drawn is handed in, computed by `rlcourse.equations`. Left out: pyplot, and anything that moves.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from torch import Tensor

from rlcourse.showing.picture import Picture
from rlcourse.showing.style import MARKERS, OKABE_ITO, in_our_style, new_figure, tidy
from rlcourse.showing.words import minus

_LOSSES = tuple(zip(("vermillion", "blue", "black"), MARKERS.values(), strict=False))
"""Colour and marker of each loss."""


@in_our_style
def kl_picture(
    estimates: Mapping[str, Tensor], probabilities: Float[Tensor, "V"], exact: float | int, tokens: Sequence[str]
) -> Picture:
    """What each estimate says of each token, its mean, and how far it scatters.

    The tokens stand side by side, so that equal estimates do not hide each other.

    Args:
        estimates: Name → the estimate in nats that each of the V tokens would give; five or six tokens have room.
        probabilities: π of each token: how often it is drawn.
        exact: KL(π‖π_ref) in nats.
        tokens: V names, written at the dots.

    Raises:
        ValueError: an estimate has not one value per token, or there is not one name per token.
    """
    if len(tokens) != len(probabilities):
        raise ValueError(f"tokens must have {len(probabilities)} names, got {len(tokens)}: {list(tokens)}")
    for name, values in estimates.items():
        if values.shape != probabilities.shape:
            raise ValueError(f"estimate {name!r} must have {len(probabilities)} values, got {len(values)}")
    figure = new_figure(10.2, 4.2)
    axes = figure.subplots()
    axes.axhline(0, color="black", lw=0.8)
    axes.axhline(
        exact, color="black", ls=(0, (4, 3)), lw=1.2, label=f"exact KL(π‖π$_{{\\mathrm{{ref}}}}$) = {exact:.3f}"
    )
    told, names = [], []
    for place, (name, values) in enumerate(estimates.items()):
        _draw_tokens(axes, place, values, probabilities, tokens)
        mean, spread = _draw_mean(axes, place, values, probabilities)
        names.append(minus(f"{name}\n{mean:.3f} ± {spread:.3f}"))
        ends = (
            f"{minus(f'{float(values[i]):.3f}')} for “{tokens[i]}”"
            for i in (int(values.argmin()), int(values.argmax()))
        )
        told.append(f"{name}: mean {minus(f'{mean:.3f}')}, standard deviation {spread:.3f}, from {' to '.join(ends)}")
    axes.set_xticks(range(len(estimates)), names)
    axes.set(xlim=(-0.5, len(estimates) - 0.5), ylabel="estimate in nats")
    axes.margins(y=0.1)  # room for the name of the highest dot
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=10, labelspacing=1.2)
    tidy(axes, grid="y")
    return Picture(figure, f"Estimates of a KL of {exact:.3f}. {'; '.join(told)}.")


def _draw_tokens(axes: Axes, place: int, values: Tensor, probabilities: Tensor, tokens: Sequence[str]) -> None:
    """One estimate's dots, from left to right in the order of the tokens, each with its token's name above it."""
    across = (place - 0.38 + np.linspace(0, 0.58, len(tokens))).tolist()
    sizes = (900 * probabilities + 25).tolist()  # areas in square points
    look = {"color": OKABE_ITO["sky"], "edgecolor": "white", "s": sizes, "zorder": 2}
    label = "one token (larger: drawn more often)" if place == 0 else None
    axes.scatter(across, values.tolist(), label=label, **look)
    for x, y, size, token in zip(across, values.tolist(), sizes, tokens, strict=True):
        above = {"xytext": (0, size**0.5 / 2 + 1), "textcoords": "offset points", "ha": "center", "va": "bottom"}
        axes.annotate(token, (x, y), fontsize=10, fontfamily="monospace", zorder=4, **above)


def _draw_mean(axes: Axes, place: int, values: Tensor, probabilities: Tensor) -> tuple[float, float]:
    """One estimate's mean and standard deviation, right of its dots; both are returned too."""
    mean = float((probabilities * values).sum())
    spread = float((probabilities * (values - mean).square()).sum().sqrt())
    bar = {"fmt": "D", "color": OKABE_ITO["vermillion"], "ms": 7, "capsize": 5, "lw": 1.8, "zorder": 3}
    axes.errorbar(place + 0.32, mean, spread, label="mean ± standard deviation" if place == 0 else None, **bar)
    return mean, spread


@in_our_style
def gradient_picture(
    exact: Mapping[str, Float[Tensor, "V"]],
    losses: Mapping[str, Float[Tensor, "V"]],
    tokens: Sequence[str],
    *,
    weighted: Mapping[str, Float[Tensor, "V"]] | None = None,
) -> Picture:
    """The gradient of each estimate, used as a loss, beside the gradients of the two KLs: markers on bars.

    Markers stand over the bars whose gradient they have, and in the middle if they have neither.

    Args:
        exact: Name → gradient by the V logits, drawn as bars; at most two.
        losses: Name → expected gradient, drawn as markers; at most three.
        tokens: V names.
        weighted: The same losses weighted by the ratio, for a second panel; None for none.
    """
    panels = {"as they stand": losses} | ({} if weighted is None else {"weighted by the ratio": weighted})
    figure = new_figure(9.6 if weighted is None else 11.6, 3.6)
    told = []
    for axes, (title, gradients) in zip(
        figure.subplots(1, len(panels), sharey=True, squeeze=False)[0], panels.items(), strict=True
    ):
        _draw_gradients(axes, exact, gradients, tokens)
        axes.set_title(title if weighted is not None else "", loc="left", fontsize=11)
        told.append("; ".join(f"{loss} is {_nearest(gradient, exact)}" for loss, gradient in gradients.items()))
    figure.axes[0].set_ylabel("gradient by its logit")
    figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside right center", frameon=False, fontsize=10)
    words = ". Weighted by the ratio: ".join(told)
    return Picture(figure, f"Expected gradients by the logits of {len(tokens)} tokens. {words}.")


def _draw_gradients(axes: Axes, exact: Mapping[str, Tensor], gradients: Mapping[str, Tensor], tokens) -> None:
    """Bars for the exact gradients, markers for the losses'."""
    axes.axhline(0, color="black", lw=0.8)
    places, over = np.arange(len(tokens)), dict(zip(exact, (-0.17, 0.17), strict=False))
    for (name, gradient), (colour, hatch) in zip(exact.items(), (("sky", ""), ("orange", "////")), strict=False):
        look = {"color": OKABE_ITO[colour], "hatch": hatch, "edgecolor": "white", "width": 0.32}
        axes.bar(places + over[name], gradient.tolist(), label=_typeset(name), **look)
    shifts = _side_by_side([over.get(_nearest(gradient, exact), 0.0) for gradient in gradients.values()])
    for (name, gradient), shift, (colour, marker) in zip(gradients.items(), shifts, _LOSSES, strict=False):
        look = {"color": OKABE_ITO.get(colour, colour), "marker": marker, "ls": "", "ms": 9, "mec": "white"}
        axes.plot(places + shift, gradient.tolist(), label=_typeset(name), zorder=3, **look)
    axes.set_xticks(places, tokens, fontfamily="monospace")
    tidy(axes, grid="y", xlabel="token")


def _side_by_side(shifts: Sequence[float]) -> list[float]:
    """The same shifts, those that would hide each other moved a little apart."""
    counts, seen = Counter(shifts), Counter()
    apart = []
    for shift in shifts:
        apart.append(shift + 0.13 * (seen[shift] - (counts[shift] - 1) / 2))
        seen[shift] += 1
    return apart


def _nearest(gradient: Tensor, exact: Mapping[str, Tensor]) -> str:
    """Which of the exact gradients this one is, in words."""
    if float(gradient.abs().max()) < 1e-6:
        return "zero"
    near = [name for name, other in exact.items() if float((gradient - other).abs().max()) < 1e-5]
    return near[0] if near else "neither"


def _typeset(text: str) -> str:
    """`π_ref` with its subscript, in matplotlib's way."""
    return text.replace("π_ref", "π$_{\\mathrm{ref}}$")
