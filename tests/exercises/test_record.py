"""What is counted of a learner's work, and that a file of today can be read by every later course."""

import json

import pytest

from rlcourse.exercises import check, hint, progress, record, record_content
from rlcourse.exercises.catalogue import EXERCISES
from rlcourse.exercises.record import ExerciseRecord, QuizRecord, load_record

FILE_OF_TODAY = b"""{
  "version": 1,
  "exercises": {
    "kl_k3": {
      "attempts": 2,
      "passed": true,
      "hints": 0
    },
    "gae": {
      "attempts": 0,
      "passed": false,
      "hints": 2
    }
  },
  "quizzes": {
    "02": {
      "right": 5,
      "total": 6
    }
  }
}"""
"""Written by the course at 5ab0750. It must be read as it is for ever: never change this text."""


def pass_kl_k3():
    assert check("kl_k3", EXERCISES["kl_k3"].reference).passed


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_nothing_done_is_an_empty_record_and_no_file(progress_file):
    assert load_record() == record.Record()
    progress()
    assert not progress_file.exists()


def test_what_was_done_is_there_again(progress_file):
    pass_kl_k3()
    hint("maze_step")
    record.count_quiz("02", right=2, total=6)
    again = load_record()
    assert again.exercise("kl_k3") == ExerciseRecord(attempts=1, passed=True)
    assert again.exercise("maze_step") == ExerciseRecord(hints=1)
    assert again.quiz("02") == QuizRecord(right=2, total=6)
    assert names(progress_file.parent) == ["progress.json"]  # no temporary file and no lock is left


def test_a_quiz_keeps_its_best_score():
    for right in (2, 4, 1):
        record.count_quiz("10", right=right, total=6)
    assert load_record().quiz("10").right == 4


def test_an_attempt_after_the_one_that_passed_is_not_counted_and_takes_nothing_back():
    for passed in (False, True, False):
        record.count_attempt("gae", passed=passed)
    assert load_record().exercise("gae") == ExerciseRecord(attempts=2, passed=True)


def test_a_hint_that_was_read_before_is_not_forgotten():
    for number in (1, 3, 2):
        record.count_hint("gae", number)
    assert load_record().exercise("gae").hints == 3


def test_the_file_is_readable_json(progress_file):
    pass_kl_k3()
    content = json.loads(progress_file.read_text())
    assert content["exercises"]["kl_k3"] == {"attempts": 1, "passed": True, "hints": 0}


def test_a_file_of_today_is_read_and_written_on(progress_file, capsys):
    write(progress_file, FILE_OF_TODAY)
    found = load_record()
    assert found.exercise("kl_k3") == ExerciseRecord(attempts=2, passed=True)
    assert found.exercise("gae") == ExerciseRecord(hints=2)
    assert found.quiz("02") == QuizRecord(right=5, total=6)
    record.count_attempt("gae", passed=True)
    assert json.loads(progress_file.read_text()) == {
        "version": record_content.VERSION,
        "exercises": {
            "kl_k3": {"attempts": 2, "passed": True, "hints": 0},
            "gae": {"attempts": 1, "passed": True, "hints": 2},
        },
        "quizzes": {"02": {"right": 5, "total": 6}},
    }
    assert names(progress_file.parent) == ["progress.json"] and capsys.readouterr().out == ""


def test_a_field_that_this_course_does_not_know_is_kept(progress_file, capsys):
    newer = json.loads(FILE_OF_TODAY) | {"settings": {"motion": False}}
    newer["exercises"]["kl_k3"]["minutes"] = 12
    write(progress_file, newer)
    record.count_hint("kl_k3", 1)
    after = json.loads(progress_file.read_text())
    assert after["exercises"]["kl_k3"] == {"attempts": 2, "passed": True, "hints": 1, "minutes": 12}
    assert after["settings"] == {"motion": False}
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("missing", ["attempts", "hints", "passed"])
def test_a_field_that_is_missing_has_its_default(progress_file, missing, capsys):
    older = json.loads(FILE_OF_TODAY)
    del older["exercises"]["kl_k3"][missing]
    write(progress_file, older)
    expected = {"attempts": 2, "passed": True, "hints": 0} | {missing: type(getattr(ExerciseRecord(), missing))()}
    assert load_record().exercise("kl_k3") == ExerciseRecord(**expected)
    assert load_record().quiz("02").right == 5
    assert names(progress_file.parent) == ["progress.json"] and capsys.readouterr().out == ""


def test_a_section_that_is_missing_is_empty(progress_file, capsys):
    write(progress_file, {"version": 1, "exercises": {"kl_k3": {"attempts": 1, "passed": True, "hints": 0}}})
    assert load_record().exercise("kl_k3").passed and load_record().quizzes == {}
    assert names(progress_file.parent) == ["progress.json"] and capsys.readouterr().out == ""


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_of_an_editor_does_no_harm(progress_file, encoding, capsys):
    write(progress_file, FILE_OF_TODAY.decode().encode(encoding))
    assert load_record().exercise("kl_k3").passed
    record.count_hint("kl_k3", 1)
    assert load_record().exercise("kl_k3") == ExerciseRecord(attempts=2, passed=True, hints=1)
    assert names(progress_file.parent) == ["progress.json"] and capsys.readouterr().out == ""


def test_absurd_counts_are_brought_into_range(progress_file):
    huge = b"9" * 5000  # more digits than Python reads
    counts = b'{"attempts": -5, "passed": false, "hints": %s}' % huge
    write(progress_file, b'{"version": 1, "exercises": {"gae": %s}, "quizzes": {"02": {"right": %s}}}' % (counts, huge))
    assert load_record().exercise("gae") == ExerciseRecord(hints=record_content.MOST_COUNTED)
    progress()
    record.count_attempt("gae", passed=False)
    assert load_record().exercise("gae").attempts == 1


def test_a_later_version_migrates_a_file_of_today():
    def renamed(content):
        """What a version 2 might do: hints are called clues."""
        clues = {name: {**entry, "clues": entry["hints"]} for name, entry in content["exercises"].items()}
        return {**content, "exercises": clues}

    content = record_content.upgraded(json.loads(FILE_OF_TODAY), (renamed, lambda content: content))
    assert content["version"] == 3 and content["exercises"]["gae"]["clues"] == 2
    assert record_content.read(content).exercise("kl_k3").passed
    assert record_content.upgraded(content, (renamed,) * 2) == content  # what is of today's version stays


def test_what_came_later_is_in_a_file_from_its_first_entry_on_and_damage_to_it_is_repaired(progress_file, capsys):
    write(progress_file, FILE_OF_TODAY)
    record.count_prediction("no_clip", chosen=2, right=None)
    record.count_questions("02", [1], total=6)
    record.count_prediction("no_clip", chosen=2, right=True)
    content = json.loads(progress_file.read_text())
    assert content["predictions"] == {"no_clip": {"chosen": 2, "right": True}}
    assert content["questions"] == {"02.1": {"right": True}} and content["quizzes"]["02"] == {"right": 5, "total": 6}
    assert capsys.readouterr().out == ""
    write(progress_file, content | {"predictions": [], "questions": {"02.1": {"right": 7}}})
    assert load_record().predictions == {} and load_record().quiz("02").right == 5
    assert not load_record().questions["02.1"].right
