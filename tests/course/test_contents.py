"""One list of the notebooks: what is said of them elsewhere agrees with it."""

import re
from itertools import pairwise

import pytest

from rlcourse.course import CONTENTS, claims, table_of_contents, what_comes_next
from rlcourse.course.contents import README, notebooks_there, readme_with_its_table
from rlcourse.exercises.catalogue import EXERCISES
from rlcourse.exercises.quizzes import QUIZZES
from rlcourse.files import NOTEBOOKS

THERE = [notebook for notebook in CONTENTS if notebook.number in notebooks_there()]


def test_every_notebook_stands_in_the_list_once_and_in_order():
    assert [notebook.number for notebook in CONTENTS] == [f"{i:02d}" for i in range(len(CONTENTS))]
    assert sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb")) == [notebook.file for notebook in THERE]


def test_notebooks_are_looked_up(tmp_path):
    for name in ("00_start_here.ipynb", "02_maze.ipynb", "10_grpo.py", "notes.ipynb"):
        (tmp_path / name).touch()
    assert notebooks_there(tmp_path) == {"00", "02"}


@pytest.mark.parametrize("notebook", THERE[1:], ids=lambda notebook: notebook.file)
def test_a_notebook_has_its_quiz_and_shows_it(notebook):
    source = (NOTEBOOKS / "source" / f"{notebook.file}.py").read_text(encoding="utf-8")
    assert notebook.number in QUIZZES and f'quiz("{notebook.number}"' in source


def test_exercises_belong_to_notebooks_of_the_list():
    assert {exercise.notebook for exercise in EXERCISES.values()} <= {notebook.number for notebook in CONTENTS}


def test_the_readme_has_the_table_of_the_list():
    """`python -m rlcourse.course` writes it anew."""
    text = README.read_text(encoding="utf-8")
    assert readme_with_its_table(text) == text
    assert readme_with_its_table(text.replace(" 40 |", " 41 |", 1)) == text


def test_the_table_links_to_what_is_there_and_to_nothing_else():
    linked = re.findall(r"\((\w+)\.ipynb\)", table_of_contents().data)
    assert linked == [notebook.file for notebook in THERE]


def test_every_claim_of_the_article_leads_to_the_notebook_that_runs_it():
    said = [notebook for notebook in THERE[1:] if notebook.claim]
    assert re.findall(r"\((\w+)\.ipynb\)", claims().data) == [notebook.file for notebook in said]
    assert all(notebook.claim[1:] in claims().data for notebook in said)


def test_the_next_notebook_is_the_next_that_exists():
    for here, following in pairwise(THERE):
        assert f"({following.file}.ipynb)" in what_comes_next(here.number).data
    assert "*Your progress*" in what_comes_next(THERE[-1].number).data


@pytest.mark.parametrize("number", ["2", "99", ""])
def test_a_number_that_is_none_is_refused(number):
    with pytest.raises(ValueError, match="number must be one of '00', '01'"):
        what_comes_next(number)
