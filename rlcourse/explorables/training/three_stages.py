"""What each stage of training does to what a model can do and to what it does: three ways to ask, a line for each.

Whatever is drawn is handed in: a picture asks no model. Left out: seeds, as each learner has trained one model.
"""

from collections.abc import Mapping, Sequence

from rlcourse.showing.picture import Picture
from rlcourse.showing.style import LOOKS, in_our_style, new_figure, show_percent, tidy
from rlcourse.showing.words import minus

_PAPER = {"facecolor": "white", "edgecolor": "none", "pad": 1.0, "alpha": 0.8}
"""Behind a number, so that a line does not run through it."""
_STANDS = {1: "bottom", 0: "center", -1: "top"}
_NEAR = 0.18
"""How far apart two shares must be for a number to stand between them."""


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
    for place in places:
        for words, value, side in _numbers(list(shares.values()), place):
            outwards = -1 if place == 0 else int(place == places[-1])  # at either end there is a side without lines
            aside = 0 if side > 0 else outwards if outwards else int(side == 0)
            where = {"ha": ("center", "left", "right")[aside], "va": _STANDS[side], "textcoords": "offset points"}
            axes.annotate(words, (place, value), (9 * aside, 7 * side), fontsize=10, zorder=5, bbox=_PAPER, **where)
    tidy(axes, title=about, grid="y", ylim=(-0.12, 1.16), legend={"loc": "center left", "bbox_to_anchor": (1.0, 0.5)})
    axes.set_xticks(list(places), list(shares))
    axes.set_xlim(-0.4, len(shares) - 0.6)
    show_percent(axes.yaxis)
    said = [f"{way}: " + ", ".join(f"{stage} {100 * of[way]:.0f} %" for stage, of in shares.items()) for way in ways]
    return Picture(figure, minus(f"{about} over the stages. {'; '.join(said)}."))


def _numbers(shares: Sequence[Mapping[str, float]], place: int) -> list[tuple[str, float, int]]:
    """Each number of a stage once, from low to high: what is written, where, and above (1) or below (-1) its marker.

    It stands where no line goes: below where all lines rise from there. Of two that are near, the upper one stands
    above and the lower one below; what is between them stands beside its marker (0).
    """
    found: dict[str, list[tuple[float, int]]] = {}
    for way, value in sorted(shares[place].items(), key=lambda entry: entry[1]):
        around = [shares[other][way] for other in (place - 1, place + 1) if 0 <= other < len(shares)]
        found.setdefault(f"{100 * value:.0f} %", []).append((value, -1 if value < min(around) else 1))
    values = [of[-1][0] for of in found.values()]
    sides = [max(side for _, side in of) for of in found.values()]
    for i in range(len(values)):
        over = i + 1 < len(values) and values[i + 1] - values[i] < _NEAR
        under = i > 0 and values[i] - values[i - 1] < _NEAR
        if over or under:
            sides[i] = int(under) - int(over)
    return list(zip(found, values, sides, strict=True))
