"""Robots that learned with different clip ranges, one to look at: where it came, how far its updates went, its maze.

The runs are those of a sweep, which notebook 06 makes. The values on the map are exact, and its trail is one walk of
the robot's last policy. Left out: the policies on the way there.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from rlcourse.algorithms import History
from rlcourse.explorables.plotting.bench import Bench, Held, bench, state_of
from rlcourse.explorables.plotting.maze_map import maze_drawing, maze_grids, maze_panel, ways_as_arrows
from rlcourse.explorables.plotting.plot import (
    Array,
    Arrows,
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
from rlcourse.maze import Maze, solve, walk, ways_out
from rlcourse.maze.grid import NUM_HEADINGS
from rlcourse.maze.pictures import centres
from rlcourse.usual import usual_settings

GAMMA, STEPS = 0.99, 80
"""Of the values on the map; and how long a walk may be."""
APART = 0.22
"""How far apart two robots of one clip range stand, in places of the axis."""
DARKEST = 1.0
"""A worth drawn in the darkest colour, as are larger ones: the exit pays 1, and a bad robot may owe much more."""
TALL = 300
"""How tall the two charts are in pixels, so that they end where the map does."""
TRY_THIS = (
    "<b>Try this:</b> drag the ring from dot to dot: each is a robot. <b>Watch:</b> how far its updates went, in the "
    "middle; and on the right what has become of it: an arrow is its likeliest way out of a cell, the colour what the "
    "cell is worth to it (blue above 0, orange below; beyond 1 no darker), and the line one walk from the start."
)
Runs = Mapping[str, Sequence[History]]
Policies = Mapping[str, Sequence[np.ndarray]]


def swept_robots(maze: Maze, runs: Runs, policies: Policies, *, metric: str, limit: float | int) -> Bench:
    """The explorable: a robot to choose among all of a sweep; drawn in the browser.

    Args:
        maze: Where they learned.
        runs: The clip range in words, and the histories of its robots.
        policies: Under the same words, π(a|s) of the same robots in the end, [S, 3] each.
        metric: The column of a history whose last number says how good the robot is.
        limit: A KL to compare with, such as TRPO's limit.

    Raises:
        ValueError: there is no robot, or runs and policies are not of the same ones.
    """
    plot = swept_robots_plot(maze, runs, policies, metric=metric, limit=limit)
    return bench(TRY_THIS, plot, (_held(len(plot.grids["robot"])),))


def swept_robots_figure(
    maze: Maze, runs: Runs, policies: Policies, *, metric: str, limit: float | int, robot: int = 0
) -> Figure:
    """The same picture of one robot, by its number in the order of `runs`, for print."""
    plot = swept_robots_plot(maze, runs, policies, metric=metric, limit=limit)
    return draw_figure(plot, state_of((_held(len(plot.grids["robot"])),), robot=robot))


def _held(count: int) -> Held:
    return Held("robot", "the robot that is shown: left and right go to others", tuple(map(float, range(count))), 0.0)


@usual_settings()
def swept_robots_plot(maze: Maze, runs: Runs, policies: Policies, *, metric: str, limit: float | int) -> Plot:
    """Return, KLs and map of every robot."""
    counts = {name: len(histories) for name, histories in runs.items()}
    if not sum(counts.values()) or counts != {name: len(tables) for name, tables in policies.items()}:
        raise ValueError(f"runs and policies must be of the same robots, at least one, got runs of {counts}")
    histories = [history for some in runs.values() for history in some]
    arrays = _progress(counts, histories, metric) | _maps(maze, [table for some in policies.values() for table in some])
    robots = tuple(map(float, range(len(histories))))
    updates = tuple(map(float, range(1, arrays["kl"].values.shape[1] + 1)))
    whose = tuple(name for name, count in counts.items() for _ in range(count))
    return Plot(
        grids={
            **{"robot": robots, "one": robots, "update": updates},
            **{"moment": tuple(map(float, range(STEPS + 1))), **maze_grids(maze)},
        },
        arrays=arrays | maze_drawing(maze),
        choices={"whose": Choice(("robot",), np.arange(len(whose)), tuple(map(_in_words, whose)))},
        panels=(_returns(tuple(counts), arrays), _kls(arrays, limit), _map(maze)),
        readouts=(
            "This robot learned with {whose}. Its expected return is {return:+.2f}. Its updates had a KL of {mean:.3f} "
            "nats in the mean, and of {largest:.3f} at most.",
        ),
        alt=(
            "Three pictures of a robot that learned with {whose}: its expected return, {return:+.2f}, beside the "
            "others'; the KL of its updates, {largest:.3f} nats at most; and the maze, with its ways out of the cells."
        ),
    )


def _in_words(clip_range: str) -> str:
    return f"ε = {clip_range}" if clip_range[:1].isdigit() else clip_range


def _progress(counts: Mapping[str, int], histories: Sequence[History], metric: str) -> dict[str, Array]:
    """Of each robot: its place among its clip range's, its return in the end, and the KL of every update."""
    places = [
        place + APART * (i - (count - 1) / 2) for place, count in enumerate(counts.values(), 1) for i in range(count)
    ]
    kls = [history["approx_kl"] for history in histories]
    kls = [kl[~np.isnan(kl)] for kl in kls]
    kl = np.full((len(kls), max(map(len, kls))), np.nan)
    for row, some in zip(kl, kls, strict=True):
        row[: len(some)] = some
    numbers = {"place": np.array(places), "return": np.array([history.last(metric) for history in histories])}
    arrays = {f"{name}_of_all": Array(("one",), values) for name, values in numbers.items()}
    numbers |= {"mean": np.nanmean(kl, axis=1), "largest": np.nanmax(kl, axis=1)}
    arrays |= {name: Array(("robot",), values) for name, values in numbers.items()}
    return arrays | {"kl": Array(("robot", "update"), kl), "log_kl": Array(("robot", "update"), np.log10(kl))}


def _maps(maze: Maze, policies: Sequence[np.ndarray]) -> dict[str, Array]:
    """Of each robot: what the cells are worth to it, its ways out of them, and one walk."""
    worth = np.array([solve(maze, gamma=GAMMA, policy=table).V for table in policies])
    worth = worth.reshape(len(policies), -1, NUM_HEADINGS).mean(-1)
    ways = np.array([ways_out(maze, table) for table in policies])
    drawn = {"worth": worth.clip(-DARKEST, DARKEST)} | ways_as_arrows(maze, ways)
    arrays = {name: Array(("robot", "cell"), values) for name, values in drawn.items()}
    trail = np.full((len(policies), STEPS + 1, 2), np.nan)
    for row, table in zip(trail, policies, strict=True):
        places = centres(maze, np.asarray(walk(maze, table, seed=1, max_steps=STEPS)))
        row[: len(places)] = places
    x, y = trail[..., 0], maze.size - trail[..., 1]
    last = (~np.isnan(x)).sum(-1) - 1
    ends = {"end_x": x[np.arange(len(x)), last], "end_y": y[np.arange(len(y)), last]}
    arrays |= {name: Array(("robot",), values) for name, values in ends.items()}
    return arrays | {"trail_x": Array(("robot", "moment"), x), "trail_y": Array(("robot", "moment"), y)}


def _returns(names: tuple[str, ...], arrays: Mapping[str, Array]) -> Panel:
    values = arrays["return"].values
    room = 0.1 * (float(np.ptp(values)) or 1.0)
    return Panel(
        title="Return at the end",
        x=Axis("clip range ε", 0.4, len(names) + 0.6, names),
        y=Axis("", float(values.min()) - room, float(values.max()) + room),
        marks=(
            Scatter("place_of_all", "return_of_all", along="one", colour="blue", size=9),
            Point("place", "return", colour="purple", marker="diamond"),
        ),
        height=TALL,
        handles=(Handle("robot", "place", "return"),),
    )


def _kls(arrays: Mapping[str, Array], limit: float | int) -> Panel:
    logs = arrays["log_kl"].values
    low, high = min(float(np.nanmin(logs)), np.log10(limit)), max(float(np.nanmax(logs)), np.log10(limit))
    powers = tuple(range(int(np.ceil(low)), int(np.floor(high)) + 1))
    return Panel(
        title="KL of its updates, nats",
        x=Axis("update", 0, logs.shape[1] + 1),
        y=Axis("", low - 0.1, high + 0.1, tuple(f"{10.0**power:g}" for power in powers), powers),
        marks=(
            Rule(y=float(np.log10(limit)), label="TRPO's limit", colour="green", dash="dashed", width=2.0),
            Line("update", "log_kl", along="update", label="this robot", colour="purple"),
        ),
        height=TALL,
    )


def _map(maze: Maze) -> Panel:
    marks = (
        Line("trail_x", "trail_y", along="moment", colour="purple", width=4.0),
        Arrows("way_x", "way_y", "way_dx", "way_dy", along="cell", width=1.8),
        Point("end_x", "end_y", colour="purple", marker="diamond"),
    )
    return maze_panel(maze, "The robot", "worth", high=DARKEST, marks=marks)
