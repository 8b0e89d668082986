"""The notebooks as files: without outputs, like their twins, and free of what does not belong into a cell."""

import ast
import inspect
import re
from pathlib import Path

import jupytext
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

import rlcourse.explorables
import rlcourse.showing

from .execute import read

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
FORBIDDEN = {
    "a magic or a shell command": re.compile(r"^\s*[%!]", re.MULTILINE),
    "path juggling": re.compile(r"\bsys\.path\b|\bos\.chdir\b"),
    "a figure in the user's style (new_figure has ours)": re.compile(r"(?<!new_)\bFigure\("),
}
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def leftovers(notebook: NotebookNode) -> list[str]:
    """What a run has left in the file."""
    code = [(i, cell) for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    found = [f"cell {i} has outputs" for i, cell in code if cell.outputs]
    found += [f"cell {i} has an execution count" for i, cell in code if cell.execution_count is not None]
    return found + (["the notebook keeps widget state"] if "widgets" in notebook.metadata else [])


def misplaced(notebook: NotebookNode) -> list[str]:
    """What does not belong into a cell."""
    code = [(i, cell) for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    return [f"cell {i}: {name}" for i, cell in code for name, what in FORBIDDEN.items() if what.search(cell.source)]


def nameless_columns(notebook: NotebookNode) -> list[str]:
    """The heads of tables that leave a column without a name: who hears the table cannot tell what stands there."""
    head = re.compile(r"(\|[^\n]*\|)[^\n|]*\n?[^\n|]*\|-{3}")  # up to the rule below it, in a cell or in a string
    lines = [line for cell in notebook.cells for line in head.findall(cell.source)]
    return [line for line in lines if re.search(r"\|\s*\|", line)]


def is_folded(cell: NotebookNode) -> bool:
    """Whether JupyterLab shows a bar in the place of the cell's code."""
    return cell.metadata.get("jupyter", {}).get("source_hidden", False)


def gives_something_to_see(name: str) -> bool:
    """Whether the course's function or class of that name returns what a cell is to show."""
    for room in (rlcourse.showing, rlcourse.explorables):
        made = getattr(room, name, None)
        if callable(made):
            return inspect.isclass(made) or inspect.signature(made).return_annotation not in (None, "None")
    return False


def never_shown(source: str) -> list[str]:
    """What is made in a cell and dropped: a picture, a table or a widget alone on a line, not the last."""
    body = ast.parse(source).body
    nodes = (node for statement in body for node in ast.walk(statement) if node is not body[-1])
    calls = [node.value for node in nodes if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)]
    names = [call.func.id for call in calls if isinstance(call.func, ast.Name)]
    return [name for name in names if gives_something_to_see(name)]


def open_code(notebook: NotebookNode) -> list[str]:
    """The lines of code that a reader sees."""
    cells = (cell for cell in notebook.cells if cell.cell_type == "code" and not is_folded(cell))
    return [line for cell in cells for line in cell.source.splitlines() if line.strip()]


def differences(notebook: NotebookNode, twin: NotebookNode) -> list[str]:
    """Where a notebook and its py:percent twin say different things."""

    def essence(cell: NotebookNode) -> tuple:
        return cell.cell_type, cell.source.strip(), sorted(cell.metadata.get("tags", [])), is_folded(cell)

    ours, theirs = [essence(cell) for cell in notebook.cells], [essence(cell) for cell in twin.cells]
    found = [f"cell {i}: {a!r} against {b!r}" for i, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b]
    return found + ([f"{len(ours)} cells against {len(theirs)}"] if len(ours) != len(theirs) else [])


@each_notebook
def test_it_is_committed_without_outputs(path):
    assert leftovers(read(path)) == []


@each_notebook
def test_what_is_folded_says_what_it_does_in_its_first_line(path):
    """The bar in its place shows that line, and nothing else."""
    folded = [cell.source.splitlines()[0] for cell in read(path).cells if is_folded(cell)]
    assert folded and not [line for line in folded if not re.fullmatch(r"# [A-Z].{5,90}[.?]", line)]


@each_notebook
def test_what_a_learner_writes_and_trains_is_open(path):
    hidden = [cell.source for cell in read(path).cells if is_folded(cell)]
    own = re.compile(r"# your code here|= check\(|^dashboard\.finish\(|show_source\(", re.MULTILINE)
    assert not [source for source in hidden if own.search(source)]


@each_notebook
def test_open_code_is_little_and_narrow(path):
    """15 % of a page's height at most, when it was measured; so much code comes to one line for 25 words of prose."""
    notebook = read(path)
    words = sum(len(cell.source.split()) for cell in notebook.cells if cell.cell_type == "markdown")
    lines = open_code(notebook)
    assert len(lines) <= words / 25
    assert not [line for line in lines if len(line) > 95]


@each_notebook
def test_it_equals_its_twin(path):
    assert differences(read(path), jupytext.read(FOLDER / "source" / f"{path.stem}.py")) == []


@each_notebook
def test_it_says_which_kernel_it_wants_and_how_it_is_paired(path):
    """Without a kernelspec JupyterLab asks the learner for a kernel before anything can run."""
    metadata = read(path).metadata
    assert metadata.kernelspec.name == "python3" and "source///py:percent" in metadata.jupytext.formats


def test_every_twin_has_its_notebook():
    assert sorted(path.stem for path in (FOLDER / "source").glob("*.py")) == [path.stem for path in NOTEBOOKS]


@each_notebook
def test_nothing_is_installed_or_bent_in_a_cell(path):
    assert misplaced(read(path)) == []


@each_notebook
def test_every_column_of_a_table_has_a_name(path):
    assert nameless_columns(read(path)) == []


def test_a_column_without_a_name_is_noticed():
    tables = (
        "| | b |\n|---|---|\n| x | |",
        'lines = ["| a |  | c |", "|---|---|---|"]',
        "'| | b |\\n'\n    '|---|---|'",
    )
    found = [nameless_columns(new_notebook(cells=[new_markdown_cell(table)])) for table in tables]
    assert [len(lines) for lines in found] == [1, 1, 1]
    assert nameless_columns(new_notebook(cells=[new_markdown_cell("| a | b |\n|---|---|\n| | |")])) == []


@each_notebook
def test_what_is_made_to_be_seen_is_seen(path):
    """JupyterLab shows the last expression of a cell; anything before it wants `display`."""
    code = [cell.source for cell in read(path).cells if cell.cell_type == "code"]
    assert [name for source in code for name in never_shown(source)] == []


def test_what_is_never_shown_is_noticed():
    assert never_shown("answers_table(header, rows)\nsay('x')") == ["answers_table"]
    assert never_shown("if a:\n    Picture(figure, 'alt')") == ["Picture"]
    assert never_shown("say('x')\ndisplay(answers_table(header, rows))\nanswers_table(header, rows)") == []


def test_leftovers_are_noticed():
    clean = new_notebook(cells=[new_code_cell("1 + 1"), new_markdown_cell("words")])
    assert leftovers(clean) == []
    clean.cells[0].execution_count = 3
    assert leftovers(clean) == ["cell 0 has an execution count"]


@pytest.mark.parametrize(
    "source",
    ["%pip install x", "x = 1\n!ls", "import sys\nsys.path.append('..')", "%%time\nx = 1", "Figure(1)"],
)
def test_misplaced_things_are_noticed(source):
    assert len(misplaced(new_notebook(cells=[new_code_cell(source)]))) == 1
    assert misplaced(new_notebook(cells=[new_markdown_cell(source), new_code_cell("a = 7 % 3\nassert a != 2")])) == []


def test_a_difference_from_the_twin_is_noticed():
    notebook = new_notebook(cells=[new_markdown_cell("# A"), new_code_cell("x = 1", metadata={"tags": ["exercise"]})])
    script = '# %% [markdown]\n# # A\n\n# %% tags=["exercise"]\nx = 1\n'
    assert differences(notebook, jupytext.reads(script, "py:percent")) == []
    assert differences(notebook, jupytext.reads(script.replace("x = 1", "x = 2"), "py:percent")) != []
    assert differences(notebook, jupytext.reads(script.replace("exercise", "other"), "py:percent")) != []
    folded = script.replace("# %% tags", '# %% jupyter={"source_hidden": true} tags')
    assert differences(notebook, jupytext.reads(folded, "py:percent")) != []
    assert differences(notebook, jupytext.reads(script + "\n# %%\ny = 2\n", "py:percent")) == ["2 cells against 3"]
