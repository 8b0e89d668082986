"""One gradient, followed too far: J along the step, and what the robot does at each length of it.

    θ(length) = θ₀ + length · g/|g|

J, the walls hit and the entropy at each length are exact; only the walk that is shown is drawn at random. Orange grows
from a wall as often as it is hit in a mean walk; arrows say which way the robot leaves a cell (`maze.ways_out`).
The map is drawn by `step_too_far_map`. Left out: where the gradients come from. They are given, and what is wrong in
them is the story.
"""

from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import Float, Int
from matplotlib.figure import Figure
from torch import Tensor

from rlcourse.arguments import check_integer, describe
from rlcourse.explorables.gradients.step_too_far_map import drawing, map_panel, often_hit, orange, robot
from rlcourse.explorables.plotting.bench import Bench, Slider, bench, state_of
from rlcourse.explorables.plotting.bench import Choice as Buttons
from rlcourse.explorables.plotting.maze_map import line_grids, maze_lines
from rlcourse.explorables.plotting.plot import Array, Axis, Choice, Handle, Line, Panel, Plot, Point, Rule
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.maze import Maze, expected_return, hits_by_state, solve, walk, ways_out
from rlcourse.maze.dynamic_programming import MazeLike, PolicyTable, maze_of
from rlcourse.maze.grid import NUM_ACTIONS, NUM_HEADINGS
from rlcourse.usual import usual_settings

LENGTHS = tuple(range(0, 61, 2))
ACTIONS = 60
"""How many actions of a walk are shown."""
LARGEST = 8
"""Cells a side: arrows in smaller cells would be too small to read."""
HEIGHT = 390
"""Of the curve's panel, in pixels."""
MOST = 6
"""Gradients to choose from."""
Gradients = Mapping[str, Tensor]
"""A name for each direction, [S, 3]."""
SLIDERS = (
    Slider("length", "length of the step", LENGTHS, start=0, readout=".0f", exact=True, play=True),
    Slider("time", "a walk", range(ACTIONS + 1), start=0, readout=".0f", exact=True, play=True),
)
TRY_THIS = (
    "<b>Try this:</b> drag the dot along J until it is highest, and press <b>▶ a walk</b>. Then drag it to the far "
    "end, and play the walk again. <b>Watch:</b> where the dashed line, the slope at the beginning, and the truth part "
    "company; and on the map, at which wall the orange grows."
)
TRY_ALL = TRY_THIS + (
    " Then take <b>another batch</b>: the buttons put another gradient, of the same robot, in its place. Does the same "
    "wall grow? And what do more walks change?"
)
VERDICTS = (
    "This is the robot before the step.",
    "Better than before the step.",
    "This is as far as this gradient carries.",
    "Worse than before the step.",
    "Worse than a robot that only turns on the spot until its time is up.",
    "As good as turning on the spot until its time is up.",
)
AS_GOOD = 0.05
"""How near to the return of turning on the spot counts as the same."""
WHERE = ("It is still inside.", "It is out.")


def step_too_far(maze: MazeLike, logits: Tensor, uphill: Tensor | Gradients, *, max_steps: int) -> Bench:
    """The explorable: drag the length of a step along J, and see the robot at that length in its maze.

    Args:
        maze: a `Maze` of at most 8 × 8 cells, or an environment of one.
        logits: the policy's table before the step, [S, 3].
        uphill: the direction of the step, [S, 3]; only its direction counts. Or two to six of them to choose from,
            each with its name.
        max_steps: the time limit of a walk.

    Raises:
        ValueError: the maze is larger, a table has another shape, a direction is 0, or there are more than six.
    """
    plot = step_too_far_plot(maze, logits, uphill, max_steps=max_steps)
    return bench(TRY_ALL if "gradient" in plot.grids else TRY_THIS, plot, _controls(uphill))


def step_too_far_figure(
    maze: MazeLike,
    logits: Tensor,
    uphill: Tensor | Gradients,
    *,
    max_steps: int,
    length: int = 60,
    time: int = ACTIONS,
    gradient: int = 0,
) -> Figure:
    """The same picture of one state, for print.

    `length` is even, 0 to 60, `time` 0 to 60; `gradient` counts from 0, where there are several.
    """
    controls = _controls(uphill)
    chosen = {"gradient": gradient} if len(controls) > len(SLIDERS) else {}
    state = state_of(controls, length=length, time=time, **chosen)
    return draw_figure(step_too_far_plot(maze, logits, uphill, max_steps=max_steps), state)


def _named(uphill: Tensor | Gradients) -> dict[str, Tensor]:
    return {"": uphill} if isinstance(uphill, Tensor) else dict(uphill)


def _controls(uphill: Tensor | Gradients) -> tuple[Slider | Buttons, ...]:
    """The sliders and, where there are several gradients, a button for each."""
    names = tuple(_named(uphill))
    if len(names) == 1:
        return SLIDERS
    return (*SLIDERS, Buttons("gradient", "the gradient is from", names, start=0, buttons=True))


def policies_along(logits: Tensor, uphill: Tensor) -> Float[np.ndarray, "lengths S 3"]:
    """π(a|s) after a step of each of the LENGTHS."""
    lengths = torch.tensor(LENGTHS, dtype=torch.float64)[:, None, None]
    logits, uphill = (table.detach().double() for table in (logits, uphill))
    return torch.softmax(logits + lengths * uphill / uphill.norm(), dim=-1).numpy()


@usual_settings()
def step_too_far_plot(maze: MazeLike, logits: Tensor, uphill: Tensor | Gradients, *, max_steps: int) -> Plot:
    """J, walls, arrows and a walk for every length of the step, along each of the gradients."""
    maze = maze_of(maze)
    gradients = _named(uphill)
    _check(maze, logits, gradients)
    check_integer("max_steps", max_steps, ACTIONS, 100_000)
    turning = max_steps * maze.rewards.step
    best = expected_return(maze, solve(maze, gamma=0.99).policy, max_steps=max_steps)
    policies = {name: policies_along(logits, way) for name, way in gradients.items()}
    hits = {
        name: np.stack([hits_by_state(maze, policy, max_steps=max_steps) for policy in row])
        for name, row in policies.items()
    }
    spots = often_hit(np.stack(list(hits.values())))
    rows = []
    for name, way in gradients.items():
        J = np.array([expected_return(maze, policy, max_steps=max_steps) for policy in policies[name]])
        numbers = _curve(J, _slope(maze, logits, way, max_steps), best, turning)
        rows.append(numbers | _behaviour(maze, policies[name], hits[name]) | orange(maze, hits[name], spots))
    arrays = _side_by_side(rows) | maze_lines(maze)
    lowest = min(float(arrays["J"].values.min()), turning)
    panels = (_curve_panel(turning, lowest - 0.2, best + 0.25), map_panel(maze, spots))
    return _plot(maze, arrays, tuple(gradients), panels)


def _behaviour(
    maze: Maze, policies: Float[np.ndarray, "lengths S 3"], hits: Float[np.ndarray, "lengths S"]
) -> dict[str, Array]:
    """What the robot does at each length: its ways out, a walk, the walls it hits, and how undecided it is."""
    walks = np.stack([_walk(maze, policy) for policy in policies])  # [lengths, 61]
    return {
        **drawing(maze, np.stack([ways_out(maze, policy) for policy in policies])),
        **robot(maze, walks),
        "out": Array(("length", "time"), (walks // NUM_HEADINGS == maze.exit_cell).astype(int)),
        "walls": Array(("length",), hits.sum(axis=1)),
        "entropy": Array(("length",), _entropy(maze, policies)),
    }


def _side_by_side(rows: list[dict[str, Array]]) -> dict[str, Array]:
    """The arrays of all gradients, with the gradient as a first dimension where there are several."""
    if len(rows) == 1:
        return rows[0]
    return {
        name: Array(("gradient", *array.dims), np.stack([row[name].values for row in rows]))
        for name, array in rows[0].items()
    }


def _plot(maze: Maze, arrays: dict[str, Array], names: tuple[str, ...], panels: tuple[Panel, ...]) -> Plot:
    """The plot of these numbers, and its words."""
    verdict, out = arrays.pop("verdict"), arrays.pop("out")
    grids = {
        "length": LENGTHS,
        "time": tuple(range(ACTIONS + 1)),
        "edge": (0, 1),
        "outline": tuple(range(arrays["edge_x"].values.shape[-1])),
        "corner": tuple(range(arrays["robot_x"].values.shape[-1])),
        "ink": tuple(range(arrays["way_x"].values.shape[-1])),
        **line_grids(maze),
    }
    choices = {
        "verdict": Choice(verdict.dims, verdict.values, VERDICTS),
        "where": Choice(out.dims, out.values, WHERE),
    }
    which = ""
    if len(names) > 1:
        grids["gradient"] = tuple(range(len(names)))
        choices["whose"] = Choice(("gradient",), np.arange(len(names)), names)
        which = " (the gradient: {whose})"
    return Plot(
        grids=grids,
        arrays=arrays,
        choices=choices,
        panels=panels,
        readouts=(
            f"Length {{length:.0f}}{which}: J = {{J:+.2f}}, {{walls:.1f}} walls hit in a mean walk, entropy "
            f"{{entropy:.2f}} of {np.log(NUM_ACTIONS):.2f}. {{verdict}}",
            "The walk shown is a single one, drawn at random. After {time:.0f} actions: {bumps:.0f} walls hit. {where}",
        ),
        alt=(
            "Left, the expected return J over the length of a step along one gradient; right, the robot in its maze "
            f"after a step of that length. Length {{length:.0f}}{which}: J = {{J:+.2f}}, {{walls:.1f}} walls hit in a "
            "mean walk, entropy {entropy:.2f}. {verdict} The walk shown has hit {bumps:.0f} walls in {time:.0f} "
            "actions. {where}"
        ),
    )


def _check(maze: Maze, logits: Tensor, gradients: Gradients) -> None:
    if not 1 <= len(gradients) <= MOST:
        raise ValueError(f"uphill must be one direction or up to {MOST}, got {len(gradients)}")
    if maze.size > LARGEST:
        raise ValueError(f"maze must have at most {LARGEST} × {LARGEST} cells, got {maze.size} × {maze.size}")
    ways = {f"uphill[{name!r}]" if name else "uphill": way for name, way in gradients.items()}
    for name, table in {"logits": logits, **ways}.items():
        if tuple(table.shape) != (maze.num_states, NUM_ACTIONS):
            raise ValueError(f"{name} must have the shape ({maze.num_states}, 3), got {tuple(table.shape)}")
    for name, way in ways.items():
        if not float(way.detach().norm()) > 0:
            raise ValueError(f"{name} must be a direction, longer than 0, got the length {describe(way.norm().item())}")


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
    worse, worst, idle = J[0] > J, min(turning - 1e-6, J[0]) > J, np.abs(J - turning) <= AS_GOOD
    return np.select([here == 0, here == J.argmax(), worst, idle, worse], [0, 2, 4, 5, 3], default=1)


def _curve(J: Float[np.ndarray, "lengths"], slope: float, best: float, turning: float) -> dict[str, Array]:
    """J, the line that its slope at 0 promises, and the words on it."""
    promised = J[0] + slope * np.array(LENGTHS, dtype=float)
    beyond = promised > best + 0.2  # nobody can get more: there the line ends
    return {
        "J": Array(("length",), J),
        "promised": Array(("length",), np.where(beyond, np.nan, promised)),
        "verdict": Array(("length",), _verdict(J, turning)),
    }


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
