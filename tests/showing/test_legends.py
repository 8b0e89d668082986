"""A legend hides no curve: among the curves where there is room, else below them."""

import pytest

from rlcourse.showing.picture import png
from rlcourse.showing.style import PROJECTOR, new_figure, tidy


@pytest.mark.parametrize("height", [2.4, 7])
@pytest.mark.parametrize("room", [False, True], ids=["on a page", "projected"])
@pytest.mark.parametrize("heights, inside", [([0, 1] * 20, False), ([0, 0], True)], ids=["everywhere", "at the bottom"])
def test_it_stands_below_the_panel_where_it_would_hide_a_curve(monkeypatch, heights, inside, room, height):
    monkeypatch.setenv(PROJECTOR, str(int(room)))
    axes = new_figure(6, height).subplots()
    axes.plot(heights, label="a curve with a name")
    tidy(axes, xlabel="update", ylim=(0, 1), legend={"loc": "best"})
    png(axes.figure)  # puts everything in its place
    legend, words = axes.get_legend().get_window_extent(), axes.xaxis.label.get_window_extent()
    if inside:
        assert axes.bbox.y0 < legend.y0 and legend.y1 < axes.bbox.y1
    else:
        assert legend.y0 > 0 and legend.y1 < words.y0
