"""The map of a step too far: walls, ways out of each cell, a walk, and orange that grows where walls are hit.

Everything has the length of the step as its first dimension. Left out: what the robot gets, see `step_too_far`.
"""

import numpy as np
from jaxtyping import Float, Int

from rlcourse.explorables.plotting.maze_map import maze_marks
from rlcourse.explorables.plotting.plot import Area, Array, Axis, Line, Panel
from rlcourse.maze import Maze
from rlcourse.maze.grid import NUM_HEADINGS
from rlcourse.maze.pictures import AHEAD, RIGHT, centres, robot_outline, wall_hits

FULL, DEEPEST = 20.0, 0.45
"""Hits in a mean walk from which on the orange grows no deeper; and how much of the cell it fills then."""
SELDOM = 0.2
"""A wall that is hit less often than that at any length gets no orange."""
SEEN = 0.01
"""Boxes that are less deep have no outline."""
FAINT = 0.08
"""Ways that are less likely are not drawn."""


def drawing(maze: Maze, ways: Float[np.ndarray, "lengths cells 4"]) -> dict[str, Array]:
    """An arrow for each way out of a cell, as long as it is likely. y grows to the north."""
    p = np.where(ways < FAINT, np.nan, ways)[..., None]
    tail, tip, barb, side = 0.21 - 0.53 * p, 0.21 + 0.11 * p, 0.21 - 0.1 * p, 0.14 * p
    gap = np.full_like(p, np.nan)
    along = np.concatenate([tail, tip, barb, tip, barb, gap], axis=-1)  # one stroke of the pen, [lengths, cells, 4, 6]
    aside = np.concatenate([0 * p, 0 * p, side, 0 * p, -side, gap], axis=-1)
    middle = centres(maze, np.arange(maze.num_cells) * NUM_HEADINGS)[:, None, None]
    places = middle + along[..., None] * AHEAD[:, None] + aside[..., None] * RIGHT[:, None]
    places = places.reshape(len(ways), -1, 2)
    return {
        "way_x": Array(("length", "ink"), places[..., 0]),
        "way_y": Array(("length", "ink"), maze.size - places[..., 1]),
    }


def robot(maze: Maze, walks: Int[np.ndarray, "lengths time"]) -> dict[str, Array]:
    """The robot's outline after each action of the walk, and how often it has hit a wall by then."""
    outlines = {state: robot_outline(maze.size, state) for state in np.unique(walks).tolist()}
    places = np.array([[np.vstack([outlines[s], outlines[s][:1]]) for s in states] for states in walks.tolist()])
    inside = walks[:, :-1] // NUM_HEADINGS != maze.exit_cell
    bumps = np.stack([wall_hits(states) for states in walks]) & inside
    so_far = np.concatenate([np.zeros((len(walks), 1)), bumps.cumsum(axis=1)], axis=1)
    return {
        "robot_x": Array(("length", "time", "corner"), places[..., 0]),
        "robot_y": Array(("length", "time", "corner"), maze.size - places[..., 1]),
        "bumps": Array(("length", "time"), so_far),
    }


def often_hit(hits: Float[np.ndarray, "gradients lengths S"]) -> list[int]:
    """The states whose wall gets orange: those that drive into it at some length, along one of the gradients."""
    return np.flatnonzero(hits.max(axis=(0, 1)) >= SELDOM).tolist()


def orange(maze: Maze, hits: Float[np.ndarray, "lengths S"], states: list[int]) -> dict[str, Array]:
    """A box for each of the states, which grows from its wall into the cell; and their outlines, one after the other.

    The box of state s is `hits_s`, its upper edge, with `hits_s_x` and `hits_s_low`.
    """
    arrays, outlines = {}, [np.full((len(hits), 1, 2), np.nan)]
    for state in states:
        depth = DEEPEST * np.minimum(hits[:, state] / FULL, 1.0)[:, None]
        box, outline = _box(maze, state, depth)
        (x, y), name = np.sort(box, axis=-1), f"hits_{state}"  # [lengths, 2] each
        arrays[f"{name}_x"] = Array(("length", "edge"), x)
        arrays[f"{name}_low"] = Array(("length", "edge"), np.repeat(y[:, :1], 2, axis=1))
        arrays[name] = Array(("length", "edge"), np.repeat(y[:, 1:], 2, axis=1))
        outlines.append(np.where(depth[..., None] < SEEN, np.nan, outline))
    edges = np.concatenate(outlines, axis=1)
    return arrays | {f"edge_{axis}": Array(("length", "outline"), edges[..., i]) for i, axis in enumerate("xy")}


def _box(
    maze: Maze, state: int, depth: Float[np.ndarray, "lengths 1"]
) -> tuple[Float[np.ndarray, "2 lengths 2"], Float[np.ndarray, "lengths 3 2"]]:
    """A box of that depth at the wall ahead: its two ends in x and in y, and its side along the wall."""
    middle, ahead = centres(maze, np.array([state]))[0], AHEAD[state % NUM_HEADINGS]
    pairs = []
    for at, way in ((middle[0], ahead[0]), (maze.size - middle[1], -ahead[1])):
        wall = at + 0.5 * way
        near, far = (wall, wall - way * depth) if way else (at - 0.5, at + 0.5)
        pairs.append(np.concatenate([near + 0 * depth, far + 0 * depth], axis=1))
    into, beside = [0, 0, 0], [0, 1, 1]  # along the wall: a line along any other side would look like one
    outline = np.stack([pair[:, into if way else beside] for pair, way in zip(pairs, ahead, strict=True)], axis=-1)
    outline[:, -1] = np.nan  # a gap after each
    return np.stack(pairs), outline


def map_panel(maze: Maze, states: list[int]) -> Panel:
    """The maze with all that is drawn above; the states are those whose walls get orange."""
    edge = Axis("", -0.1, maze.size + 0.1)
    boxes = (
        Area(f"hits_{state}_x", f"hits_{state}_low", f"hits_{state}", along="edge", colour="vermillion")
        for state in states
    )
    return Panel(
        title="What it does in its maze",
        x=edge,
        y=edge,
        marks=(
            *boxes,
            *maze_marks(maze),
            Line("edge_x", "edge_y", along="outline", label="hits this wall", colour="vermillion", width=5.0),
            Line("robot_x", "robot_y", along="corner", label="the robot", colour="blue", width=4.0),
            Line("way_x", "way_y", along="ink", label="ways out", colour="ink", width=2.0),
        ),
        equal=True,
        bare=True,
    )
