"""What each stage of training does to what a model can do and to what it does: three ways to ask, a line for each.

Whatever is drawn is handed in: a picture asks no model. Left out: seeds, as each learner has trained one model.
"""

from collections.abc import Mapping

from rlcourse.showing.picture import Picture
from rlcourse.showing.style import LOOKS, in_our_style, new_figure, show_percent, tidy
from rlcourse.showing.words import minus

_PAPER = {"facecolor": "white", "edgecolor": "none", "pad": 1.0, "alpha": 0.8}
"""Behind a number, so that a line does not run through it."""


@in_our_style
def three_stages_picture(shares: Mapping[str, Mapping[str, float]], *, about: str = "right answers") -> Picture:
    """Stages from left to right, and for each way of asking how the share of right answers goes over them.

    Args:
        shares: By the stage: by the way of asking, the share.
        about: What the shares are of.

    Raises:
        ValueError: There are fewer than two stages, more ways than can be told apart, or a stage lacks one of them.
    """
    ways = list(next(iter(shares.values()), ()))
    if len(shares) < 2 or not 1 <= len(ways) <= len(LOOKS) or any(list(of) != ways for of in shares.values()):
        found = {stage: list(of) for stage, of in shares.items()}
        raise ValueError(f"shares must have the same ways at two stages at least, got {found}")
    figure = new_figure(8.6, 3.4)
    axes = figure.subplots()
    places = range(len(shares))
    for look, way in zip(LOOKS, ways, strict=False):
        values = [of[way] for of in shares.values()]
        axes.plot(places, values, **look.line, marker=look.marker, ms=8, lw=2.2, label=way)
    for place, of in enumerate(shares.values()):
        for value, height in zip(sorted(of.values()), _apart(sorted(of.values())), strict=True):
            first = place == 0  # its numbers stand on the left, where no line goes
            beside = {"ha": "right" if first else "left", "va": "center", "fontsize": 10, "zorder": 5}
            axes.annotate(f"{100 * value:.0f} %", (place + (-0.07 if first else 0.07), height), bbox=_PAPER, **beside)
    tidy(axes, title=about, grid="y", ylim=(-0.05, 1.1), legend={"loc": "center left", "bbox_to_anchor": (1.0, 0.5)})
    axes.set_xticks(list(places), list(shares))
    axes.set_xlim(-0.4, len(shares) - 0.6)
    show_percent(axes.yaxis)
    said = [f"{way}: " + ", ".join(f"{stage} {100 * of[way]:.0f} %" for stage, of in shares.items()) for way in ways]
    return Picture(figure, minus(f"{about} over the stages. {'; '.join(said)}."))


def _apart(values: list[float], least: float = 0.075) -> list[float]:
    """Heights for numbers from low to high, so that no two stand on each other."""
    heights: list[float] = []
    for value in values:
        heights.append(value if not heights else max(value, heights[-1] + least))
    return heights
