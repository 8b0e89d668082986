"""Monte Carlo and TD on the same map: a robot walks, and two critics paint what they think of each place.

While the robot walks, TD moves one place a step, towards the reward and its own opinion of the next place. Monte Carlo
waits for the end and then paints the whole way back. What they thought when comes from `walk_by_walk`, computed once in
Python; the browser (`monte_carlo_and_td.js`) replays it.
"""

from collections.abc import Callable
from pathlib import Path

import anywidget
import numpy as np
import traitlets
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from torch import Tensor

from rlcourse.arguments import MOST_SEED, check_integer, check_number
from rlcourse.equations import discounted_returns, td_errors
from rlcourse.experiments.recipes import half_trained_policy
from rlcourse.explorables.values.walk_by_walk import Lessons, record_lessons
from rlcourse.maze import Maze, draw_maze, generate_maze
from rlcourse.maze.dynamic_programming import MazeLike, PolicyTable, check_policy, maze_of
from rlcourse.maze.grid import NUM_HEADINGS
from rlcourse.maze.pictures import AHEAD, CORNERS, centres, wall_pieces
from rlcourse.showing.live import BROWSER, BUTTONS, Lasting, Still
from rlcourse.showing.picture import Picture
from rlcourse.showing.style import DASHES, OKABE_ITO, in_our_style, new_figure, tidy

_HERE = Path(__file__).parent
LARGEST = 6
"""Cells a side: in a larger maze the numbers could not be read."""
MOST_WALKS = 300

TRY_THIS = (
    "Try this: press play and watch the end of the first walk, then step through the second. Who has heard of the "
    "exit, and how far back? Then drag the slider to the right, and compare the curves."
)


class MonteCarloAndTD(Lasting, anywidget.AnyWidget):
    """Two maps that fill as walks are replayed, and each critic's error below."""

    _esm = BROWSER + "".join((_HERE / name).read_text("utf-8") for name in ("painted_maps.js", "monte_carlo_and_td.js"))
    _css = BUTTONS + (_HERE / "monte_carlo_and_td.css").read_text("utf-8")

    world = traitlets.Dict().tag(sync=True)
    """The maze, the length of each walk and the words, as plain data."""
    numbers = traitlets.Dict().tag(sync=True)
    """Name → float32, little-endian: the walks one after the other, and the tables of both critics."""

    def __init__(self, lessons: Lessons) -> None:
        super().__init__(world=world_of(lessons), numbers=numbers_of(lessons))
        self.lessons = lessons

    def picture(self) -> Picture:
        """Both maps after the first walk, on paper."""
        return Picture(draw_lessons(self.lessons, 1), words_for(self.lessons, 1))

    def still(self) -> Still:
        """What stands where the widget cannot live."""
        return Still.of(self.picture(), "Run this cell to play the walks.")


def monte_carlo_and_td(
    maze: MazeLike | None = None,
    policy: PolicyTable | None = None,
    *,
    gamma: float | int = 0.97,
    step_size: float | int = 0.5,
    walks: int = 150,
    seed: int = 0,
    td_error_fn: Callable[..., Tensor] = td_errors,
    returns_fn: Callable[..., Tensor] = discounted_returns,
) -> MonteCarloAndTD:
    """The explorable: the same walks on two maps, painted by Monte Carlo and by TD.

    Args:
        maze: at most 6 × 6 cells; a small one of the course's when None.
        policy: π(a|s) of the robot that walks, [S, 3]; half of the time the best action, else any, when None.
        gamma: the discount, 0 to 1.
        step_size: α, above 0 to 1. Large, so that few walks show something.
        walks: how many there are to play, 1 to 300.
        seed: which walks.
        td_error_fn: like `rlcourse.equations.td_errors`; TD learns from what it returns.
        returns_fn: like `rlcourse.equations.discounted_returns`; Monte Carlo learns from what it returns.

    Raises:
        TypeError, ValueError: an argument is of the wrong kind or out of range.
    """
    lessons = lessons_of(
        maze, policy, gamma=gamma, step_size=step_size, walks=walks, seed=seed, td_error_fn=td_error_fn,
        returns_fn=returns_fn,
    )  # fmt: skip
    return MonteCarloAndTD(lessons)


def monte_carlo_and_td_figure(
    maze: MazeLike | None = None, policy: PolicyTable | None = None, *, after: int = 1, **settings: float | int
) -> Figure:
    """The same for print, after so many walks; `settings` are those of `monte_carlo_and_td`.

    Raises:
        TypeError, ValueError: as there, or after is more than the walks.
    """
    lessons = lessons_of(maze, policy, **settings)
    check_integer("after", after, 0, len(lessons.walks))
    return draw_lessons(lessons, after)


def lessons_of(
    maze: MazeLike | None = None,
    policy: PolicyTable | None = None,
    *,
    gamma: float | int = 0.97,
    step_size: float | int = 0.5,
    walks: int = 150,
    seed: int = 0,
    **functions: Callable[..., Tensor],
) -> Lessons:
    """The arguments, checked, and what comes of them."""
    maze = generate_maze(4, seed=0) if maze is None else maze_of(maze)
    if maze.size > LARGEST:
        raise ValueError(f"maze must have at most {LARGEST} × {LARGEST} cells, got {maze.size} × {maze.size}")
    policy = half_trained_policy(maze) if policy is None else check_policy(maze, policy)
    check_number("gamma", gamma, low=0, high=1)
    check_number("step_size", step_size, low=0, high=1, above=True)
    check_integer("walks", walks, 1, MOST_WALKS)
    check_integer("seed", seed, 0, MOST_SEED // 1000 - 1)
    given = {"gamma": gamma, "step_size": step_size, "walks": walks, "seed": seed}
    return record_lessons(maze, policy, **given, **functions)


def world_of(lessons: Lessons) -> dict:
    """What does not change, in cells: triangles, walls, where each state's number stands; and the walks' lengths."""
    maze = lessons.maze
    shown = maze.open_states
    return {
        "size": maze.size,
        "exit": maze.exit_cell,
        "walls": wall_pieces(maze).reshape(-1, 4).tolist(),
        "shown": shown.tolist(),
        "triangles": triangles(lessons).reshape(len(shown), -1).tolist(),
        "places": places(maze).tolist(),
        "lengths": [len(walk.rewards) for walk in lessons.walks],
        "largest": largest(lessons),
        "hint": TRY_THIS,
        "about": f"Both maps show the same maze of {maze.size} by {maze.size} cells, each cut into four triangles, one "
        "for each way the robot may look.",
    }


def numbers_of(lessons: Lessons) -> dict[str, bytes]:
    """The walks end to end, each with one state more than steps, and what came of them."""
    walks = lessons.walks
    arrays = {
        "states": np.concatenate([walk.states for walk in walks]),
        "rewards": np.concatenate([walk.rewards for walk in walks]),
        "returns": np.concatenate([walk.returns for walk in walks]),
        "tdSteps": np.concatenate([walk.td for walk in walks]),
        "monteCarloSteps": np.concatenate([walk.monte_carlo for walk in walks]),
        "td": lessons.td,
        "monteCarlo": lessons.monte_carlo,
        "tdError": lessons.errors(lessons.td),
        "monteCarloError": lessons.errors(lessons.monte_carlo),
    }
    return {name: np.ascontiguousarray(array).astype("<f4").tobytes() for name, array in arrays.items()}


def triangles(lessons: Lessons) -> Float[np.ndarray, "shown 3 2"]:
    """The corners of each state's triangle, x and y; y grows to the south."""
    shown = lessons.maze.open_states
    sides = np.stack([CORNERS, np.roll(CORNERS, -1, axis=0), np.zeros((4, 2))], axis=1)
    return centres(lessons.maze, shown)[:, None] + sides[shown % NUM_HEADINGS]


def places(maze: Maze) -> Float[np.ndarray, "shown 2"]:
    """Where the number of each state stands: inside its triangle, where that is wide enough for it."""
    shown = maze.open_states
    return centres(maze, shown) + np.array([0.27, 0.33]) * AHEAD[shown % NUM_HEADINGS]


def largest(lessons: Lessons) -> float:
    """The largest number that a critic ever thought of, which has the fullest colour; at least 1."""
    return float(max(1.0, np.abs(lessons.td).max(), np.abs(lessons.monte_carlo).max()))


def words_for(lessons: Lessons, after: int) -> str:
    """What there is to see after so many walks."""
    above = [int((table[after] > 0).sum()) for table in (lessons.monte_carlo, lessons.td)]
    errors = [lessons.errors(table)[after] for table in (lessons.monte_carlo, lessons.td)]
    return (
        f"Two maps of a maze after {after} walk{'s' * (after != 1)}. Monte Carlo thinks {above[0]} places are worth "
        f"more than 0, TD {above[1]}. Beside them, the average error of the values over the walks: now "
        f"{errors[0]:.2f} for Monte Carlo and {errors[1]:.2f} for TD."
    )


@in_our_style
def draw_lessons(lessons: Lessons, after: int) -> Figure:
    """Both maps after so many walks, and both errors over all of them."""
    figure = new_figure(12, 4.2)
    left, middle, right = figure.subplots(1, 3)
    _draw_map(left, lessons, lessons.monte_carlo[after], "Monte Carlo: the whole way back")
    _draw_map(middle, lessons, lessons.td[after], "TD: one step back")
    for name, table, look in (
        ("Monte Carlo", lessons.monte_carlo, {"color": OKABE_ITO["green"]}),
        ("TD", lessons.td, {"color": OKABE_ITO["purple"], "ls": DASHES["dashed"]}),
    ):
        right.plot(lessons.errors(table), label=name, **look)
    right.axvline(after, color="black", lw=0.8)
    tidy(right, title="Average error of V", grid="y", legend={}, xlabel="walks", ylim=(0, None))
    return figure


def _draw_map(axes: Axes, lessons: Lessons, values: Float[np.ndarray, "S"], title: str) -> None:
    shown, most = values[lessons.maze.open_states].tolist(), largest(lessons)
    draw_maze(lessons.maze, title=title, axes=axes)
    colours = [(OKABE_ITO["blue" if value >= 0 else "orange"], tint(value, most)) for value in shown]
    axes.add_collection(PolyCollection(triangles(lessons), facecolors=colours, zorder=1))
    for (x, y), value in zip(places(lessons.maze), shown, strict=True):
        if value:
            words = f"{value:.2f}".replace("0.", ".") if abs(value) >= 0.005 else "0"
            axes.text(x, y, words, ha="center", va="center", fontsize=7, zorder=5)


def tint(value: float | int, most: float) -> float:
    """How strong the colour of a value is, from 0 to 0.75, through which a number can still be read."""
    return 0.75 * min(1.0, abs(value) / most)
