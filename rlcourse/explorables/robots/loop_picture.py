"""The loop of agent and environment: an action goes one way, a state and a reward come back."""

from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from rlcourse.showing.picture import Picture
from rlcourse.showing.style import OKABE_ITO, in_our_style, new_figure

_BOX = (2.6, 1.0)
"""Inches of a box, across and high."""


@in_our_style
def loop_picture(agent: str = "you", environment: str = "the maze", *, sent: str = "", returned: str = "") -> Picture:
    """Two boxes and what goes between them, over and over.

    Args:
        agent: who plays the agent here, written below the word.
        environment: what plays the environment.
        sent: what an action is here, in a few words.
        returned: what state and reward are here.
    """
    figure = new_figure(8.4, 1.9)
    axes = figure.add_subplot()
    axes.set(xlim=(0, 8.4), ylim=(-0.95, 0.95), aspect="equal")
    axes.set_axis_off()
    _box(axes, 1.5, "agent", agent, "blue")
    _box(axes, 6.9, "environment", environment, "green")
    _arrow(axes, 2.9, 5.5, 0.28, "action $a$", sent, 1)
    _arrow(axes, 5.5, 2.9, -0.28, "state $s$, reward $r$", returned, -1)
    said = f"A loop: the agent ({agent}) sends an action to the environment ({environment})"
    return Picture(figure, f"{said}, which sends back a state and a reward, and so on.")


def _box(axes: Axes, middle: float, word: str, played_by: str, colour: str) -> None:
    width, height = _BOX
    corner = (middle - width / 2, -height / 2)
    looks = {"boxstyle": "round,pad=0.02,rounding_size=0.15", "fc": "none", "ec": OKABE_ITO[colour], "lw": 2.5}
    axes.add_patch(FancyBboxPatch(corner, width, height, **looks))
    axes.text(middle, 0.16, word, ha="center", va="center", fontsize=13, fontweight="bold")
    axes.text(middle, -0.22, played_by, ha="center", va="center", fontsize=11)


def _arrow(axes: Axes, start: float, end: float, y: float, words: str, here: str, side: int) -> None:
    """An arrow with its words on one side of it, 1 above or −1 below."""
    axes.add_patch(FancyArrowPatch((start, y), (end, y), arrowstyle="-|>", mutation_scale=20, lw=2, color="black"))
    axes.text((start + end) / 2, y + 0.22 * side, words, ha="center", va="center", fontsize=11.5)
    if here:
        axes.text((start + end) / 2, y + 0.46 * side, here, ha="center", va="center", fontsize=10)
