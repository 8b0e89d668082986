"""Words and numbers that a cell has computed, as a paragraph of the notebook."""

import re

from IPython.display import Markdown, display

_KEPT = re.compile(r"(```.*?```|`[^`]*`|\$\$.*?\$\$|\$[^$]*\$)", re.DOTALL)
"""Code and formulas, in which every character stays what it is."""
_MINUS = re.compile(r"(?<![\w.\-])-(?=\d|\.\d)")
"""A hyphen that stands for a minus: in front of a number, and not between two."""


def say(text: str) -> None:
    """Show Markdown as a paragraph; numbers get the minus sign that people read, outside code and formulas."""
    display(_readable(text))


class Paragraph:
    """A paragraph whose words may be replaced while its cell runs: a table that grows row by row."""

    def __init__(self) -> None:
        self._place = display(Markdown(""), display_id=True)

    def say(self, text: str) -> None:
        """Show this Markdown, as `say` does, in the place of what stood here."""
        if self._place is None:  # no notebook, no place to come back to
            say(text)
        else:
            self._place.update(_readable(text))


def _readable(text: str) -> Markdown:
    pieces = _KEPT.split(text)
    return Markdown("".join(piece if i % 2 else _MINUS.sub("−", piece) for i, piece in enumerate(pieces)))
