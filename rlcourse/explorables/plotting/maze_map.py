"""A maze as a panel: its cells as tiles whose colours say a number of each, its walls, its exit, and what lies on them.

In the picture y grows to the north. Left out: numbers of single states, which `values_of_gamma` draws as triangles.
"""

import numpy as np
from jaxtyping import Float

from rlcourse.explorables.plotting.marks import Axis, Handle, Line, Mark, Panel, Place, Text, Tiles
from rlcourse.explorables.plotting.plot import Array
from rlcourse.maze import Maze
from rlcourse.maze.grid import NUM_HEADINGS
from rlcourse.maze.pictures import AHEAD, CORNERS, centres, wall_pieces

LONGEST_WAY = 0.64
"""How long the arrow of a way that is certain is, in cells."""


def maze_drawing(maze: Maze) -> dict[str, Array]:
    """The cells as squares, their middles, and the walls, over the grids "cell" and "wall"."""
    middles = centres(maze, np.arange(maze.num_cells) * NUM_HEADINGS)
    places = {f"corner{i}": middles + corner for i, corner in enumerate(CORNERS)} | {"middle": middles}
    arrays = {}
    for name, place in places.items():
        arrays |= {f"{name}_x": Array(("cell",), place[:, 0]), f"{name}_y": Array(("cell",), maze.size - place[:, 1])}
    walls = wall_pieces(maze)  # [walls, 2 ends, xy]
    lines = np.concatenate([walls, np.full_like(walls[:, :1], np.nan)], axis=1).reshape(-1, 2)  # a gap after each
    return arrays | {"wall_x": Array(("wall",), lines[:, 0]), "wall_y": Array(("wall",), maze.size - lines[:, 1])}


def ways_as_arrows(maze: Maze, ways: Float[np.ndarray, "*B cells 4"]) -> dict[str, np.ndarray]:
    """The likeliest way out of each cell as an arrow around its middle, as long as it is likely: way_x, way_dx …

    Args:
        maze: Whose cells they are.
        ways: How likely the robot leaves each cell each way: `rlcourse.maze.ways_out`; of any number of policies.
    """
    arrow = LONGEST_WAY * AHEAD[ways.argmax(-1)] * ways.max(-1)[..., None]  # [..., cells, xy]; y grows to the south
    drawn, middle = {"way_dx": arrow[..., 0], "way_dy": -arrow[..., 1]}, maze_drawing(maze)
    return drawn | {f"way_{axis}": middle[f"middle_{axis}"].values - drawn[f"way_d{axis}"] / 2 for axis in "xy"}


def maze_grids(maze: Maze) -> dict[str, tuple[float, ...]]:
    """The grids that `maze_drawing` lies over."""
    pieces = maze_drawing(maze)["wall_x"].values.size
    return {"cell": tuple(map(float, range(maze.num_cells))), "wall": tuple(map(float, range(pieces)))}


def maze_panel(
    maze: Maze,
    title: str,
    value: str,
    *,
    high: Place,
    marks: tuple[Mark, ...] = (),
    handles: tuple[Handle, ...] = (),
    of_row: float = 0.0,
    share: float | int = 1,
) -> Panel:
    """The maze with a number of each cell as its colour: blue above 0, orange below.

    Args:
        maze: Which; `maze_drawing` of it must be among the plot's arrays.
        title: What stands above it.
        value: The array of the numbers, over "cell".
        high: The number at which the colours end.
        marks: What lies on the cells.
        handles: What of it can be dragged.
        of_row: See `Panel`.
        share: See `Panel`.
    """
    row, column = divmod(maze.exit_cell, maze.size)
    edge = Axis("", -0.1, maze.size + 0.1)
    corners = tuple((f"corner{i}_x", f"corner{i}_y") for i in range(4))
    return Panel(
        title=title,
        x=edge,
        y=edge,
        marks=(
            Tiles(corners, value, along="cell", reach=high),
            Line("wall_x", "wall_y", along="wall", colour="ink", width=2.2),
            *marks,
            Text(column + 0.5, maze.size - row - 0.6, "exit"),
        ),
        equal=True,
        bare=True,
        of_row=of_row,
        share=share,
        handles=handles,
    )
