import errno
import os
import re
import socket
import stat

import pytest
import torch
from safetensors.torch import save_file

from rlcourse.files import ASSETS, CHECKOUT, NOTEBOOKS, PACKAGE, whole_file, write_whole


def test_the_paths_are_there():
    assert (ASSETS / "sft" / "config.json").is_file()
    assert (PACKAGE / "files.py").is_file() and (CHECKOUT / "README.md").is_file()
    assert list(NOTEBOOKS.glob("00_*.ipynb"))


def test_a_text_is_written_into_a_new_folder(tmp_path):
    write_whole(tmp_path / "a" / "b.txt", "größer\n")
    assert (tmp_path / "a" / "b.txt").read_text(encoding="utf-8") == "größer\n"


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "b.txt"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), whole_file(path) as temporary:
        temporary.write_text("half")
        _ = 1 / 0
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["b.txt"]


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps no such permissions")
def test_others_may_read_what_was_written(tmp_path):
    before = os.umask(0o022)
    try:
        write_whole(tmp_path / "b.txt", "for all")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "b.txt").stat().st_mode) == 0o644


def left_by(process, host=None):
    host = re.sub(r"\W", "_", socket.gethostname() if host is None else host)
    return f".b.txt-{host}.{process}.abcd1234.part"


def test_what_a_killed_writer_left_goes_with_the_next_write_and_what_is_being_written_stays(tmp_path):
    kept = [left_by(os.getppid()), left_by(999999999, "another"), ".notes.part", ".a-b.txt.part"]
    for name in (*kept, left_by(999999999), left_by(999999999).replace("b.txt", "gone.txt")):
        (tmp_path / name).touch()
    write_whole(tmp_path / "b.txt", "whole")
    assert sorted(os.listdir(tmp_path)) == sorted([*kept, "b.txt"])


@pytest.fixture
def disk_with(request):
    """No file may become larger than so many bytes: what a full disk does, with another number."""
    resource = pytest.importorskip("resource")  # there is none on Windows
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("write", [lambda path: path.write_text("x" * 99_999), lambda path: save_file(LARGE, path)])
def test_a_full_disk_leaves_the_old_file_and_the_error_names_it(write, tmp_path, disk_with):
    path = tmp_path / "b.txt"
    path.write_text("old")
    with pytest.raises(OSError, match=rf"too large: '{path}'") as caught, whole_file(path) as temporary:
        write(temporary)
    assert caught.value.errno == errno.EFBIG
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["b.txt"]


LARGE = {"a": torch.zeros(99_999)}
