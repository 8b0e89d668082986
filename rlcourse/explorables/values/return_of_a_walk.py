"""One walk from its first step to the exit: what each step paid, and the return from each step, Gₜ = rₜ + γ·Gₜ₊₁.

Left: where the robot is before step t. Right: rewards as bars, returns as points, by `rlcourse.equations`. A step is
chosen by its slider, or by dragging the robot along its way; below stands the sum that its return is. Left out: walks
that are cut before the exit.
"""

import numpy as np
from jaxtyping import Int
from matplotlib.figure import Figure

from rlcourse.arguments import describe
from rlcourse.equations import discounted_returns
from rlcourse.experiments.recipes import half_trained_policy, the_maze
from rlcourse.explorables.plotting.bench import Bench, Choice, Slider, bench, state_of
from rlcourse.explorables.plotting.marks import Area, Arrow, Axis, Bars, Handle, Line, Panel, Point, Rule, Text
from rlcourse.explorables.plotting.plot import Array, Plot
from rlcourse.explorables.plotting.plot import Choice as Words
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.explorables.values.values_of_gamma import wall_line
from rlcourse.explorables.values.walk_by_walk import paid
from rlcourse.maze import Maze, walk
from rlcourse.maze.dynamic_programming import MazeLike, maze_of
from rlcourse.maze.grid import NUM_HEADINGS
from rlcourse.maze.pictures import AHEAD, centres
from rlcourse.usual import usual_settings

GAMMAS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.97, 0.99, 1.0)
MOST_STEPS = 200
"""More bars could not be told apart."""

TRY_THIS = (
    "<b>Try this:</b> take the robot, one step from the exit, and drag it back the way it came, or go back with the "
    "slider. <b>Watch</b> the sum below: each return is one reward, and γ times the return that you have just seen. "
    "Then turn γ down, and see how far back the exit can still be felt."
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
    rewards, done = paid(maze, states)
    returns = np.stack([discounted_returns(rewards, done, gamma=gamma)[:, 0].numpy() for gamma in GAMMAS])
    later = np.concatenate([returns[:, 1:], np.zeros((len(GAMMAS), 1))], axis=1)
    walls, places = wall_line(maze), centres(maze, states)
    steps, here = len(rewards), states[:-1]
    ahead = 0.42 * AHEAD[here % NUM_HEADINGS]
    arrays = {
        "gamma": Array(("discount",), np.array(GAMMAS)),
        "reward": Array(("row",), rewards[:, 0].numpy()),
        "returns": Array(("discount", "row"), returns),
        "r": Array(("step",), rewards[:, 0].numpy()),
        "G": Array(("discount", "step"), returns),
        "G_next": Array(("discount", "step"), later),
        "way_x": Array(("place",), places[:, 0]),
        "way_y": Array(("place",), maze.size - places[:, 1]),
        "robot_x": Array(("step",), places[:-1, 0]),
        "robot_y": Array(("step",), maze.size - places[:-1, 1]),
        "look_x": Array(("step",), ahead[:, 0]),
        "look_y": Array(("step",), -ahead[:, 1]),
        "wall_x": Array(("wall",), walls[:, 0]),
        "wall_y": Array(("wall",), maze.size - walls[:, 1]),
    } | _exit(maze)
    last = np.arange(steps) == steps - 1
    sums = (
        "G = {r:+.2f} + {gamma:.2f} · ({G_next:+.3f}) = {G:+.3f}.",
        "G = {r:+.2f} + nothing: the episode is over. So G = {G:+.3f}.",
    )
    return Plot(
        grids={
            "discount": tuple(range(len(GAMMAS))),
            "step": tuple(range(steps)),
            "row": tuple(range(steps)),
            "place": tuple(range(steps + 1)),
            "wall": tuple(range(len(walls))),
            "side": (0, 1),
            "flag": tuple(range(len(FLAG))),
        },
        arrays=arrays,
        choices={
            "event": Words(("step",), _events(maze, states), EVENTS),
            "sum": Words(("step",), last.astype(int), sums),
        },
        panels=(_map(maze), _steps_panel(steps, min(-0.4, float(returns.min()) - 0.1))),
        readouts=("Step {step:.0f}: the robot {event}, which pays {r:+.2f}.", "{sum}"),
        alt=(
            f"Left, a walk of {steps} steps through a maze of {maze.size} by {maze.size} cells, from its beginning to "
            "the exit. Right, bars of the rewards, and the return from each step for γ = {gamma:.2f}. At step "
            "{step:.0f} the robot {event}, which pays {r:+.2f}; the return from there is {G:+.3f}."
        ),
    )


FLAG = ((0.12, 0.42), (0.12, 0.9), (0.4, 0.78), (0.12, 0.66))
"""The line of the exit's flag, in a cell whose lower left corner is (0, 0): up the pole, and around the cloth."""
EVENTS = ("drives on", "turns on the spot", "drives into a wall", "drives into the exit")


def _events(maze: Maze, states: Int[np.ndarray, "places"]) -> np.ndarray:
    """What each step was, a number into `EVENTS`."""
    here, there = states[:-1], states[1:]
    same_cell = here // NUM_HEADINGS == there // NUM_HEADINGS
    ways = [maze.transitions.terminal[there], here == there, same_cell]
    return np.select(ways, [3, 2, 1], default=0)


def _exit(maze: Maze) -> dict[str, Array]:
    """The exit's cell, between its lower and its upper edge, and the line of a flag in it."""
    row, column = divmod(maze.exit_cell, maze.size)
    flag = np.array(FLAG) + np.array([column, maze.size - row - 1])
    return {
        "exit_x": Array(("side",), np.array([column, column + 1])),
        "exit_low": Array(("side",), np.full(2, maze.size - row - 1)),
        "exit_high": Array(("side",), np.full(2, maze.size - row)),
        "flag_x": Array(("flag",), flag[:, 0]),
        "flag_y": Array(("flag",), flag[:, 1]),
    }


def _map(maze: Maze) -> Panel:
    row, column = divmod(maze.exit_cell, maze.size)
    edge = Axis("", -0.1, maze.size + 0.1)
    return Panel(
        "The robot before step t",
        x=edge,
        y=edge,
        marks=(
            Area("exit_x", "exit_low", "exit_high", along="side", colour="green"),
            Line("flag_x", "flag_y", along="flag", colour="green"),
            Line("way_x", "way_y", along="place", label="its way", colour="sky", width=4),
            Line("wall_x", "wall_y", along="wall", colour="ink", width=2.2),
            Text(column + 0.5, maze.size - row - 0.88, "exit"),
            Arrow("robot_x", "robot_y", "look_x", "look_y"),
            Point("robot_x", "robot_y", label="the robot"),
        ),
        equal=True,
        bare=True,
        handles=(Handle("step", "robot_x", "robot_y"),),
    )


def _steps_panel(steps: int, low: float) -> Panel:
    return Panel(
        "What each step paid, and the return from it",
        x=Axis("step t", -1, steps),
        y=Axis("reward, return", low, 1.15),
        marks=(
            Rule(y=0.0, dash="solid", width=1),
            Bars("row", "reward", along="row", label="reward r_t"),
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
