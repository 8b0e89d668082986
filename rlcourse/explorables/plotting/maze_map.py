"""A maze in a panel: its walls and its exit, and cells as tiles whose colours say a number of each.

In the picture y grows to the north. Left out: numbers of single states, which `values_of_gamma` draws as triangles.
"""

import numpy as np
from jaxtyping import Float

from rlcourse.explorables.plotting.marks import Area, Axis, Handle, Line, Mark, Panel, Place, Text, Tiles
from rlcourse.explorables.plotting.plot import Array
from rlcourse.maze import Maze
from rlcourse.maze.grid import NUM_HEADINGS
from rlcourse.maze.pictures import AHEAD, CORNERS, FLAG, centres, wall_pieces

LONGEST_WAY = 0.64
"""How long the arrow of a way that is certain is, in cells."""


FLAG_LINE = np.concatenate([FLAG, FLAG[:1]])


def maze_lines(maze: Maze) -> dict[str, Array]:
    """The walls, the exit's cell from its lower to its upper edge, and the line of a flag in it, for `maze_marks`."""
    walls = wall_pieces(maze)  # [walls, 2 ends, xy]
    lines = np.concatenate([walls, np.full_like(walls[:, :1], np.nan)], axis=1).reshape(-1, 2)  # a gap after each
    row, column = divmod(maze.exit_cell, maze.size)
    flag = FLAG_LINE + np.array([column, row])
    return {
        "wall_x": Array(("wall",), lines[:, 0]),
        "wall_y": Array(("wall",), maze.size - lines[:, 1]),
        "exit_x": Array(("side",), np.array([column, column + 1])),
        "exit_low": Array(("side",), np.full(2, maze.size - row - 1)),
        "exit_high": Array(("side",), np.full(2, maze.size - row)),
        "flag_x": Array(("flag",), flag[:, 0]),
        "flag_y": Array(("flag",), maze.size - flag[:, 1]),
    }


def line_grids(maze: Maze) -> dict[str, tuple[float, ...]]:
    """The grids that `maze_lines` lies over."""
    sizes = {"wall": 3 * len(wall_pieces(maze)), "side": 2, "flag": len(FLAG_LINE)}
    return {name: tuple(map(float, range(size))) for name, size in sizes.items()}


def maze_marks(maze: Maze) -> tuple[Mark, ...]:
    """The walls, and the exit: a green cell with a flag and its name."""
    row, column = divmod(maze.exit_cell, maze.size)
    return (
        Area("exit_x", "exit_low", "exit_high", along="side", colour="green"),
        Line("flag_x", "flag_y", along="flag", colour="green", width=2.2),
        Text(column + 0.5, maze.size - row - 0.92, "exit"),
        Line("wall_x", "wall_y", along="wall", colour="ink", width=2.6),
    )


def maze_drawing(maze: Maze) -> dict[str, Array]:
    """The cells as squares and their middles over the grid "cell", and `maze_lines`."""
    middles = centres(maze, np.arange(maze.num_cells) * NUM_HEADINGS)
    places = {f"corner{i}": middles + corner for i, corner in enumerate(CORNERS)} | {"middle": middles}
    arrays = {}
    for name, place in places.items():
        arrays |= {f"{name}_x": Array(("cell",), place[:, 0]), f"{name}_y": Array(("cell",), maze.size - place[:, 1])}
    return arrays | maze_lines(maze)


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
    return {"cell": tuple(map(float, range(maze.num_cells))), **line_grids(maze)}


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
    edge = Axis("", -0.1, maze.size + 0.1)
    corners = tuple((f"corner{i}_x", f"corner{i}_y") for i in range(4))
    return Panel(
        title=title,
        x=edge,
        y=edge,
        marks=(
            Tiles(corners, value, along="cell", reach=high),
            *maze_marks(maze),
            *marks,
        ),
        equal=True,
        bare=True,
        of_row=of_row,
        share=share,
        handles=handles,
    )
