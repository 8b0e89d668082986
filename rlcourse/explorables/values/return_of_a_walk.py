"""One walk from its first step to the exit: what each step paid, and the return from each step, Gₜ = rₜ + γ·Gₜ₊₁.

Left: where the robot is before step t. Right: rewards as bars, returns as points, by `rlcourse.equations`. What costs a
step without leading anywhere, a turn or a wall, has its mark on the map and under its bar. A step is chosen by its
slider, or by dragging the robot along its way; below stands the sum that its return is. Left out: walks that are cut
before the exit.
"""

import numpy as np
from jaxtyping import Int
from matplotlib.figure import Figure

from rlcourse.arguments import describe
from rlcourse.equations import discounted_returns
from rlcourse.experiments.recipes import half_trained_policy, the_maze
from rlcourse.explorables.plotting.bench import Bench, Choice, Slider, bench, state_of
from rlcourse.explorables.plotting.marks import (
    Arrow,
    Axis,
    Bars,
    Handle,
    Line,
    Panel,
    Point,
    Rule,
    Scatter,
)
from rlcourse.explorables.plotting.maze_map import line_grids, maze_lines, maze_marks
from rlcourse.explorables.plotting.plot import Array, Plot
from rlcourse.explorables.plotting.plot import Choice as Words
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.explorables.values.walk_by_walk import paid
from rlcourse.maze import Maze, walk
from rlcourse.maze.dynamic_programming import MazeLike, maze_of
from rlcourse.maze.grid import NUM_HEADINGS
from rlcourse.maze.pictures import AHEAD, RIGHT, centres
from rlcourse.showing.words import minus
from rlcourse.usual import usual_settings

GAMMAS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.97, 0.99, 1.0)
MOST_STEPS = 200
"""More bars could not be told apart."""

TRY_THIS = (
    "<b>Try this:</b> take the robot, one step from the exit, and drag it back the way it came, or go back with the "
    "slider. <b>Watch</b> the sum below: each return is one reward, and γ times the return that you have just seen. "
    "Where does the curve bend? Look for the marks under the bars, and for theirs on the map. Then turn γ down, and "
    "see how far back the exit can still be felt."
)


def return_of_a_walk(maze: MazeLike | None = None, states: Int[np.ndarray, "places"] | None = None) -> Bench:
    """The explorable: a slider for the step and one for γ, over the walk, its rewards and its returns.

    Args:
        maze: where the robot walked; the course's when None.
        states: the states it went through, the last one in the exit, as `rlcourse.maze.walk` returns them; a walk of a
            half-trained robot when None.

    Raises:
        ValueError: the walk has no step or more than 200, or it does not end in the exit.
    """
    maze, states = _walk_of(maze, states)
    return bench(TRY_THIS, return_of_a_walk_plot(maze, states), controls_of(len(states) - 1))


def return_of_a_walk_figure(
    maze: MazeLike | None = None,
    states: Int[np.ndarray, "places"] | None = None,
    *,
    gamma: float | int = 0.97,
    step: int | None = None,
) -> Figure:
    """The same picture of one state, for print. `step` is the last one when None.

    Raises:
        ValueError: as there, or gamma is none of `GAMMAS`, or there is no such step.
    """
    maze, states = _walk_of(maze, states)
    controls = controls_of(len(states) - 1)
    if gamma not in GAMMAS:
        raise ValueError(f"gamma must be one of {', '.join(f'{one:g}' for one in GAMMAS)}, got {describe(gamma)}")
    chosen = {} if step is None else {"step": step}
    state = state_of(controls, discount=GAMMAS.index(gamma), **chosen)
    return draw_figure(return_of_a_walk_plot(maze, states), state)


def controls_of(steps: int) -> tuple[Slider, Choice]:
    """Which step, from the last one; and γ, in words, as it is not evenly spaced."""
    words = tuple(f"{gamma:g}" for gamma in GAMMAS)
    return (
        Slider("step", "step t", range(steps), start=steps - 1, readout=".0f", exact=True),
        Choice("discount", "discount γ", words, start=GAMMAS.index(0.97), play=True),
    )


@usual_settings()
def return_of_a_walk_plot(maze: Maze, states: Int[np.ndarray, "places"]) -> Plot:
    """The walk, its rewards, and its returns for every γ. A "row" is a step that is drawn whichever is chosen."""
    steps, events = len(states) - 1, _events(maze, states)
    arrays = _sums(maze, states) | _drawing(maze, states) | _costs(maze, states, events)
    last = np.arange(steps) == steps - 1
    return Plot(
        grids={
            "discount": tuple(range(len(GAMMAS))),
            "step": tuple(range(steps)),
            "row": tuple(range(steps)),
            "place": tuple(range(steps + 1)),
            **line_grids(maze),
        },
        arrays=arrays,
        choices={
            "event": Words(("step",), events, EVENTS),
            "sum": Words(("step",), last.astype(int), SUMS),
        },
        panels=(_map(maze), _steps_panel(maze, min(-0.4, float(arrays["returns"].values.min()) - 0.1), steps)),
        readouts=("Step {step:.0f}: the robot {event}, which pays {r:+.2f}.", "{sum}"),
        alt=(
            f"Left, a walk of {steps} steps through a maze of {maze.size} by {maze.size} cells, from its beginning to "
            f"the exit, with {(events == TURN).sum()} turns and {(events == WALL).sum()} walls hit. Right, bars of the "
            "rewards, and the return from each step for γ = {gamma:.2f}. At step {step:.0f} the robot {event}, which "
            "pays {r:+.2f}; the return from there is {G:+.3f}."
        ),
    )


EVENTS = ("drives on", "turns on the spot", "drives into a wall", "drives into the exit")
TURN, WALL = 1, 2
SUMS = (
    "G = {r:+.2f} + {gamma:.2f} · ({G_next:+.3f}) = {G:+.3f}.",
    "G = {r:+.2f} + nothing: the episode is over. So G = {G:+.3f}.",
)


def _sums(maze: Maze, states: Int[np.ndarray, "places"]) -> dict[str, Array]:
    """What each step paid, and the return from it and from the next, for every γ."""
    rewards, done = paid(maze, states)
    returns = np.stack([discounted_returns(rewards, done, gamma=gamma)[:, 0].numpy() for gamma in GAMMAS])
    later = np.concatenate([returns[:, 1:], np.zeros((len(GAMMAS), 1))], axis=1)
    return {
        "gamma": Array(("discount",), np.array(GAMMAS)),
        "reward": Array(("row",), rewards[:, 0].numpy()),
        "returns": Array(("discount", "row"), returns),
        "r": Array(("step",), rewards[:, 0].numpy()),
        "G": Array(("discount", "step"), returns),
        "G_next": Array(("discount", "step"), later),
    }


def _drawing(maze: Maze, states: Int[np.ndarray, "places"]) -> dict[str, Array]:
    """The walls, the exit, the way, and the robot at each step. In the picture y grows to the north."""
    places = centres(maze, states)
    ahead = 0.42 * AHEAD[states[:-1] % NUM_HEADINGS]
    return {
        "way_x": Array(("place",), places[:, 0]),
        "way_y": Array(("place",), maze.size - places[:, 1]),
        "robot_x": Array(("step",), places[:-1, 0]),
        "robot_y": Array(("step",), maze.size - places[:-1, 1]),
        "look_x": Array(("step",), ahead[:, 0]),
        "look_y": Array(("step",), -ahead[:, 1]),
    } | maze_lines(maze)


BESIDE = 0.24 * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
"""Where in a cell its first turn is marked, and its second, third and fourth: beside the way, not on it."""
ALONG = (0.0, 0.2, -0.2, 0.4, -0.4)
"""Where along a wall the times that it was hit are marked."""


def _costs(maze: Maze, states: Int[np.ndarray, "places"], events: Int[np.ndarray, "steps"]) -> dict[str, Array]:
    """Where each turn and each wall hit is marked on the map, and under its bar; NaN for all other steps."""
    spots = {name: np.full((len(events), 2), np.nan) for name in ("turn", "hit")}
    before: dict[tuple[int, int], int] = {}  # how often the same was done there
    for step, (state, event) in enumerate(zip(states[:-1].tolist(), events.tolist(), strict=True)):
        cell, heading = divmod(state, NUM_HEADINGS)
        there = (event, cell if event == TURN else state)
        times = before[there] = before.get(there, -1) + 1
        middle = centres(maze, np.array([state]))[0]
        if event == TURN:
            spots["turn"][step] = middle + BESIDE[times % len(BESIDE)]
        elif event == WALL:
            spots["hit"][step] = middle + 0.5 * AHEAD[heading] + ALONG[times % len(ALONG)] * RIGHT[heading]
    arrays = {}
    rewards = paid(maze, states)[0][:, 0].numpy()
    for name, places in spots.items():
        under = np.where(np.isnan(places[:, 0]), np.nan, np.minimum(rewards, 0.0) - 0.06)
        arrays |= {
            f"{name}_x": Array(("row",), places[:, 0]),
            f"{name}_y": Array(("row",), maze.size - places[:, 1]),
            f"{name}_bar": Array(("row",), under),
        }
    return arrays


def _cost_marks(maze: Maze, *, on_map: bool) -> tuple[Scatter, Scatter]:
    """The marks of turns and of walls hit, alike on the map and under the bars."""
    pay = {"turn": maze.rewards.step, "hit": maze.rewards.step + maze.rewards.wall}
    words = {"turn": "a turn", "hit": "a wall hit"}
    looks = {"turn": {"colour": "purple", "size": 8}, "hit": {"colour": "orange", "marker": "square", "size": 10}}
    turn, hit = (
        Scatter(
            f"{name}_x" if on_map else "row",
            f"{name}_y" if on_map else f"{name}_bar",
            along="row",
            label=minus(f"{words[name]}: {pay[name]:+.2f}" if on_map else words[name]),
            **look,
        )
        for name, look in looks.items()
    )
    return turn, hit


def _events(maze: Maze, states: Int[np.ndarray, "places"]) -> np.ndarray:
    """What each step was, a number into `EVENTS`."""
    here, there = states[:-1], states[1:]
    same_cell = here // NUM_HEADINGS == there // NUM_HEADINGS
    ways = [maze.transitions.terminal[there], here == there, same_cell]
    return np.select(ways, [3, 2, 1], default=0)


def _map(maze: Maze) -> Panel:
    edge = Axis("", -0.1, maze.size + 0.1)
    return Panel(
        "The robot before step t",
        x=edge,
        y=edge,
        marks=(
            Line("way_x", "way_y", along="place", label="its way", colour="sky", width=4),
            *maze_marks(maze),
            *_cost_marks(maze, on_map=True),
            Arrow("robot_x", "robot_y", "look_x", "look_y"),
            Point("robot_x", "robot_y", label="the robot"),
        ),
        equal=True,
        bare=True,
        handles=(Handle("step", "robot_x", "robot_y"),),
    )


def _steps_panel(maze: Maze, low: float, steps: int) -> Panel:
    return Panel(
        "What each step paid, and the return from it",
        x=Axis("step t", -1, steps),
        y=Axis("reward, return", low, 1.15),
        marks=(
            Rule(y=0.0, dash="solid", width=1),
            Bars("row", "reward", along="row", label="reward r_t"),
            *_cost_marks(maze, on_map=False),
            Line("row", "returns", along="row", label="return G_t", colour="green", width=1.5, marker="circle"),
            Rule(x="step"),
            Point("step", "G", label="step t"),
        ),
        handles=(Handle("step", "step", "G"),),
    )


def _walk_of(maze: MazeLike | None, states: Int[np.ndarray, "places"] | None) -> tuple[Maze, np.ndarray]:
    """The arguments, checked, with a walk where there is none."""
    maze = the_maze() if maze is None else maze_of(maze)
    if states is None:
        states = walk(maze, half_trained_policy(maze), seed=3, max_steps=20 * maze.num_states)
    states = np.asarray(states)
    if not 2 <= len(states) <= MOST_STEPS + 1:
        raise ValueError(f"states must be a walk of 1 to {MOST_STEPS} steps, got {len(states) - 1}")
    if not maze.transitions.terminal[states[-1]]:
        cell = int(states[-1]) // NUM_HEADINGS
        raise ValueError(f"states must end in the exit, cell {maze.exit_cell}, got a walk that ends in cell {cell}")
    return maze, states
