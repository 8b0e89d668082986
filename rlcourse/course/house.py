"""What is said of a notebook in more than one place, kept alike: `python -m rlcourse.course`.

    minutes   worked out from the notebook (`minutes_to_work`), in `contents.py`, in the notebook's head and the README
    the box   below a notebook's title: which claim of the article is made runnable there, from `contents.py`
    answers   to quizzes, and the slips of exercises, in two pages for instructors (`rlcourse.course.answers`)

A notebook and its twin are changed alike, in the head only. The box is a quotation in one line of HTML, which needs no
kernel and no style sheet of ours: a tint of the page, light or dark, and where styles are taken away still a quotation.
Left out: everything below the head.
"""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from html import escape
from pathlib import Path

from rlcourse.course import contents
from rlcourse.course.answers import answers_page, exercises_page
from rlcourse.course.contents import CONTENTS, README, Notebook, notebooks_there, readme_with_its_table
from rlcourse.files import NOTEBOOKS, TEACHING, write_whole

TITLE = "Training Large Language Models: From TRPO to GRPO"
ADDRESS = "https://towardsdatascience.com/training-large-language-models-from-trpo-to-grpo/"
WHERE = "Towards Data Science, 6 February 2025"
PAGES = {"answers.md": answers_page, "exercises.md": exercises_page}
"""What is written for instructors, in `notebooks/teaching`."""

_BOX = '<blockquote style="border-left: 6px solid #56B4E9; background: rgba(86, 180, 233, 0.14); padding: 10px 16px">'
_MINUTES = re.compile(r"(?<=· about )\d+(?= minutes ·)")


def claim_box(notebook: Notebook) -> str:
    """One line of HTML: what the article says that is made runnable here, and which article that is."""
    article = f'<a href="{ADDRESS}"><i>{escape(TITLE)}</i></a> ({WHERE})'
    if not notebook.claim:
        return f"{_BOX}<b>Beyond the article</b>, {article}, which ends with GRPO.</blockquote>"
    claim = escape(notebook.claim, quote=False)
    return f"{_BOX}<b>The article says</b> that {claim}.<br><b>Here you run it.</b> From {article}.</blockquote>"


def with_its_head(cell: str, notebook: Notebook) -> str:
    """A notebook's first cell with its minutes, and with its box below the lines under the title.

    Raises:
        ValueError: the cell does not say "· about N minutes ·".
    """
    if not _MINUTES.search(cell):
        raise ValueError(f"the head of {notebook.file} must say “· about N minutes ·”, got {cell[:200]!r}")
    paragraphs = [part for part in cell.split("\n\n") if not part.startswith(_BOX)]
    under_title = next(i for i, part in enumerate(paragraphs) if _MINUTES.search(part))
    paragraphs[under_title] = _MINUTES.sub(str(notebook.minutes), paragraphs[under_title])
    return "\n\n".join([*paragraphs[: under_title + 1], claim_box(notebook), *paragraphs[under_title + 1 :]])


def measured(notebook: Notebook, folder: Path = NOTEBOOKS) -> Notebook:
    """The entry of a notebook that is there, with the minutes that it takes."""
    # Only the authors' command has a use for all explorables at once.
    from rlcourse.course.minutes import minutes_to_work, rounded

    text = (folder / f"{notebook.file}.ipynb").read_text(encoding="utf-8")
    return replace(notebook, minutes=rounded(minutes_to_work(json.loads(text), notebook.number)))


def keep_house() -> list[str]:
    """Measure every notebook that is there, and write what has changed; the names of the files written."""
    there = [notebook for notebook in CONTENTS if notebook.number in notebooks_there()]
    now = {notebook.number: measured(notebook) for notebook in there}
    source = Path(contents.__file__)
    changed = [_rewrite(source, lambda text: with_minutes(text, list(now.values())))]
    for notebook in now.values():
        in_cell = lambda cell, of=notebook: with_its_head(cell, of)  # noqa: E731 (it is used twice)
        changed.append(_rewrite(NOTEBOOKS / f"{notebook.file}.ipynb", lambda text, head=in_cell: _in_json(text, head)))
        twin = NOTEBOOKS / "source" / f"{notebook.file}.py"
        changed.append(_rewrite(twin, lambda text, head=in_cell: _in_twin(text, head)))
    entries = [now.get(notebook.number, notebook) for notebook in CONTENTS]
    changed.append(_rewrite(README, lambda text: readme_with_its_table(text, entries)))
    for name, page in PAGES.items():
        changed.append(_rewrite(TEACHING / name, lambda _, make=page: make()))
    return [name for name in changed if name]


def with_minutes(text: str, notebooks: list[Notebook]) -> str:
    """The text of `contents.py` with the minutes of these entries."""
    for notebook in notebooks:
        entry = re.compile(rf'("{notebook.file}".*?", )\d+(?=,)', re.DOTALL)
        text = entry.sub(lambda found, of=notebook: f"{found[1]}{of.minutes}", text, count=1)
    return text


def _in_json(text: str, change: Callable[[str], str]) -> str:
    """A notebook's file with its first cell changed, written as `nbformat` writes it."""
    notebook = json.loads(text)
    cell = notebook["cells"][0]
    cell["source"] = change("".join(cell["source"])).splitlines(keepends=True)
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _in_twin(text: str, change: Callable[[str], str]) -> str:
    """The twin's text with its first cell changed."""
    begin = text.index("# %% [markdown]\n") + len("# %% [markdown]\n")
    end = text.index("\n\n# %%", begin)
    cell = "\n".join(line.removeprefix("#").removeprefix(" ") for line in text[begin:end].split("\n"))
    lines = [f"# {line}".rstrip() for line in change(cell).split("\n")]
    return text[:begin] + "\n".join(lines) + text[end:]


def _rewrite(path: Path, change: Callable[[str], str]) -> str:
    """Change a file; its name if that made a difference."""
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    after = change(before)
    if after != before:
        write_whole(path, after)
    return path.name if after != before else ""
