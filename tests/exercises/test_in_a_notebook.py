"""In a real kernel: what is shown, how often, and that an unfinished exercise does not stop Run All."""

import nbformat
import pytest
from nbclient import NotebookClient

CELLS = {
    "stub": """
from rlcourse.exercises import check, hint, progress, quiz, solution

def mine(rewards):
    raise NotImplementedError

check("group_advantages", mine)""",
    "error": """
def mine(rewards):
    centred = rewards - rewards.mean()
    return centred / spread

result = check("group_advantages", mine)
print("the cell goes on")""",
    "again": "result",
    "passed": """
from rlcourse.equations import group_advantages

check("group_advantages", lambda rewards: group_advantages(rewards))""",
    "hint": 'hint("group_advantages")',
    "solution": 'solution("group_advantages")',
    "board": "progress()",
    "quiz": 'quiz("10")',
}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RLCOURSE_PROGRESS", str(tmp_path_factory.mktemp("data") / "progress.json"))
        cells = [nbformat.v4.new_code_cell(source.strip()) for source in CELLS.values()]
        notebook = nbformat.v4.new_notebook(cells=cells)
        NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    return dict(zip(CELLS, (cell.outputs for cell in notebook.cells), strict=True))


def test_a_check_is_shown_once_and_its_buttons_below_it(outputs):
    for cell in ("again", "hint", "solution", "board"):
        assert [output.output_type for output in outputs[cell]] == ["display_data"], cell
    for cell in ("stub", "error", "passed"):
        message, buttons, still = outputs[cell][:3]
        assert "text/html" in message.data and "application/vnd.jupyter.widget-view+json" in buttons.data
        assert not still.data["text/plain"]
    assert [output.output_type for output in outputs["error"]] == ["display_data"] * 3 + ["stream"]


def test_a_pass_shows_a_curve_by_the_learners_function(outputs):
    assert "all 8 cases pass" in outputs["passed"][0].data["text/html"]
    assert "<svg" in outputs["passed"][0].data["text/html"]
    assert "Your advantages in a group of eight" not in outputs["passed"][0].data["text/plain"]


def test_the_learners_line_is_the_one_in_their_cell(outputs):
    text = outputs["error"][0].data["text/plain"]
    assert "line 3: return centred / spread" in text
    assert "NameError: name 'spread' is not defined" in text


def test_messages_are_rich_and_plain(outputs):
    for cell in ("stub", "error", "again", "hint", "board"):
        data = outputs[cell][0].data
        assert {"text/html", "text/plain"} <= set(data), cell
    assert "not started yet" in outputs["stub"][0].data["text/html"]
    assert outputs["again"][0].data == outputs["error"][0].data


def test_the_solution_is_highlighted_by_the_page(outputs):
    assert "```python\ndef group_advantages(" in outputs["solution"][0].data["text/markdown"]


def test_the_quiz_is_a_widget_and_after_it_what_can_be_read_without_one(outputs):
    live, still = (output.data for output in outputs["quiz"])
    assert "application/vnd.jupyter.widget-view+json" in live
    assert "Quiz: GRPO" in still["text/plain"] and "Quiz: GRPO" in still["text/html"]
