"""The road map promises what there is, and ticks what the learner has done."""

import pytest

from rlcourse.course import CONTENTS, road_map
from rlcourse.course.contents import notebooks_there
from rlcourse.course.road import finished_notebooks
from rlcourse.exercises.catalogue import EXERCISES
from rlcourse.exercises.quizzes import QUIZZES
from rlcourse.exercises.record import count_attempt, count_quiz

ALL = {notebook.number for notebook in CONTENTS}


@pytest.fixture(autouse=True)
def progress_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv("RLCOURSE_PROGRESS", str(tmp_path / "progress.json"))


def test_the_words_say_what_is_there_and_what_is_coming():
    there, coming = road_map({"00", "02"}).alt.split("Coming:")
    assert "00 start here, 02 a robot in a maze" in there and "10" not in there
    assert "10 GRPO on GPT-2" in coming and "02" not in coming


def test_what_is_there_is_solid_and_what_is_finished_is_ticked():
    (axes,) = road_map({"02", "03"}, finished={"02"}).figure.axes
    solid = [patch for patch in axes.patches if patch.get_linestyle() in ("-", "solid")]
    assert len(solid) == 2
    assert [text.get_text() for text in axes.texts].count("✓") == 1


def test_a_notebook_is_finished_when_its_exercises_and_its_quiz_are():
    assert finished_notebooks() == frozenset()
    assert "Finished by you: none yet" in road_map().alt
    for exercise in EXERCISES.values():
        if exercise.notebook == "03":
            count_attempt(exercise.name, passed=True)
    assert finished_notebooks() == frozenset()
    count_quiz("03", right=len(QUIZZES["03"].questions), total=len(QUIZZES["03"].questions))
    assert finished_notebooks() == {"03"}
    assert "Finished by you: 03" in road_map().alt


def test_by_default_the_notebooks_of_this_course_are_there():
    assert notebooks_there() and road_map().alt == road_map(notebooks_there()).alt


@pytest.mark.parametrize("there", [set(), ALL])
def test_no_words_leave_their_box(there):
    figure = road_map(there, finished=there).figure
    (axes,) = figure.axes
    figure.draw_without_rendering()
    boxes = [patch.get_window_extent() for patch in axes.patches]
    titles = {notebook.road for notebook in CONTENTS}
    for text in axes.texts:
        if text.get_text() in titles:
            inside = text.get_window_extent()
            assert any(box.x0 <= inside.x0 and inside.x1 <= box.x1 for box in boxes), text.get_text()
