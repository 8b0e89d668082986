"""A room with a projector: everything in a picture 1.5 times as large, on a picture that is no larger."""

import re

import pytest

from rlcourse.showing import projector
from rlcourse.showing.picture import Picture
from rlcourse.showing.style import PROJECTOR, magnified, new_figure, projecting, show_percent


@pytest.fixture(autouse=True)
def not_projecting(monkeypatch):
    monkeypatch.setenv(PROJECTOR, "0")


def test_a_call_or_the_environment_turns_it_on_and_a_call_off(monkeypatch):
    assert not projecting()
    projector()
    assert projecting()
    projector(False)
    assert not projecting()
    monkeypatch.setenv(PROJECTOR, "1")
    assert projecting()


def test_pictures_are_as_wide_as_before_and_all_in_them_is_larger():
    usual = new_figure(6, 4)
    projector()
    shown = new_figure(6, 4)
    assert (magnified(usual), magnified(shown)) == (1, 1.5)
    assert (shown.get_figwidth(), usual.get_figwidth()) == (4, 6)
    widths = [re.search(r" width: (\d+)px", Picture(figure, "words").tag()).group(1) for figure in (usual, shown)]
    assert widths == ["576", "576"]


def test_what_has_a_place_for_everything_stays_as_it_is():
    projector()
    assert magnified(new_figure(6, 4, layout="none")) == 1


def test_what_is_no_yes_or_no_is_refused():
    with pytest.raises(TypeError, match="on must be True or False, got 'yes'"):
        projector("yes")


def test_percentages_along_an_axis_are_not_rounded_to_whole_ones():
    axis = new_figure(6, 4).subplots().yaxis
    show_percent(axis)
    said = [axis.get_major_formatter()(value) for value in (0.0, 0.025, 0.075, 0.1 + 0.2, 1.0, -0.125)]
    assert said == ["0 %", "2.5 %", "7.5 %", "30 %", "100 %", "−12.5 %"]
