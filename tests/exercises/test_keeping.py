"""The learner's file: nothing on their machine is lost, whatever stands there and whoever writes."""

import contextlib
import io
import json
import os
import re
import socket
import stat
import sys
import tempfile
import traceback
from pathlib import Path

import pytest

from rlcourse.exercises import check, hint, keeping, progress, record
from rlcourse.exercises.catalogue import EXERCISES
from rlcourse.exercises.record import load_record
from tests.programs import python

OURS = b'{"version": 1, "exercises": {"gae": {"attempts": 3, "passed": true, "hints": 1}}, "quizzes": {}}'

NOT_OURS = {
    "notes": b"my thesis",
    "a list": b"[]",
    "null": b"null",
    "a number": b"1",
    "other settings": b'{"theme": "dark"}',
    "a broken file of another program": b'{"name": "x", ',
    "a version and nothing of ours": b'{"version": 1, "dependencies": {}}',
    "no version": b'{"exercises": {"squat": {"weight": 80}}}',
    "a version that is none": b'{"version": true, "exercises": {}, "quizzes": {}}',
    "version 0": b'{"version": 0, "exercises": {}, "quizzes": {}}',
    "100,000 brackets": b"[" * 100_000,
    "too large": OURS + b" " * 2**20,
    "conflict markers": b"<<<<<<< HEAD\n" + OURS,
    "a picture": b"\x89PNG\r\n\x1a\n",
}
NEWER = [
    b'{"version": 2, "exercises": {}, "quizzes": {}}',
    b'{"version": 99, "exercises": [], "learner": {}}',
    b'\xef\xbb\xbf{"version": 2, "exercises": {"gae": {"passed": "2027-01-01"}}}',
]
DAMAGED = [
    b"",
    b" \n",
    b"\0" * 300,
    b"{",
    b'{\n  "ver',
    b'{"version": ',
    b'{"version": 1, "exer',
    OURS[:60],
    OURS + OURS,
    b'{"version": 1, "exercises": ' + b'{"a": ' * 50_000,
    b'{"version": 1, "exercises": {"kl_k3": 3}, "quizzes": {}}',
    b'{"version": 1, "exercises": [], "quizzes": {}}',
    b'{"version": 1, "exercises": {"kl_k3": {"attempts": "x", "passed": true, "hints": 0}}, "quizzes": {}}',
    b'{"version": 1, "exercises": {"kl_k3": {"attempts": 1, "passed": 1, "hints": 0}}, "quizzes": {}}',
]


@pytest.fixture(autouse=True)
def fresh_session(monkeypatch):
    """Each test is a kernel of its own."""
    monkeypatch.setattr(keeping, "_waiting", {})
    monkeypatch.setattr(keeping, "_said", set())


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(keeping, "PATIENCE", 0.05)


def put(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def work_for_a_while():
    """What a learner does, with everything that reads or writes the record."""
    progress()
    record.count_attempt("kl_k3", passed=True)
    hint("kl_k3")
    record.count_quiz("02", right=2, total=6)
    progress()


def assert_this_session_counts():
    found = load_record()
    assert found.exercise("kl_k3").passed and found.exercise("kl_k3").hints == 1 and found.quiz("02").right == 2


@pytest.mark.parametrize("content", NOT_OURS.values(), ids=NOT_OURS)
@pytest.mark.parametrize("name", ["progress.json", "p.txt"])
def test_what_is_not_ours_is_left_alone(tmp_path, monkeypatch, capsys, content, name):
    put(tmp_path / name, content)
    monkeypatch.setenv("RLCOURSE_PROGRESS", str(tmp_path / name))
    work_for_a_while()
    assert_this_session_counts()
    assert names(tmp_path) == [name] and (tmp_path / name).read_bytes() == content
    shown = capsys.readouterr().out
    assert shown.count("is not a record of your progress") == 1
    assert "Part of it is remembered until the kernel stops" in shown


@pytest.mark.parametrize("content", [b"", b"\n", b"{", b'{"a": 1', b'{"version": 1'])
def test_under_a_name_that_is_not_ours_an_empty_or_short_file_may_be_anybodys(tmp_path, monkeypatch, content):
    put(tmp_path / "notes", content)
    monkeypatch.setenv("RLCOURSE_PROGRESS", str(tmp_path / "notes"))
    work_for_a_while()
    assert names(tmp_path) == ["notes"] and (tmp_path / "notes").read_bytes() == content


@pytest.mark.parametrize("name", ["work", "progress.json"])
def test_a_folder_is_left_alone(tmp_path, monkeypatch, capsys, name):
    (tmp_path / name).mkdir()
    put(tmp_path / name / "thesis", b"all of it")
    monkeypatch.setenv("RLCOURSE_PROGRESS", str(tmp_path / name))
    work_for_a_while()
    assert_this_session_counts()
    assert names(tmp_path) == [name] and names(tmp_path / name) == ["thesis"]
    assert capsys.readouterr().out.count("is a folder") == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_not_waited_for(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "progress.json")
    monkeypatch.setenv("RLCOURSE_PROGRESS", str(tmp_path / "progress.json"))
    work_for_a_while()
    assert_this_session_counts()
    assert stat.S_ISFIFO((tmp_path / "progress.json").stat().st_mode)


@pytest.mark.parametrize("content", NEWER)
def test_a_newer_record_is_left_alone(progress_file, capsys, content):
    put(progress_file, content)
    work_for_a_while()
    assert_this_session_counts()
    assert names(progress_file.parent) == ["progress.json"] and progress_file.read_bytes() == content
    assert capsys.readouterr().out.count("was made by a newer version of this course") == 1


@pytest.mark.parametrize("content", DAMAGED)
def test_a_damaged_record_is_set_aside_and_a_new_one_begun(progress_file, capsys, content):
    put(progress_file, content)
    work_for_a_while()
    assert capsys.readouterr().out.count("was damaged") == 1
    assert_this_session_counts()
    aside, kept = names(progress_file.parent)
    assert re.fullmatch(r"progress\.damaged-\d{8}-\d{6}\.json", aside) and kept == "progress.json"
    assert (progress_file.parent / aside).read_bytes() == content


def test_what_can_be_read_of_a_damaged_record_goes_on(progress_file):
    put(progress_file, OURS.replace(b'"quizzes": {}', b'"quizzes": {"02": 7}'))
    assert load_record().exercise("gae").passed
    assert len(names(progress_file.parent)) == 2


def test_two_damaged_files_in_one_second_are_both_kept(progress_file, monkeypatch):
    monkeypatch.setattr(keeping.time, "strftime", lambda _: "20270101-120000")
    for content in (b"{", b'{"', b""):
        put(progress_file, content)
        load_record()
    aside = [path for path in progress_file.parent.iterdir() if "damaged" in path.name]
    assert {path.read_bytes() for path in aside} == {b"{", b'{"', b""}


def fail_to_read(monkeypatch, times, error):
    read, left = Path.read_bytes, [times]

    def read_bytes(path):
        if left[0] > 0:
            left[0] -= 1
            raise error
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", read_bytes)
    return left


@pytest.mark.parametrize("error", [PermissionError(13, "in use"), OSError(24, "Too many open files")])
def test_a_file_that_cannot_be_read_for_a_moment_is_read_the_next(progress_file, monkeypatch, capsys, error):
    put(progress_file, OURS)
    fail_to_read(monkeypatch, 3, error)
    assert load_record().exercise("gae").attempts == 3
    fail_to_read(monkeypatch, 3, error)
    record.count_hint("gae", 2)
    assert load_record().exercise("gae").hints == 2
    assert names(progress_file.parent) == ["progress.json"] and capsys.readouterr().out == ""


def test_a_file_that_cannot_be_read_is_left_alone_and_written_once_it_can(
    progress_file, monkeypatch, capsys, impatient
):
    put(progress_file, OURS)
    left = fail_to_read(monkeypatch, 10**9, PermissionError(13, "Permission denied"))
    work_for_a_while()
    assert_this_session_counts()
    assert capsys.readouterr().out.count("cannot be read now (Permission denied)") == 1
    left[0] = 0
    assert progress_file.read_bytes() == OURS
    record.count_attempt("baseline", passed=False)
    assert_this_session_counts()
    assert json.loads(progress_file.read_text())["exercises"].keys() == {"gae", "kl_k3", "baseline"}
    progress()
    assert f"Kept in `{progress_file}`" in capsys.readouterr().out


def test_a_folder_that_cannot_be_written_is_said_once_and_the_session_goes_on(tmp_path, monkeypatch, capsys):
    put(tmp_path / "file", b"in the way")
    monkeypatch.setenv("RLCOURSE_PROGRESS", str(tmp_path / "file" / "progress.json"))
    record.count_attempt("kl_k3", passed=True)
    hint("kl_k3")
    hint("kl_k3")
    progress()
    shown = capsys.readouterr().out
    assert shown.count("cannot be saved") == 1
    assert "hint 1 of 3" in shown and "hint 2 of 3" in shown and "Your progress: 1 of" in shown


def in_a_home_that_may_only_be_read(home):
    """As another user than root, who may write anywhere: check, hints and progress work, and it is said once."""
    os.environ |= {"HOME": str(home), "XDG_DATA_HOME": str(home / ".local" / "share")}
    os.environ.pop("RLCOURSE_PROGRESS", None)
    if os.getuid() == 0:
        os.setgid(65534)
        os.setuid(65534)
    with contextlib.redirect_stdout(io.StringIO()) as said:
        check("td_error", EXERCISES["td_error"].reference)
        hint("gae")
        progress()
    assert load_record().exercise("td_error").passed and load_record().exercise("gae").hints == 1
    assert said.getvalue().count("cannot be saved") == 1 and "✓" in said.getvalue()
    assert not keeping.is_saved(record.record_path())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_home_that_may_only_be_read_is_said_once_and_everything_works(progress_file):
    work_for_a_while()  # what is imported late, another user may not read
    check("td_error", EXERCISES["td_error"].reference)
    progress()
    home = Path(tempfile.mkdtemp())
    home.chmod(0o555)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            in_a_home_that_may_only_be_read(home)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert os.listdir(home) == []
    home.rmdir()


def test_a_full_disk_loses_nothing(progress_file, monkeypatch, capsys):
    put(progress_file, OURS)

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(keeping, "write_whole", full)
        work_for_a_while()
        assert_this_session_counts()
    assert progress_file.read_bytes() == OURS and names(progress_file.parent) == ["progress.json"]
    assert capsys.readouterr().out.count("cannot be saved") == 1
    keeping._write_what_waits()  # what happens when the kernel stops
    monkeypatch.setattr(keeping, "_waiting", {})
    assert_this_session_counts()


def test_a_crash_while_writing_leaves_the_old_file_whole(progress_file, monkeypatch):
    put(progress_file, OURS)

    def crash(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Path, "replace", crash)
        record.count_hint("gae", 2)
    assert progress_file.read_bytes() == OURS and names(progress_file.parent) == ["progress.json"]
    record.count_hint("gae", 2)  # the lock is free
    assert load_record().exercise("gae").hints == 2


def test_a_link_stays_a_link(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    put(tmp_path / "there" / "progress.json", OURS)
    (tmp_path / "here" / "p.json").symlink_to(tmp_path / "there" / "progress.json")
    monkeypatch.setenv("RLCOURSE_PROGRESS", str(tmp_path / "here" / "p.json"))
    record.count_hint("gae", 2)
    assert (tmp_path / "here" / "p.json").is_symlink()
    assert json.loads((tmp_path / "there" / "progress.json").read_text())["exercises"]["gae"]["hints"] == 2


AT_ONCE = """
import os
from rlcourse.exercises import record
for process in range(5):
    if os.fork() == 0:
        for number in range(4):
            record.count_attempt(f"exercise-{process}-{number}", passed=True)
            record.count_attempt("shared", passed=False)
        os._exit(0)
for _ in range(5):
    os.wait()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_five_processes_that_write_at_once_lose_nothing(progress_file):
    python(AT_ONCE)
    found = load_record()
    assert len(found.exercises) == 21 and found.exercise("shared").attempts == 20
    assert names(progress_file.parent) == ["progress.json"]


def test_what_killed_processes_left_behind_does_no_harm_and_is_removed(progress_file):
    put(progress_file, OURS)
    dead = f".progress.json-{re.sub('[^a-zA-Z0-9_]', '_', socket.gethostname())}.999999999.a1b2c3d4.part"
    for left in (dead, ".progress.json.lock"):
        put(progress_file.parent / left, b"" if left.endswith("lock") else b"{")
    put(progress_file.parent / "progress.json of my brother.part", b"his")
    record.count_hint("gae", 2)
    assert load_record().exercise("gae").hints == 2
    assert names(progress_file.parent) == ["progress.json", "progress.json of my brother.part"]


@pytest.mark.skipif(sys.platform == "win32", reason="locks in another way")
def test_a_lock_that_somebody_holds_is_waited_for_and_then_the_change_waits(progress_file, impatient, capsys):
    put(progress_file, OURS)
    handle = keeping._take(progress_file.parent / ".progress.json.lock")
    record.count_hint("gae", 2)
    assert progress_file.read_bytes() == OURS and load_record().exercise("gae").hints == 2
    assert "another process is writing it" in capsys.readouterr().out
    os.close(handle)
    record.count_attempt("baseline", passed=False)
    assert json.loads(progress_file.read_text())["exercises"]["gae"]["hints"] == 2


def test_the_file_is_in_the_users_data_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("RLCOURSE_PROGRESS")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    path = record.record_path()
    assert path.name == "progress.json" and path.parent.name == "rlcourse"


@pytest.mark.parametrize("chosen", ["~/p.json", "$HOME/p.json", "  ~/p.json "])
def test_the_home_directory_may_be_written_short(monkeypatch, tmp_path, chosen):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    monkeypatch.setenv("RLCOURSE_PROGRESS", chosen)
    monkeypatch.chdir(tmp_path)
    record.count_attempt("gae", passed=True)
    assert record.record_path() == tmp_path / "home" / "p.json" and (tmp_path / "home" / "p.json").is_file()
    assert names(tmp_path) == ["home"]


def test_a_relative_path_means_the_same_file_after_a_change_of_folder(monkeypatch, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RLCOURSE_PROGRESS", "p.json")
    record.count_attempt("gae", passed=True)
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert load_record().exercise("gae").passed and names(tmp_path / "elsewhere") == []


@pytest.mark.parametrize("chosen", [None, "~/p.json", "~nobody-of-this-name/p.json", ""])
def test_without_a_home_directory_a_temporary_folder_serves(monkeypatch, tmp_path, chosen):
    monkeypatch.delenv("RLCOURSE_PROGRESS")
    if chosen is not None:
        monkeypatch.setenv("RLCOURSE_PROGRESS", chosen)
    for name in ("HOME", "USERPROFILE", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    if sys.platform != "win32":
        import pwd

        def unknown(_):
            raise KeyError("uid not found")

        monkeypatch.setattr(pwd, "getpwuid", unknown)
    monkeypatch.setattr(keeping.tempfile, "gettempdir", lambda: str(tmp_path / "temporary"))
    monkeypatch.chdir(tmp_path)
    work_for_a_while()
    assert_this_session_counts()
    assert names(tmp_path) == ["temporary"]
    assert record.record_path().is_file()


def test_a_record_that_was_cut_off_after_many_writes_is_known_and_set_aside(progress_file):
    for name in "abc":
        record.count_attempt(name, passed=True)
    progress_file.write_bytes(progress_file.read_bytes()[:80])
    record.count_attempt("d", passed=True)
    assert load_record().exercise("d").passed and keeping.is_saved(progress_file)
    assert len(names(progress_file.parent)) == 2, "the damaged one and the new one"


def test_another_programs_list_of_exercises_is_left_alone(tmp_path, monkeypatch):
    gym = tmp_path / "gym.json"
    monkeypatch.setenv("RLCOURSE_PROGRESS", str(gym))
    theirs = '{"version": 1, "exercises": [{"name": "squat"}]}'
    gym.write_text(theirs)
    record.count_attempt("gae", passed=False)
    assert gym.read_text() == theirs and names(tmp_path) == ["gym.json"]
