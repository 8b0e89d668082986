"""One message, two looks: rich in a notebook, plain in a terminal.

A `Message` is a headline and blocks of text. `show` displays it where the learner is. The rich look takes its
colours from JupyterLab's theme, so that it is readable in light and in dark; the symbol in the headline says
what its colour says, for whoever does not see the colour.
"""

import sys
from dataclasses import dataclass
from html import escape
from textwrap import indent

from rlcourse.showing.style import OKABE_ITO
from rlcourse.showing.table import Table
from rlcourse.showing.words import Code, html_of, printable

SYMBOLS = {
    "✓": OKABE_ITO["green"],
    "✗": OKABE_ITO["vermillion"],
    "→": OKABE_ITO["blue"],
    "○": "#999999",
    "!": OKABE_ITO["vermillion"],
}

_BOX = (
    "border-left: 4px solid {colour}; padding: 0.3em 0.9em; margin: 0.4em 0; max-width: 60em;"
    " overflow-wrap: anywhere; color: var(--jp-content-font-color1, inherit)"
)
_CODE = (
    "white-space: pre-wrap; overflow-wrap: anywhere; padding: 0.4em 0.7em; margin: 0.3em 0; border-radius: 3px;"
    " background: var(--jp-layout-color2, #8883); color: inherit"
)


@dataclass(frozen=True)
class Message:
    """What the course says to the learner."""

    symbol: str
    """One of `SYMBOLS`: ✓ passed, ✗ not yet right, → a hint or a solution, ○ not started, ! a warning."""
    headline: str
    blocks: tuple[str | Code | Table, ...] = ()
    """Paragraphs (with `code` in backticks), code and tables."""

    @property
    def text(self) -> str:
        """The message for a terminal."""
        return "\n".join([f"{self.symbol} {self.headline}", *(_block_text(block) for block in self.blocks)])

    @property
    def html(self) -> str:
        """The message for a notebook."""
        return self.html_with("")

    def html_with(self, more: str) -> str:
        """The message for a notebook, with more HTML at the end of its box."""
        colour = SYMBOLS[self.symbol]
        head = f"<b><span style='color: {colour}'>{self.symbol}</span> {html_of(self.headline)}</b>"
        body = "".join(_block_html(block) for block in self.blocks)
        return f"<div style='{_BOX.format(colour=colour)}'>{head}{body}{more}</div>"


def show(message: Message) -> None:
    """Display the message in a notebook, print it elsewhere."""
    show_bundle({"text/plain": message.text, "text/html": message.html})


def show_bundle(bundle: dict) -> None:
    """Display one thing given in several formats by MIME type; outside IPython print its "text/plain"."""
    if running_cell() is None:
        print(printable(bundle["text/plain"], getattr(sys.stdout, "encoding", None)))
    else:
        from IPython.display import display

        display(bundle, raw=True)


def running_cell() -> int | None:
    """The number of the cell that IPython is running, or None outside IPython."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return None if shell is None else shell.execution_count


def _block_text(block: str | Code | Table) -> str:
    if isinstance(block, Table):
        return block.text
    return indent(block.text, "    ") if isinstance(block, Code) else block


def _block_html(block: str | Code | Table) -> str:
    if isinstance(block, Table):
        return block.html
    if isinstance(block, Code):
        return f"<pre style='{_CODE}'>{escape(block.text)}</pre>"
    return f"<p style='margin: 0.4em 0'>{html_of(block)}</p>"
