"""Slides of the notebooks: one page each, for a projector, with explorables that live and no kernel or network.

The notebooks are run once (`rlcourse.exporting` keeps what came out, for the site too). reveal.js turns the pages; how
they look is ours (`looks/`): what stands on a slide is shown as large as fits, up to the size of the projector mode.
Each file is written whole, and a folder that holds anything but earlier slides is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from nbformat import NotebookNode

from rlcourse.course.contents import CONTENTS, Notebook
from rlcourse.exporting import executed_all, script_files, script_tags, vendored, views_of, widgets_script
from rlcourse.exporting.folders import earlier_files, put_files
from rlcourse.exporting.vendoring import FOLDER
from rlcourse.files import NOTEBOOKS, PACKAGE
from rlcourse.showing.live import WIDGET
from rlcourse.site.building import katex_style
from rlcourse.site.cells import code_html, output_html
from rlcourse.site.frame import ASSETS, COURSE, ICON, POLICY
from rlcourse.site.words import Words
from rlcourse.teaching.deck import CODE, FIRST, LAST, SHOWN, Slide, slides_of

MARK = "rlcourse-slides.json"
"""The file by which a folder of ours is known: it lists the others."""
HOW = (
    "Space or → goes on, ← goes back, F fills the screen, D makes the page dark. Sliders, films and quizzes answer. "
    "What has been clicked keeps the arrow keys for itself; Esc gives them back. What only a kernel can do stands as a "
    "picture. Printed (Ctrl + P), each slide is a page."
)
_LOOKS = Path(__file__).parent / "looks"
_SITE_STYLE = PACKAGE / "site" / "looks" / "site.css"
_VENDORED = ("katex/katex.min.js", "reveal/reveal.js", "reveal/reveal.css")
_LICENCES = ("html-manager.LICENSE", "require.LICENSE", "katex/LICENSE", "reveal/LICENSE")


@dataclass(frozen=True)
class Built:
    """What was built."""

    decks: tuple[str, ...]
    slides: int
    bytes: int
    """Of all files together."""


def build_slides(
    folder: Path, *, numbers: Sequence[str] = SHOWN, short: bool = False, cache: Path | None = None
) -> Built:
    """Build the slides into a folder, and a page that lists them.

    Args:
        folder: New, empty, or with earlier slides in it.
        numbers: Of the notebooks, among `SHOWN`.
        short: Whether their training is cut short, for a look.
        cache: Where their runs are kept; in the user's cache folder when None.

    Raises:
        ValueError: A number is not among those that have slides, or the folder holds something that is not ours.
        FileNotFoundError: There are no notebooks, as this is no checkout.
    """
    if not numbers or set(numbers) - set(SHOWN):
        raise ValueError(f"numbers must be some of {', '.join(SHOWN)}, got {', '.join(numbers) or 'none'}")
    earlier = earlier_files(folder, MARK)
    chosen = [one for one in CONTENTS if one.number in numbers]
    paths = {one.number: NOTEBOOKS / f"{one.file}.ipynb" for one in chosen}
    runs = executed_all(list(paths.values()), short=short, cache=cache)
    decks = {f"{one.file}.html": (one, runs[paths[one.number]]) for one in chosen}
    files, counts = {f"{ASSETS}{name}": content for name, content in _assets().items()}, {}
    for file, (notebook, run) in decks.items():
        slides = slides_of(run)
        counts[file] = 1 + len(slides)
        files[file] = deck_html(notebook, run, slides)
    files["index.html"] = _index(chosen)
    return Built(tuple(decks), sum(counts.values()), put_files(folder, MARK, files, earlier))


def deck_html(notebook: Notebook, run: NotebookNode, slides: Sequence[Slide]) -> str:
    """The whole page of a notebook's slides."""
    words, alive = Words(()), set(views_of(run))
    first = (
        f'<section class="rlc-first"><p>{COURSE}</p><h1>{notebook.number} · {escape(notebook.title)}</h1>'
        f"<p>{escape(notebook.does[0].upper() + notebook.does[1:])}</p></section>"
    )
    others = "\n".join(_section(slide, words, alive) for slide in slides)
    state = widgets_script(run)
    return _page(
        f"{notebook.number} {notebook.title}",
        f'<div class="reveal"><div class="slides">{first}\n{others}</div></div>\n{state}'
        f'<script defer src="{ASSETS}reveal.js"></script>{script_tags(ASSETS)}'
        f'<script defer src="{ASSETS}slides.js"></script>',
    )


def _section(slide: Slide, words: Words, alive: set[str]) -> str:
    parts = "".join(_part(part, words, alive) for part in slide.parts)
    return f'<section>{words.html(f"## {slide.title}")}<div class="rlc-fit">{parts}</div></section>'


def _part(part: str | NotebookNode, words: Words, alive: set[str]) -> str:
    if isinstance(part, str):
        return f'<div class="rlc-words jp-RenderedMarkdown">{words.html(part)}</div>'
    code = code_html(part) if CODE in part.metadata.get("tags", []) else ""
    shown = "".join(output_html(output, alive, words) for output in _chosen(part))
    # A finger that drags something in a widget turns no page.
    return f'{code}<div class="jp-OutputArea" data-prevent-swipe>{shown}</div>'


def _chosen(cell: NotebookNode) -> list[NotebookNode]:
    """The outputs of a cell that its tags choose; a widget comes with what it leaves behind."""
    tags, outputs = cell.metadata.get("tags", []), cell.outputs
    widgets = [i for i, output in enumerate(outputs) if WIDGET in output.get("data", {})]
    if FIRST in tags:
        return outputs[: 2 if widgets[:1] == [0] else 1]
    if LAST in tags:
        return outputs[-2 if widgets[-1:] == [len(outputs) - 2] else -1 :]
    return outputs


def _page(title: str, body: str) -> str:
    styles = "".join(
        f'<link rel="stylesheet" href="{ASSETS}{name}.css">' for name in ("katex", "reveal", "site", "slides")
    )
    # reveal.css would set the pages on paper anew, all but those of this class; slides.css does.
    return f"""<!doctype html>
<html lang="en" class="print-pdf" data-jp-theme-light="true">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} · {COURSE}</title>
<link rel="icon" href="{ICON}">
{styles}
<script defer src="{ASSETS}katex.min.js"></script>
</head>
<body>
{body}
</body>
</html>
"""


def _index(chosen: Sequence[Notebook]) -> str:
    decks = "".join(f'<li><a href="{one.file}.html">{one.number} · {escape(one.title)}</a></li>' for one in chosen)
    return _page("Slides", f'<main class="rlc-list"><h1>Slides</h1><ul>{decks}</ul><p>{HOW}</p></main>')


def _assets() -> dict[str, str | Path]:
    """Scripts and styles, by their names: a file to copy, or a text."""
    libraries = {path.name: path for path in map(vendored, _VENDORED)}
    looks = {path.name: path for path in (*_LOOKS.iterdir(), _SITE_STYLE)}
    return {**script_files(), **libraries, **looks, "katex.css": katex_style(), "LICENCES.txt": _licences()}


def _licences() -> str:
    """The licences of what others wrote, as they ask for."""
    texts = {name: (FOLDER / name).read_text(encoding="utf-8") for name in _LICENCES}
    return "\n\n".join(f"{name}\n{len(name) * '='}\n{text}" for name, text in texts.items())
