"""What old data promise of policies further and further away, what these really gain, and where they go meanwhile.

The promise goes through the states as often as the *old* policy visits them. The map shows what is wrong with that:
the new policy goes elsewhere. Whatever is drawn is handed in. Left out: how any of it is computed (notebook 05 does).
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from rlcourse.explorables.plotting.bench import Bench, Slider, bench, state_of
from rlcourse.explorables.plotting.maze_map import maze_drawing, maze_grids, maze_panel
from rlcourse.explorables.plotting.plot import Array, Axis, Band, Handle, Line, Panel, Plot, Point, Rule
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.maze import Maze
from rlcourse.maze.grid import NUM_HEADINGS
from rlcourse.usual import usual_settings

TICKS = (0.0, 0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.5, 2.0, 3.0)
"""The KLs that are written on the axis, as far as it reaches. It is even in √KL, which grows as a short step does."""
TRY_THIS = (
    "<b>Try this:</b> press ▶, or drag the line in the first picture to the right: the policy moves ever further. "
    "<b>Watch:</b> how far promise and truth go together; and on the map, where the new policy comes more often than "
    "the old one, which collected the data (blue), and where less often (orange)."
)


def promise_and_truth(
    maze: Maze,
    kls: Sequence[float] | Float[np.ndarray, "K"],
    promise: Sequence[float] | Float[np.ndarray, "K"],
    truth: Sequence[float] | Float[np.ndarray, "K"],
    visits: Sequence[np.ndarray] | Float[np.ndarray, "K S"],
    *,
    limit: float | int,
) -> Bench:
    """The explorable: policies to play or drag through; drawn in the browser.

    Args:
        maze: Where they walk.
        kls: KL(π_old‖π) of each policy in nats, from the old one, 0, to the furthest.
        promise: The surrogate's gain.
        truth: The gain in expected return.
        visits: How often each visits each state; the old policy's come first.
        limit: The KL up to which the ground is shaded.

    Raises:
        ValueError: these are not of equally many policies, of at least two; or the KLs do not rise from 0.
    """
    plot = promise_and_truth_plot(maze, kls, promise, truth, visits, limit=limit)
    return bench(TRY_THIS, plot, (_slider(len(kls)),))


def promise_and_truth_figure(
    maze: Maze,
    kls: Sequence[float] | Float[np.ndarray, "K"],
    promise: Sequence[float] | Float[np.ndarray, "K"],
    truth: Sequence[float] | Float[np.ndarray, "K"],
    visits: Sequence[np.ndarray] | Float[np.ndarray, "K S"],
    *,
    limit: float | int,
    far: int = 0,
) -> Figure:
    """The same picture for one of the policies, number `far`, for print."""
    plot = promise_and_truth_plot(maze, kls, promise, truth, visits, limit=limit)
    return draw_figure(plot, state_of((_slider(len(kls)),), far=far))


def _slider(count: int) -> Slider:
    return Slider("far", "how far the policy moves", range(count), start=0, readout="", exact=True, play=True)


@usual_settings()
def promise_and_truth_plot(
    maze: Maze,
    kls: Sequence[float] | Float[np.ndarray, "K"],
    promise: Sequence[float] | Float[np.ndarray, "K"],
    truth: Sequence[float] | Float[np.ndarray, "K"],
    visits: Sequence[np.ndarray] | Float[np.ndarray, "K S"],
    *,
    limit: float | int,
) -> Plot:
    """Both curves, and for every policy how often it comes to each cell, less how often the old one does."""
    arrays = _numbers(maze, *map(np.asarray, (kls, promise, truth, visits)))
    policies = tuple(float(i) for i in range(len(kls)))
    most = float(np.abs(arrays["change"].values).max()) / 2 or 1.0  # what is more looks the same, so that less is seen
    return Plot(
        grids={"far": policies, "policy": policies, **maze_grids(maze)},
        arrays=arrays | maze_drawing(maze),
        panels=(
            _curves(arrays, limit),
            maze_panel(maze, "Visits to a cell: new less old", "change", high=most),
        ),
        readouts=(
            "At a KL of {kl:.3f} nats the old data promise {promise:+.2f}, and {truth:+.2f} is what one gets. "
            "{elsewhere:.0f} % of the new policy's visits are elsewhere than the old one's.",
        ),
        alt=(
            "Two pictures. First: promise and truth over the KL; at {kl:.3f} nats {promise:+.2f} and {truth:+.2f}. "
            "Second: a map of the maze, where the new policy comes more often than the old one, and where less often; "
            "{elsewhere:.0f} % of its visits are elsewhere."
        ),
    )


def _numbers(
    maze: Maze, kls: np.ndarray, promise: np.ndarray, truth: np.ndarray, visits: np.ndarray
) -> dict[str, Array]:
    """Of every policy: its KL, both gains, and its visits to each cell beside the old policy's."""
    if not 1 < len(kls) == len(promise) == len(truth) == len(visits):
        counts = ", ".join(str(len(one)) for one in (kls, promise, truth, visits))
        raise ValueError(f"kls, promise, truth and visits must be of equally many policies, at least 2, got {counts}")
    if kls[0] != 0 or (np.diff(kls) <= 0).any():
        raise ValueError(f"kls must rise from 0, the old policy, got {kls.tolist()}")
    cells = visits.reshape(len(visits), maze.num_cells, NUM_HEADINGS).sum(-1)
    shares = cells / cells.sum(-1, keepdims=True)
    curves = {"root": np.sqrt(kls), "promise": promise, "truth": truth}
    # Half of the differences: what is more in one place is less in another.
    numbers = curves | {"kl": kls, "elsewhere": 50 * np.abs(shares - shares[0]).sum(-1)}
    arrays = {name: Array(("far",), values) for name, values in numbers.items()}
    arrays |= {f"{name}_curve": Array(("policy",), values) for name, values in curves.items()}
    return arrays | {"change": Array(("far", "cell"), cells - cells[0])}


def _curves(arrays: dict[str, Array], limit: float | int) -> Panel:
    both = np.concatenate([arrays["promise"].values, arrays["truth"].values])
    spread = float(np.ptp(both)) or 1.0
    furthest = float(arrays["root"].values[-1])
    ticks = [tick for tick in TICKS if tick**0.5 <= furthest]
    return Panel(
        title="Gain in return from the start",
        x=Axis("KL(π_old‖π), in nats (√ scale)", 0.0, 1.02 * furthest, tuple(f"{t:g}" for t in ticks),
               tuple(t**0.5 for t in ticks)),
        y=Axis("", float(both.min()) - 0.08 * spread, float(both.max()) + 0.2 * spread),
        marks=(
            Band(0.0, float(limit) ** 0.5, label=f"KL ≤ {limit:g}", colour="green"),
            Rule(y=0.0, dash="solid", width=1.0),
            Line("root_curve", "promise_curve", along="policy", label="promise", colour="vermillion", dash="dashed"),
            Line("root_curve", "truth_curve", along="policy", label="truth", colour="blue", width=3.0),
            Rule(x="root", colour="ink", dash="dotted"),
            Point("root", "promise", colour="vermillion", marker="square"),
            Point("root", "truth", colour="blue"),
        ),
        handles=(Handle("far", x="root", grip=0.94),),
        share=2,
    )  # fmt: skip
