"""The cells of a notebook that was run, as HTML: its words, its code, and what it showed.

The elements have the names that JupyterLab gives them, since the style sheets that widgets and pictures bring along
know them by these. Code that is folded away in the notebook is folded here, under the comment that says what it does.
"""

import re
from html import escape

from nbconvert.filters.ansi import ansi2html
from nbformat import NotebookNode
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from rlcourse.exporting.alive import view_tag, views_of
from rlcourse.exporting.shortening import CUT
from rlcourse.showing.live import WIDGET
from rlcourse.site.words import Words, with_site_links

_CHECK = re.compile(r'= check\("\w+"')
_CALL_TO_RUN = re.compile(r"\bRun this cell\b")
NEEDS_NOTEBOOK = (
    "Writing a function and having it checked needs the notebook: open {} in JupyterLab. "
    "The hints and the course’s own answer can be read here."
)


def cells_html(notebook: NotebookNode, file: str, words: Words) -> str:
    """All cells, one below the other. `file` is what the notebook is called."""
    alive = set(views_of(notebook))
    parts = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            parts.append(_markdown(words.html(cell.source), "rlc-words"))
        elif cell.cell_type == "code" and CUT not in cell.metadata.get("tags", []):
            shown = "".join(output_html(output, alive, words) for output in cell.outputs)
            area = f'<div class="jp-OutputArea">{shown}</div>' if shown else ""
            note = f'<p class="rlc-needs">{NEEDS_NOTEBOOK.format(f"<code>{file}</code>")}</p>'
            parts.append(
                f'<div class="rlc-cell">{code_html(cell)}{area}{note if _CHECK.search(cell.source) else ""}</div>'
            )
    return "\n".join(parts)


def _markdown(html: str, name: str) -> str:
    return f'<div class="{name} jp-RenderedHTMLCommon jp-RenderedMarkdown">{html}</div>'


def code_html(cell: NotebookNode) -> str:
    """The code of a cell, coloured; under its first line where it is folded."""
    if not cell.source.strip():
        return ""
    coloured = highlight(cell.source, PythonLexer(), HtmlFormatter(nowrap=True)).rstrip()
    code = f'<pre class="highlight"><code>{coloured}</code></pre>'
    if not cell.metadata.get("jupyter", {}).get("source_hidden", False):
        return f'<div class="rlc-code">{code}</div>'
    says = escape(cell.source.splitlines()[0].lstrip("# "))
    return f'<details class="rlc-code rlc-folded"><summary>{says}</summary>{code}</details>'


def output_html(output: NotebookNode, alive: set[str], words: Words) -> str:
    """One output; empty where there is nothing to see."""
    kind, inside = _inside(output, alive, words)
    if not inside.strip():
        return ""
    return f'<div class="jp-OutputArea-child"><div class="jp-OutputArea-output {kind}">{inside}</div></div>'


def _inside(output: NotebookNode, alive: set[str], words: Words) -> tuple[str, str]:
    """What kind of output it is, and its HTML: the richest form that a page without a kernel can show."""
    if output.output_type == "stream":
        return "rlc-printed", f"<pre>{ansi2html(output.text)}</pre>"
    if output.output_type == "error":
        return "rlc-printed", f"<pre>{ansi2html(chr(10).join(output.traceback))}</pre>"
    data = output.data
    if WIDGET in data:
        model = data[WIDGET]["model_id"]
        return "rlc-widget", view_tag(model) if model in alive else ""
    if "text/html" in data:
        html = with_site_links(data["text/html"], words.pages)
        return "jp-RenderedHTMLCommon", _still(html) if "rlc-still" in html else html
    if "text/markdown" in data:
        return "jp-RenderedHTMLCommon jp-RenderedMarkdown", words.html(data["text/markdown"])
    if "image/png" in data:
        return "jp-RenderedImage", f'<img src="data:image/png;base64,{data["image/png"]}" alt="{_alt(data)}">'
    return "rlc-printed", f"<pre>{ansi2html(data.get('text/plain', ''))}</pre>"


def _still(html: str) -> str:
    """What a widget left behind. No cell can be run here."""
    return _CALL_TO_RUN.sub("In the notebook, run this cell", html)


def _alt(data: NotebookNode) -> str:
    return escape(data.get("text/plain", "a picture"))
