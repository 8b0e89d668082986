"""The instructor's pages of answers are written from what learners are asked, and are up to date."""

import pytest

from rlcourse.course.answers import answers_page, exercises_page, plain, prediction_lines, question_lines
from rlcourse.course.house import PAGES
from rlcourse.exercises.catalogue import EXERCISES
from rlcourse.exercises.predictions.prediction import Prediction
from rlcourse.exercises.quizzes.question import Option, Question
from rlcourse.files import TEACHING


@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_what_the_package_says(name):
    """`python -m rlcourse.course` writes them anew."""
    assert (TEACHING / name).read_text(encoding="utf-8") == PAGES[name]()


def test_a_question_has_its_right_answer_first_and_every_explanation():
    asked = Question("What is 1*1?", (Option("2", "That is 1 + 1."), Option("1", "Once one.", right=True)))
    lines = question_lines(asked, 3).splitlines()
    assert lines[0] == r"**Question 3.** What is 1\*1?"
    assert lines[2:] == ["- ✓ **1**: Once one.", "- ✗ **2**: That is 1 + 1."]


def test_a_prediction_is_marked_only_where_no_run_decides_it():
    guess = Prediction("which", "02", "Which?", ("This", "That"), "Because.")
    decided = Prediction("which", "02", "Which?", ("This", "That"), "Because.", right=1)
    assert "✓" not in prediction_lines(guess) and "✓ That" in prediction_lines(decided)


def test_nothing_is_left_out():
    assert all(f"`{name}`" in exercises_page() for name in EXERCISES)
    assert answers_page().count("\n## ") == 16  # notebook 00 has a prediction


def test_signs_that_markdown_obeys_are_shown_as_they_are():
    assert plain("π(a|s) and a_1, `a_1`") == r"π(a\|s) and a\_1, `a_1`"
