"""Markdown as HTML, as JupyterLab shows it: mathematics set apart, headings that can be linked to, links that lead on.

nbconvert, which comes with JupyterLab, reads the Markdown. Left out: links to files that the site does not have. Their
words stay.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from html import escape, unescape

from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

_TAG = re.compile(r"<[^>]+>")
_NOTEBOOK = re.compile(r'(?<=href=")(?:notebooks/)?(\d\d_\w+)\.ipynb')


@dataclass(frozen=True)
class Heading:
    """A heading on a page."""

    id: str
    level: int
    words: str
    """Without formulas and tags."""


@dataclass
class Words:
    """Turns the Markdown of one page into HTML, and keeps the headings that it met."""

    pages: Collection[str]
    """The files of the site that a link may lead to."""
    headings: list[Heading] = field(default_factory=list)

    def html(self, text: str) -> str:
        """The Markdown as HTML."""
        made = MarkdownWithMath(renderer=_Renderer(self)).render(text)
        return with_site_links(made, self.pages)

    def heading(self, html: str, level: int) -> Heading:
        """A new heading, with a name that no other on the page has."""
        words = plain(html)
        name = re.sub(r"\s+", "-", re.sub(r"[^\w\s·-]", "", words)).strip("-") or "section"
        taken = {one.id for one in self.headings}
        different = next(tried for tried in (name, *(f"{name}-{k}" for k in range(2, 99))) if tried not in taken)
        self.headings.append(Heading(different, level, words))
        return self.headings[-1]


class _Renderer(IPythonRenderer):
    """What nbconvert writes, but for mathematics, headings and tables."""

    def __init__(self, words: Words) -> None:
        super().__init__(escape=False)
        self._words = words

    def inline_math(self, body: str) -> str:
        return f'<span class="rlc-math">{escape(body)}</span>'

    def block_math(self, body: str) -> str:
        return f'<span class="rlc-math rlc-display">{escape(body)}</span>'

    def latex_environment(self, name: str, body: str) -> str:
        return self.block_math(f"\\begin{{{name}}}{body}\\end{{{name}}}")

    def heading(self, text: str, level: int, **attrs: object) -> str:
        made = self._words.heading(text, level)
        link = f'<a class="rlc-here" href="#{escape(made.id)}" aria-label="Link to this section">¶</a>'
        return f'<h{level} id="{escape(made.id)}">{text} {link}</h{level}>\n'

    def table(self, text: str) -> str:
        return f'<div class="rlc-wide"><table>\n{text}</table></div>\n'


def with_site_links(html: str, pages: Collection[str]) -> str:
    """HTML whose links to notebooks lead to their pages; a link to a file that the site has not is taken off."""
    html = _NOTEBOOK.sub(r"\1.html", html)

    def kept(link: re.Match) -> str:
        address = unescape(link[1])
        there = address.startswith(("http://", "https://", "#", "mailto:")) or address.partition("#")[0] in pages
        return link[0] if there else f"<span>{link[2]}</span>"

    return re.sub(r'<a\b[^>]*?href="([^"]*)"[^>]*>(.*?)</a>', kept, html, flags=re.DOTALL)


def plain(html: str) -> str:
    """The words of some HTML, in one line."""
    html = re.sub(r"<style.*?</style>", " ", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(_TAG.sub(" ", html))).replace(" ¶", "").strip()
