"""The progress board: grouped by notebook, with every exercise and quiz, and the next thing to do."""

import re

import pytest

from rlcourse.exercises import board, check, progress, record
from rlcourse.exercises.catalogue import EXERCISES
from rlcourse.exercises.quizzes import QUIZZES
from rlcourse.showing.message import Message, Table


@pytest.fixture
def shown(capsys):
    def show_board(**how):
        capsys.readouterr()
        progress(**how)
        return capsys.readouterr().out

    return show_board


def row(text, title):
    return next(line for line in text.splitlines() if line.startswith(title))


def finish(notebook, quiz=True):
    """Everything of one notebook is done, or everything but its quiz."""
    for exercise in EXERCISES.values():
        if exercise.notebook == notebook:
            record.count_attempt(exercise.name, passed=True)
    if quiz and notebook in QUIZZES:
        total = len(QUIZZES[notebook].questions)
        record.count_quiz(notebook, right=total, total=total)


def test_it_shows_the_state_of_every_exercise_and_quiz(shown, progress_file):
    check("kl_k3", EXERCISES["kl_k3"].reference)
    check("maze_step", lambda *state: (0, 0, 0))
    record.count_hint("kl_k3", 2)
    record.count_quiz("01", right=6, total=6)  # the first row of a quiz
    text = shown(everything=True)
    rows = {name: row(text, exercise.title) for name, exercise in EXERCISES.items()}
    assert "✓ passed" in rows["kl_k3"] and "2 of 3" in rows["kl_k3"]
    assert "→ begun" in rows["maze_step"]
    assert "○ not yet" in rows["group_advantages"] and "easy" in rows["group_advantages"]
    assert f"1 of {len(EXERCISES)} exercises passed, 1 of {len(QUIZZES)} quizzes all right" in text
    assert row(text, "Quiz").split()[1:5] == ["✓", "6", "of", "6"]
    assert str(progress_file) in text


def test_it_is_grouped_by_notebook_with_the_quiz_at_the_end(shown):
    text = shown(everything=True)
    headings = re.findall(r"^Notebook (\d\d)( · .+)?$", text, flags=re.MULTILINE)
    numbers = [number for number, _ in headings]
    assert numbers == sorted({task.notebook for task in [*EXERCISES.values(), *QUIZZES.values()]})
    sections = dict(zip(numbers, re.split(r"^Notebook \d\d.*$", text, flags=re.MULTILINE)[1:], strict=True))
    for exercise in EXERCISES.values():
        assert exercise.title in sections[exercise.notebook]
    for number in QUIZZES:
        assert [line for line in sections[number].splitlines() if line and not line.startswith("Kept")][-1][
            :4
        ] == "Quiz"


def test_the_first_thing_to_do_is_the_first_exercise(shown):
    first = next(iter(EXERCISES.values()))
    text = shown()
    assert f"Next: {first.title}, in notebook 00. About {first.minutes} minutes." in text
    assert "→ next" in row(text, first.title) and text.count("→ next") == 1


def test_a_notebook_not_begun_is_one_row_and_unfolds_with_the_first_thing_that_is_done_in_it(shown):
    inside = EXERCISES["clipped_surrogate"].title
    text = shown()
    assert inside not in text and "→ next" in text
    minutes = sum(exercise.minutes for exercise in EXERCISES.values() if exercise.notebook == "06")
    assert row(text, "Notebook 06").split()[-7:] == ["○", "not", "begun", "–", "–", str(minutes), "–"]
    record.count_hint("clipped_surrogate", 1)
    assert "○ not yet" in row(shown(), inside)


def test_after_the_exercises_of_a_notebook_comes_its_quiz_and_then_the_next_notebook(shown):
    finish("00")
    finish("01")
    finish("02", quiz=False)
    assert "Next: the quiz at the end of notebook 02." in shown()
    finish("02")
    following = next(exercise for exercise in EXERCISES.values() if exercise.notebook > "02")
    assert f"Next: {following.title}, in notebook {following.notebook}." in shown()


def test_a_quiz_with_a_wrong_answer_is_not_done_yet(shown):
    finish("00")
    finish("01")
    finish("02", quiz=False)
    record.count_quiz("02", right=1, total=len(QUIZZES["02"].questions))
    assert "Next: the quiz at the end of notebook 02." in shown()


def test_of_several_tries_at_a_quiz_the_best_one_counts(shown):
    finish("01")
    finish("02")
    record.count_quiz("02", right=1, total=len(QUIZZES["02"].questions))  # worse than before: the best one counts
    assert "notebook 02" not in next(line for line in shown().splitlines() if line.startswith("Next"))


def test_when_all_is_done_it_says_so(shown):
    for notebook in {task.notebook for task in [*EXERCISES.values(), *QUIZZES.values()]}:
        finish(notebook)
    text = shown()
    assert text.startswith("✓") and "You have done it all." in text and "→ next" not in text


def test_a_notebook_without_a_quiz_has_a_heading_too(monkeypatch, shown):
    monkeypatch.setattr(board, "QUIZZES", {number: quiz for number, quiz in QUIZZES.items() if number != "10"})
    assert "\nNotebook 10\n" in shown(everything=True)


def test_a_heading_row_spans_the_table_and_does_not_widen_its_first_column():
    table = Table(("a", "b"), (("a heading longer than every cell",), ("x", "y")))
    message = Message("○", "headline", (table,))
    assert message.text.splitlines()[1:] == ["a  b", "a heading longer than every cell", "x  y"]
    assert "<th colspan='2' scope='rowgroup'" in message.html
