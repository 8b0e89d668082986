"""What every state and action of a maze is worth, exactly, as the discount γ turns: V, Q and A as heat maps.

The numbers are those of `rlcourse.maze.solve`, for an optimal policy or for one that is given, at some twenty γ. Each
cell is cut into four triangles, one for each way the robot may look. Left out: γ = 1, where the values of a policy that
never leaves are infinite.
"""

import numpy as np
from matplotlib.figure import Figure

from rlcourse.arguments import check_choice, describe
from rlcourse.explorables.plotting.bench import Bench, Choice, Slider, bench, state_of
from rlcourse.explorables.plotting.marks import Axis, Handle, Panel, Point, Tiles
from rlcourse.explorables.plotting.maze_map import line_grids, maze_lines, maze_marks
from rlcourse.explorables.plotting.plot import Array, Plot
from rlcourse.explorables.plotting.plot import Choice as Words
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.maze import Maze, solve
from rlcourse.maze.dynamic_programming import MazeLike, PolicyTable, Solution, maze_of
from rlcourse.maze.grid import NUM_HEADINGS, Heading
from rlcourse.maze.pictures import AHEAD, CORNERS, centres, place
from rlcourse.usual import usual_settings

GAMMAS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9)
GAMMAS += (0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.985, 0.99, 0.995, 0.999)
"""Close together near 1, where most happens."""
ACTIONS = ("forward", "left", "right")
QUANTITIES = tuple(f"{letter} {action}" for letter in "QA" for action in ACTIONS)
LARGEST = 14
"""Cells a side: more would be too much to send to the browser."""

TRY_THIS = (
    "<b>Try this:</b> turn γ down to 0 and press ▶. <b>Watch:</b> how far from the exit its reward can still be felt. "
    "Then look on the right, at <i>A forward</i>, for the places where driving on is a mistake, and how large a one: "
    "click on one, or drag the diamond over the map."
)


def values_of_gamma(maze: MazeLike, policy: PolicyTable | None = None) -> Bench:
    """The explorable: exact V, and Q or A of an action, over a slider for γ; a click or a slider chooses a state.

    Args:
        maze: a `Maze` of at most 14 × 14 cells, or an environment of one.
        policy: π(a|s) as an [S, 3] table, whose values are shown; an optimal policy's when None.

    Raises:
        ValueError: the maze is larger, or the policy is no table of probabilities.
    """
    maze = maze_of(maze)
    return bench(TRY_THIS, values_of_gamma_plot(maze, policy), controls_of(maze))


def values_of_gamma_figure(
    maze: MazeLike, policy: PolicyTable | None = None, *, gamma: float = 0.97, quantity: str = "A forward"
) -> Figure:
    """The same picture of one state, for print, with the robot's start marked.

    Raises:
        ValueError: gamma is none of `GAMMAS`, or quantity none of `QUANTITIES`.
    """
    maze = maze_of(maze)
    if gamma not in GAMMAS:
        raise ValueError(f"gamma must be one of {', '.join(f'{one:g}' for one in GAMMAS)}, got {describe(gamma)}")
    check_choice("quantity", quantity, QUANTITIES)
    state = state_of(controls_of(maze), discount=GAMMAS.index(gamma), quantity=QUANTITIES.index(quantity))
    return draw_figure(values_of_gamma_plot(maze, policy), state)


def controls_of(maze: Maze) -> tuple[Choice, Slider, Choice]:
    """γ and what is shown on the right in words, and the state by its seat, from the robot's start."""
    seats = maze.open_states.tolist()
    return (
        Choice("discount", "discount γ", tuple(f"{gamma:g}" for gamma in GAMMAS), start=GAMMAS.index(0.97), play=True),
        Slider("seat", "state", range(len(seats)), start=seats.index(maze.start_state), readout="", exact=True),
        Choice("quantity", "on the right:", QUANTITIES, start=QUANTITIES.index("A forward"), buttons=True),
    )


@usual_settings()
def values_of_gamma_plot(maze: Maze, policy: PolicyTable | None = None) -> Plot:
    """V, Q and A of all states but the exit's, for every γ. A "seat" is a state's place among these."""
    if maze.size > LARGEST:
        raise ValueError(f"maze must have at most {LARGEST} × {LARGEST} cells, got {maze.size} × {maze.size}")
    shown = maze.open_states
    solutions = [solve(maze, gamma=gamma, policy=policy) for gamma in GAMMAS]
    arrays = {"gamma": Array(("discount",), np.array(GAMMAS)), **_numbers(solutions, shown), **_drawing(maze)}
    whose = "the best policy" if policy is None else "the given policy"
    what = Words(("quantity",), np.arange(len(QUANTITIES)), QUANTITIES)
    where = Words(("seat",), np.arange(len(shown)), tuple(_words_for(maze, state) for state in shown.tolist()))
    return Plot(
        grids={
            "discount": tuple(range(len(GAMMAS))),
            "quantity": tuple(range(len(QUANTITIES))),
            "seat": tuple(range(len(shown))),
            **line_grids(maze),
        },
        arrays=arrays,
        choices={"what": what, "where": where},
        panels=(
            _map(maze, f"V(s): the value of a state under {whose}", "V", "reach"),
            _map(maze, "Q or A: what one action is worth there", "chosen", "chosen_reach"),
        ),
        readouts=(
            "{where}:  V = {V:+.3f}.",
            "Q:  forward {Q_forward:+.3f},  left {Q_left:+.3f},  right {Q_right:+.3f}.",
            "A = Q − V:  forward {A_forward:+.3f},  left {A_left:+.3f},  right {A_right:+.3f}.",
        ),
        alt=(
            f"Two heat maps of a maze of {maze.size} by {maze.size} cells for γ = {{gamma:.3f}}: the value of every "
            f"state under {whose}, and {{what}}. {{where}}: V = {{V:+.3f}}, {{what}} = {{chosen:+.3f}}."
        ),
    )


def _numbers(solutions: list[Solution], shown: np.ndarray) -> dict[str, Array]:
    """V, Q and A by name, what is shown on the right, and the ends of both colour bars at every γ."""
    V = np.array([solution.V[shown] for solution in solutions])  # [γ, seat]
    Q, A = (np.array([getattr(solution, name)[shown] for solution in solutions]) for name in "QA")  # [γ, seat, action]
    both = ("discount", "seat")
    arrays = {"V": Array(both, V)}
    for i, action in enumerate(ACTIONS):
        arrays |= {f"Q_{action}": Array(both, Q[..., i]), f"A_{action}": Array(both, A[..., i])}
    chosen = np.concatenate([Q, A], axis=2).transpose(2, 0, 1)  # [quantity, γ, seat]
    # One scale for V and all Q, and one for all A, so that colours can be compared; never empty.
    reaches = (np.abs(numbers).max(axis=(1, 2)) for numbers in (Q, A))
    of_Q, of_A = (np.where(reach > 0, reach, 1) for reach in reaches)
    return arrays | {
        "chosen": Array(("quantity", *both), chosen),
        "reach": Array(("discount",), of_Q),
        "chosen_reach": Array(("quantity", "discount"), np.repeat([of_Q, of_A], len(ACTIONS), axis=0)),
    }


def _drawing(maze: Maze) -> dict[str, Array]:
    """The triangles of all states, a place inside each, and the walls. In the picture y grows to the north."""
    shown = maze.open_states
    heading, middle = shown % NUM_HEADINGS, centres(maze, shown)
    corners = (middle + CORNERS[heading], middle + np.roll(CORNERS, -1, axis=0)[heading], middle)
    arrays = {}
    for name, places in zip(("one", "two", "middle", "seat"), (*corners, middle + 0.34 * AHEAD[heading]), strict=True):
        arrays |= {f"{name}_x": Array(("seat",), places[:, 0]), f"{name}_y": Array(("seat",), maze.size - places[:, 1])}
    return arrays | maze_lines(maze)


def _map(maze: Maze, title: str, value: str, reach: str) -> Panel:
    corners = tuple((f"{name}_x", f"{name}_y") for name in ("one", "two", "middle"))
    edge = Axis("", -0.1, maze.size + 0.1)
    return Panel(
        title,
        x=edge,
        y=edge,
        marks=(
            Tiles(corners, value, along="seat", reach=reach, chooses="seat"),
            *maze_marks(maze),
            Point("seat_x", "seat_y", label="the state chosen", colour="purple", marker="diamond"),
        ),
        equal=True,
        bare=True,
        handles=(Handle("seat", "seat_x", "seat_y"),),
    )


def _words_for(maze: Maze, state: int) -> str:
    cell, heading = divmod(state, NUM_HEADINGS)
    return f"{place(maze, cell).capitalize()}, looking {Heading(heading).name.lower()}"
