"""Words and numbers that a cell has computed, as a paragraph of the notebook."""

import re

from IPython.display import display

from rlcourse.showing.message import running_cell, show_bundle
from rlcourse.showing.words import readable

_KEPT = re.compile(r"(```.*?```|`[^`]*`|\$\$.*?\$\$|\$[^$]*\$|</?[a-zA-Z][^<>]*>)", re.DOTALL)
"""Code, formulas and tags, in which every character stays what it is."""


def say(text: str) -> None:
    """Show Markdown as a paragraph; its numbers become `readable`, outside code and formulas."""
    show_bundle(_readable(text))


class Paragraph:
    """A paragraph whose words may be replaced while its cell runs: a table that grows row by row."""

    def __init__(self) -> None:
        self._place = None if running_cell() is None else display(_readable(""), raw=True, display_id=True)

    def say(self, text: str) -> None:
        """Show this Markdown, as `say` does, in the place of what stood here."""
        if self._place is None:  # no notebook, no place to come back to
            say(text)
        else:
            self._place.update(_readable(text), raw=True)


def _readable(text: str) -> dict[str, str]:
    """The text with its minus and per cent signs, in the formats that a notebook and a terminal understand."""
    pieces = _KEPT.split(text)
    said = "".join(piece if i % 2 else readable(piece) for i, piece in enumerate(pieces))
    return {"text/markdown": said, "text/plain": said}
