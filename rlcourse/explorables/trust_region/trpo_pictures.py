"""Pictures of notebook 05: how solvers go, and where a single state has moved much further than the limit.

Whatever is drawn is handed in, computed by the notebook and `rlcourse.equations`. Left out: anything that moves.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.patches import Circle
from torch import Tensor

from rlcourse.maze import Maze, draw_values
from rlcourse.maze.grid import NUM_HEADINGS, Heading
from rlcourse.maze.pictures import centres, place
from rlcourse.showing.picture import Picture
from rlcourse.showing.style import LEVEL, LOOKS, OKABE_ITO, in_our_style, new_figure, tidy

LEAST = 1e-5
"""The KL at which the colours of the map begin: what has moved less, or was not visited, looks the same."""
MAP_TITLE = "One update: KL of each state, in nats (log scale)"
_LOOKS = (LOOKS[1], LOOKS[0])
"""What goes astray first, then what does not."""


@in_our_style
def furthest_picture(
    maze: Maze,
    kl: Float[np.ndarray, "S"],
    state: int,
    *,
    before: Float[np.ndarray, "3"],
    after: Float[np.ndarray, "3"],
) -> Picture:
    """How far one update has moved each state, a ring around the furthest, and what the robot does there.

    Args:
        maze: Whose states they are.
        kl: KL(π_old‖π) of each state, in nats; NaN where the batch has not been.
        state: The one that moved furthest.
        before: π(a|s) there before the update.
        after: π(a|s) there after it.
    """
    figure = new_figure(9.6, 4.2)
    places, bars = figure.subplots(1, 2, width_ratios=(1.2, 1))
    powers = np.log10(np.clip(np.nan_to_num(kl), LEAST, None) / LEAST)  # 0 and more, which is white to blue
    draw_values(maze, powers, axes=places, title=MAP_TITLE, label="")
    written = range(0, int(powers.max()) + 1)
    figure.axes[-1].set_yticks(written, [f"{LEAST * 10**power:.5f}".rstrip("0").rstrip(".") for power in written])
    ring = {"facecolor": "none", "edgecolor": OKABE_ITO["vermillion"], "linewidth": 3.5, "zorder": 6}
    places.add_patch(Circle(centres(maze, np.array([state]))[0], 0.62, clip_on=False, **ring))
    where = np.arange(3)
    for chances, aside, look, hatch in ((before, -0.2, LOOKS[1], "//"), (after, 0.2, LOOKS[0], "")):
        name = "before" if aside < 0 else "after"
        drawn = bars.bar(where + aside, chances, 0.4, color=OKABE_ITO[look.colour], hatch=hatch, label=name)
        bars.bar_label(drawn, [_percent(chance) for chance in chances], padding=2, fontsize=10)
    bars.set_xticks(where, ("forward", "turn left", "turn right"))
    bars.set_yticks([])
    tidy(bars, grid="", legend={"loc": "upper right"}, title="Before and after it, where the ring is", ylim=(0, 1.25))
    there = f"{place(maze, state // NUM_HEADINGS)}, looking {Heading(state % NUM_HEADINGS).name.lower()}"
    changed = ", ".join(
        f"{action} from {_percent(old)} to {_percent(new)}"
        for action, old, new in zip(("forward", "left", "right"), before, after, strict=True)
    )
    return Picture(
        figure, f"A map of the maze. The state that moved furthest, {kl[state]:.2f} nats: {there}: {changed}."
    )


def _percent(chance: float | np.floating) -> str:
    return f"{100 * chance:.1f} %" if chance >= 0.001 else "< 0.1 %"


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
    over_moves.axvline(mark, **LEVEL)
    over_moves.annotate(f"{mark} moves", (mark, 1), (4, -4), ("data", "axes fraction"), "offset points", va="top")
    framed = {"frameon": True, "framealpha": 1, "edgecolor": "0.7", "loc": "upper right"}  # over the contours
    tidy(plane, legend=framed, title="Two unknowns", xlabel="x₁", ylabel="x₂")
    tidy(over_moves, legend={}, title="The large system", xlabel="moves", ylabel="share missing")
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
