"""The stages side by side: a line for each way of asking, through the shares that were measured."""

import pytest

from rlcourse.explorables import three_stages_picture

SHARES = {"one": {"can": 0.98, "does": 0.97}, "two": {"can": 0.95, "does": 0.2}}


def test_each_way_is_a_line_through_its_shares_and_no_two_numbers_touch():
    picture = three_stages_picture(SHARES)
    axes = picture.figure.axes[0]
    lines = {line.get_label(): list(line.get_ydata()) for line in axes.lines}
    assert lines["can"] == [0.98, 0.95] and lines["does"] == [0.97, 0.2]
    heights = [text.xy[1] for text in axes.texts[:2]]
    assert [text.get_text() for text in axes.texts] == ["97 %", "98 %", "20 %", "95 %"]
    assert heights[1] - heights[0] >= 0.07
    assert "does: one 97 %, two 20 %" in picture.alt


def test_stages_that_cannot_be_compared_are_refused():
    for shares in ({}, {"one": {"can": 1.0}}, {"one": {"can": 1.0}, "two": {"does": 1.0}}):
        with pytest.raises(ValueError, match="the same ways at two stages"):
            three_stages_picture(shares)
