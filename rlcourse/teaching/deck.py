"""Which cells of a notebook are slides: its tags say so, so that notebook and slides cannot say different things.

    slide         a slide begins with this cell
    slide-on      this cell goes on the slide before it
    slide-head    a slide begins with nothing but this cell's last heading; what is tagged slide-on follows
    slide-code    of a code cell: its code is shown, too, and not only what it gave
    slide-first, slide-last    of a code cell: of all that it gave only this is shown, where the whole would not fit

Of a cell of words the slide shows what stands between `<!-- slide -->` and `<!-- /slide -->`, which nobody sees in the
notebook; each such part after the first is a slide of its own. Without these marks it shows the words from the cell's
last heading on. A heading is that of a section (`##`), and every slide bears the one that it stands under. Left out:
notes for the speaker. They are the notebook itself.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from nbformat import NotebookNode

SHOWN = ("02", "05", "06", "10")
"""The notebooks that have slides."""
BEGINS, GOES_ON, HEAD, CODE = "slide", "slide-on", "slide-head", "slide-code"
FIRST, LAST = "slide-first", "slide-last"
TAGS = {BEGINS, GOES_ON, HEAD, CODE, FIRST, LAST}
_PART = re.compile(r"<!-- slide -->\n(.*?)\n<!-- /slide -->", re.DOTALL)
_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)


@dataclass
class Slide:
    """One slide."""

    title: str
    """In Markdown."""
    parts: list[str | NotebookNode] = field(default_factory=list)
    """Words in Markdown, and code cells."""


def slides_of(notebook: NotebookNode) -> list[Slide]:
    """The slides of a notebook, in order.

    Raises:
        ValueError: the first one goes on a slide that has not begun.
    """
    slides: list[Slide] = []
    for cell, title in _with_titles(notebook):
        tags = TAGS & set(cell.metadata.get("tags", []))
        if cell.cell_type == "markdown":
            for begins, above, words in _words(cell.source, title, tags):
                _put(slides, begins, above, words)
        elif tags:
            _put(slides, BEGINS in tags, title, cell)
    return slides


def _put(slides: list[Slide], begins: bool, title: str, part: str | NotebookNode) -> None:
    if begins:
        slides.append(Slide(title))
    elif not slides:
        raise ValueError(f"the first cell that is tagged must begin a slide, got {part!r}")
    if part:
        slides[-1].parts.append(part)


def _with_titles(notebook: NotebookNode) -> Iterator[tuple[NotebookNode, str]]:
    """Each cell, and the heading that stands above it."""
    title = ""
    for cell in notebook.cells:
        yield cell, title
        if cell.cell_type == "markdown" and (found := _HEADING.findall(cell.source)):
            title = found[-1]


def _words(source: str, title: str, tags: set[str]) -> Iterator[tuple[bool, str, str]]:
    """What a cell of words puts on slides: whether it begins one, under which heading, and the words."""
    if not tags:
        return
    headings = list(_HEADING.finditer(source))
    parts = list(_PART.finditer(source))
    for i, part in enumerate(parts):
        above = [heading[1] for heading in headings if heading.start() < part.start()]
        yield BEGINS in tags or i > 0, above[-1] if above else title, part[1].strip()
    if HEAD in tags:
        yield True, headings[-1][1], ""
    elif not parts and headings:
        yield BEGINS in tags, headings[-1][1], source[headings[-1].end() :].strip()
    elif not parts:
        yield BEGINS in tags, title, source.strip()
