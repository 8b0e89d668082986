"""What a cell says: read as people read numbers, and replaced where it stands."""

import nbformat
from nbclient import NotebookClient

from rlcourse.showing import Paragraph, say


def outputs_of(source: str) -> list:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    return notebook.cells[0].outputs


def test_a_hyphen_before_a_number_becomes_a_minus_and_others_stay(capsys):
    say("from -0.5 to | -3 |, 2-3 steps, `x = -1`, $-1$, GPT-2, 1e-05")
    assert capsys.readouterr().out == "from −0.5 to | −3 |, 2-3 steps, `x = -1`, $-1$, GPT-2, 1e-05\n"


def test_a_per_cent_sign_stays_with_its_number_and_tags_stay_as_they_are(capsys):
    say("9% of <b style='width: 9%; top: -1px'>8%</b>, `7%`")
    assert capsys.readouterr().out == "9\xa0% of <b style='width: 9%; top: -1px'>8\xa0%</b>, `7%`\n"


def test_a_paragraph_shows_only_its_last_words():
    lines = (
        "from rlcourse.showing import Paragraph, say",
        'rows = Paragraph(); say("below")',
        'rows.say("first"); rows.say("first, then -2")',
    )
    (above, below) = outputs_of("\n".join(lines))
    assert above.data["text/markdown"] == "first, then −2"
    assert below.data["text/markdown"] == "below"


def test_without_a_notebook_a_paragraph_says_its_words_one_after_the_other(capsys):
    paragraph = Paragraph()
    paragraph.say("one")
    paragraph.say("two")
    assert capsys.readouterr().out == "one\ntwo\n"
