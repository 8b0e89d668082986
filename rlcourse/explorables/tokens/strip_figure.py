"""Token strips on paper: boxes in rows, a bar and a number under each, cursors with their values between them."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from rlcourse.explorables.tokens.measures import Mark, Strips, written
from rlcourse.showing.style import OKABE_ITO, in_our_style, new_figure
from rlcourse.showing.token_words import seen

WIDEST = 15.0
"""Where a line of boxes ends. All widths and heights are in halves of an inch."""
NARROWEST = 15.0
"""The legend needs as much."""
GAP = 0.16
"""Between two boxes."""
LINE = 2.5
"""From one line of boxes to the next."""


@in_our_style
def draw_strips(strips: Strips, measure: int) -> Figure:
    """The strips, each token with its mark of that measure."""
    lines = [line for row, tokens in enumerate(strips.tokens) for line in _lines(strips, row, tokens)]
    width = max(right for _, _, places in lines for _, right in places) + 0.4
    figure = new_figure(max(width, NARROWEST) / 2, (LINE * len(lines) + 0.9) / 2, layout="none")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(-0.2, max(width, NARROWEST) - 0.2), ylim=(-LINE * len(lines) - 0.2, 0.7))
    axes.set_axis_off()
    axes.text(0, 0.3, f"{strips.measures[measure].name}. {strips.measures[measure].legend}", fontsize=9)
    for i, (row, first, places) in enumerate(lines):
        _draw_line(axes, strips, measure, row, first, places, -LINE * i)
    return figure


def _lines(strips: Strips, row: int, tokens: tuple[str, ...]) -> list[tuple[int, int, list[tuple[float, float]]]]:
    """A text broken into lines: its row, the number of the line's first token, and each box's left and right."""
    lines, left = [(row, 0, [])], 0.2
    for i, token in enumerate(tokens):
        width = max(0.72, 0.19 * len(seen(token)) + 0.2)
        if left + width > WIDEST and lines[-1][2]:
            lines.append((row, i, []))
            left = 0.2
        lines[-1][2].append((left, left + width))
        left += width + GAP
    return lines


def _draw_line(axes: Axes, strips: Strips, measure: int, row: int, first: int, places: list, top: float) -> None:
    if strips.names and not first:
        axes.text(0.2, top - 0.22, strips.names[row], fontsize=9, fontweight="bold", va="center")
    for i, (left, right) in enumerate(places, first):
        _draw_token(axes, seen(strips.tokens[row][i]), strips.measures[measure].marks[row][i], left, right, top)
    if strips.begins is not None and first <= strips.begins < first + len(places):
        left = places[strips.begins - first][0] - GAP / 2
        axes.plot([left] * 2, [top - 0.72, top - 2.3], color=OKABE_ITO["green"], lw=2)
    if not strips.values:
        return
    values, ends = strips.values[row], [left for left, _ in places]
    if first + len(places) == len(strips.tokens[row]):
        ends.append(places[-1][1] + GAP)  # after the last token
    for value, left in zip(values[first:], ends, strict=False):
        axes.plot([left - GAP / 2] * 2, [top - 0.72, top - 1.3], color="black", lw=1.6)
        words = "–" if value is None else written(value)
        axes.text(left - GAP / 2, top - 0.58, words, ha="center", va="center", fontsize=8)


def _draw_token(axes: Axes, words: str, mark: Mark, left: float, right: float, top: float) -> None:
    colour = OKABE_ITO["blue" if mark.shade >= 0 else "orange"]
    width, middle = right - left, (left + right) / 2
    box = {"width": width, "height": 0.5, "edgecolor": "#888888", "lw": 0.8}
    axes.add_patch(Rectangle((left, top - 1.28), **box, facecolor=(colour, 0.5 * abs(mark.shade))))
    axes.text(middle, top - 1.03, words, ha="center", va="center", fontsize=10, family="DejaVu Sans Mono")
    base = top - 1.68
    hatch = {} if mark.shade >= 0 else {"hatch": "////"}
    bar = Rectangle((middle - 0.12, base), 0.24, 0.3 * mark.bar, facecolor=colour, edgecolor="white", lw=0, **hatch)
    axes.add_patch(bar)
    if mark.bar:
        axes.plot([left, right], [base, base], color="#888888", lw=0.7)
    axes.text(middle, top - 2.14, mark.text, ha="center", va="center", fontsize=9)
