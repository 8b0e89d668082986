"""Panels in a row: where they are cut, that nothing is lost, and what stays together."""

import numpy as np
import pytest

from rlcourse.showing.panels import cut, in_a_row, seams_of
from rlcourse.showing.picture import Picture, day_and_night, png
from rlcourse.showing.style import new_figure


def row(columns=2, **options):
    """A figure of panels with a line, and labels at its left."""
    figure = new_figure(4 * columns, 3)
    panels = np.ravel(figure.subplots(1, columns, **options))
    for axes in panels:
        axes.plot([0, 1000], [0, 1000])
        axes.set(ylabel="a label")
    return figure, panels


def test_it_is_cut_where_nothing_is_drawn():
    figure, _ = row(3)
    image, _ = day_and_night(figure, dpi=100)
    seams = seams_of(figure)
    assert len(seams) == 2
    pixels = np.asarray(image.convert("L"))
    assert all((pixels[:, round(seam * pixels.shape[1])] == 255).all() for seam in seams)
    pieces = [np.asarray(piece.convert("L")) for piece in cut(image, seams)]
    np.testing.assert_array_equal(np.hstack(pieces), pixels)


def test_a_colour_bar_stays_with_its_panel():
    figure, (left, _) = row()
    figure.colorbar(left.scatter([0, 1], [0, 1], c=[0, 1]), ax=left)
    png(figure)
    (seam,) = seams_of(figure)
    assert figure.axes[2].get_tightbbox().x1 <= seam * figure.bbox.width <= figure.axes[1].get_tightbbox().x0


def titled(figure, panels):
    figure.suptitle("of both")


def explained(figure, panels):
    figure.legend(panels[0].lines, ["of both"])


@pytest.mark.parametrize("together", [titled, explained])
def test_what_all_panels_share_keeps_them_together(together):
    figure, panels = row()
    together(figure, panels)
    png(figure)
    assert seams_of(figure) == []


def test_panels_that_share_their_numbers_stand_in_rows_or_are_alone_stay_one_picture():
    shared, _ = row(sharey=True)
    rows, alone = new_figure(4, 4), new_figure(4, 3)
    rows.subplots(2, 2)
    alone.subplots()
    for figure in (shared, rows, alone):
        png(figure)
        assert seams_of(figure) == []


def test_a_page_shows_them_in_a_row_or_below_each_other_and_says_them_once():
    figure, _ = row()
    tag = Picture(figure, "two panels").tag()
    assert tag.count("<img") == 4 and tag.count('alt="two panels"') == 2, "each by day and by night"
    assert "@container (max-width: 653px) { .rlc-row-653 { flex-wrap: wrap } }" in tag
    assert in_a_row(["a", "b"], 100).endswith(">ab</div></div>")
