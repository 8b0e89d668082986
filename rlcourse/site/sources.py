"""What the course cites, and where: read from the notebooks and from the package's own words, and typed nowhere again.

A source is a link, or a name with a year as in "Schulman et al. 2017". A name takes the address that it has anywhere in
the course. Also: where the article is loose, the cells of the notebooks that say so (tag `loose`), and how to cite the
course, from `CITATION.cff`.
"""

import ast
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import takewhile
from pathlib import Path

import yaml
from nbformat import NotebookNode

from rlcourse.course.contents import CONTENTS
from rlcourse.course.house import ADDRESS, TITLE, WHERE
from rlcourse.files import CHECKOUT, PACKAGE
from rlcourse.site.words import Words

LOOSE = "loose"
"""The tag of a cell that says where the article is loose."""
CITATION = CHECKOUT / "CITATION.cff"

_LINK = re.compile(r"\[([^\]\[]+)\]\((https?://[^)\s]+)\)")
_LINKED_YEAR = re.compile(r"\[(\d{4})\]\((https?://[^)\s]+)\)")
_NAME = r"[A-Z][\w’'éèöüß-]+"
_CITED = re.compile(
    rf"(?P<who>(?:Kezhao )?{_NAME}(?: et al\.|(?:, {_NAME})* (?:and|&) {_NAME})?),? \(?(?P<year>(?:19|20)\d\d)\b"
    r"(?:, arXiv (?P<arxiv>\d{4}\.\d{5}))?"
)
_MONTHS = {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December", "In", "The", "Since", "Until", "By"}  # fmt: skip


@dataclass
class Cited:
    """A source, and where it is cited."""

    name: str
    address: str = ""
    alias: str = ""
    """What else it is called, such as "DeepSeekMath"."""
    notebooks: set[str] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)

    @property
    def times(self) -> int:
        """In how many places it is cited."""
        return len(self.notebooks) + len(self.modules)


def sources(runs: dict[str, NotebookNode]) -> list[Cited]:
    """Every source of the course: those with a name and a year by name, then the others.

    Args:
        runs: The notebooks that were run, by number.
    """
    texts = [(text, number, "") for number, run in runs.items() for text in _prose(run)]
    texts += [(text, "", module) for module, text in package_words()]
    found: dict[tuple[str, str], Cited] = {}
    for text, number, module in texts:
        for name, address in citations_in(text):
            if address != ADDRESS:
                source = found.setdefault((name, address), Cited(name, address))
                (source.notebooks if number else source.modules).add(number or module)
    return sorted(_merged(list(found.values())), key=lambda one: (not _has_year(one.name), one.name.casefold()))


def citations_in(text: str) -> Iterator[tuple[str, str]]:
    """Name and address of each source that a text cites; the address is empty where only the name stands there."""
    text = re.sub(r"\s+", " ", text)
    linked = _LINKED_YEAR.sub(r"\1", text)  # "Chen et al. [2021](…)" reads as "Chen et al. 2021"
    years = {match[1]: match[2] for match in _LINKED_YEAR.finditer(text)}
    links = [(re.sub(r"[*“”]", "", name), address) for name, address in _LINK.findall(linked)]
    for name, address in links:
        cited = _CITED.fullmatch(name)
        yield (_named(cited) if cited else name, address)
    for cited in _CITED.finditer(_LINK.sub(" ", linked)):
        if cited["who"].split()[0].rstrip(",") not in _MONTHS:
            number = cited["arxiv"]
            yield _named(cited), f"https://arxiv.org/abs/{number}" if number else years.get(cited["year"], "")


def _named(cited: re.Match) -> str:
    return f"{cited['who'].replace('&', 'and')} {cited['year']}"


def _has_year(name: str) -> bool:
    return re.search(r" (19|20)\d\d$", name) is not None


def _merged(found: Sequence[Cited]) -> list[Cited]:
    """One entry for each address; a name without one joins the entry that has this name and is cited most."""
    merged: dict[str, Cited] = {}
    # The fullest name first: "Kezhao Liu et al. 2025" is not the other "Liu et al. 2025".
    dated, others = ([one for one in found if one.address and _has_year(one.name) is dated] for dated in (True, False))
    in_order = [*sorted(dated, key=lambda one: -len(one.name)), *sorted(others, key=lambda one: len(one.name))]
    for source in in_order:
        first = merged.setdefault(source.address, source)
        if first is not source:
            _join(first, source)
            if _has_year(first.name) and not _has_year(source.name):
                first.alias = first.alias or source.name
    for source in (one for one in found if not one.address):
        same = [one for one in merged.values() if one.name == source.name]
        first = max(same, key=lambda one: one.times, default=source)
        if first is source:
            merged[source.name] = source
        else:
            _join(first, source)
    return list(merged.values())


def _join(first: Cited, source: Cited) -> None:
    first.notebooks |= source.notebooks
    first.modules |= source.modules


def _prose(run: NotebookNode) -> Iterator[str]:
    """What a notebook says: its Markdown, and that of its outputs."""
    for cell in run.cells:
        if cell.cell_type == "markdown":
            yield cell.source
        for output in cell.get("outputs", ()):
            yield output.get("data", {}).get("text/markdown", "")


def package_words() -> Iterator[tuple[str, str]]:
    """Every docstring and text of the package, with the module that it stands in."""
    for path in sorted(PACKAGE.rglob("*.py")):
        module = ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")
        if module.split(".")[0] not in ("site", "exporting"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield module, node.value


def sources_table(cited: Sequence[Cited]) -> str:
    """The sources as a table: what, and where it is cited."""
    files, known = {one.number: one.file for one in CONTENTS}, titles()
    rows = []
    for one in cited:
        name, also = escape(one.name), f" ({escape(one.alias)})" if one.alias else ""
        linked = f'<a href="{escape(one.address)}">{name}</a>{also}' if one.address else name
        title = known.get(one.address or one.name)
        below = (f"<i>{escape(title)}</i>" if title else "", escape(_short(one.address)))
        what = linked + "".join(f"<br><small>{line}</small>" for line in below if line)
        where = ", ".join(f'<a href="{files[number]}.html">{number}</a>' for number in sorted(one.notebooks))
        code = ", ".join(f"<code>{escape(module)}</code>" for module in sorted(one.modules))
        rows.append(f"<tr><td>{what}</td><td>{where}</td><td>{code}</td></tr>")
    head = (
        "<tr><th scope='col'>source</th><th scope='col'>in the notebooks</th><th scope='col'>in the package</th></tr>"
    )
    return f'<div class="rlc-wide"><table><thead>{head}</thead><tbody>{"".join(rows)}</tbody></table></div>'


def titles() -> dict[str, str]:
    """The title of each paper, by its address; by its name where it is cited without one."""
    return json.loads((PACKAGE / "site" / "titles.json").read_text(encoding="utf-8"))


def _short(address: str) -> str:
    """An address for the eye."""
    return address.partition("://")[2].replace("arxiv.org/abs/", "arXiv ").rstrip("/")


def loose_words(runs: dict[str, NotebookNode], words: Words) -> str:
    """What the notebooks say of the places where the article is loose, notebook by notebook."""
    article = f'<a href="{ADDRESS}"><i>{escape(TITLE)}</i></a> ({WHERE})'
    parts = [f"<p>The course follows one article, {article}. Where it is loose, the notebooks say so:</p>"]
    for notebook in CONTENTS:
        said = [*loose_paragraphs(runs[notebook.number])] if notebook.number in runs else []
        if said:
            where = f'<a href="{notebook.file}.html">{notebook.number} {escape(notebook.title)}</a>'
            quoted = words.html("\n\n".join(said))
            parts.append(f'<div class="rlc-loose"><p>{where}</p>{quoted}</div>')
    return "\n".join(parts)


def loose_paragraphs(run: NotebookNode) -> Iterator[str]:
    """What the cells with the tag say of the article: their paragraphs that name it, and the list after one.

    Where a cell does not name it, it goes on with what the one before it has begun, up to its first heading.
    """
    for cell in run.cells:
        if LOOSE in cell.metadata.get("tags", []):
            shown = [output.get("data", {}).get("text/markdown", "") for output in cell.get("outputs", ())]
            blocks = re.split(r"\n\s*\n", "\n\n".join([cell.source] if cell.cell_type == "markdown" else shown))
            if not any("article" in block for block in blocks):
                yield from takewhile(lambda block: not block.startswith("#"), blocks)
            for number, block in enumerate(blocks):
                if "article" in block and not block.startswith("#"):
                    yield block
                    yield from (after for after in blocks[number + 1 : number + 2] if after.startswith("- "))


def how_to_cite() -> str:
    """The course as a sentence and for BibTeX."""
    course = citation()
    authors = ", ".join(author["name"] for author in course["authors"])
    fields = {"title": f"{{{course['title']}}}", "author": f"{{{authors}}}", "year": copyright_year()}
    lines = [f"  {name} = {{{value}}}," for name, value in {**fields, "version": course["version"]}.items()]
    bibtex = "\n".join(["@software{from_trpo_to_grpo,", *lines, "}"])
    words = f"{authors} ({fields['year']}): <i>{escape(course['title'])}</i>. Version {course['version']}."
    return f"<p>{words}</p><pre><code>{escape(bibtex)}</code></pre>"


def copyright_year() -> str:
    """The year that the licence names."""
    return re.search(r"Copyright \(c\) (\d{4})", (CHECKOUT / "LICENSE").read_text(encoding="utf-8"))[1]


def citation(path: Path = CITATION) -> dict:
    """What `CITATION.cff` says."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))
