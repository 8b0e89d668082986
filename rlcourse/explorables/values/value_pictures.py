"""Pictures of notebook 03: rewards and returns, walks and their average, maps of values, and how critics learn.

Whatever is drawn is handed in, computed by the notebook and `rlcourse.equations`. Left out: anything that moves.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Bool, Float
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from rlcourse.maze import Maze, draw_maze, draw_values
from rlcourse.showing.picture import Picture
from rlcourse.showing.style import INK, LOOKS, OKABE_ITO, in_our_style, new_figure, tidy

COLUMNS = 2
"""Maps side by side: more would be too small to read on a narrow page."""


@in_our_style
def steps_picture(
    rewards: Float[ArrayLike, "T"],
    returns: Float[ArrayLike, "T"],
    *,
    terminated: Bool[ArrayLike, "T"],
    done: Bool[ArrayLike, "T"],
    without: Float[ArrayLike, "T"] | None = None,
) -> Picture:
    """The rewards of one robot's steps, under them the returns, and a line at each end of an episode.

    Args:
        rewards: rₜ.
        returns: Gₜ.
        terminated: Where the robot reached the exit.
        done: Where an episode ended, at the exit or at a time limit.
        without: The returns without a guess of what comes after the last row, if `returns` have one.
    """
    rewards, returns, terminated, done = (np.asarray(column) for column in (rewards, returns, terminated, done))
    lowest = min(returns.min(), np.asarray(returns if without is None else without).min())
    figure = new_figure(9.5, 4.4)
    above, below = figure.subplots(2, 1, sharex=True)
    above.bar(np.arange(len(rewards)), rewards, color=OKABE_ITO["blue"], width=0.9)
    dots = {"marker": "o", "markersize": 3, "linewidth": 1}
    if without is not None:
        below.plot(*_broken(without, done), color=OKABE_ITO["orange"], linestyle="--", label="without a guess", **dots)
    below.plot(
        *_broken(returns, done), color=OKABE_ITO["blue"], label="with the critic's guess after the last row", **dots
    )
    if without is not None:
        below.legend(loc="lower left", bbox_to_anchor=(0, 0.98), ncols=2)
    for axes, label in ((above, "reward rₜ"), (below, "return Gₜ")):
        for t in np.flatnonzero(done):
            colour, dash = ("green", "-") if terminated[t] else ("vermillion", "--")
            axes.axvline(t + 0.5, color=OKABE_ITO[colour], linestyle=dash)
        tidy(axes, ylabel=label, ylim=(min(-0.45, lowest - 0.05), 1.25))
    for t in np.flatnonzero(done):
        name = "exit" if terminated[t] else "time limit"
        above.annotate(name, (t + 0.5, 1.1), (4, 0), textcoords="offset points")
    below.set(xlabel="step t of the rollout", xlim=(-1, 1.04 * len(rewards)))
    exits = int(terminated.sum())
    cut = "" if without is None else f" Without a guess after the last row they would end at {float(without[-1]):+.2f}."
    return Picture(
        figure,
        f"Bars of {len(rewards)} rewards, from {rewards.min():+.2f} to {rewards.max():+.2f}. Below, the returns: they "
        f"rise towards an exit and begin anew after each end. Ends: {exits} at the exit, {int(done.sum()) - exits} at "
        f"a time limit.{cut}",
    )


def _broken(returns: Float[ArrayLike, "T"], done: Bool[np.ndarray, "T"]) -> tuple[np.ndarray, np.ndarray]:
    """Steps and returns of a curve with a gap after each end: the next step belongs to another episode."""
    ends = np.flatnonzero(done) + 1
    values = np.asarray(returns, dtype=float)
    return np.insert(np.arange(len(values), dtype=float), ends, np.nan), np.insert(values, ends, np.nan)


@in_our_style
def walks_picture(maze: Maze, state: int, returns: Float[ArrayLike, "N"], *, exact: float) -> Picture:
    """Where walks begin, what each of them returned, and how their average settles.

    Args:
        maze: Where the robot walks.
        state: Where every walk begins.
        returns: The return of each walk.
        exact: V of the state.
    """
    returns = np.asarray(returns)
    walks = np.arange(1, len(returns) + 1)
    average = returns.cumsum() / walks
    figure = new_figure(11, 3.4)
    where, left, right = figure.subplots(1, 3)
    draw_maze(maze, state=state, axes=where, title="from here")
    left.hist(returns, bins=40, color=OKABE_ITO["blue"])
    left.axvline(average[-1], color=OKABE_ITO["vermillion"], linewidth=2)
    tidy(left, grid="y", title=f"{len(returns):,} walks", xlabel="return", ylabel="walks")
    right.plot(walks, average, color=OKABE_ITO["vermillion"])
    right.axhline(exact, color=INK, linestyle="--")
    beside = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points", "va": "center"}
    right.annotate("exact\nvalue", (1, exact), (5, 0), **beside)  # outside, where no curve runs through it
    tidy(right, grid="y", title="The average settles", xlabel="walks so far", ylabel="average so far", xscale="log")
    return Picture(
        figure,
        f"The robot in the maze; a histogram of its returns, from {returns.min():+.2f} to {returns.max():+.2f}; their "
        f"average over more and more walks, which ends at {average[-1]:+.3f}, beside the exact value, {exact:+.3f}.",
    )


@in_our_style
def maps_picture(maze: Maze, maps: Mapping[str, Float[np.ndarray, "S"]]) -> Picture:
    """Numbers of all states as colours, two maps in a row, all on one scale.

    Args:
        maze: Whose states they are.
        maps: A title for each map, and its numbers.

    Raises:
        ValueError: there is no map.
    """
    if not maps:
        raise ValueError("maps must hold at least one map, got none")
    shown = np.stack([values[maze.open_states] for values in maps.values()])
    span = float(shown.min()), float(shown.max())
    columns = min(COLUMNS, len(maps))
    rows = -(-len(maps) // columns)
    figure = new_figure(4.6 * columns, 4.1 * rows)
    places = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, (title, values) in zip(places, maps.items(), strict=False):
        draw_values(maze, values, axes=axes, title=title, label="", span=span)
    for axes in places[len(maps) :]:
        axes.set_visible(False)
    told = [f"{name}, from {row.min():+.2f} to {row.max():+.2f}" for name, row in zip(maps, shown, strict=True)]
    return Picture(figure, f"Heat maps of the maze: {'; '.join(told)}.")


@in_our_style
def learning_picture(
    runs: Mapping[str, Sequence[tuple[ArrayLike, ArrayLike]]], *, best_possible: float, turning: float, updates: int
) -> Picture:
    """Learning curves of single robots, as far as there are any: a run that was stopped ends early.

    Args:
        runs: A name for each of at most three ways to learn, and for each robot updates and expected returns.
        best_possible: The largest expected return there is.
        turning: What turning on the spot until time is up pays.
        updates: How many a whole run has.
    """
    figure = new_figure(8, 3.8)
    axes = figure.subplots()
    told = []
    for (name, robots), look in zip(runs.items(), LOOKS, strict=False):
        for i, (x, y) in enumerate(robots):
            axes.plot(x, y, label=name if i == 0 else None, marker=look.marker, markersize=4, **look.line)
        ends = ", ".join(f"{y[-1]:+.2f}" for _, y in robots if len(y)) or "no robot yet"
        told.append(f"{name}: {ends}")
    for level, words in ((best_possible, "best possible"), (turning, "turning on the spot")):
        axes.axhline(level, color=INK, linewidth=0.8)
        axes.annotate(words, (0, level), (0, 3), textcoords="offset points", fontsize=10)
    lowest = min((np.min(y) for robots in runs.values() for _, y in robots if len(y)), default=best_possible - 1)
    top = best_possible + 0.1 * max(1.0, best_possible - lowest)  # room for two words
    labels = {"xlabel": "updates", "ylabel": "expected return from the start"}
    axes.xaxis.set_major_locator(MaxNLocator(7, integer=True))
    tidy(axes, legend={"loc": "best"}, xlim=(-1, updates + 1), ylim=(None, top), **labels)
    return Picture(figure, f"Learning curves, one for each robot, and where they end. {'; '.join(told)}.")
