"""The pages: the home page, one for each notebook, and the sources.

What they say is taken from where it stands already: the README, the list of notebooks, the notebooks themselves.
"""

from collections.abc import Collection, Sequence
from html import escape

from nbformat import NotebookNode

from rlcourse.course.contents import CONTENTS, README, Notebook
from rlcourse.exporting.alive import widgets_script
from rlcourse.site.cells import cells_html
from rlcourse.site.frame import COURSE, HOME, SOURCES, Page, place_of
from rlcourse.site.sources import Cited, how_to_cite, loose_words, sources_table
from rlcourse.site.words import Heading, Words

_WORLDS = {"maze": "the robot learns", "GPT-2": "the GPT-2 learns", "both": "robot and GPT-2 learn", "": ""}
NO_KERNEL = (
    "<b>Read without Python.</b> Sliders, films, quizzes and predictions answer on this page. Code is shown with what "
    f'it printed when the page was made; to run and change it, <a href="{HOME[0]}#Start">install the course</a>.'
)
CUT_SHORT = " <b>Training was cut short for this copy of the page:</b> what it printed is not what the course reaches."


def notebook_page(notebook: Notebook, run: NotebookNode, pages: Collection[str], *, short: bool) -> Page:
    """The page of a notebook that was run."""
    words = Words(pages)
    note = f'<p class="rlc-note">{NO_KERNEL}{CUT_SHORT if short else ""}</p>'
    html = f"{note}\n<article>{cells_html(run, f'{notebook.file}.ipynb', words)}</article>"
    file, name = place_of(notebook)
    return Page(file, name, html, _listed(words.headings), widgets_script(run))


def home_page(numbers: Sequence[str], pages: Collection[str], *, short: bool) -> Page:
    """The README's opening, a card for each notebook, and how to start."""
    words = Words(pages)
    readme = README.read_text(encoding="utf-8")
    opening, rest = readme.split("\n## Start\n", 1)
    start = rest.split("\n## ", 1)[0]
    cards = "".join(_card(one) for one in CONTENTS if one.number in numbers)
    html = "\n".join([
        f'<div class="rlc-words jp-RenderedMarkdown">{words.html(opening)}</div>',
        f'<p class="rlc-note">{CUT_SHORT.strip()}</p>' if short else "",
        f'<h2 id="{words.heading("The notebooks", 2).id}">The notebooks</h2><ol class="rlc-cards">{cards}</ol>',
        f'<div class="rlc-words jp-RenderedMarkdown">{words.html("## Start" + chr(10) + start)}</div>',
        f'<p><a href="{SOURCES[0]}">Sources, where the article is loose, and how to cite the course</a></p>',
    ])  # fmt: skip
    return Page(HOME[0], COURSE, html, _listed(words.headings))


def _card(notebook: Notebook) -> str:
    file, name = place_of(notebook)
    world = f" · {_WORLDS[notebook.world]}" if notebook.world else ""
    return (
        f'<li data-world="{notebook.world}"><a href="{file}">{escape(name)}</a>'
        f"<p>{escape(notebook.does[0].upper() + notebook.does[1:])}</p><p>{notebook.minutes} minutes{world}</p></li>"
    )


def sources_page(runs: dict[str, NotebookNode], cited: Sequence[Cited], pages: Collection[str]) -> Page:
    """What the course stands on, where the article that it follows is loose, and how to cite it."""
    words = Words(pages)
    html = "\n".join([
        words.html("# Sources and errata"),
        words.html("## How to cite the course"), how_to_cite(),
        words.html("## Where the article is loose"), loose_words(runs, words),
        words.html("## Sources"), sources_table(cited),
    ])  # fmt: skip
    return Page(*SOURCES, f'<div class="rlc-words jp-RenderedMarkdown">{html}</div>', _listed(words.headings))


def _listed(headings: Sequence[Heading]) -> tuple[tuple[str, str], ...]:
    return tuple((one.id, one.words) for one in headings if one.level == 2)
