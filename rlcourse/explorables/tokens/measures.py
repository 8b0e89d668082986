"""What is said about the tokens of some texts: numbers, and how each is written, coloured and drawn as a bar.

    log-probability   log π(token | text before)     the bar is the probability; blue above one half, orange below
    probability       π(token | text before)         the same, with the probability for a number
    ratio             ρ = π/π_old                    bar up: the token has become likelier; down: less likely
    divergence        a KL, 0 or more                the bar is its share of the largest one
    count             a place, a whole number        the same
    kept              whether it counts: 1 or 0      no bar: ✓ on blue, or a dash
    signed            an advantage, a reward …       bar up: above 0; down: below

Everything is computed here, once; the browser (`token_strip.js`) and the figure only draw. Left out: what the numbers
mean together. That is the notebook's to say.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from rlcourse.arguments import check_choice, check_number
from rlcourse.showing.token_words import seen
from rlcourse.showing.words import minus

Rows = Sequence | np.ndarray | Tensor
"""A number for each token of each text; None or NaN where there is nothing to say. Of a single text one row will do."""

SCALES = ("log-probability", "probability", "ratio", "divergence", "count", "kept", "signed")
LONGEST = {
    "ratio": (math.log(1.2), math.log(4)),
    "divergence": (1e-2, math.inf),
    "count": (1, math.inf),
    "signed": (1e-6, math.inf),
}
"""What a full bar stands for, at least and at most: ratios within the usual clip range look small, and a single token
that has become a thousand times less likely leaves the others their bars."""
LEGENDS = {
    "log-probability": (
        "Blue: likelier than not; orange: unlikely. The bar is the probability, the number its logarithm."
    ),
    "probability": "Blue: likelier than not; orange: unlikely. The number and the bar are the probability.",
    "ratio": "Blue, bar up: likelier than under the old policy; orange, bar down: less likely.",
    "divergence": "The bar is a share of the largest one; 0 where the two agree about every token.",
    "count": "The bar is a share of the largest number.",
    "kept": "Blue, ✓: kept. A dash: left out.",
    "signed": "Blue, bar up: above 0; orange, bar down: below 0.",
}


@dataclass(frozen=True)
class Mark:
    """What stands under one token."""

    text: str
    """The number, short."""
    said: str
    """The number in full, in words."""
    shade: float
    """From −1, full orange, over 0 to 1, full blue."""
    bar: float
    """From −1, all the way down, to 1, all the way up."""


NOTHING = Mark("–", "", 0.0, 0.0)
"""Of a token about which nothing is said."""


@dataclass(frozen=True)
class Measure:
    """One thing that is said about every token."""

    name: str
    scale: str
    marks: tuple[tuple[Mark, ...], ...]
    """A row for each text."""

    @property
    def flat(self) -> bool:
        """Whether it has no bars."""
        return self.scale == "kept"

    @property
    def legend(self) -> str:
        """What its colours and bars say."""
        return LEGENDS[self.scale]


@dataclass(frozen=True)
class Strips:
    """Everything there is to show: texts cut into tokens, and what is said about each of these."""

    tokens: tuple[tuple[str, ...], ...]
    measures: tuple[Measure, ...]
    values: tuple[tuple[float | None, ...], ...]
    """At the cursors: one before each token, and where known one after the last. Empty where there are none."""
    names: tuple[str, ...]
    """What stands beside each text; empty where nothing does."""
    begins: int | None = None
    """The number of the token before which a line stands in every text; None for no line."""

    @property
    def value_range(self) -> tuple[float, float]:
        """The ends of the cursors' scale, which always holds 0."""
        known = [value for row in self.values for value in row if value is not None]
        low, high = min([0.0, *known]), max([0.0, *known])
        return (low, high) if high > low else (0.0, 1.0)

    def words(self, measure: int) -> str:
        """What there is to see, for those who cannot see it."""
        shown = self.measures[measure]
        rows = []
        for i, tokens in enumerate(self.tokens):
            name = self.names[i] if self.names else ("Tokens" if len(self.tokens) == 1 else f"Text {i + 1}")
            marks = zip(tokens, shown.marks[i], strict=True)
            rows.append(f"{name}: " + ", ".join(f"{seen(token)} {mark.text}" for token, mark in marks) + ".")
        return f"Text in boxes, one a token, with the {shown.name} under each. {' '.join(rows)}"


def measures_of(numbers: Mapping[str, Rows], scales: Mapping[str, str], lengths: Sequence[int]) -> tuple[Measure, ...]:
    """The measures, checked: each has a number for every token, on a scale that it fits.

    Args:
        numbers: Name → rows of numbers, one row for each text.
        scales: Name → one of `SCALES`, where the name does not say it; else "signed".
        lengths: How many tokens each text has.

    Raises:
        ValueError: There is no measure, or one that does not fit the tokens or its scale.
        TypeError: Something is no number.
    """
    if not numbers:
        raise ValueError("numbers must name at least one thing to show for each token, got none")
    if strange := sorted(scales.keys() - numbers.keys()):
        raise ValueError(f"scales must name what numbers has, {sorted(numbers)}, got {strange}")
    return tuple(_measure(name, rows, scales.get(name) or _scale_of(name), lengths) for name, rows in numbers.items())


def _scale_of(name: str) -> str:
    return next((scale for scale in SCALES if name.startswith(scale)), "signed")


def _measure(name: str, rows: Rows, scale: str, lengths: Sequence[int]) -> Measure:
    check_choice(f"scales[{name!r}]", scale, SCALES)
    table = check_rows(f"numbers[{name!r}]", rows, lengths)
    _check_fits(name, scale, table)
    known = [number for row in table for number in row if number is not None]
    sizes = [abs(math.log(number)) if scale == "ratio" else abs(number) for number in known]
    least, most = LONGEST.get(scale, (1.0, 1.0))
    longest = min(most, max([least, *sizes]))
    return Measure(name, scale, tuple(tuple(_mark(name, scale, number, longest) for number in row) for row in table))


def check_rows(name: str, rows: Rows, lengths: Sequence[int], *, more: int = 0) -> list[list[float | None]]:
    """The numbers as plain floats, None for NaN; `more` of them may follow after each text's last token.

    Raises:
        ValueError: There are not as many rows as texts, or a row has not as many numbers as its text has tokens.
        TypeError: Something is no number.
    """
    rows = [_plain(row) for row in _plain(rows)]
    if len(rows) != len(lengths):
        raise ValueError(f"{name} must have a row for each of the {len(lengths)} texts, got {len(rows)}")
    for row, length in zip(rows, lengths, strict=True):
        if not length <= len(row) <= length + more:
            allowed = f"{length} or {length + more}" if more else length
            raise ValueError(f"{name} must have {allowed} numbers for a text of {length} tokens, got {len(row)}")
    return [[_number(name, number) for number in row] for row in rows]


def _plain(numbers: object) -> list:
    """A list, of whatever a tensor or an array is."""
    return numbers.tolist() if hasattr(numbers, "tolist") else list(numbers)


def _number(name: str, number: object) -> float | None:
    if number is None or number != number:
        return None
    number = number.item() if hasattr(number, "item") else number
    check_number(name, number, low=-1e12, high=1e12)
    return float(number)


def _check_fits(name: str, scale: str, table: list[list[float | None]]) -> None:
    for number in (number for row in table for number in row if number is not None):
        if scale == "log-probability" and number > 1e-5:
            raise ValueError(f"numbers[{name!r}] must be logarithms of probabilities, 0 or less, got {number:g}")
        if scale == "probability" and not 0 <= number <= 1:
            raise ValueError(f"numbers[{name!r}] must be probabilities, from 0 to 1, got {number:g}")
        if scale == "divergence" and number < -1e-5:
            raise ValueError(f"numbers[{name!r}] must be divergences, 0 or more, got {number:g}")
        if scale == "kept" and number not in (0, 1):
            raise ValueError(f"numbers[{name!r}] must be 1 for what is kept and 0 for the rest, got {number:g}")
        if scale == "ratio" and number <= 0:
            raise ValueError(f"numbers[{name!r}] must be ratios, above 0, got {number:g}")


def _mark(name: str, scale: str, number: float | None, longest: float) -> Mark:
    if number is None:
        return NOTHING
    if scale == "log-probability":
        chance = min(1.0, math.exp(number))
        said = f"{name} {written(number, 4)}, a probability of {written(100 * chance, 2)} %"
        return Mark(written(number), said, 2 * chance - 1, chance)
    if scale == "probability":
        said = f"{name} {written(100 * number, 2)} %"
        return Mark(f"{100 * number:.0f} %", said, 2 * number - 1, number)
    if scale == "ratio":
        share = max(-1.0, min(1.0, math.log(number) / longest))
        return Mark(_short(number), f"{name} {_short(number) if number < 0.001 else written(number, 4)}", share, share)
    if scale == "kept":
        return Mark("✓", f"{name}: yes", 0.7, 0.0) if number else Mark("–", f"{name}: no", 0.0, 0.0)
    share = number / longest
    if scale == "count":
        return Mark(written(number, 0), f"{name} {written(number, 0)}", share, share)
    if scale == "divergence":
        return Mark(written(number, 3), f"{name} {written(number, 5)} nats", share, share)
    return Mark(written(number, sign=True), f"{name} {written(number, 4, sign=True)}", share, share)


def _short(ratio: float) -> str:
    """A ratio with two digits behind the point, a small one with one digit that says something: 0.005, 5e-4."""
    return (
        written(ratio) if ratio >= 0.01 else f"{ratio:.1g}" if ratio >= 0.001 else f"{ratio:.0e}".replace("e-0", "e-")
    )


def written(number: float, digits: int = 2, *, sign: bool = False) -> str:
    """The number with a real minus in front of it, a plus where `sign`, and no sign before 0."""
    text = f"{number:.{digits}f}"
    if float(text) == 0:
        return text.lstrip("-")
    return minus(f"+{text}" if sign and number > 0 else text)
