"""One message, two looks: rich in a notebook, plain in a terminal.

A `Message` is a headline and blocks of text. `show` displays it where the learner is. The rich look takes its
colours from JupyterLab's theme, so that it is readable in light and in dark; the symbol in the headline says
what its colour says, for whoever does not see the colour.

Left out: Markdown. The messages quote the learner's own code and errors, and HTML can be escaped without
fail.
"""

import re
import sys
from dataclasses import dataclass
from html import escape
from textwrap import indent

# Okabe and Ito's colours, which stay apart for colour-blind readers.
GREEN, VERMILLION, BLUE, GREY = "#009E73", "#D55E00", "#0072B2", "#999999"
SYMBOLS = {"✓": GREEN, "✗": VERMILLION, "→": BLUE, "○": GREY, "!": VERMILLION}

_BOX = (
    "border-left: 4px solid {colour}; padding: 0.3em 0.9em; margin: 0.4em 0; max-width: 60em;"
    " overflow-wrap: anywhere; color: var(--jp-content-font-color1, inherit)"
)
_CODE = (
    "white-space: pre-wrap; overflow-wrap: anywhere; padding: 0.4em 0.7em; margin: 0.3em 0; border-radius: 3px;"
    " background: var(--jp-layout-color2, #8883); color: inherit"
)


@dataclass(frozen=True)
class Code:
    """A block that keeps its line breaks: values, source, an error."""

    text: str


@dataclass(frozen=True)
class Table:
    """A block of rows under a header; every cell is text. A row of one cell is a heading over those that follow."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


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
        colour = SYMBOLS[self.symbol]
        head = f"<b><span style='color: {colour}'>{self.symbol}</span> {_inline(self.headline)}</b>"
        body = "".join(_block_html(block) for block in self.blocks)
        return f"<div style='{_BOX.format(colour=colour)}'>{head}{body}</div>"


def show(message: Message) -> None:
    """Display the message in a notebook, print it elsewhere."""
    show_bundle({"text/plain": message.text, "text/html": message.html})


def show_bundle(bundle: dict) -> None:
    """Display one thing given in several formats by MIME type; outside IPython print its "text/plain"."""
    if running_cell() is None:
        print(bundle["text/plain"])
    else:
        from IPython.display import display

        display(bundle, raw=True)


def running_cell() -> int | None:
    """The number of the cell that IPython is running, or None outside IPython."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return None if shell is None else shell.execution_count


def _block_text(block: str | Code | Table) -> str:
    if isinstance(block, Code):
        return indent(block.text, "    ")
    if isinstance(block, Table):
        lines = [block.header, *block.rows]
        full = [line for line in lines if len(line) > 1]
        widths = [max(len(line[column]) for line in full) for column in range(len(block.header))]
        padded = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=False)) for line in lines]
        return "\n".join(line.rstrip() for line in padded)
    return block


def _block_html(block: str | Code | Table) -> str:
    if isinstance(block, Code):
        return f"<pre style='{_CODE}'>{escape(block.text)}</pre>"
    if isinstance(block, Table):
        head = "".join(
            f"<th scope='col' style='text-align: left; overflow-wrap: normal'>{_inline(cell)}</th>"
            for cell in block.header
        )
        rows = "".join(_row(row, len(block.header)) for row in block.rows)
        table = f"<table style='margin: 0'><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        return f"<div style='overflow-x: auto; margin: 0.5em 0'>{table}</div>"
    return f"<p style='margin: 0.4em 0'>{_inline(block)}</p>"


def _row(cells: tuple[str, ...], columns: int) -> str:
    if len(cells) == 1:
        style = "text-align: left; padding-top: 0.7em"
        return f"<tr><th colspan='{columns}' scope='rowgroup' style='{style}'>{_inline(cells[0])}</th></tr>"
    return f"<tr>{''.join(_cell(cell) for cell in cells)}</tr>"


def _cell(text: str) -> str:
    """A cell. Short ones stay on one line, so that a narrow page does not tear them letter from letter."""
    wrap = "nowrap" if len(text) <= 12 else "normal"
    return f"<td style='text-align: left; white-space: {wrap}; overflow-wrap: normal'>{_inline(text)}</td>"


def _inline(text: str) -> str:
    pieces = re.split(r"(`[^`]+`)", escape(text))
    return "".join(_code(piece) if piece.startswith("`") else _emphasis(piece) for piece in pieces)


def _code(piece: str) -> str:
    return f"<code>{piece[1:-1]}</code>" if len(piece) > 2 else piece


def _emphasis(piece: str) -> str:
    """`*word*`, without blanks inside the asterisks, is set apart; a product is left as it is."""
    return re.sub(r"(?<![\w*])\*(\w(?:[^*\n]*\w)?)\*(?![\w*])", r"<em>\1</em>", piece)
