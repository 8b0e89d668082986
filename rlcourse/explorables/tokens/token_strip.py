"""Token strips: text in boxes, one a token, whose colour, bar and number say something about each of them.

    token_strip(["2", "+", "2", " is", " ", "4"], {"advantage": [0, 0, 0, 0, 0, 0.8]}, values=[0.4] * 6)

A number about a token stands under it. The value of a text belongs to no token: it stands at a cursor *between* two of
them, and is the value of what lies to the left. Several answers stand below one another.

Left out: the prompt, which nobody chose. It may be given like any other text, with None for its numbers.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import anywidget
import traitlets
from matplotlib.figure import Figure

from rlcourse.arguments import check_integer, describe
from rlcourse.explorables.tokens.measures import Rows, Strips, check_rows, measures_of, written
from rlcourse.explorables.tokens.strip_figure import draw_strips
from rlcourse.showing.live import BROWSER, BUTTONS, Lasting, Still
from rlcourse.showing.picture import Picture
from rlcourse.showing.token_words import named, seen

_HERE = Path(__file__).parent
Texts = Sequence[str] | Sequence[Sequence[str]]
Numbers = Mapping[str, Rows]


class TokenStrip(Lasting, anywidget.AnyWidget):
    """Strips of tokens in the browser; `measure` is the number of what they show, and buttons choose it."""

    _esm = BROWSER + (_HERE / "token_strip.js").read_text("utf-8")
    _css = BUTTONS + (_HERE / "token_strip.css").read_text("utf-8")

    shown = traitlets.Dict().tag(sync=True)
    """The strips as plain data; see `plain`."""
    measure = traitlets.Int(0, min=0).tag(sync=True)
    """Which of the measures is shown."""

    def __init__(self, strips: Strips) -> None:
        super().__init__(shown=plain(strips))
        self.strips = strips

    @traitlets.validate("measure")
    def _within(self, proposal: dict) -> int:
        return min(proposal["value"], len(self.shown["measures"]) - 1)

    def picture(self) -> Picture:
        """The strips on paper, with what is chosen now."""
        return Picture(draw_strips(self.strips, self.measure), self.strips.words(self.measure))

    def still(self) -> Still:
        """What stands where the widget cannot live."""
        return Still.of(self.picture(), "Run this cell to choose what is shown, and to read each token's numbers.")


def token_strip(
    tokens: Texts,
    numbers: Numbers,
    *,
    values: Rows | None = None,
    names: Sequence[str] = (),
    scales: Mapping[str, str] | None = None,
    begins: int | None = None,
) -> TokenStrip:
    """Text in boxes, one a token, with numbers about each; of several kinds of numbers buttons choose one.

    Args:
        tokens: one text as a list of strings, each a token with its spaces; or several texts. Special tokens such as
            "<|endoftext|>" are shown by name.
        numbers: name → a number for each token (for several texts a row for each); None or NaN where there is none.
        values: V of the text up to there: one number before each token, and if known one more after the last.
        names: what stands beside each text, such as "answer 1, reward 1".
        scales: name → "log-probability", "probability", "ratio" (likelier above 1), "kept" (1 or 0: does it count?) or
            "signed" (the usual). Names that begin with one of these say so themselves.
        begins: the number of a token, from 1 on, before which a line stands in every text: there the answers begin.

    Raises:
        ValueError: there is no token, begins is in none of the texts, or numbers do not fit the tokens or their scale.
        TypeError: something is no text or no number.
    """
    return TokenStrip(strips_of(tokens, numbers, values=values, names=names, scales=scales, begins=begins))


def token_strip_figure(
    tokens: Texts = ("2", "+", "2", " is", " ", "4"),
    numbers: Numbers | None = None,
    *,
    values: Rows | None = None,
    names: Sequence[str] = (),
    scales: Mapping[str, str] | None = None,
    shown: str | None = None,
) -> Figure:
    """The same for print. `shown` is the name of what is drawn, the first of `numbers` when None.

    Raises:
        ValueError, TypeError: as `token_strip`, or `shown` is none of the names.
    """
    if numbers is None:
        numbers = {"advantage": [0.0] * (len(tokens) - 1) + [0.8]}
    strips = strips_of(tokens, numbers, values=values, names=names, scales=scales)
    known = [measure.name for measure in strips.measures]
    if shown is not None and shown not in known:
        raise ValueError(f"shown must be one of {', '.join(known)}, got {describe(shown)}")
    return draw_strips(strips, 0 if shown is None else known.index(shown))


def strips_of(
    tokens: Texts,
    numbers: Numbers,
    *,
    values: Rows | None = None,
    names: Sequence[str] = (),
    scales: Mapping[str, str] | None = None,
    begins: int | None = None,
) -> Strips:
    """The arguments of `token_strip`, checked, with one text as the first of several."""
    single = bool(len(tokens)) and isinstance(tokens[0], str)
    rows = _check_tokens([tokens] if single else tokens)
    lengths = [len(row) for row in rows]
    several = {name: [given] if single else given for name, given in numbers.items()}
    measures = measures_of(several, {} if scales is None else scales, lengths)
    known = [] if values is None else check_rows("values", [values] if single else values, lengths, more=1)
    names = (names,) if isinstance(names, str) else tuple(names)
    if names and len(names) != len(rows):
        raise ValueError(f"names must have one entry for each of the {len(rows)} texts, got {len(names)}")
    if begins is not None:
        check_integer("begins", begins, 1, min(lengths) - 1)
    return Strips(rows, measures, tuple(map(tuple, known)), names, begins)


def _check_tokens(rows: Texts) -> tuple[tuple[str, ...], ...]:
    if isinstance(rows, str) or (rows and isinstance(rows[0], str) and len(rows) == 1):
        raise TypeError(f"tokens must be a list of strings, each a token, got {describe(rows)}")
    for row in rows:
        if isinstance(row, str) or not all(isinstance(token, str) for token in row):
            raise TypeError(f"tokens must be strings, got {describe(row)}")
    if not rows or not all(len(row) for row in rows):
        raise ValueError("tokens must have at least one token in each text, got none")
    return tuple(map(tuple, rows))


def plain(strips: Strips) -> dict:
    """The strips as plain JSON for the browser, everything ready to be drawn."""
    low, high = strips.value_range
    return {
        "names": list(strips.names),
        "tokens": [[[seen(token), named(token)] for token in row] for row in strips.tokens],
        "measures": [
            {
                "name": measure.name,
                "legend": measure.legend,
                "marks": [[[m.text, m.said, m.shade, m.bar] for m in row] for row in measure.marks],
                "words": strips.words(i),
                "flat": measure.flat,
                "hangs": any(m.bar < 0 for row in measure.marks for m in row),
            }
            for i, measure in enumerate(strips.measures)
        ],
        "values": [[_cursor(value, low, high) for value in row] for row in strips.values],
        "zero": -low / (high - low),
        "begins": strips.begins,
    }


def _cursor(value: float | None, low: float, high: float) -> list:
    """A cursor's number short and in full, and how high it stands between the ends of the scale."""
    if value is None:
        return ["–", "", 0.0]
    return [written(value), written(value, 3), (value - low) / (high - low)]
