"""What is told apart by colour alone is found; a dash, a marker or a hatch is enough."""

import pytest

from rlcourse.showing.style import new_figure
from tests.explorables.looks import told_by_colour_alone


def lines(axes, **other):
    axes.plot([0, 1], label="one", color="red")
    axes.plot([1, 0], label="two", color="blue", **other)


def bars(axes, **other):
    axes.bar([0], [1], label="one", color="red")
    axes.bar([1], [1], label="two", color="blue", **other)


def areas(axes, **other):
    axes.fill_between([0, 1], [0, 1], label="one", color="red")
    axes.fill_between([0, 1], [1, 0], label="two", color="blue", **other)


@pytest.mark.parametrize(
    "draw, other", [(lines, {"ls": "--"}), (lines, {"marker": "o"}), (bars, {"hatch": "/"}), (areas, {"hatch": "."})]
)
def test_what_only_a_colour_tells_is_named_and_what_looks_otherwise_is_not(draw, other):
    plain, told = (new_figure(4, 3) for _ in range(2))
    draw(plain.subplots())
    draw(told.subplots(), **other)
    assert told_by_colour_alone(plain) == [("one", "two")] and told_by_colour_alone(told) == []
