"""Notebooks for whoever teaches: the shipped ones, with answers, solutions and the plans' notes between their cells.

What a learner opens is the student's version, so there is nothing to take out and nothing to keep alike: this one is
made from it each time, and from what the package knows already: the exercises and their slips, the quizzes, the
predictions, the plans. Everything that is added is folded, for the day on which the wrong window is on the wall.
"""

import hashlib
import inspect
import json
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from rlcourse.course.answers import exercise_lines, prediction_lines, question_lines
from rlcourse.course.contents import CONTENTS, Notebook, notebooks_there
from rlcourse.exercises.catalogue import EXERCISES
from rlcourse.exercises.predictions import PREDICTIONS
from rlcourse.exercises.quizzes import QUIZZES
from rlcourse.files import NOTEBOOKS, TEACHING, write_whole

MARK = "rlcourse-instructor.json"
"""What was written into a folder: the name of each file, and the SHA-256 of what we wrote."""
PLANS = {"plan_90_minutes": "90 minutes", "plan_half_a_day": "half a day", "plan_two_days": "two days"}
ROW = re.compile(r"^\| (\d+:\d\d) \| (\d+) \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
"""A row of a plan: when, how many minutes, which part, what is projected, what the room does."""
_CHECK = re.compile(r'^(\w+) = check\("(\w+)", (\w+)\)$', re.MULTILINE)
_QUIZ = re.compile(r'^quiz\("(\d\d)"(?:, \[([\d, ]+)\])?\)$', re.MULTILINE)
_PREDICT = re.compile(r"^predict\(([^)]*)\)", re.MULTILINE)
_SECTION = re.compile(r"^## (\d+) ·", re.MULTILINE)
_PART = re.compile(r"\[(.+)\]\((.*)#(.+)\)")
"""A part of a plan, and where it is explained."""
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")


def instructor_version(notebook: NotebookNode, number: str) -> NotebookNode:
    """A copy of a notebook with what its instructor wants to know below the cells that it belongs to."""
    made = deepcopy(notebook)
    made.cells = []
    for cell in notebook.cells:
        made.cells.append(deepcopy(cell))
        for i, added in enumerate(_added(cell, number)):
            added.id = f"{cell.id[:50]}-teach-{i}"
            made.cells.append(added)
    return made


def write_instructor_versions(folder: Path) -> tuple[list[str], list[str]]:
    """Write all notebooks for the instructor into a folder.

    Args:
        folder: Where. Files that we wrote there before are written anew, unless somebody has changed them since.

    Returns:
        The names of the notebooks that were written, and of those that stand there changed and were left alone.

    Raises:
        FileNotFoundError: There are no notebooks, as this is no checkout.
        ValueError: `folder` is a file, or the folder of the course's own notebooks.
    """
    if not (there := notebooks_there()):
        raise FileNotFoundError(f"there are no notebooks in {NOTEBOOKS}: they are made from a checkout of the course")
    if folder.exists() and (not folder.is_dir() or folder.resolve() == NOTEBOOKS):
        raise ValueError(f"folder must be a folder other than the course's own, got {folder}")
    ours = _written_before(folder)
    made = {f"{one.file}.ipynb": _made(one) for one in CONTENTS if one.number in there}
    kept = [name for name in made if (folder / name).exists() and _sha_of(folder / name) not in ours.get(name, ())]
    written = [name for name in made if name not in kept]
    new = ours | {name: [_sha(made[name])] for name in written}
    # First what may stand there from now on, old or new: whoever is killed half-way finds all of it to be theirs.
    write_whole(folder / MARK, json.dumps({name: [*ours.get(name, ()), *new[name]] for name in new}, indent=1))
    for name in written:
        write_whole(folder / name, made[name])
    write_whole(folder / MARK, json.dumps(new, indent=1))
    return written, kept


def _made(one: Notebook) -> str:
    read = nbformat.read(NOTEBOOKS / f"{one.file}.ipynb", as_version=4)
    return nbformat.writes(instructor_version(read, one.number)) + "\n"


def _written_before(folder: Path) -> dict[str, list[str]]:
    """For each notebook that we wrote into the folder, the checksums that it may have."""
    mark = folder / MARK
    return json.loads(mark.read_text(encoding="utf-8")) if mark.is_file() else {}


def _sha_of(path: Path) -> str:
    return _sha(path.read_text(encoding="utf-8"))


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _added(cell: NotebookNode, number: str) -> Iterator[NotebookNode]:
    """The cells that stand below this one in the instructor's version."""
    if cell.cell_type == "markdown":
        for section in _SECTION.findall(cell.source):
            if notes := notes_on(number, section):
                yield _folded(f"The plans, section {section}", notes)
        return
    for result, name, mine in _CHECK.findall(cell.source):
        yield _folded(f"Exercise <code>{name}</code>: a solution, and what people get wrong", _solved(name))
        yield new_code_cell(SOLVED.format(result=result, name=name, mine=mine))
    for quiz, some in _QUIZ.findall(cell.source):
        asked = QUIZZES[quiz].questions
        numbers = [int(one) for one in some.split(",")] if some else range(1, len(asked) + 1)
        yield _folded("The answers", "\n".join(question_lines(asked[one - 1], one) for one in numbers))
    for names in _PREDICT.findall(cell.source):
        told = [prediction_lines(PREDICTIONS[name]) for name in re.findall(r'"(\w+)"', names)]
        yield _folded("Why it happens", "\n".join(told))


SOLVED = """# For the instructor: solves the exercise with the course's own function. Leave it out to go on unsolved.
from rlcourse.exercises.catalogue import EXERCISES

{mine} = EXERCISES["{name}"].reference
{result} = check("{name}", {mine})"""
"""The cell that solves an exercise."""


def _solved(name: str) -> str:
    """An exercise's solution, hints and slips."""
    exercise = EXERCISES[name]
    sources = map(_source, (inspect.unwrap(function) for function in exercise.sources))
    code = "\n\n".join(f"```python\n{source}\n```" for source in sources)
    return f"{code}\n\n{exercise_lines(exercise).partition(chr(10))[2].strip()}"


def _source(function: Callable) -> str:
    return inspect.getsource(function).rstrip()


def notes_on(number: str, section: str) -> str:
    """What the plans do in a section of a notebook, and what they say there; empty if they leave it out."""
    when_and_what, said, place = [], {}, re.compile(rf"\[{number} §{section}\]")
    for plan, called in PLANS.items():
        for when, minutes, part, projected, room in ROW.findall(_plan(f"{plan}.md")):
            if place.search(projected):
                when_and_what.append(f"- *{called}*, {when}, {minutes} minutes: project {projected}; the room {room}.")
                title, page, anchor = _PART.fullmatch(part).groups()
                said[title] = _plan(page or f"{plan}.md", anchor)
    told = [f"**{title}{'' if title[-1] == '?' else '.'}** {text}" for title, text in said.items()]
    return _LINK.sub(r"\1", "\n\n".join(["\n".join(when_and_what), *told]))


def anchor_of(title: str) -> str:
    """By what a link finds a heading, as GitHub and JupyterLab name it."""
    return re.sub(r"[^\w\- ]", "", title).strip().lower().replace(" ", "-")


def _plan(page: str, anchor: str | None = None) -> str:
    """The text of a plan, or what stands under one of its headings."""
    text = (TEACHING / page).read_text(encoding="utf-8")
    if anchor is None:
        return text
    parts = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)
    return next(
        body for title, body in zip(parts[1::2], parts[2::2], strict=True) if anchor_of(title) == anchor
    ).strip()


def _folded(title: str, markdown: str) -> NotebookNode:
    """A cell of words that opens when it is clicked."""
    return new_markdown_cell(
        f"<details><summary>For the instructor · {title}</summary>\n\n{markdown.strip()}\n\n</details>"
    )
