"""Pictures of notebook 05: a step in the flat and the steep part of a sigmoid, what old data promise, how solvers go.

Whatever is drawn is handed in, computed by the notebook and `rlcourse.equations`. Left out: anything that moves.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.axes import Axes
from torch import Tensor

from rlcourse.showing.picture import Picture
from rlcourse.showing.style import LOOKS, OKABE_ITO, in_our_style, new_figure, tidy

_LOOKS = (LOOKS[1], LOOKS[0])
"""What goes astray first, then what does not."""


@in_our_style
def same_step_picture(moves: Mapping[str, tuple[float, float]]) -> Picture:
    """Two moves of a policy's only weight θ, on the sigmoid that makes a probability of it.

    Args:
        moves: A name for each of at most two moves, and θ before and after it.
    """
    figure = new_figure(8.4, 3.4)
    axes = figure.subplots()
    ends = [theta for move in moves.values() for theta in move]
    weights = torch.linspace(min(ends) - 1, max(ends) + 4, 200)
    axes.plot(weights, weights.sigmoid(), color="black", lw=2)
    told = []
    for (name, move), (colour, _, marker) in zip(moves.items(), _LOOKS, strict=False):
        chances = torch.tensor(move).sigmoid().tolist()
        axes.plot(move, chances, color=OKABE_ITO[colour], marker=marker, ms=8, lw=4, label=name)
        for theta, chance in zip(move, chances, strict=True):
            look = {"xytext": (9, -12), "textcoords": "offset points", "color": OKABE_ITO[colour]}
            axes.annotate(f"{100 * chance:.1f} %", (theta, chance), **look)
        told.append(f"{name} the probability goes from {100 * chances[0]:.1f} % to {100 * chances[1]:.1f} %")
    tidy(axes, legend={}, xlabel="weight θ", ylabel="π(left) = σ(θ)", ylim=(-0.1, 1.08))
    return Picture(figure, f"A sigmoid with moves of the weight: {'; '.join(told)}.")


@in_our_style
def surrogate_and_truth_picture(
    kls: Float[np.ndarray, "K"], promise: Float[np.ndarray, "K"], truth: Float[np.ndarray, "K"], *, limit: float | int
) -> Picture:
    """What old data promise of new policies, and what these really gain, over their KL from the old one.

    The axis of the KL is even in √KL, which near 0 grows as the step does: so both gains leave 0 as straight lines.

    Args:
        kls: KL(π_old‖π) of each policy, in nats.
        promise: The surrogate's gain.
        truth: The gain in expected return.
        limit: The KL up to which the ground is shaded.
    """
    figure = new_figure(8.4, 3.6)
    axes = figure.subplots()
    axes.axvspan(0, limit, color=OKABE_ITO["green"], alpha=0.3, lw=0)
    axes.axhline(0, color="black", lw=0.6)
    names = {"what the old data promise": promise, "what the return really gains": truth}
    for (name, gains), (colour, dash, marker) in zip(names.items(), _LOOKS, strict=True):
        axes.plot(kls, gains, color=OKABE_ITO[colour], ls=dash, lw=2, marker=marker, ms=4, label=name)
    label = r"KL(π$_{\mathrm{old}}$‖π), mean over the states, in nats (√ scale: wider near 0)"
    tidy(
        axes,
        legend={"loc": "lower right", "bbox_to_anchor": (1, 0.1)},
        xlabel=label,
        ylabel="gain in return from the start",
    )
    axes.set_xscale("function", functions=(lambda kl: np.sqrt(np.maximum(kl, 0)), np.square))
    axes.set_xticks([0, 0.01, *(tick for tick in (0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.5, 2.0) if tick < kls.max())])
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_xlim(0, 1.02 * kls.max())
    on_the_band = {"transform": axes.get_xaxis_transform(), "rotation": 90, "ha": "center", "va": "top", "fontsize": 10}
    axes.text(limit / 4, 0.97, f"KL at most {limit:g}", **on_the_band)  # a quarter of the limit is half of the band
    best = int(np.argmax(truth))
    words = (
        f"Two curves over the KL, together near 0. The promise ends at {promise[-1]:+.2f}; the true gain is largest, "
        f"{truth[best]:+.2f}, at a KL of {kls[best]:.2f}, and ends at {truth[-1]:+.2f}."
    )
    return Picture(figure, words.replace("-", "−"))


@in_our_style
def descent_picture(
    matrix: Float[Tensor, "2 2"],
    b: Float[Tensor, "2"],
    ways: Mapping[str, Float[Tensor, "moves 2"]],
    missing: Mapping[str, Sequence[float]],
    *,
    mark: int,
) -> Picture:
    """How two solvers of M·x = b go: in the plane of two unknowns, and by what is still missing in a large system.

    Args:
        matrix: M of the small system; its bowl ½·xᵀMx − bᵀx is drawn as contours.
        b: The right-hand side of the small system.
        ways: A name for each of two solvers, and every x on its way through the small system.
        missing: The same names, and ‖b − M·x‖/‖b‖ after each move in the large system.
        mark: A number of moves to mark.

    Raises:
        ValueError: `ways` and `missing` are not of the same two solvers.
    """
    if list(ways) != list(missing) or len(ways) != len(_LOOKS):
        raise ValueError(f"ways and missing must name the same two solvers, got {list(ways)} and {list(missing)}")
    figure = new_figure(10.5, 4)
    plane, over_moves = figure.subplots(1, 2)
    points = torch.cat(list(ways.values()))
    _draw_bowl(plane, matrix, b, points)
    for (name, way), (colour, dash, marker) in zip(ways.items(), _LOOKS, strict=True):
        look = {"color": OKABE_ITO[colour], "ls": dash, "marker": marker, "ms": 5, "label": name}
        plane.plot(*way.T.tolist(), **look)
        over_moves.semilogy(missing[name], **look)
    over_moves.axvline(mark, color="0.6", lw=1)
    framed = {"frameon": True, "framealpha": 1, "edgecolor": "0.7", "loc": "upper right"}  # over the contours
    tidy(plane, legend=framed, title="Two unknowns", xlabel="x₁", ylabel="x₂")
    title = f"The large system; the grey line: {mark} moves"
    tidy(over_moves, legend={}, title=title, xlabel="moves", ylabel="share missing")
    told = [
        f"{name} is {float((way[-1] - way[-2]).norm()):.1e} long in its last of {len(way) - 1} moves on the left, and "
        f"on the right {missing[name][mark]:.1e} is missing after {mark} moves"
        for name, way in ways.items()
    ]
    return Picture(figure, f"Left, the ways of two solvers through a bowl; right, what is missing. {'; '.join(told)}.")


def _draw_bowl(axes: Axes, matrix: Tensor, b: Tensor, points: Tensor) -> None:
    """Contours of ½·xᵀMx − bᵀx around these points."""
    low, high = points.amin(0), points.amax(0)
    room = 0.35 * (high - low)
    sides = [torch.linspace(*ends, 80) for ends in zip((low - room).tolist(), (high + room).tolist(), strict=True)]
    x = torch.stack(torch.meshgrid(*sides, indexing="xy"), dim=-1)  # [80, 80, 2]
    bowl = 0.5 * torch.einsum("...i,ij,...j->...", x, matrix.float(), x) - x @ b.float()
    look = {"colors": "0.7", "linestyles": "solid", "linewidths": 0.8}
    contours = axes.contour(*(side.numpy() for side in sides), bowl.numpy(), levels=14, **look)
    contours.set_array(None)  # lines in one colour, and no heat map, whose ground would stay white at night
