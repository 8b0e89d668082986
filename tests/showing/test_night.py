"""Pictures on a dark page: grey is turned over, colours and heat maps stay what they mean, and the figure as it was."""

import io

import numpy as np
import pytest
from matplotlib.colors import to_hex
from PIL import Image

from rlcourse.showing.night import INK, PAPER, at_night, by_night
from rlcourse.showing.picture import Picture, drawn_at_night, drawn_by_day, few_colours, fewer_colours, png
from rlcourse.showing.style import OKABE_ITO, SIGNED, new_figure


def pixels(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


@pytest.fixture
def figure():
    figure = new_figure(4, 3)
    left, right = figure.subplots(1, 2)
    left.plot([0, 1], [0, 1], color="black", marker="o", label="a line")
    left.bar([0.5], [0.5], color=OKABE_ITO["blue"], edgecolor="white", hatch="//")
    left.annotate(
        "here", (0.5, 0.5), (0, 1), arrowprops={"arrowstyle": "-|>"}, bbox={"facecolor": "white", "alpha": 0.8}
    )
    left.legend()
    right.pcolormesh(np.array([[0.0, 1.0]]), cmap="viridis")
    right.text(0.5, 0.5, "0")
    png(figure)
    return figure


def test_grey_is_turned_over_and_colours_glow():
    black, white, blue, clear = by_night(["black", "white", OKABE_ITO["blue"], (0, 0, 0, 0.3)])
    assert (to_hex(black), to_hex(white)) == (INK, PAPER)
    np.testing.assert_allclose(blue[:3], 1.1 * np.array([0, 0x72, 0xB2]) / 255)
    assert clear[3] == 0.3


def test_a_picture_is_dark_by_night_and_after_it_the_same_as_before(figure):
    before = png(figure)
    night = np.asarray(drawn_at_night(figure, dpi=100))
    assert png(figure) == before
    day = pixels(before)
    assert day.shape == night.shape
    assert to_hex(night[2, 2] / 255) == PAPER
    assert (night == 255).all(-1).mean() < 0.45, "only the heat map has white ground"


def test_a_heat_map_and_what_is_written_on_it_stay_as_they_are(figure):
    map_axes = figure.axes[1]
    box = map_axes.get_window_extent()
    rows, columns = slice(int(300 - box.y1) + 3, int(300 - box.y0) - 3), slice(int(box.x0) + 3, int(box.x1) - 3)
    figure.set_dpi(100)
    day, night = np.asarray(drawn_by_day(figure, dpi=100)), np.asarray(drawn_at_night(figure, dpi=100))
    np.testing.assert_array_equal(night[rows, columns], day[rows, columns])


def test_numbers_in_our_own_colours_are_dark_by_night_and_the_ends_of_their_bar_stay():
    figure = new_figure(4, 3)
    axes = figure.subplots()
    drawn = axes.pcolormesh(np.array([[0.0, 1.0]]), cmap=SIGNED, vmin=-1, vmax=1)
    bar = figure.colorbar(drawn)
    bar.ax.set_ylim(0, 1)
    png(figure)  # the layout settles
    before = png(figure)
    with at_night(figure):
        assert [to_hex(colour) for colour in drawn.to_rgba([0.0, 1.0])] == ["#151515", "#4fc3ff"]
        assert bar.ax.get_ylim() == (0, 1) and bar.solids.cmap is SIGNED.by_night
    assert png(figure) == before


def test_an_error_on_the_way_leaves_the_figure_as_it_was(figure):
    before = png(figure)
    with pytest.raises(KeyboardInterrupt), at_night(figure):
        raise KeyboardInterrupt
    assert png(figure) == before


def test_a_picture_shows_the_one_that_fits_the_page(figure):
    tag = Picture(figure, "words")._repr_mimebundle_()["text/html"]
    day, night, *_ = tag.split("<img ")[1:]
    assert 'class="rlc-day"' in day and "display: none" not in day
    assert 'class="rlc-night" style="display: none' in night, "hidden where no style sheet is obeyed"
    assert '[data-jp-theme-light="false"] .rlc-night { display: inline !important }' in tag


def test_with_fewer_colours_the_ground_is_still_the_pages(figure):
    for drawn, ground in ((drawn_by_day(figure, dpi=100), "#ffffff"), (drawn_at_night(figure, dpi=100), PAPER)):
        assert {to_hex(pixels(fewer(drawn))[0, 0] / 255) for fewer in (few_colours, fewer_colours)} == {ground}
