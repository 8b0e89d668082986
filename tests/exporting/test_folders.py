"""A build takes nothing away that it has not written itself."""

from pathlib import Path

import pytest

from rlcourse.exporting.folders import earlier_files, put_files


def test_a_file_that_somebody_has_added_is_not_written_over(tmp_path):
    put_files(tmp_path, "mark.json", {"one.html": "1"}, [])
    (tmp_path / "two.html").write_text("mine")
    with pytest.raises(ValueError, match=r"two\.html is not from an earlier build and would be lost"):
        put_files(tmp_path, "mark.json", {"one.html": "new", "two.html": "2"}, earlier_files(tmp_path, "mark.json"))
    assert (tmp_path / "two.html").read_text() == "mine" and (tmp_path / "one.html").read_text() == "1"


def test_a_build_that_was_killed_before_its_mark_was_written_blocks_no_later_one(tmp_path, monkeypatch):
    with monkeypatch.context() as killed, pytest.raises(KeyboardInterrupt):
        killed.setattr(Path, "unlink", lambda *_, **__: None)  # kill -9 tidies nothing up
        killed.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        put_files(tmp_path, "mark.json", {"one.html": "1"}, [])
    assert len(list(tmp_path.iterdir())) == 1
    put_files(tmp_path, "mark.json", {"one.html": "1"}, earlier_files(tmp_path, "mark.json"))
    assert (tmp_path / "one.html").read_text() == "1"
