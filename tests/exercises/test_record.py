import json

import pytest

from rlcourse.exercises import check, hint, progress, record
from rlcourse.exercises.catalogue import EXERCISES
from rlcourse.exercises.record import ExerciseRecord, QuizRecord, load_record


def pass_kl_k3():
    assert check("kl_k3", EXERCISES["kl_k3"].reference).passed


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
    assert [path.name for path in progress_file.parent.iterdir()] == ["progress.json"]  # no temporary file is left


def test_a_quiz_keeps_its_best_score():
    for right in (2, 4, 1):
        record.count_quiz("10", right=right, total=6)
    assert load_record().quiz("10").right == 4


def test_the_file_is_in_the_users_data_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("RLCOURSE_PROGRESS")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    path = record.record_path()
    assert path.name == "progress.json" and path.parent.name == "rlcourse"


def test_a_crash_while_writing_leaves_the_old_file_whole(progress_file, monkeypatch):
    hint("maze_step")
    before = progress_file.read_text()

    def crash(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(record.os, "replace", crash)
    with pytest.raises(KeyboardInterrupt):
        pass_kl_k3()
    assert progress_file.read_text() == before
    assert [path.name for path in progress_file.parent.iterdir()] == ["progress.json"]


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"version": 99, "exercises": {}, "quizzes": {}}',
        b'{"version": 1, "exercises": {}}',
        b'{"version": 1, "exercises": {"kl_k3": 3}, "quizzes": {}}',
        b'{"version": 1, "exercises": {"kl_k3": {"attempts": "x", "passed": true, "hints": 0}}, "quizzes": {}}',
        b'{"version": 1, "exercises": {"kl_k3": {"attempts": 1, "passed": 1, "hints": 0}}, "quizzes": {}}',
    ],
)
def test_a_damaged_file_is_set_aside_with_a_message(progress_file, damaged, capsys):
    progress_file.parent.mkdir(parents=True)
    progress_file.write_bytes(damaged)
    pass_kl_k3()
    assert capsys.readouterr().out.count("was damaged") == 1
    assert load_record().exercise("kl_k3").passed
    aside = [path for path in progress_file.parent.iterdir() if "damaged" in path.name]
    assert len(aside) == 1 and aside[0].read_bytes() == damaged


def test_a_folder_that_cannot_be_written_is_said_once_and_the_session_goes_on(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("RLCOURSE_PROGRESS", str(tmp_path / "file" / "progress.json"))
    pass_kl_k3()
    hint("kl_k3")
    hint("kl_k3")
    progress()
    shown = capsys.readouterr().out
    assert shown.count("cannot be saved") == 1
    assert "hint 1 of 3" in shown and "hint 2 of 3" in shown and "Your progress: 1 of" in shown


def test_not_even_a_temporary_folder(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("RLCOURSE_PROGRESS", str(tmp_path / "file" / "progress.json"))

    def full(**_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(record.tempfile, "mkdtemp", full)
    pass_kl_k3()
    assert "cannot be saved" in capsys.readouterr().out


def test_the_file_is_readable_json(progress_file):
    pass_kl_k3()
    content = json.loads(progress_file.read_text())
    assert content["exercises"]["kl_k3"] == {"attempts": 1, "passed": True, "hints": 0}
