"""Folders that are replaced: whole or not at all, and with nothing lost that somebody else put there."""

import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from rlcourse.algorithms.folders import fresh_folder, standing

OURS = {"a.txt", "sub/b.txt"}


def written(_folder):
    return OURS


def save(folder, words="new"):
    with fresh_folder(folder, written, what="run") as fresh:
        (fresh / "a.txt").write_text(words)
        (fresh / "sub").mkdir()
        (fresh / "sub" / "b.txt").write_text(words)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("theirs", ["notes.md", "optimizer.pt", ".git/HEAD", "plots/1.png", "sub/c.txt", "a.txt.bak"])
def test_what_somebody_else_put_there_is_never_lost(theirs, tmp_path):
    save(tmp_path / "run", "old")
    (tmp_path / "run" / theirs).parent.mkdir(exist_ok=True)
    (tmp_path / "run" / theirs).write_text("years of work")
    with pytest.raises(ValueError, match=rf"run holds '{theirs.split('/')[0]}.*, which would be lost"):
        save(tmp_path / "run")
    assert (tmp_path / "run" / theirs).read_text() == "years of work"
    assert (tmp_path / "run" / "a.txt").read_text() == "old"
    assert names(tmp_path) == ["run"]


def test_an_empty_folder_of_theirs_counts_too(tmp_path):
    save(tmp_path / "run")
    (tmp_path / "run" / "plots").mkdir()
    with pytest.raises(ValueError, match="holds 'plots', which would be lost"):
        save(tmp_path / "run")


def test_what_came_while_it_was_written_is_kept(tmp_path):
    save(tmp_path / "run", "old")
    with (
        pytest.raises(ValueError, match=r"holds 'late\.txt'"),
        fresh_folder(tmp_path / "run", written, what="run") as fresh,
    ):
        (fresh / "a.txt").write_text("new")
        (tmp_path / "run" / "late.txt").write_text("just now")
    assert names(tmp_path / "run") == ["a.txt", "late.txt", "sub"]
    assert names(tmp_path) == ["run"]


def test_what_a_file_manager_leaves_is_not_missed(tmp_path):
    save(tmp_path / "run")
    (tmp_path / "run" / ".DS_Store").touch()
    save(tmp_path / "run", "newer")
    assert names(tmp_path / "run") == ["a.txt", "sub"]


def test_a_file_or_a_folder_of_theirs_beside_it_is_kept(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match="folder must be a folder, got the file"):
        save(tmp_path / "file")
    (tmp_path / ".run-old").mkdir()
    (tmp_path / ".run-old" / "thesis.tex").touch()
    with pytest.raises(ValueError, match=r"\.run-old holds 'thesis\.tex'"):
        save(tmp_path / "run")
    assert names(tmp_path / ".run-old") == ["thesis.tex"]


def test_a_folder_that_stepped_aside_and_was_left_there_is_found_and_put_back(tmp_path):
    save(tmp_path / "run", "good")
    (tmp_path / "run").rename(tmp_path / ".run-old")
    assert (standing(tmp_path / "run") / "a.txt").read_text() == "good"
    with pytest.raises(ZeroDivisionError), fresh_folder(tmp_path / "run", written, what="run"):
        assert (tmp_path / "run" / "a.txt").read_text() == "good"
        _ = 1 / 0
    assert (tmp_path / "run" / "a.txt").read_text() == "good"
    assert names(tmp_path) == ["run"]


def test_an_older_self_that_was_left_behind_goes_with_the_next_save(tmp_path):
    save(tmp_path / "run", "older")
    (tmp_path / "run").rename(tmp_path / ".run-old")
    (tmp_path / "run").mkdir()
    save(tmp_path / "run")
    assert names(tmp_path) == ["run"]
    assert (tmp_path / "run" / "a.txt").read_text() == "new"


KILLED = """
import os, sys
from pathlib import Path
from rlcourse.algorithms.folders import fresh_folder
real, renames = Path.rename, []
def rename(path, target):
    if len(renames) == int(sys.argv[2]):
        os.kill(os.getpid(), 9)
    renames.append(path)
    return real(path, target)
Path.rename = rename
with fresh_folder(sys.argv[1], lambda folder: {"a.txt", "sub/b.txt"}, what="run") as fresh:
    (fresh / "a.txt").write_text("new")
"""


@pytest.mark.parametrize("renames", [0, 1, 2])
def test_a_process_killed_at_any_rename_leaves_a_whole_folder_in_view_and_nothing_for_good(renames, tmp_path):
    save(tmp_path / "run", "old")
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "run"), str(renames)])
    assert killed.returncode == -9
    assert (standing(tmp_path / "run") / "a.txt").read_text() == ("new" if renames == 2 else "old")
    assert len(names(tmp_path)) > 1
    save(tmp_path / "run", "newest")
    assert names(tmp_path) == ["run"]
    assert (tmp_path / "run" / "a.txt").read_text() == "newest"


def test_what_a_living_process_or_another_name_is_writing_is_left_alone(tmp_path):
    here = socket.gethostname()
    kept = [f".run.{here}.{os.getppid()}.abcd1234", f".runs.{here}.999999999.abcd1234", f".run.{here}.x.abcd1234"]
    for name in (*kept, f".run.{here}.999999999.abcd1234"):
        (tmp_path / name).mkdir()
    save(tmp_path / "run")
    assert names(tmp_path) == sorted([*kept, "run"])


def test_others_may_read_the_files_as_far_as_the_umask_lets_them(tmp_path):
    before = os.umask(0o027)
    try:
        with fresh_folder(tmp_path / "run", written, what="run") as fresh:
            (fresh / "a.txt").touch(mode=0o600)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "run" / "a.txt").stat().st_mode) == 0o640
    assert stat.S_IMODE((tmp_path / "run").stat().st_mode) == 0o750


def test_a_link_to_a_folder_stays_a_link(tmp_path):
    save(tmp_path / "real", "old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    save(tmp_path / "link")
    assert (tmp_path / "link").is_symlink() and Path(tmp_path / "real" / "a.txt").read_text() == "new"


@pytest.mark.parametrize("where", [".", ".."])
def test_the_folder_one_works_in_is_not_replaced_under_ones_feet(where, tmp_path, monkeypatch):
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    with pytest.raises(ValueError, match="folder must not be the one you are working in"):
        save(where)
    assert Path.cwd() == tmp_path / "work"


def test_a_full_disk_leaves_the_old_folder_and_the_error_names_it(tmp_path):
    resource = pytest.importorskip("resource")
    save(tmp_path / "run", "old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        with pytest.raises(OSError, match=rf"too large: '{tmp_path / 'run'}'"):
            save(tmp_path / "run", "x" * 99_999)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (tmp_path / "run" / "a.txt").read_text() == "old" and names(tmp_path) == ["run"]
