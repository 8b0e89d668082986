"""A bar that a saved notebook can show."""

import nbformat
from nbclient import NotebookClient

from rlcourse.showing import bar

CELL = """
from rlcourse.showing import bar
with bar(range(3), desc="walks <3>", mininterval=0) as steps:
    for _ in steps:
        pass
"""


def test_in_a_notebook_the_bar_is_one_line_of_text_and_no_widget(tmp_path):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute(cwd=str(tmp_path))
    (output,) = notebook.cells[0].outputs
    assert set(output.data) == {"text/plain", "text/html"}
    assert "walks <3>: 100%" in output.data["text/plain"] and "3/3" in output.data["text/plain"]
    assert "walks &lt;3&gt;: 100%" in output.data["text/html"]


def test_elsewhere_it_is_the_usual_one(capsys):
    assert list(bar(range(3), desc="walks")) == [0, 1, 2]
    assert "walks: 100%" in capsys.readouterr().err
