"""A progress bar that stays readable: tqdm's, as a line of text that a cell rewrites.

tqdm's own bar for notebooks is a widget, and of a widget a saved notebook keeps only "model not found". Left out:
bars inside bars.
"""

import sys
from collections.abc import Iterable

from tqdm.std import tqdm


def bar(iterable: Iterable | None = None, **options: object) -> tqdm:
    """Tqdm with its usual options, for a notebook as for a terminal.

    Args:
        iterable: What is gone through; None where `update` is called by hand.
        options: As `tqdm` takes them: total, desc, disable, initial, mininterval …
    """
    if "file" not in options and _in_a_notebook():
        options = {"file": _CellLine(), "ncols": 80, **options}
    return tqdm(iterable, **options)


def _in_a_notebook() -> bool:
    """Whether a kernel runs us, which displays, and not a terminal, which prints."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return hasattr(shell, "kernel")


class _CellLine:
    """A file for tqdm to write to: its last line stands in the cell's output."""

    encoding = "utf-8"

    def __init__(self) -> None:
        self._handle = None

    def write(self, text: str) -> None:
        """Show the line in the place of the one before."""
        from html import escape

        from IPython.display import display

        line = text.strip("\r\n\x1b[A")
        if not line.strip():
            return
        style = "margin: 0; white-space: pre-wrap; font-size: 90%"
        bundle = {"text/html": f'<pre style="{style}">{escape(line)}</pre>', "text/plain": line}
        if self._handle is None:
            self._handle = display(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)

    def flush(self) -> None:
        """Nothing waits."""
