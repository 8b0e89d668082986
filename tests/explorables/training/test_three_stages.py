"""The stages side by side: a line for each way of asking, through the shares that were measured."""

import pytest

from rlcourse.explorables import three_stages_picture

SHARES = {"one": {"can": 0.98, "does": 0.97}, "two": {"can": 0.95, "does": 0.2}}


def test_each_way_is_a_line_and_of_two_near_numbers_one_stands_above_and_one_below():
    picture = three_stages_picture(SHARES)
    axes = picture.figure.axes[0]
    lines = {line.get_label(): list(line.get_ydata()) for line in axes.lines}
    assert lines["can"] == [0.98, 0.95] and lines["does"] == [0.97, 0.2]
    told = [(text.get_text(), text.get_va()) for text in axes.texts]
    assert told == [("97 %", "top"), ("98 %", "bottom"), ("20 %", "top"), ("95 %", "top")]
    assert "does: one 97 %, two 20 %" in picture.alt


def test_a_number_is_written_once_and_stands_where_no_line_goes():
    valley = {
        "one": {"can": 0.984, "greedy": 0.98, "sampled": 0.79},
        "two": {"can": 0.96, "greedy": 0.0, "sampled": 0.4},
        "three": {"can": 0.98, "greedy": 0.97, "sampled": 0.96},
    }
    told = [(text.get_text(), text.get_va()) for text in three_stages_picture(valley).figure.axes[0].texts]
    assert told[:2] == [("79 %", "bottom"), ("98 %", "bottom")], "the two of 98 % are one"
    assert told[2:5] == [("0 %", "top"), ("40 %", "top"), ("96 %", "top")]
    assert told[5:] == [("96 %", "top"), ("97 %", "center"), ("98 %", "bottom")]


def test_stages_that_cannot_be_compared_are_refused():
    for shares in ({}, {"one": {"can": 1.0}}, {"one": {"can": 1.0}, "two": {"does": 1.0}}):
        with pytest.raises(ValueError, match="the same ways at two stages"):
            three_stages_picture(shares)
