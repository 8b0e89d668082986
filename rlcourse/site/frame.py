"""What every page of the site has around its text: head, search, contents, previous and next, a switch for the light.

The policy in the head forbids the browser to ask anything of any network, whatever a script may want; styles may stand
in the text, as those of the notebooks do, and scripts may not.
"""

from dataclasses import dataclass
from html import escape

from rlcourse.course.contents import CONTENTS, Notebook
from rlcourse.exporting.alive import script_tags

COURSE = "From TRPO to GRPO"
ASSETS = "assets/"
HERE = "'self' file:"
"""Where a page may have things from: its own folder, on a server or on a disk."""
POLICY = (
    f"default-src 'none'; script-src {HERE} blob:; style-src {HERE} 'unsafe-inline'; img-src {HERE} data: blob:; "
    f"font-src {HERE} data:; base-uri 'none'; form-action 'none'"
)
ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' "
    "rx='7' fill='%230072b2'/%3E%3Cpath d='M7 24L14 15L19 19L26 8' stroke='white' stroke-width='3.4' fill='none'/%3E"
    "%3C/svg%3E"
)


@dataclass(frozen=True)
class Page:
    """A page of the site, in its place."""

    file: str
    title: str
    html: str
    """Its text."""
    sections: tuple[tuple[str, str], ...] = ()
    """Anchor and words of those of its headings that the contents list shows."""
    widgets: str = ""
    """The state of its widgets; see `rlcourse.exporting`."""


HOME, SOURCES = ("index.html", "The course"), ("sources.html", "Sources and errata")


def place_of(notebook: Notebook) -> tuple[str, str]:
    """A notebook's file on the site, and what it is called in the contents list."""
    return f"{notebook.file}.html", f"{notebook.number} {notebook.title}"


def places(numbers: list[str]) -> list[tuple[str, str]]:
    """All pages in their order: file and name."""
    return [HOME, *(place_of(one) for one in CONTENTS if one.number in numbers), SOURCES]


def framed(page: Page, order: list[tuple[str, str]]) -> str:
    """The whole file of a page that stands in this order."""
    widgets = f"{page.widgets}{script_tags(ASSETS)}" if page.widgets else ""
    title = page.title if page.file == HOME[0] else f"{page.title} · {COURSE}"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<link rel="icon" href="{ICON}">
<link rel="stylesheet" href="{ASSETS}katex.css">
<link rel="stylesheet" href="{ASSETS}site.css">
<script src="{ASSETS}theme.js"></script>
</head>
<body>
<a class="rlc-skip" href="#text">To the text</a>
{_top()}
<div class="rlc-page">
{_contents(page, order)}
<main id="text" tabindex="-1">
{page.html}
{_neighbours(page, order)}
</main>
</div>
<script defer src="{ASSETS}katex.min.js"></script>
<script defer src="{ASSETS}site.js"></script>
{widgets}
</body>
</html>
"""


def _top() -> str:
    """The bar along the top."""
    return f"""<header class="rlc-top">
<button type="button" class="rlc-button rlc-menu" aria-expanded="false" aria-controls="contents">Contents</button>
<a class="rlc-home" href="{HOME[0]}">{COURSE}</a>
<search class="rlc-search"><input type="search" id="search" placeholder="Search" aria-label="Search all pages"
 autocomplete="off" spellcheck="false"><div class="rlc-found" id="found" hidden></div>
<span class="rlc-hidden" role="status" id="counted"></span></search>
<button type="button" class="rlc-button rlc-light" aria-label="Dark page" aria-pressed="false">◐</button>
</header>"""


def _contents(page: Page, order: list[tuple[str, str]]) -> str:
    """The list of all pages, with the sections of this one."""
    items = []
    for file, name in order:
        if file != page.file:
            items.append(f'<li><a href="{file}">{escape(name)}</a></li>')
            continue
        inside = "".join(f'<li><a href="#{escape(anchor)}">{escape(words)}</a></li>' for anchor, words in page.sections)
        below = f"<ol>{inside}</ol>" if inside else ""
        items.append(f'<li><a href="{file}" aria-current="page">{escape(name)}</a>{below}</li>')
    return f'<nav class="rlc-contents" id="contents" aria-label="Contents"><ol>{"".join(items)}</ol></nav>'


def _neighbours(page: Page, order: list[tuple[str, str]]) -> str:
    """The pages before and after this one."""
    at = [file for file, _ in order].index(page.file)
    links = []
    if at:
        file, name = order[at - 1]
        links.append(f'<a rel="prev" href="{file}"><span>Previous</span> {escape(name)}</a>')
    if at + 1 < len(order):
        file, name = order[at + 1]
        links.append(f'<a rel="next" href="{file}"><span>Next</span> {escape(name)}</a>')
    return f'<nav class="rlc-neighbours" aria-label="Previous and next">{"".join(links)}</nav>'
