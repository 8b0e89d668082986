"""The notebooks with the exercises done: what `check` accepts must carry the rest of the notebook.

The answers come from tests/exercises/right_answers. Of each exercise's the one in the least PyTorch-like clothes takes
the place of the stub: NumPy where there is one, else lists or loops. The notebook then runs from top to bottom. That
the others are at work what the course's functions are is shown in tests/exercises/test_working.py. Where there is a
browser, tests/browser/test_shipped_notebooks.py runs the same notebooks in it, and they are not run twice.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from nbformat import NotebookNode

from tests.browser.lab import find_chromium
from tests.exercises.right_answers import RIGHT

from .execute import execute, read
from .test_files import FOLDER, NOTEBOOKS

ROOT = Path(__file__).parents[2]
CHECK = re.compile(r'^\w+ = check\("(\w+)", (\w+)\)$', re.MULTILINE)
WITH_EXERCISES = [
    path for path in NOTEBOOKS if CHECK.search((FOLDER / "source" / f"{path.stem}.py").read_text("utf-8"))
]


def strangest(answers: tuple[Callable, ...]) -> Callable:
    """The answer that is least like the course's own."""
    for clothes in ("numpy", "list", "loops"):
        for answer in answers:
            if clothes in answer.__name__:
                return answer
    return answers[0]


def answer_all(notebook: NotebookNode) -> int:
    """Put an answer in the place of each stub; how many there are."""
    count = 0
    for cell in notebook.cells:
        for found in CHECK.finditer(cell.source) if cell.cell_type == "code" else ():
            answer = strangest(RIGHT[found[1]])
            line = f"from {answer.__module__} import {answer.__name__} as {found[2]}"
            cell.source = cell.source.replace(found[0], f"{line}\n\n{found[0]}\nassert {found[0].split(' = ')[0]}")
            count += 1
    return count


@pytest.mark.skipif(bool(find_chromium()) and not os.environ.get("ALL_NOTEBOOKS"), reason="run in the browser")
@pytest.mark.parametrize("path", WITH_EXERCISES, ids=lambda path: path.stem)
def test_right_answers_in_other_clothes_carry_the_notebook(path, tmp_path, monkeypatch):
    notebook = read(path)
    assert answer_all(notebook) >= 2
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    run = execute(notebook, FOLDER, tmp_path)
    assert not run.errors, "\n\n".join(f"cell {number}: {text}" for number, text in run.errors.items())
    assert not run.stderr
