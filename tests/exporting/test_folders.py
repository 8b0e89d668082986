"""A build takes nothing away that it has not written itself."""

import pytest

from rlcourse.exporting.folders import earlier_files, put_files


def test_a_file_that_somebody_has_added_is_not_written_over(tmp_path):
    put_files(tmp_path, "mark.json", {"one.html": "1"}, [])
    (tmp_path / "two.html").write_text("mine")
    with pytest.raises(ValueError, match=r"two\.html is not from an earlier build and would be lost"):
        put_files(tmp_path, "mark.json", {"one.html": "new", "two.html": "2"}, earlier_files(tmp_path, "mark.json"))
    assert (tmp_path / "two.html").read_text() == "mine" and (tmp_path / "one.html").read_text() == "1"
