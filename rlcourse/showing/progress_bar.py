"""A progress bar that a saved notebook can show, and that goes when its work is done.

tqdm counts and decides when to draw. Its own bar for notebooks is a widget, and of a widget a saved notebook keeps only
"model not found"; ours is HTML. Left out: bars inside bars.
"""

import io
import sys
from collections.abc import Iterable
from html import escape

from tqdm.std import tqdm

from rlcourse.showing.words import minus


def bar(iterable: Iterable | None = None, **options: object) -> tqdm:
    """Tqdm with its usual options, for a notebook as for a terminal.

    In a notebook a bar that has come to its end goes: what the work has brought stands below it. One that was stopped
    stays and says how far it came.

    Args:
        iterable: What is gone through; None where `update` is called by hand.
        options: As `tqdm` takes them: total, desc, disable, initial, mininterval …
    """
    if "file" not in options and _in_a_notebook():
        return _CellBar(iterable, file=io.StringIO(), **{"mininterval": 0.2, **options})
    return tqdm(iterable, **options)


def _in_a_notebook() -> bool:
    """Whether a kernel runs us, which displays, and not a terminal, which prints."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return hasattr(shell, "kernel")


class _CellBar(tqdm):
    """A bar in the cell's output. What tqdm writes into its file for a terminal, nobody reads."""

    _handle = None

    def display(self, msg: str | None = None, pos: int | None = None) -> None:
        """Show how far it is, in the place of what stood there before."""
        from IPython.display import display

        done = self.total is not None and self.n >= self.total
        words = self._words()
        bundle = {"text/html": "" if done else self._html(words), "text/plain": words}
        if self._handle is None:
            self._handle = display(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)

    def _words(self) -> str:
        """As "training: 34 of 60 · 12 s, 9 s to go · reward=0.74"."""
        now = self.format_dict
        count = _count(self.n) if self.total is None else f"{_count(self.n)} of {_count(self.total)}"
        time = _seconds(now["elapsed"])
        rate = now["rate"] or (self.n - self.initial) / max(now["elapsed"], 1e-9)
        if self.total and rate and self.n < self.total and not self.disable:  # which tqdm sets when a bar has ended
            time += f", {_seconds((self.total - self.n) / rate)} to go"
        name = self.desc.removesuffix(": ")
        parts = (f"{name}: {count}" if name else count, time, self.postfix)
        return minus(" · ".join(part for part in parts if part))

    def _html(self, words: str) -> str:
        share = self.n / self.total if self.total else 0
        name = escape(self.desc.removesuffix(": ") or "progress", quote=True)
        track = "max-width: 36em; height: 7px; margin: 0.5em 0 0.3em; border-radius: 4px; background: #8884"
        fill = f"width: {100 * share:.1f}%; height: 100%; border-radius: 4px; background: #0072B2"
        value = f'role="progressbar" aria-label="{name}" aria-valuenow="{100 * share:.0f}"'
        said = "font-variant-numeric: tabular-nums; color: var(--jp-content-font-color2, inherit)"
        return f'<div {value} style="{track}"><div style="{fill}"></div></div><div style="{said}">{escape(words)}</div>'


def _count(number: float) -> str:
    """Whole numbers as they are; sums of fractions, such as seconds, with one digit."""
    return f"{number:.1f}".removesuffix(".0") if isinstance(number, float) else f"{number}"


def _seconds(seconds: float) -> str:
    """As "9 s" or "2 min 5 s"."""
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
