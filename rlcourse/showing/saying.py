"""Words and numbers that a cell has computed, as a paragraph of the notebook."""

import re

from IPython.display import Markdown, display

_KEPT = re.compile(r"(```.*?```|`[^`]*`|\$\$.*?\$\$|\$[^$]*\$)", re.DOTALL)
"""Code and formulas, in which every character stays what it is."""
_MINUS = re.compile(r"(?<![\w.\-])-(?=\d|\.\d)")
"""A hyphen that stands for a minus: in front of a number, and not between two."""


def say(text: str) -> None:
    """Show Markdown as a paragraph; numbers get the minus sign that people read, outside code and formulas."""
    pieces = _KEPT.split(text)
    display(Markdown("".join(piece if i % 2 else _MINUS.sub("−", piece) for i, piece in enumerate(pieces))))
