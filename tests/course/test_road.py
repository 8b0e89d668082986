"""The road map promises what there is, and no more."""

import pytest

from rlcourse.course.road import NOTEBOOKS, STOPS, notebooks_there, road_map


def test_the_road_has_every_notebook_once_in_order():
    assert [stop.number for stop in STOPS] == [f"{i:02d}" for i in range(13)]


def test_notebooks_are_looked_up(tmp_path):
    for name in ("00_start_here.ipynb", "02_maze.ipynb", "10_grpo.py", "notes.ipynb"):
        (tmp_path / name).touch()
    assert notebooks_there(tmp_path) == {"00", "02"}


def test_the_words_say_what_is_there_and_what_is_coming():
    alt = road_map({"00", "02"}).alt
    there, coming = alt.split("Coming:")
    assert "00 start here, 02 a robot in a maze" in there and "10" not in there
    assert "10 GRPO on GPT-2" in coming and "02" not in coming


def test_what_is_there_is_ticked_and_solid():
    (axes,) = road_map({"02"}).figure.axes
    solid = [patch for patch in axes.patches if patch.get_linestyle() in ("-", "solid")]
    assert len(solid) == 1
    assert [text.get_text() for text in axes.texts].count("✓") == 1


def test_by_default_the_notebooks_of_this_course_are_there():
    assert NOTEBOOKS.is_dir()
    assert road_map().alt == road_map(notebooks_there()).alt


@pytest.mark.parametrize("there", [set(), {stop.number for stop in STOPS}])
def test_no_words_leave_their_box(there):
    figure = road_map(there).figure
    (axes,) = figure.axes
    figure.draw_without_rendering()
    boxes = [patch.get_window_extent() for patch in axes.patches]
    titles = {stop.title for stop in STOPS}
    for text in axes.texts:
        if text.get_text() in titles:
            inside = text.get_window_extent()
            assert any(box.x0 <= inside.x0 and inside.x1 <= box.x1 for box in boxes), text.get_text()
