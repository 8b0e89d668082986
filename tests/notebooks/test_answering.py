"""What runs once more when the exercises are done."""

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from .answering import answer_all, answered_once_more, resting_on_answers
from .execute import read
from .test_files import NOTEBOOKS

CELLS = [
    "policy, lines = start(), []",
    "def my_gae(): ...",
    'result = check("gae", my_gae)',
    "gae_fn, said = at_work(result, my_gae, gae)",
    "history = train(policy, gae_fn)",
    "draw(history)",
    "lines = words(policy)",
    "print(said)",
]


def test_what_rests_on_an_exercise_runs_again_and_nothing_else():
    notebook = new_notebook(cells=[new_code_cell(source) for source in CELLS])
    assert resting_on_answers(notebook) == [2, 3, 4, 7]
    longer = answered_once_more(notebook)
    assert [cell.source for cell in longer.cells[: len(CELLS)]] == CELLS
    again = [cell.source for cell in longer.cells[len(CELLS) :]]
    assert "as my_gae" in again[0] and again[0].endswith("assert result") and again[1:] == CELLS[3:5] + CELLS[7:]
    nbformat.validate(longer)


def test_every_notebook_from_01_on_has_two_exercises():
    assert [path.stem for path in NOTEBOOKS if answer_all(read(path)) < 2] == ["00_start_here"]
