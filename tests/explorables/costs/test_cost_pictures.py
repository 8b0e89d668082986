"""Measured costs as bars: each bar is as long as its pieces together."""

import pytest

from rlcourse.explorables.costs.cost_pictures import pieces_picture

BARS = {"one": {"sampling": 0.5, "learning": 1.5}, "two": {"sampling": 0.25, "learning": 0.25}}


def test_pieces_stand_one_behind_the_other_with_their_sum():
    picture = pieces_picture(BARS, title="Seconds", unit="s", digits=2)
    (axes,) = picture.figure.axes
    bars = [(bar.get_x(), bar.get_width()) for bar in axes.patches]
    assert bars == [(0, 0.5), (0, 0.25), (0.5, 1.5), (0.25, 0.25)]
    assert [text.get_text() for text in axes.texts] == ["2.00", "0.50"]
    assert "one: sampling 0.5, learning 1.5" in picture.alt


@pytest.mark.parametrize("bars", [{}, BARS | {"three": {"sampling": 1.0}}])
def test_bars_of_unlike_pieces_are_refused(bars):
    with pytest.raises(ValueError, match="bars must have the same 1 to 5 pieces"):
        pieces_picture(bars, title="", unit="")
