"""What is said of a notebook in several places is said alike, and its minutes are those that it takes."""

import json

import pytest

from rlcourse.course import CONTENTS, house
from rlcourse.course.contents import notebooks_there
from rlcourse.course.house import TITLE, claim_box, measured, with_its_head, with_minutes
from rlcourse.course.minutes import explorable_names, minutes_to_work, rounded
from rlcourse.files import NOTEBOOKS

THERE = [notebook for notebook in CONTENTS if notebook.number in notebooks_there()]
HEAD = "# 02 · A robot\n\n**Words** · about 7 minutes · easy\n\nWhat follows.\n\nAnd more."
each_notebook = pytest.mark.parametrize("notebook", THERE, ids=lambda notebook: notebook.file)


@each_notebook
def test_the_list_says_the_minutes_that_a_notebook_takes(notebook):
    """`python -m rlcourse.course` writes them anew."""
    assert notebook.minutes == measured(notebook).minutes


@each_notebook
def test_the_head_says_them_too_and_which_claim_of_the_article_it_makes_runnable(notebook):
    cells = json.loads((NOTEBOOKS / f"{notebook.file}.ipynb").read_text(encoding="utf-8"))["cells"]
    head = "".join(cells[0]["source"])
    assert with_its_head(head, notebook) == head
    assert TITLE in head and head.count("<blockquote") == 1


def of(*cells, folded=False):
    """A notebook of such cells: (type, source)."""
    metadata = {"jupyter": {"source_hidden": True}} if folded else {}
    return {"cells": [{"cell_type": kind, "source": source, "metadata": metadata} for kind, source in cells]}


@pytest.mark.parametrize(
    ("cell", "minutes"),
    [
        (("markdown", "word " * 400), 2.0),
        (("markdown", "**[word](https://somewhere/else)** | " * 200), 1.0),
        (("code", "x = 1\n\n" * 30), 3.0),
        (("markdown", "### Exercise 1: it (8 minutes, easy)"), 8 + 6 / 200),
        (("code", "drive(maze)"), 1.5 + 0.1),
        (("code", "explorables.values_of_gamma()"), 1.5 + 0.1),
        (("code", "TrainingDashboard(charts, 3)"), 2.0 + 0.1),
        (("code", 'predict("one", "two")'), 2 * 0.5 + 0.1),
    ],
)
def test_minutes_are_counted(cell, minutes):
    assert minutes_to_work(of(cell), "99") == pytest.approx(minutes, abs=0.01)


def test_folded_code_costs_nothing_and_a_quiz_a_minute_for_each_question():
    assert minutes_to_work(of(("code", "x = 1\n" * 50), folded=True), "99") == 0
    assert minutes_to_work(of(), "02") == 6


def test_minutes_are_printed_in_steps_of_five():
    assert [rounded(minutes) for minutes in (0.4, 12.4, 12.6, 58)] == [5, 10, 15, 60]


def test_explorables_are_found_by_what_they_give():
    assert {"drive", "Films", "values_of_gamma", "ask_gpt2"} <= set(explorable_names())
    assert not {"TrainingDashboard", "Picture", "show_source", "values_of_gamma_figure"} & set(explorable_names())


def test_a_head_gets_its_minutes_and_its_box_once():
    notebook = CONTENTS[2]
    head = with_its_head(HEAD, notebook)
    assert f"about {notebook.minutes} minutes" in head and claim_box(notebook) in head
    assert with_its_head(head, notebook) == head
    assert head.replace(claim_box(notebook) + "\n\n", "").replace(str(notebook.minutes), "7", 1) == HEAD
    with pytest.raises(ValueError, match="the head of 02_maze must say"):
        with_its_head("# no minutes", notebook)


def test_a_notebook_beyond_the_article_says_so():
    assert "Beyond the article" in claim_box(CONTENTS[12]) and "The article says" in claim_box(CONTENTS[10])


def test_only_the_minutes_of_an_entry_are_written_anew():
    text = 'Notebook(\n        "02_maze", "A robot", "maze", 40,\n        "see 3, 4",\n),\n"03_values", "GPT-2", 80,'
    assert with_minutes(text, [house.replace(CONTENTS[2], minutes=55)]) == text.replace("40", "55")
