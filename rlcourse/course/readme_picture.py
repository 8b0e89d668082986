"""The picture on the front page: the robot before and after, and the GPT-2 while it learns.

    python -m rlcourse.course.readme_picture

trains both, as the notebooks do, and writes `assets/pictures/readme.png`. It takes about two minutes.
"""

from collections.abc import Mapping

from jaxtyping import Int
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from numpy import ndarray

from rlcourse.algorithms import History
from rlcourse.course.opening import SEED, SIZE, train_gpt2, train_robot
from rlcourse.explorables.training.training_picture import column
from rlcourse.files import ASSETS
from rlcourse.maze import Maze, draw_trajectory, generate_maze
from rlcourse.showing.picture import png
from rlcourse.showing.style import OKABE_ITO, in_our_style, new_figure, show_percent

TARGET = ASSETS / "pictures" / "readme.png"


@in_our_style
def readme_picture(
    maze: Maze, walks: Mapping[str, Int[ndarray, "T"]], history: History, answers: Mapping[str, str], *, question: str
) -> Figure:
    """Two walks through a maze, and a curve of accuracy with an answer at either end.

    Args:
        maze: Where the robot walks.
        walks: Title → the states of a walk; two of them.
        history: Of a training run, with a column "held_out".
        answers: "before" and "after" → what the model answered.
        question: What it was asked.
    """
    figure = new_figure(12, 3.9)
    *mazes, right = figure.subplots(1, 3, width_ratios=(1, 1, 1.55))
    for axes, (title, states) in zip(mazes, walks.items(), strict=True):
        draw_trajectory(maze, states, title=title, axes=axes)
        _drop_colour_bar(axes)
    _draw_learning(right, history, answers, question)
    return figure


def _drop_colour_bar(axes: Axes) -> None:
    """Without it the mazes are larger; that the line is a way is clear enough here."""
    for collection in axes.collections:
        if isinstance(collection, LineCollection) and collection.colorbar is not None:
            collection.colorbar.remove()


def _draw_learning(axes: Axes, history: History, answers: Mapping[str, str], question: str) -> None:
    steps, accuracy = column(history, "held_out")
    axes.plot(steps, accuracy, color=OKABE_ITO["blue"], marker="o", ms=4, lw=2)
    axes.set(ylim=(0, 1.02), xlim=(0, steps.max() * 1.02), xlabel="step of GRPO")
    axes.set_title("A small GPT-2, trained by GRPO: right on unseen sums", fontsize=11)
    show_percent(axes.yaxis)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    box = {"boxstyle": "round,pad=0.5", "facecolor": "white", "edgecolor": "#999999"}
    arrow = {"arrowstyle": "-", "color": "#999999"}
    for name, index, place in (("before", 0, (0.17, 0.10)), ("after", -1, (0.56, 0.52))):
        words = f"{name}: {question}\n“{answers[name].strip()}”"
        axes.annotate(
            words,
            (steps[index], accuracy[index]),
            place,
            textcoords="axes fraction",
            bbox=box,
            arrowprops=arrow,
            fontsize=9.5,
        )


def main() -> None:
    """Train both, draw, and write the file."""
    walks, run = train_robot(), train_gpt2()
    first, *_, last = walks.values()
    walks = {"A robot, before training …": first, "… and after": last}
    maze = generate_maze(SIZE, seed=SEED)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_bytes(png(readme_picture(maze, walks, run.history, run.answers, question=run.question)))
    print(f"{TARGET}: {TARGET.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
