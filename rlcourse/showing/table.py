"""The one table of the course: every character of it shown and none of it obeyed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from rlcourse.showing.words import Code, html_of, minus

Cell = str | Code | float | int
"""Words of ours (`code` and *emphasis* are set), something to show letter by letter, or a number."""

_NAMES = re.compile(r"(?:…?[A-Za-z]\w*[._\n])+\w+")
"""One or more names such as `actor.kl_loss_coef`, a line each; dots stand for what is left out in front."""
_WORD = 24
"""Letters of the longest word that stays whole on a narrow page; what is longer may be broken anywhere."""
_LEFT = "text-align: left; overflow-wrap: normal"


@dataclass(frozen=True)
class Table:
    """Rows under a header; as the last line of a cell it shows itself. A row of one cell is a heading for the next."""

    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) not in (1, len(self.header)):
                wanted = f"{len(self.header)} cells, one for each of {list(self.header)}"
                raise ValueError(f"each row must have {wanted}, got {list(row)}")

    @property
    def html(self) -> str:
        """The table for a notebook. It may scroll sideways on a narrow page."""
        # A column without a name has no header cell: a screen reader would announce an empty one.
        head = "".join(
            f"<th scope='col' style='{_LEFT}'>{html_of(cell)}</th>" if cell else "<td></td>" for cell in self.header
        )
        rows = "".join(self._row(row) for row in self.rows)
        table = f"<table style='margin: 0'><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        return f"<div style='overflow-x: auto; margin: 0.5em 0'>{table}</div>"

    @property
    def text(self) -> str:
        """The table for a terminal."""
        lines = [self.header, *(tuple(map(_text, row)) for row in self.rows)]
        full = [line for line in lines if len(line) == len(self.header)]
        widths = [max(len(line[column]) for line in full) for column in range(len(self.header))]
        padded = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=False)) for line in lines]
        return "\n".join(line.rstrip() for line in padded)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": self.text}

    def _row(self, cells: tuple[Cell, ...]) -> str:
        if len(cells) == len(self.header):
            return f"<tr>{''.join(map(_html, cells))}</tr>"
        heading = f"colspan='{len(self.header)}' scope='rowgroup' style='text-align: left; padding-top: 0.7em'"
        return f"<tr><th {heading}>{html_of(_text(cells[0]))}</th></tr>"


def answers_table(header: Sequence[str], rows: Sequence[Sequence[str | float | int]]) -> Table:
    """What was asked and answered, row by row, letter by letter; numbers are shown with two digits.

    Args:
        header: The columns' names.
        rows: One cell per column: a text, or a number.

    Raises:
        ValueError: a row has not one cell for each column.
    """
    for row in rows:
        if len(row) != len(header):
            raise ValueError(f"each row must have {len(header)} cells, one for each of {list(header)}, got {list(row)}")
    cells = [tuple(Code(cell.strip()) if isinstance(cell, str) else cell for cell in row) for row in rows]
    return Table(tuple(header), tuple(cells))


def _text(cell: Cell) -> str:
    if isinstance(cell, Code):
        return cell.text
    if isinstance(cell, float):
        return minus(f"{cell:.2f}")
    return minus(str(cell)) if isinstance(cell, int) else cell


def _breakable(text: str) -> str:
    """Letters for HTML; a long name of a program may go on in the next line after its dots and underscores."""
    return re.sub(r"([._])(?=\w)", r"\1<wbr>", escape(text)) if _NAMES.fullmatch(text) else escape(text)


def _html(cell: Cell) -> str:
    """A cell. Short ones stay on one line, so that a narrow page does not tear them letter from letter."""
    text = _text(cell)
    if isinstance(cell, Code):  # JupyterLab sets formulas everywhere but in code
        look = "white-space: pre-wrap; overflow-wrap: anywhere; padding: 0; background: none; color: inherit"
        if _NAMES.fullmatch(text) or max(map(len, text.split()), default=0) <= _WORD:
            look = look.replace("anywhere", "normal")
        return f"<td style='{_LEFT}'><code style='{look}'>{_breakable(text)}</code></td>"
    wrap = "nowrap" if len(text) <= 12 else "normal"
    return f"<td style='{_LEFT}; white-space: {wrap}'>{html_of(text)}</td>"
