"""Words and numbers that a cell has computed, as a paragraph of the notebook."""

import re

from rlcourse.showing.message import show_bundle
from rlcourse.showing.words import minus

_KEPT = re.compile(r"(```.*?```|`[^`]*`|\$\$.*?\$\$|\$[^$]*\$)", re.DOTALL)
"""Code and formulas, in which every character stays what it is."""


def say(text: str) -> None:
    """Show Markdown as a paragraph; numbers get the minus sign that people read, outside code and formulas."""
    pieces = _KEPT.split(text)
    said = "".join(piece if i % 2 else minus(piece) for i, piece in enumerate(pieces))
    show_bundle({"text/markdown": said, "text/plain": said})
