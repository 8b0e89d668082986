"""One of several pages, chosen by controls in the browser: for tables and files, which are no plots.

    pages(TRY_THIS, CONTROLS, page)      page(state) -> (a sentence, HTML), for every state of the controls

All pages go to the browser once, so choosing needs no kernel, as with a `Plot`. Left out: parameters that slide
smoothly, whose pages would be too many.
"""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from itertools import product
from pathlib import Path

import anywidget
import traitlets

from rlcourse.explorables.plotting.bench import Bench, Choice
from rlcourse.showing.live import BROWSER, BUTTONS, Lasting, Still

_HERE = Path(__file__).parent
Page = tuple[str, str]
"""A sentence that says what is to be seen, in plain text, and the page, HTML of ours."""
MOST = 400
"""Pages, so that what is sent stays small."""


class PagesView(Lasting, anywidget.AnyWidget):
    """All pages; a float trait for each control says which one is shown."""

    _esm = BROWSER + (_HERE / "pages.js").read_text("utf-8")
    _css = BUTTONS + (_HERE / "pages.css").read_text("utf-8")

    pages = traitlets.List().tag(sync=True)
    """Sentence and HTML of each, the last control's entries fastest."""
    counts = traitlets.List().tag(sync=True)
    """How many entries each control has."""
    parameters = traitlets.List().tag(sync=True)
    """The names of the traits that choose."""

    def __init__(self, made: Sequence[Page], controls: Sequence[Choice]) -> None:
        for one in controls:
            if hasattr(PagesView, one.name):
                raise ValueError(f"control {one.name!r} has a name that a widget needs for itself; choose another")
        # A widget counts its traits as it starts, so these must be there before.
        self.add_traits(**{one.name: traitlets.Float(float(one.start)).tag(sync=True) for one in controls})
        self.grids = {one.name: tuple(range(len(one.words))) for one in controls}
        super().__init__(
            pages=[list(page) for page in made],
            counts=[len(one.words) for one in controls],
            parameters=[one.name for one in controls],
        )

    @property
    def shown(self) -> Page:
        """The page that the kernel knows to be shown."""
        at = 0
        for name, count in zip(self.parameters, self.counts, strict=True):
            at = at * count + round(getattr(self, name))
        words, page = self.pages[at]
        return words, page

    def still(self) -> Still:
        """The page as it opens."""
        words, page = self.shown
        return Still.of(f"<p>{escape(words)}</p>{page}", "Run this cell, and its controls choose.", alt=words)


def pages(try_this: str, controls: Sequence[Choice], page: Callable[[Mapping[str, int]], Page]) -> Bench:
    """An explorable of pages: what to try, a control for each parameter, and the page for where they stand.

    Args:
        try_this: One or two sentences of HTML: what to try, and what to watch.
        controls: From left to right.
        page: From the number of each control's word, by the control's name, to what is shown then; the HTML is ours, or
            escaped.

    Raises:
        ValueError: There would be more than `MOST` pages.
    """
    states = [
        dict(zip((one.name for one in controls), at, strict=True))
        for at in product(*(range(len(one.words)) for one in controls))
    ]
    if len(states) > MOST:
        raise ValueError(f"controls must have at most {MOST} states together, got {len(states)}")
    view = PagesView([page(state) for state in states], controls)
    return Bench(try_this, [one.beside(view) for one in controls], view)
