"""The panels of `twenty_rounds`: two curves, the dots between their fences, and maps of the maze."""

from collections.abc import Mapping

from rlcourse.explorables.plotting.maze_map import maze_panel
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
)
from rlcourse.maze import Maze

FLOOR, ROOF = -4.0, 3.0
"""The ends of the ratio axis, in doublings: 1/16 and 8."""
NAMES = ("1/16", "1/8", "1/4", "1/2", "1", "2", "4", "8")
CHANGE = 1.5
"""The change of a value at which the colours of the maps end; what has changed more looks the same."""
CURVES, DOTS = 236, 300
"""How tall these panels are, in pixels."""
TALL = 1.25
"""Where the axis of the dots ends, which reach from −1 to 1: beyond them there is room for the fences' grips."""
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
    fence: tuple[Mark, ...] = (Band("fence_low", "fence_high", label="1 ± ε"),) * fenced
    gone = (Arrows("dot_x", "dot_y", "push_back", 0.0, along="dot", label="back", colour="vermillion", width=3.0),)
    # Drawn under the dots, so that each gets a rim: a dot with nothing on it may also be one that is hardly pushed.
    rims = (Scatter("done_x", "dot_y", along="dot", label="rim: no push", colour="ink", size=12),)
    doublings = tuple(range(int(FLOOR), int(ROOF) + 1))
    high, low = Handle("fence", x="fence_high", grip=0.955), Handle("fence", x="fence_low", grip=0.045)
    return Panel(
        title="The actions of the batch: how much likelier each has become",
        x=Axis("ratio ρ = π_θ(a|s) / π_old(a|s), logarithmic", FLOOR, ROOF, NAMES, doublings),
        y=Axis("advantage A, in order", -TALL, TALL, ("worst", "0", "best"), (-1, 0, 1)),
        marks=(
            *fence,
            Rule(x=0.0),
            Rule(y=0.0, dash="solid", width=1.0),
            *rims * fenced,
            Scatter("dot_x", "dot_y_good", along="dot", label="good", colour="green", size=8),
            Scatter("dot_x", "dot_y_bad", along="dot", label="bad", colour="purple", size=8, marker="square"),
            Arrows("dot_x", "dot_y", "push", 0.0, along="dot", label="push", width=1.2),
            *gone * fenced,
            Text(FLOOR + 0.08, -1.0, "{further}", anchor="start"),
        ),
        of_row=share,
        height=DOTS,
        handles=(high, low) * fenced,
    )


def _map_panel(maze: Maze, title: str, suffix: str, *, share: float) -> Panel:
    ways = Arrows(*(f"way_{part}{suffix}" for part in ("x", "y", "dx", "dy")), along="cell", width=1.8)
    return maze_panel(maze, title, f"change{suffix}", high=CHANGE, marks=(ways,), of_row=share)
