"""The panels of `twenty_rounds`: two curves, the dots between their fences, and maps of the maze."""

from collections.abc import Mapping

import numpy as np

from rlcourse.explorables.plotting.plot import (
    Array,
    Arrows,
    Axis,
    Band,
    Handle,
    Line,
    Mark,
    Panel,
    Point,
    Rule,
    Scatter,
    Text,
    Tiles,
)
from rlcourse.maze import Maze
from rlcourse.maze.grid import NUM_HEADINGS
from rlcourse.maze.pictures import CORNERS, centres, wall_pieces

FLOOR, ROOF = -4.0, 3.0
"""The ends of the ratio axis, in doublings: 1/16 and 8."""
NAMES = ("1/16", "1/8", "1/4", "1/2", "1", "2", "4", "8")
CHANGE = 1.5
"""The change of a value at which the colours of the maps end; what has changed more looks the same."""
CURVES, DOTS = 236, 300
"""How tall these panels are, in pixels."""
ABOVE = 0.22
"""The room above the curves, as a share of their height: there the handle's grip covers none of their points."""


def panels_of(maze: Maze, arrays: Mapping[str, Array], *, fenced: bool) -> tuple[Panel, ...]:
    """In the order in which they stand: the curves and a map, the dots and another map."""
    rounds = float(len(arrays["promise_free"].values) - 1) / 2
    curves = [
        _curve_panel("Promise: the mean of ρ·A", "promise", arrays, rounds, fenced),
        _curve_panel("Truth: change of the value", "truth", arrays, rounds, fenced),
    ]
    if not fenced:
        return (*curves, _dot_panel(fenced, share=0.64), _map_panel(maze, "The robot", "", share=0.36))
    maps = [_map_panel(maze, title, suffix, share=0.32) for title, suffix in MAPS]
    return (*curves, maps[0], _dot_panel(fenced, share=0.68), maps[1])


MAPS = (("The robot, with the fences", ""), ("The robot, without", "_free"))


def _curve_panel(title: str, name: str, arrays: Mapping[str, Array], rounds: float, fenced: bool) -> Panel:
    values = arrays[f"{name}_curve"].values
    low, high = float(values.min()), float(values.max())
    spread = (high - low) or 1.0
    free = (Line("time", f"{name}_free", along="time", label="no clip", colour="orange", dash="dashed"),)
    held = (Line("time", f"{name}_curve", along="time", label="clip, ε as chosen", colour="blue", width=3.0),)
    points = (Point("round", f"{name}_free_now", colour="orange", marker="square"),)
    points += (Point("round", name, colour="blue"),) * fenced
    return Panel(
        title=title,
        x=Axis("rounds on the batch", 0.0, rounds),
        y=Axis("", min(low, 0.0) - 0.08 * spread, high + ABOVE * spread),
        marks=(*free, *held * fenced, Rule(x="round", colour="ink", dash="dotted"), *points),
        of_row=0.34 if fenced else 0.5,
        height=CURVES,
        handles=(Handle("round", x="round", grip=0.94),),
    )


def _dot_panel(fenced: bool, *, share: float) -> Panel:
    fence: tuple[Mark, ...] = (Band("fence_low", "fence_high", label="inside 1 ± ε"),) * fenced
    gone = (
        Arrows("dot_x", "dot_y", "push_back", 0.0, along="dot", label="pushed back", colour="vermillion", width=3.0),
    )
    # Drawn under the dots, so that each gets a rim: a dot with nothing on it may also be one that is hardly pushed.
    rims = (Scatter("done_x", "dot_y", along="dot", label="with a rim: no push", colour="ink", size=12),)
    doublings = tuple(range(int(FLOOR), int(ROOF) + 1))
    high, low = Handle("fence", x="fence_high", grip=0.9), Handle("fence", x="fence_low", grip=0.1)
    return Panel(
        title="The actions of the batch: how much likelier each has become",
        x=Axis("ratio ρ = π_θ(a|s) / π_old(a|s), logarithmic", FLOOR, ROOF, NAMES, doublings),
        y=Axis("advantage A, in order", -1.08, 1.08, ("worst", "0", "best"), (-1, 0, 1)),
        marks=(
            *fence,
            Rule(x=0.0),
            Rule(y=0.0, dash="solid", width=1.0),
            *rims * fenced,
            Scatter("dot_x", "dot_y_good", along="dot", label="A > 0, good", colour="green", size=8),
            Scatter("dot_x", "dot_y_bad", along="dot", label="A < 0, bad", colour="purple", size=8, marker="square"),
            Arrows("dot_x", "dot_y", "push", 0.0, along="dot", label="push", width=1.2),
            *gone * fenced,
            Text(FLOOR + 0.08, -1.0, "{further}", anchor="start"),
        ),
        of_row=share,
        height=DOTS,
        handles=(high, low) * fenced,
    )


def _map_panel(maze: Maze, title: str, suffix: str, *, share: float) -> Panel:
    row, column = divmod(maze.exit_cell, maze.size)
    edge = Axis("", -0.1, maze.size + 0.1)
    corners = tuple((f"corner{i}_x", f"corner{i}_y") for i in range(4))
    tiles = Tiles(corners, f"change{suffix}", along="cell", reach=CHANGE)
    ways = [f"way_{part}{suffix}" for part in ("x", "y", "dx", "dy")]
    return Panel(
        title=title,
        x=edge,
        y=edge,
        marks=(
            tiles,
            Line("wall_x", "wall_y", along="wall", colour="ink", width=2.2),
            Arrows(*ways, along="cell", width=1.8),
            Text(column + 0.5, maze.size - row - 0.6, "exit"),
        ),
        equal=True,
        bare=True,
        of_row=share,
    )


def maze_drawing(maze: Maze) -> dict[str, Array]:
    """The cells as squares, their middles, and the walls. In the picture y grows to the north."""
    middles = centres(maze, np.arange(maze.num_cells) * NUM_HEADINGS)
    places = {f"corner{i}": middles + corner for i, corner in enumerate(CORNERS)} | {"middle": middles}
    arrays = {}
    for name, place in places.items():
        arrays |= {f"{name}_x": Array(("cell",), place[:, 0]), f"{name}_y": Array(("cell",), maze.size - place[:, 1])}
    walls = wall_pieces(maze)  # [walls, 2 ends, xy]
    lines = np.concatenate([walls, np.full_like(walls[:, :1], np.nan)], axis=1).reshape(-1, 2)  # a gap after each
    return arrays | {"wall_x": Array(("wall",), lines[:, 0]), "wall_y": Array(("wall",), maze.size - lines[:, 1])}
