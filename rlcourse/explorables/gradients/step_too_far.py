"""One gradient, followed too far: J along the step, and what the robot does at each length of it.

    θ(length) = θ₀ + length · g/|g|

J, the walls hit and the entropy at each length are exact; only the walk that is shown is drawn at random. Orange grows
from a wall as often as it is hit in a mean walk; arrows say which way the robot leaves a cell (`maze.ways_out`).
Left out: where the gradient comes from. It is given, and what is wrong in it is the story.
"""

import numpy as np
import torch
from jaxtyping import Float, Int
from matplotlib.figure import Figure
from torch import Tensor

from rlcourse.arguments import check_integer, describe
from rlcourse.explorables.plotting.bench import Bench, Slider, bench, state_of
from rlcourse.explorables.plotting.plot import Area, Array, Axis, Choice, Handle, Line, Panel, Plot, Point, Rule, Text
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.maze import Maze, expected_return, solve, walk, ways_out
from rlcourse.maze.dynamic_programming import MazeLike, PolicyTable, check_policy, maze_of
from rlcourse.maze.grid import NUM_ACTIONS, NUM_HEADINGS
from rlcourse.maze.pictures import AHEAD, RIGHT, centres, robot_outline, wall_hits, wall_pieces
from rlcourse.usual import usual_settings

LENGTHS = tuple(range(0, 61, 2))
ACTIONS = 60
"""How many actions of a walk are shown."""
LARGEST = 8
"""Cells a side: arrows in smaller cells would be too small to read."""
FULL, DEEPEST = 20.0, 0.45
"""Hits in a mean walk from which on the orange grows no deeper; and how much of the cell it fills then."""
SELDOM = 0.2
"""A wall that is hit less often than that at any length gets no orange."""
SEEN = 0.01
"""Boxes that are less deep have no outline."""
HEIGHT = 390
"""Of the curve's panel, in pixels."""
FAINT = 0.08
"""Ways that are less likely are not drawn."""
SLIDERS = (
    Slider("length", "length of the step", LENGTHS, start=0, readout=".0f", exact=True, play=True),
    Slider("time", "a walk", range(ACTIONS + 1), start=0, readout=".0f", exact=True, play=True),
)
TRY_THIS = (
    "<b>Try this:</b> drag the dot along J until it is highest, and press <b>▶ a walk</b>. Then drag it to the far "
    "end, and play the walk again. <b>Watch:</b> where the dashed line, the slope at the beginning, and the truth part "
    "company; and on the map, at which wall the orange grows."
)
VERDICTS = (
    "This is the robot before the step.",
    "Better than before the step.",
    "This is as far as this gradient carries.",
    "Worse than before the step.",
    "Worse than a robot that only turns on the spot until its time is up.",
)
WHERE = ("It is still inside.", "It is out.")


def step_too_far(maze: MazeLike, logits: Tensor, uphill: Tensor, *, max_steps: int) -> Bench:
    """The explorable: drag the length of a step along J, and see the robot at that length in its maze.

    Args:
        maze: a `Maze` of at most 8 × 8 cells, or an environment of one.
        logits: the policy's table before the step, [S, 3].
        uphill: the direction of the step, [S, 3]; only its direction counts.
        max_steps: the time limit of a walk.

    Raises:
        ValueError: the maze is larger, a table has another shape, or the direction is 0.
    """
    return bench(TRY_THIS, step_too_far_plot(maze, logits, uphill, max_steps=max_steps), SLIDERS)


def step_too_far_figure(
    maze: MazeLike, logits: Tensor, uphill: Tensor, *, max_steps: int, length: int = 60, time: int = ACTIONS
) -> Figure:
    """The same picture of one state, for print. `length` is even, 0 to 60, and `time` 0 to 60."""
    state = state_of(SLIDERS, length=length, time=time)
    return draw_figure(step_too_far_plot(maze, logits, uphill, max_steps=max_steps), state)


def policies_along(logits: Tensor, uphill: Tensor) -> Float[np.ndarray, "lengths S 3"]:
    """π(a|s) after a step of each of the LENGTHS."""
    lengths = torch.tensor(LENGTHS, dtype=torch.float64)[:, None, None]
    logits, uphill = (table.detach().double() for table in (logits, uphill))
    return torch.softmax(logits + lengths * uphill / uphill.norm(), dim=-1).numpy()


def hits_by_state(maze: Maze, policy: PolicyTable, *, max_steps: int) -> Float[np.ndarray, "S"]:
    """How often the robot drives into the wall ahead of each state, in a mean walk from the start; exact.

    pₜ₊₁(s′) = Σ pₜ(s)·π(a|s)  over the (s, a) that lead to s′,     hits(s) = Σₜ pₜ(s)·π(a|s)  over a into a wall
    """
    rules, table = maze.transitions, check_policy(maze, policy)
    here, hits = np.zeros(maze.num_states), np.zeros(maze.num_states)
    here[maze.start_state] = 1.0
    for _ in range(max_steps):
        acts = here[:, None] * table  # [S, 3]
        hits += (acts * rules.hit_wall).sum(axis=1)
        here = np.bincount(rules.next_state.ravel(), weights=acts.ravel(), minlength=maze.num_states)
        here[rules.terminal] = 0.0
    return hits


@usual_settings()
def step_too_far_plot(maze: MazeLike, logits: Tensor, uphill: Tensor, *, max_steps: int) -> Plot:
    """J, walls, arrows and a walk for every length of the step."""
    maze = maze_of(maze)
    _check(maze, logits, uphill)
    check_integer("max_steps", max_steps, ACTIONS, 100_000)
    policies = policies_along(logits, uphill)
    hits = np.stack([hits_by_state(maze, policy, max_steps=max_steps) for policy in policies])  # [lengths, S]
    walks = np.stack([_walk(maze, policy) for policy in policies])  # [lengths, 61]
    J = np.array([expected_return(maze, policy, max_steps=max_steps) for policy in policies])
    turning = max_steps * maze.rewards.step
    best = expected_return(maze, solve(maze, gamma=0.99).policy, max_steps=max_steps)
    orange, spots = _orange(maze, hits)
    arrays = {
        **_curve(J, _slope(maze, logits, uphill, max_steps), best),
        **_drawing(maze, np.stack([ways_out(maze, policy) for policy in policies])),
        **_robot(maze, walks),
        **orange,
        "walls": Array(("length",), hits.sum(axis=1)),
        "entropy": Array(("length",), _entropy(maze, policies)),
    }
    out = (walks // NUM_HEADINGS == maze.exit_cell).astype(int)
    low = min(float(J.min()), turning)
    return Plot(
        grids={
            "length": LENGTHS,
            "time": tuple(range(ACTIONS + 1)),
            "edge": (0, 1),
            "outline": tuple(range(arrays["edge_x"].values.shape[-1])),
            "corner": tuple(range(arrays["robot_x"].values.shape[-1])),
            "ink": tuple(range(arrays["way_x"].values.shape[-1])),
            "wall": tuple(range(arrays["wall_x"].values.size)),
        },
        arrays=arrays,
        choices={
            "verdict": Choice(("length",), _verdict(J, turning), VERDICTS),
            "where": Choice(("length", "time"), out, WHERE),
        },
        panels=(_curve_panel(turning, low - 0.2, best + 0.25), _map_panel(maze, spots)),
        readouts=(
            "Length {length:.0f}: J = {J:+.2f}, {walls:.1f} walls hit in a mean walk, entropy {entropy:.2f} of "
            f"{np.log(NUM_ACTIONS):.2f}. {{verdict}}",
            "The walk shown is a single one, drawn at random. After {time:.0f} actions: {bumps:.0f} walls hit. {where}",
        ),
        alt=(
            "Left, the expected return J over the length of a step along one gradient; right, the robot in its maze "
            "after a step of that length. Length {length:.0f}: J = {J:+.2f}, {walls:.1f} walls hit in a mean walk, "
            "entropy {entropy:.2f}. {verdict} The walk shown has hit {bumps:.0f} walls in {time:.0f} actions. {where}"
        ),
    )


def _check(maze: Maze, logits: Tensor, uphill: Tensor) -> None:
    if maze.size > LARGEST:
        raise ValueError(f"maze must have at most {LARGEST} × {LARGEST} cells, got {maze.size} × {maze.size}")
    for name, table in (("logits", logits), ("uphill", uphill)):
        if tuple(table.shape) != (maze.num_states, NUM_ACTIONS):
            raise ValueError(f"{name} must have the shape ({maze.num_states}, 3), got {tuple(table.shape)}")
    if not float(uphill.detach().norm()) > 0:
        raise ValueError(f"uphill must be a direction, longer than 0, got the length {describe(uphill.norm().item())}")


def _slope(maze: Maze, logits: Tensor, uphill: Tensor, max_steps: int, nudge: float = 1e-4) -> float:
    """The derivative of J along the step, at its beginning."""
    logits, uphill = (table.detach().double() for table in (logits, uphill))
    up, down = (
        expected_return(maze, torch.softmax(logits + side * uphill / uphill.norm(), dim=-1), max_steps=max_steps)
        for side in (nudge, -nudge)
    )
    return (up - down) / (2 * nudge)


def _walk(maze: Maze, policy: PolicyTable) -> Int[np.ndarray, "61"]:
    """The states of one walk; where it ends early its last state is repeated."""
    states = walk(maze, policy, seed=0, max_steps=ACTIONS)
    return np.concatenate([states, np.full(ACTIONS + 1 - len(states), states[-1])])


def _entropy(maze: Maze, policies: Float[np.ndarray, "lengths S 3"]) -> Float[np.ndarray, "lengths"]:
    """−Σ π log π, the mean over all states but the exit's."""
    inside = policies[:, maze.open_states]
    return -(inside * np.log(np.maximum(inside, 1e-300))).sum(axis=-1).mean(axis=-1)


def _verdict(J: Float[np.ndarray, "lengths"], turning: float) -> np.ndarray:
    """Which of the VERDICTS holds."""
    here = np.arange(len(J))
    worse, worst = J[0] > J, min(turning, J[0]) > J
    return np.select([here == 0, here == J.argmax(), worst, worse], [0, 2, 4, 3], default=1)


def _curve(J: Float[np.ndarray, "lengths"], slope: float, best: float) -> dict[str, Array]:
    promised = J[0] + slope * np.array(LENGTHS, dtype=float)
    beyond = promised > best + 0.2  # nobody can get more: there the line ends
    return {"J": Array(("length",), J), "promised": Array(("length",), np.where(beyond, np.nan, promised))}


def _drawing(maze: Maze, ways: Float[np.ndarray, "lengths cells 4"]) -> dict[str, Array]:
    """The walls, and an arrow for each way out of a cell, as long as it is likely. y grows to the north."""
    p = np.where(ways < FAINT, np.nan, ways)[..., None]
    tail, tip, barb, side = 0.21 - 0.53 * p, 0.21 + 0.11 * p, 0.21 - 0.1 * p, 0.14 * p
    gap = np.full_like(p, np.nan)
    along = np.concatenate([tail, tip, barb, tip, barb, gap], axis=-1)  # one stroke of the pen, [lengths, cells, 4, 6]
    aside = np.concatenate([0 * p, 0 * p, side, 0 * p, -side, gap], axis=-1)
    middle = centres(maze, np.arange(maze.num_cells) * NUM_HEADINGS)[:, None, None]
    places = middle + along[..., None] * AHEAD[:, None] + aside[..., None] * RIGHT[:, None]
    places = places.reshape(len(ways), -1, 2)
    walls = wall_pieces(maze)
    lines = np.concatenate([walls, np.full_like(walls[:, :1], np.nan)], axis=1).reshape(-1, 2)  # a gap after each
    return {
        "way_x": Array(("length", "ink"), places[..., 0]),
        "way_y": Array(("length", "ink"), maze.size - places[..., 1]),
        "wall_x": Array(("wall",), lines[:, 0]),
        "wall_y": Array(("wall",), maze.size - lines[:, 1]),
    }


def _robot(maze: Maze, walks: Int[np.ndarray, "lengths time"]) -> dict[str, Array]:
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


def _orange(maze: Maze, hits: Float[np.ndarray, "lengths S"]) -> tuple[dict[str, Array], list[str]]:
    """For each wall that is hit at all a box that grows from it into the cell, and the boxes' names."""
    arrays, names, outlines = {}, [], [np.full((len(hits), 1, 2), np.nan)]
    for state in np.flatnonzero(hits.max(axis=0) >= SELDOM).tolist():
        depth = DEEPEST * np.minimum(hits[:, state] / FULL, 1.0)[:, None]
        (x, y), (ahead_x, ahead_y) = centres(maze, np.array([state]))[0], AHEAD[state % NUM_HEADINGS]
        y, ahead_y = maze.size - y, -ahead_y
        ends, pairs = {}, {}
        for axis, middle, ahead in (("x", x, ahead_x), ("y", y, ahead_y)):
            wall = middle + 0.5 * ahead
            near, far = (wall, wall - ahead * depth) if ahead else (middle - 0.5, middle + 0.5)
            pairs[axis] = np.concatenate([near + 0 * depth, far + 0 * depth], axis=1)
            ends[axis] = np.sort(pairs[axis], axis=1)  # [lengths, 2]
        name = f"hits_{state}"
        names.append(name)
        arrays[f"{name}_x"] = Array(("length", "edge"), ends["x"])
        arrays[f"{name}_low"] = Array(("length", "edge"), np.repeat(ends["y"][:, :1], 2, axis=1))
        arrays[name] = Array(("length", "edge"), np.repeat(ends["y"][:, 1:], 2, axis=1))
        into, beside = [1, 0, 0, 1, 1], [0, 0, 1, 1, 1]  # from the open side to the wall, along it, and back
        order = {"x": into if ahead_x else beside, "y": into if ahead_y else beside}
        outline = np.stack([pairs[axis][:, order[axis]] for axis in "xy"], axis=-1)
        outline[:, -1] = np.nan  # a gap after each
        outlines.append(np.where(depth[..., None] < SEEN, np.nan, outline))
    edges = np.concatenate(outlines, axis=1)
    arrays |= {f"edge_{axis}": Array(("length", "outline"), edges[..., i]) for i, axis in enumerate("xy")}
    return arrays, names


def _curve_panel(turning: float, low: float, high: float) -> Panel:
    return Panel(
        title="How good the robot is",
        x=Axis("length of the step", float(LENGTHS[0]), float(LENGTHS[-1])),
        y=Axis("expected return J", low, high),
        marks=(
            Rule(y=turning, label="turning on the spot", colour="ink", dash="dotted"),
            Line("length", "promised", along="length", label="its slope at 0", colour="orange", dash="dashed"),
            Line("length", "J", along="length", label="J, the truth", colour="blue", width=3.5),
            Point("length", "J", label="at this length"),
        ),
        handles=(Handle("length", "length", "J"),),
        height=HEIGHT,
        share=1.4,  # beside a map, so that both are about as tall
    )


def _map_panel(maze: Maze, spots: list[str]) -> Panel:
    row, column = divmod(maze.exit_cell, maze.size)
    edge = Axis("", -0.1, maze.size + 0.1)
    boxes = (Area(f"{name}_x", f"{name}_low", name, along="edge", colour="vermillion") for name in spots)
    return Panel(
        title="What it does in its maze",
        x=edge,
        y=edge,
        marks=(
            *boxes,
            Line("edge_x", "edge_y", along="outline", label="hits this wall", colour="vermillion", width=3.0),
            Line("robot_x", "robot_y", along="corner", label="the robot", colour="blue", width=4.0),
            Line("way_x", "way_y", along="ink", label="ways out", colour="ink", width=2.0),
            Line("wall_x", "wall_y", along="wall", colour="ink", width=2.5),
            Text(column + 0.5, maze.size - row - 0.6, "exit"),
        ),
        equal=True,
        bare=True,
    )
