"""The little picture that a passed check shows: a curve that the learner's own function has computed.

It is SVG in the page's own colours, so that it reads well in light and in dark. Left out: everything that a curve of
some twenty points does not need; explorables and figures are drawn elsewhere.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from rlcourse.showing.style import OKABE_ITO
from rlcourse.showing.words import minus

_WIDTH, _HEIGHT = 460, 210
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 110, 14, 40
_COLOURS = (OKABE_ITO["blue"], OKABE_ITO["vermillion"], OKABE_ITO["green"])
_DASHES = ("", "7 4", "2 3")


@dataclass(frozen=True)
class Curves:
    """One line over x, or up to three."""

    title: str
    """What was computed, in a sentence."""
    xlabel: str
    x: Sequence[float]
    lines: Mapping[str, Sequence[float]]
    """By the name that stands at the line's end."""

    @property
    def html(self) -> str:
        """The picture, with its words."""
        low, high = self._range()
        parts = [_axes(self.x[0], self.x[-1], low, high, self.xlabel)]
        heights = [[_y(y, low, high) for y in line] for line in self.lines.values()]
        ends = _apart([line[-1] for line in heights], [sum(line) for line in heights])
        for (name, line), end, colour, dash in zip(self.lines.items(), ends, _COLOURS, _DASHES, strict=False):
            places = [(_x(x, self.x[0], self.x[-1]), _y(y, low, high)) for x, y in zip(self.x, line, strict=True)]
            points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
            style = f'stroke="{colour}" stroke-width="2.5" fill="none" stroke-dasharray="{dash}"'
            parts.append(f'<polyline points="{points}" {style}/>')
            parts.append(_text(places[-1][0] + 7, end + 4, name, colour=colour))
        box = f'viewBox="0 0 {_WIDTH} {_HEIGHT}" style="width: {_WIDTH}px; max-width: 100%; display: block"'
        return (
            f"<p style='margin: 0.4em 0'>{escape(self.title)}</p>"
            f'<svg role="img" aria-label="{escape(self.alt)}" {box} fill="currentColor">{"".join(parts)}</svg>'
        )

    @property
    def alt(self) -> str:
        """What there is to see."""
        ends = [f"{name}: from {line[0]:.2f} to {line[-1]:.2f}" for name, line in self.lines.items()]
        return minus(f"{self.title} Over {self.xlabel} from {self.x[0]:g} to {self.x[-1]:g}, {'; '.join(ends)}.")

    def _range(self) -> tuple[float, float]:
        """The lowest and the highest value, a little apart; an end that is next to nothing is 0.

        Raises:
            ValueError: a value is not finite.
        """
        numbers = [y for line in self.lines.values() for y in line]
        if not all(map(math.isfinite, numbers)):
            raise ValueError(f"lines must be finite, got {numbers}")
        low, high = min(numbers), max(numbers)
        if high - low <= 1e-6:
            return low - 1, high + 1
        nothing = 0.01 * (high - low)
        return (0.0 if abs(low) < nothing else low), (0.0 if abs(high) < nothing else high)


def grid(low: float, high: float, count: int = 41) -> tuple[float, ...]:
    """So many numbers from `low` to `high`, both included."""
    return tuple(low + (high - low) * i / (count - 1) for i in range(count))


def _x(value: float, first: float, last: float) -> float:
    return _LEFT + (value - first) / (last - first) * (_WIDTH - _LEFT - _RIGHT)


def _y(value: float, low: float, high: float) -> float:
    return _HEIGHT - _BOTTOM - (value - low) / (high - low) * (_HEIGHT - _TOP - _BOTTOM)


def _apart(ends: list[float], courses: list[float]) -> list[float]:
    """Where the names of lines go, so that no two lie on each other; where both end alike, by their course."""
    order = sorted(range(len(ends)), key=lambda i: (round(ends[i]), courses[i]))
    places = list(ends)
    for upper, lower in pairwise(order):
        near = 16 - (places[lower] - places[upper])
        if near > 0:
            lift = near / 2 if upper == order[0] else 0.0
            places[upper] -= lift
            places[lower] += near - lift
    return places


def _axes(first: float, last: float, low: float, high: float, xlabel: str) -> str:
    """Two lines, the numbers at their ends, what is to the right, and 0 where it lies between."""
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    line = 'stroke="currentColor" stroke-opacity="0.5" fill="none"'
    parts = [f'<path d="M{_LEFT},{_TOP}V{bottom}H{right}" {line}/>']
    for value in sorted({low, high, *((0.0,) if low < 0 < high and min(-low, high) > 0.15 * (high - low) else ())}):
        parts.append(_text(_LEFT - 6, _y(value, low, high) + 4, f"{value:.3g}", "end"))
    if low < 0 < high:
        parts.append(f'<path d="M{_LEFT},{_y(0, low, high):.1f}H{right}" {line} stroke-dasharray="2 4"/>')
    parts += [_text(_x(value, first, last), bottom + 16, f"{value:g}", "middle") for value in (first, last)]
    return "".join([*parts, _text((_LEFT + right) / 2, bottom + 32, xlabel, "middle")])


def _text(x: float, y: float, words: str, anchor: str = "start", *, colour: str = "currentColor") -> str:
    look = f'text-anchor="{anchor}" font-size="13" fill="{colour}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {look}>{escape(minus(words))}</text>'
