"""Other people's scripts are as they came, with their licences, and none is large."""

import json

import pytest

from rlcourse.exporting import vendored
from rlcourse.exporting.vendoring import FOLDER, LIST, anywidget_script, changed_files, known_files


def test_every_file_is_as_it_came_and_nothing_else_is_there():
    assert changed_files() == []
    licences = {package["licence_text"] for package in json.loads(LIST.read_text())}
    there = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file()}
    assert there == {*known_files(), *licences, LIST.name}


def test_a_changed_file_is_noticed(monkeypatch):
    monkeypatch.setattr("rlcourse.exporting.vendoring.checksum", lambda path: path.name)
    assert set(changed_files()) == set(known_files())


def test_none_is_larger_than_four_megabytes():
    assert max(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) < 4e6


def test_a_file_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(ValueError, match=r"name must be one of .*require.js.*, got 'jquery.js'"):
        vendored("jquery.js")


def test_anywidgets_script_is_that_of_the_installed_package():
    assert "anywidget" in anywidget_script().read_text(encoding="utf-8")
