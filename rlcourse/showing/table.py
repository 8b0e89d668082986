"""A small table of texts in a notebook, every character of them shown and none of it obeyed."""

import html
from collections.abc import Sequence

from IPython.display import HTML


def answers_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> HTML:
    """What was asked and answered, row by row; numbers are shown with two digits.

    Args:
        header: The columns' names.
        rows: One cell per column: a text, or a number.

    Raises:
        ValueError: a row has not one cell for each column.
    """
    for row in rows:
        if len(row) != len(header):
            raise ValueError(f"each row must have {len(header)} cells, one for each of {list(header)}, got {list(row)}")
    look = "padding: 2px 22px 2px 0; text-align: left; white-space: pre-wrap"
    head = "".join(f'<th scope="col" style="{look}">{html.escape(name)}</th>' for name in header)
    body = "".join(f"<tr>{''.join(_cell(cell, look) for cell in row)}</tr>" for row in rows)
    return HTML(f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>")


def _cell(cell: object, look: str) -> str:
    if isinstance(cell, float):
        return f'<td style="{look}">{cell:.2f}</td>'
    return f'<td style="{look}; font-family: monospace">{html.escape(str(cell).strip())}</td>'
