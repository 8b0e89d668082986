"""Measured costs as bars, piece by piece: the seconds of an update, the bytes of a training.

Whatever is drawn is handed in: a picture measures nothing.
"""

from collections.abc import Mapping

from rlcourse.showing.picture import Picture
from rlcourse.showing.style import OKABE_ITO, in_our_style, new_figure, tidy

LOOKS = (("sky", "////"), ("blue", ""), ("yellow", "...."), ("vermillion", ""), ("purple", "\\\\\\\\"))
"""Colour and hatching of the first piece, the second, …"""


@in_our_style
def pieces_picture(bars: Mapping[str, Mapping[str, float]], *, title: str, unit: str, digits: int = 1) -> Picture:
    """Bars from top to bottom, each made of the same pieces, with its sum at the end.

    Args:
        bars: By their name, the size of each piece by its own.
        title: Above the picture.
        unit: Of all sizes, such as "seconds".
        digits: Of the sums.

    Raises:
        ValueError: There is no bar, the bars have different pieces, or there are more than five.
    """
    pieces = list(next(iter(bars.values()), ()))
    if not 1 <= len(pieces) <= len(LOOKS) or any(list(bar) != pieces for bar in bars.values()):
        found = {name: list(bar) for name, bar in bars.items()}
        raise ValueError(f"bars must have the same 1 to {len(LOOKS)} pieces, got {found}")
    figure = new_figure(8.4, 1.5 + 0.36 * len(bars))
    axes = figure.subplots()
    places, left = range(len(bars)), [0.0] * len(bars)
    for piece, (colour, hatch) in zip(pieces, LOOKS, strict=False):
        sizes = [bar[piece] for bar in bars.values()]
        look = {"color": OKABE_ITO[colour], "hatch": hatch, "edgecolor": "white", "lw": 0}
        drawn = axes.barh(places, sizes, left=left, height=0.66, label=piece, **look)
        left = [start + size for start, size in zip(left, sizes, strict=True)]
    axes.bar_label(drawn, [f"{total:.{digits}f}" for total in left], padding=4, fontsize=10)
    axes.set_yticks(places, list(bars))
    axes.invert_yaxis()
    axes.set(xlabel=unit, xlim=(0, 1.1 * max(left)))
    tidy(axes, grid="x")
    axes.set_title(title, loc="left", pad=26)
    axes.legend(loc="lower left", bbox_to_anchor=(-0.02, 0.99), ncols=len(pieces), frameon=False, fontsize=10)
    said = [f"{name}: {', '.join(f'{piece} {size:.2g}' for piece, size in bar.items())}" for name, bar in bars.items()]
    return Picture(figure, f"{title}, in {unit}. {'; '.join(said)}.")
