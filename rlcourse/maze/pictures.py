"""Pictures of a maze: the maze, values, a policy and a walk, as matplotlib figures.

Every function returns a `Figure` on opaque white, so that it reads in a light and in a dark notebook; given
`axes`, it draws there instead, to stand beside other pictures. Colours are those of Okabe and Ito, and no
meaning hangs on colour alone. `describe` and `describe_walk` say the same in words, for alt text.

Left out: pyplot, whose global state breaks when a widget draws while a cell runs. Moving pictures are in
`screen`.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon, Rectangle
from torch import Tensor

from rlcourse.arguments import check_integer
from rlcourse.arguments import describe as in_words
from rlcourse.maze.dynamic_programming import (
    MazeLike,
    PolicyTable,
    as_numbers,
    check_policy,
    maze_of,
    shortest_path_length,
)
from rlcourse.maze.grid import COLUMN_STEP, NUM_HEADINGS, ROW_STEP, Action, Heading, Maze, check_state, check_walk
from rlcourse.showing.style import INK, OKABE_ITO, SIGNED, Scale, in_our_style, new_figure

BLUE, VERMILLION, ORANGE = OKABE_ITO["blue"], OKABE_ITO["vermillion"], OKABE_ITO["orange"]
CLOSE_UP = ListedColormap(SIGNED.colors[SIGNED.N // 2 :])
"""Where the numbers are written too, and colours need only tell low from high: from white to blue."""
TIME = Scale(("#A9D8F2", BLUE, "#00253B"), ("#1B5E85", OKABE_ITO["sky"], "#EAF6FD"))
"""From the first action of a walk to its last."""

CORNERS = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
"""The corners of a cell around its centre, x and y, from the north-west corner clockwise."""
ROBOT = np.array([[0.36, 0.0], [-0.28, 0.27], [-0.14, 0.0], [-0.28, -0.27]])
"""The outline of the robot around its centre when it looks east: an arrowhead with a notch."""
FLAG = np.array([[6, 24], [6, 4], [17, 8.5], [8.4, 13], [8.4, 24]]) / 40
"""The flag of the exit in its cell, as in maze_stage.js."""
EXIT = OKABE_ITO["green"]
AHEAD = np.stack([COLUMN_STEP, ROW_STEP], axis=1)
"""The direction of each heading as (x, y); y grows to the south."""
RIGHT = np.roll(AHEAD, -1, axis=0)
"""The direction to the right of each heading."""

_ROOM_FOR_WORDS = 27
"""Points of a cell's side from which "exit" fits into it in letters of ten points."""

ARROW = {"angles": "xy", "scale_units": "xy", "scale": 1, "units": "xy", "width": 0.05, "minlength": 0}
ARROW |= {"headwidth": 3.6, "headlength": 3.2, "headaxislength": 3.0}
"""How the arrows of a policy look: lengths are in cells."""


@in_our_style
def draw_maze(maze: MazeLike, *, state: int | None = None, title: str = "", axes: Axes | None = None) -> Figure:
    """The maze, with the robot in `state` (at the maze's start when None)."""
    maze = maze_of(maze)
    check_state(maze, "state", state)
    axes = _prepare(maze, title, axes)
    add_robot(axes, maze.start_state if state is None else state)
    return axes.figure


@in_our_style
def draw_values(
    maze: MazeLike,
    values: Float[np.ndarray, "S"] | Float[Tensor, "S"],
    *,
    label: str = "value V(s)",
    title: str = "",
    close_up: tuple[int, int] | None = None,
    span: tuple[float, float] | None = None,
    axes: Axes | None = None,
) -> Figure:
    """One number per state as colour: blue above 0, vermillion below. A cell has a triangle for each heading.

    Args:
        maze: a `Maze`, or an environment of one.
        values: the numbers, one for each state. The exit's are not drawn.
        label: what the numbers are, for the colour bar.
        title: what stands above the picture.
        close_up: the row and column of a cell. Only it and its neighbours to the east, south and south-east are
            drawn then, with their numbers, and with colours that span these numbers only.
        span: the lowest and the highest number that colours tell, as of several maps; of this one when None.
        axes: where to draw; a new figure when None.
    """
    maze = maze_of(maze)
    values = as_numbers("values", values)
    if values.shape != (maze.num_states,):
        raise ValueError(f"values must have the shape ({maze.num_states},), got {values.shape}")
    axes = _prepare(maze, title, axes, bar=True, close_up=_check_close_up(maze, close_up))
    shown = maze.open_states
    if close_up:
        offset = centres(maze, shown) - 0.5 - close_up[::-1]  # [states, xy], counted from the first cell shown
        shown = shown[((offset >= 0) & (offset <= 1)).all(axis=1)]
        _write_numbers(axes, maze, shown, values[shown])
    sides = np.stack([CORNERS, np.roll(CORNERS, -1, axis=0), np.zeros((4, 2))], axis=1)  # [heading, 3 corners, xy]
    triangles = centres(maze, shown)[:, None] + sides[shown % NUM_HEADINGS]
    colours = CLOSE_UP if close_up else SIGNED
    tiles = PolyCollection(triangles, array=values[shown], cmap=colours, antialiased=False, zorder=1)
    axes.add_collection(tiles)
    if not close_up:
        low, high = span or (values[shown].min(), values[shown].max())
        low, high = min(0.0, low), max(0.0, high)
        reach = max(-low, high) or 1.0
        tiles.set_clim(-reach, reach)
        bar = axes.figure.colorbar(tiles, ax=axes, label=label, fraction=0.046, pad=0.03)
        bar.outline.set_visible(False)
        if low < high:
            bar.ax.set_ylim(low, high)  # what there is, and 0
    return axes.figure


@in_our_style
def draw_policy(maze: MazeLike, policy: PolicyTable, *, title: str = "", axes: Axes | None = None) -> Figure:
    """What the robot does in every state: an arrow for each action, as long as the action is likely.

    The arrows for a heading stand on that side of the cell: those for a robot that looks north stand at the
    north side. A blue arrow leaves the cell (forward); an orange one goes round to the side the robot turns to.
    Actions less likely than 5 % are not drawn. The two turns begin a little apart, so that they stay two arrows
    where both are likely.
    """
    maze = maze_of(maze)
    table = check_policy(maze, policy)
    axes = _prepare(maze, title, axes)
    shown = maze.open_states
    heading = shown % NUM_HEADINGS
    looks = {  # action: direction of its arrow, how far it begins ahead of the middle and aside, its length, its colour
        Action.FORWARD: (AHEAD, 0.12, 0.0, 0.34, BLUE),
        Action.TURN_LEFT: (-RIGHT, 0.34, 0.05, 0.28, ORANGE),
        Action.TURN_RIGHT: (RIGHT, 0.34, 0.05, 0.28, ORANGE),
    }
    for action, (direction, ahead, aside, length, colour) in looks.items():
        keep = table[shown, action] >= 0.05
        side, likely = heading[keep], table[shown[keep], action, None]
        base = centres(maze, shown[keep]) + ahead * AHEAD[side] + aside * direction[side]
        axes.quiver(*base.T, *(length * likely * direction[side]).T, color=colour, zorder=3, **ARROW)
    names = (("forward", BLUE, "$\\rightarrow$"), ("turn left or right", ORANGE, "$\\leftrightarrow$"))
    handles = [Line2D([], [], color=c, marker=m, linestyle="", markersize=13, label=n) for n, c, m in names]
    axes.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=2)
    return axes.figure


@in_our_style
def draw_trajectory(
    maze: MazeLike, states: Sequence[int] | Int[np.ndarray, "T"], *, title: str = "", axes: Axes | None = None
) -> Figure:
    """One walk, from its first state to its last, its colour telling the time. A cross marks each drive into a wall.

    The robot keeps to the right of the corridor, so that the way there and the way back can be told apart.
    """
    maze = maze_of(maze)
    states = check_walk(maze, states)
    axes = _prepare(maze, title, axes, bar=True)
    points = centres(maze, states) + 0.13 * RIGHT[states % NUM_HEADINGS]
    pieces = np.stack([points[:-1], points[1:]], axis=1)  # [T - 1, 2 ends, xy]
    line = LineCollection(pieces, array=np.arange(len(pieces)), cmap=TIME, linewidth=2.4, capstyle="round", zorder=3)
    axes.add_collection(line)
    bumps = states[:-1][wall_hits(states)]
    axes.plot(*(centres(maze, bumps) + 0.4 * AHEAD[bumps % NUM_HEADINGS]).T, "x", color=VERMILLION, markersize=6, mew=2)
    add_robot(axes, int(states[0]), colour="white")
    add_robot(axes, int(states[-1]), parked=int(states[-1]) // NUM_HEADINGS == maze.exit_cell)
    axes.figure.colorbar(line, ax=axes, label="actions so far", fraction=0.046, pad=0.03).outline.set_visible(False)
    return axes.figure


def add_robot(axes: Axes, state: int, *, colour: str = BLUE, parked: bool = False) -> Polygon:
    """Put a robot into the picture: an arrowhead that points where it looks; parked, where an exit leaves room."""
    size = round(axes.get_xlim()[1])
    outline = robot_outline(size, state)
    if parked:
        outline = outline.mean(axis=0) + 0.6 * (outline - outline.mean(axis=0)) + (0.18, -0.14)
    robot = Polygon(outline, facecolor=colour, edgecolor=INK, linewidth=1.2, joinstyle="round", zorder=5)
    axes.add_patch(robot)
    return robot


def robot_outline(size: int, state: int) -> Float[np.ndarray, "4 2"]:
    """The corners of the robot in a picture of a maze with `size` cells a side."""
    cell, heading = divmod(int(state), NUM_HEADINGS)
    row, column = divmod(cell, size)
    turned = ROBOT[:, :1] * AHEAD[heading] + ROBOT[:, 1:] * RIGHT[heading]
    return turned + np.array([column + 0.5, row + 0.5])


def centres(maze: Maze, states: Int[np.ndarray, "n"]) -> Float[np.ndarray, "n 2"]:
    """The middle of each state's cell in the picture, x and y."""
    row, column = np.divmod(np.asarray(states) // NUM_HEADINGS, maze.size)
    return np.stack([column, row], axis=-1) + 0.5


def wall_hits(states: Int[np.ndarray, "T"]) -> np.ndarray:
    """True for each action of a walk that left the robot where it was: only a wall does that."""
    return np.asarray(states)[1:] == np.asarray(states)[:-1]


def describe(maze: MazeLike, *, state: int | None = None) -> str:
    """The maze in words, for alt text and screen readers."""
    maze = maze_of(maze)
    check_state(maze, "state", state)
    cell, heading = divmod(maze.start_state if state is None else int(state), NUM_HEADINGS)
    return (
        f"A maze of {maze.size} by {maze.size} cells. The robot is in {place(maze, cell)} and looks "
        f"{Heading(heading).name.lower()}. The exit is in {place(maze, maze.exit_cell)}. "
        f"From the start the shortest way out takes {shortest_path_length(maze)} actions."
    )


def describe_walk(maze: MazeLike, states: Sequence[int] | Int[np.ndarray, "T"]) -> str:
    """A walk in words, for alt text and screen readers."""
    maze = maze_of(maze)
    states = check_walk(maze, states)
    last, visited = int(states[-1]) // NUM_HEADINGS, len(np.unique(states // NUM_HEADINGS))
    end = "and reaches the exit" if last == maze.exit_cell else f"and is still inside, in {place(maze, last)}"
    hits = int(wall_hits(states).sum())
    hitting = {0: "hits no wall", 1: "hits a wall once"}.get(hits, f"hits a wall {hits} times")
    return (
        f"A walk of {len(states) - 1} actions from {place(maze, int(states[0]) // NUM_HEADINGS)}. "
        f"It visits {visited} of {maze.num_cells} cells, {hitting} {end}."
    )


def place(maze: Maze, cell: int) -> str:
    """Where a cell is, counted from 0 at the north-west corner."""
    row, column = divmod(int(cell), maze.size)
    return f"row {row}, column {column}"


def _write_numbers(axes: Axes, maze: Maze, states: Int[np.ndarray, "n"], values: Float[np.ndarray, "n"]) -> None:
    """Write each state's number into its triangle."""
    places = centres(maze, states) + 0.34 * AHEAD[states % NUM_HEADINGS]
    for (x, y), value in zip(places, values, strict=True):
        axes.text(x, y, f"{value:.3f}", ha="center", va="center", color="black", fontsize=10, zorder=3)


def _check_close_up(maze: Maze, cell: tuple[int, int] | None) -> tuple[int, int] | None:
    """Return the first cell of a close-up, or raise if the four cells are not all in the maze."""
    if cell is not None:
        wanted = f"a row and a column from 0 to {maze.size - 2}"
        if not isinstance(cell, (tuple, list)) or len(cell) != 2:
            raise TypeError(f"close_up must be {wanted}, got {in_words(cell)}")
        for name, number in zip(("row", "column"), cell, strict=True):
            check_integer(f"close_up must be {wanted}: the {name}", number, 0, maze.size - 2)
    return cell


def _prepare(
    maze: Maze, title: str, axes: Axes | None, *, bar: bool = False, close_up: tuple[int, int] | None = None
) -> Axes:
    """Axes with the walls and the exit of the maze, in a figure with room for a colour bar if asked."""
    if axes is not None and not isinstance(axes, Axes):
        raise TypeError(f"axes must be Axes of matplotlib or None, got {in_words(axes)}")
    if axes is None:
        inches = 4.6 if maze.size <= 12 else 7.0
        width = inches * (1.2 if bar else 1.0)
        axes = new_figure(width, inches).add_subplot()
    (top, left), size = (close_up, 2) if close_up else ((0, 0), maze.size)
    axes.set(xlim=(left - 0.08, left + size + 0.08), ylim=(top + size + 0.08, top - 0.08), aspect="equal")
    axes.set_axis_off()
    if title:
        axes.set_title(title)
    axes.add_collection(LineCollection(wall_pieces(maze), color=INK, linewidth=2.4, capstyle="projecting", zorder=4))
    _mark_exit(axes, maze, _cell_points(axes, size))
    return axes


def _cell_points(axes: Axes, size: int) -> float:
    """The side of a cell in points, roughly: what the layout will make of it is not known before it is drawn."""
    rows, columns = axes.get_gridspec().get_geometry() if axes.get_gridspec() else (1, 1)
    width, height = axes.figure.get_size_inches()
    return 72 * min(width / columns, height / rows) / size


def _mark_exit(axes: Axes, maze: Maze, points: float) -> None:
    """A green cell with a flag, and the word "exit" where there is room for letters that can be read."""
    row, column = divmod(maze.exit_cell, maze.size)
    named = points >= _ROOM_FOR_WORDS
    axes.add_patch(Rectangle((column, row), 1, 1, facecolor=EXIT, alpha=0.25, edgecolor="none", zorder=2))
    flag = FLAG * (1.0 if named else 1.35) + (column, row)
    axes.add_patch(Polygon(flag, facecolor=EXIT, edgecolor="none", zorder=2))
    if named:
        size = float(np.clip(0.34 * points, 10, 14))
        words = {"color": INK, "fontweight": "bold", "ha": "center", "zorder": 2, "clip_on": True}
        axes.text(column + 0.5, row + 0.92, "exit", fontsize=size, **words)


def wall_pieces(maze: Maze) -> Float[np.ndarray, "walls 2 2"]:
    """Both ends of every wall, each wall once."""
    cell, side = np.nonzero(maze.walls)
    once = (side != Heading.EAST) & (side != Heading.SOUTH) | (cell % maze.size == maze.size - 1) & (
        side == Heading.EAST
    )
    once |= (cell // maze.size == maze.size - 1) & (side == Heading.SOUTH)
    cell, side = cell[once], side[once]
    ends = np.stack([CORNERS, np.roll(CORNERS, -1, axis=0)], axis=1)  # [heading, 2 ends, xy]
    return centres(maze, cell * NUM_HEADINGS)[:, None] + ends[side]
