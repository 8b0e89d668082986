import os
import stat

import pytest

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
