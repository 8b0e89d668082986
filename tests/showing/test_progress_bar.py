"""A bar that a saved notebook can show."""

import re

import nbformat
import pytest
from nbclient import NotebookClient

from rlcourse.showing import bar

CELLS = """
from rlcourse.showing import bar
steps = bar(total=3, desc="walks <3>", mininterval=0)
steps.set_postfix_str("reward=1")
_ = steps.update(2)
---
for _ in bar(range(3), desc="walks", mininterval=0):
    pass
---
with bar(total=3, desc="walks", delay=60) as quick:
    quick.update(3)
---
with bar(total=3, desc="walks", mininterval=0) as stopped:
    _ = stopped.update(2)
---
seconds = bar(total=24.0, desc="race", mininterval=0)
for spent in (0.1, 0.1, 0.1):
    _ = seconds.update(spent)
"""


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    cells = [nbformat.v4.new_code_cell(cell) for cell in CELLS.split("---")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute(cwd=str(tmp_path_factory.mktemp("bars")))
    return [cell.outputs for cell in notebook.cells]


def test_in_a_notebook_it_is_html_that_says_how_far_it_is_and_no_widget(outputs):
    (output,) = outputs[0]
    assert set(output.data) == {"text/plain", "text/html"}
    assert re.fullmatch(r"walks <3>: 2 of 3 · \d s, \d s to go · reward=1", output.data["text/plain"])
    html = output.data["text/html"]
    assert 'role="progressbar" aria-label="walks &lt;3&gt;" aria-valuenow="67"' in html and "width: 66.7%" in html
    assert "walks &lt;3&gt;: 2 of 3" in html


def test_a_bar_that_has_come_to_its_end_goes(outputs):
    (output,) = outputs[1]
    assert output.data["text/html"] == "" and output.data["text/plain"] == "walks: 3 of 3 · 0 s"


def test_a_bar_that_was_stopped_stays_and_has_no_time_to_go(outputs):
    (output,) = outputs[3]
    assert output.data["text/plain"] == "walks: 2 of 3 · 0 s" and "progressbar" in output.data["text/html"]


def test_seconds_that_add_up_are_written_with_one_digit(outputs):
    assert outputs[4][-1].data["text/plain"].startswith("race: 0.3 of 24 · ")


def test_where_work_is_quicker_than_the_delay_nothing_is_shown(outputs):
    assert outputs[2] == []


def test_elsewhere_it_is_the_usual_one(capsys):
    assert list(bar(range(3), desc="walks")) == [0, 1, 2]
    assert "walks: 100%" in capsys.readouterr().err
