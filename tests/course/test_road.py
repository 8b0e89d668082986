"""The road map promises what there is, leads there, and ticks what the learner has done."""

import re

import pytest

from rlcourse.course import CONTENTS, road_map
from rlcourse.course.contents import notebooks_there
from rlcourse.course.road import progress_of_notebooks
from rlcourse.exercises.catalogue import EXERCISES
from rlcourse.exercises.quizzes import QUIZZES
from rlcourse.exercises.record import count_attempt, count_quiz
from rlcourse.files import NOTEBOOKS


@pytest.fixture(autouse=True)
def progress_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv("RLCOURSE_PROGRESS", str(tmp_path / "progress.json"))


def html(road):
    return road._repr_mimebundle_()["text/html"]


def test_the_words_say_what_is_there_and_what_is_coming():
    there, coming = road_map({"00", "02"}).alt.split("Coming:")
    assert "00 start here, 02 a robot in a maze" in there and "10" not in there
    assert "10 GRPO on GPT-2" in coming and "02" not in coming


def test_what_is_there_is_a_link_to_it_and_what_is_coming_is_none():
    links = re.findall(r'href="([^"]+)"', html(road_map()))
    assert links == [f"{notebook.file}.ipynb" for notebook in CONTENTS if notebook.number in notebooks_there()]
    assert all((NOTEBOOKS / link).is_file() for link in links)
    assert html(road_map(set())).count(">being written") == len(CONTENTS)


def test_a_notebook_is_finished_when_its_exercises_and_its_quiz_are():
    assert "Finished by you: none yet" in road_map().alt
    of_three = [exercise for exercise in EXERCISES.values() if exercise.notebook == "03"]
    for exercise in of_three:
        count_attempt(exercise.name, passed=True)
    assert progress_of_notebooks()["03"] == (len(of_three), len(of_three) + 1)
    before = html(road_map())
    assert f"{len(of_three)} of {len(of_three) + 1} done" in before and 'label="finished"' not in before
    count_quiz("03", right=len(QUIZZES["03"].questions), total=len(QUIZZES["03"].questions))
    assert "Finished by you: 03" in road_map().alt
    assert html(road_map()).count('label="finished"') == 1


def test_a_notebook_with_nothing_to_do_is_never_ticked():
    assert 'label="finished"' not in html(road_map(progress={"00": (0, 0)}))
