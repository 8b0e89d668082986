"""Words on their way to a page or a terminal: what is escaped, what is set apart, and what an old terminal can show.

There is one escape for everything the course shows, in `html_of`. Left out: Markdown. Messages quote the learner's own
code and errors, and HTML can be escaped without fail.
"""

import re
from dataclasses import dataclass
from html import escape

_MINUS = re.compile(r"(?<![\w.\-])-(?=\d|\.\d)")
"""A hyphen that stands for a minus: in front of a number, and not between two."""
_PERCENT = re.compile(r"(?<=\d)[ \N{NO-BREAK SPACE}]?%(?!\w)")
"""The sign behind a number, with a space before it or without."""
_PLAIN = {
    "✓": "[ok]", "✗": "[x]", "○": "[ ]", "→": "->", "←": "<-", "↑": "^", "↓": "v", "−": "-", "–": "-", "—": "-",
    "“": '"', "”": '"', "‘": "'", "’": "'", "…": "...", "×": "x", "·": "*", "≤": "<=", "≥": ">=", "≈": "~", "±": "+-",
    "√": "sqrt", "∇": "grad ", "Σ": "sum ", "∞": "inf", "°": " deg", "\N{NO-BREAK SPACE}": " ", "ₜ": "_t", "ᵢ": "_i",
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "θ": "theta", "λ": "lambda", "π": "pi",
    "ρ": "rho", "σ": "sigma", "Â": "A^", "█": "#", "■": "[stop]",
}  # fmt: skip
"""What stands for a sign in a terminal that cannot show it."""


@dataclass(frozen=True)
class Code:
    """What is shown letter by letter: values, source, an error, a model's answer. Nothing in it is obeyed."""

    text: str


def minus(text: str) -> str:
    """The text with the minus sign that people read in front of its numbers."""
    return _MINUS.sub("−", text)


def readable(text: str) -> str:
    """The text with its numbers as people read them: a real minus, and "98 %", which no line end tears apart."""
    return _percent(minus(text))


def _percent(text: str) -> str:
    return _PERCENT.sub("\N{NO-BREAK SPACE}%", text)


def html_of(text: str) -> str:
    """Words of ours as HTML: escaped, with `code`, *emphasis* and **weight** set apart, and per cents as `readable`."""
    pieces = re.split(r"(`[^`]+`)", escape(text))
    return "".join(_code(piece) if piece.startswith("`") else _emphasis(_percent(piece)) for piece in pieces)


def _code(piece: str) -> str:
    return f"<code>{piece[1:-1]}</code>" if len(piece) > 2 else piece


def _emphasis(piece: str) -> str:
    """`*word*`, without blanks inside the asterisks, is set apart; a product is left as it is."""
    piece = re.sub(r"\*\*([^*\s](?:[^*\n]*[^*\s])?)\*\*(?![\w*])", r"<b>\1</b>", piece)
    return re.sub(r"(?<![\w*])\*(\w(?:[^*\n]*\w)?)\*(?![\w*])", r"<em>\1</em>", piece)


def printable(text: str, encoding: str | None) -> str:
    """The text as a terminal of that encoding can show it, with stand-ins for the signs that it lacks."""
    encoding = encoding or "utf-8"

    def shown(sign: str) -> str:
        try:
            sign.encode(encoding)
        except UnicodeEncodeError:
            stand_in = _PLAIN.get(sign, "?")
            return stand_in if stand_in.isascii() else "?"
        return sign

    return text if text.isascii() else "".join(map(shown, text))
