"""Pictures on a dark page: grey is turned over, colours and heat maps stay what they mean, and the figure as it was."""

import io
import tracemalloc
from unittest.mock import Mock

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.text import Text
from PIL import Image

from rlcourse.showing.night import INK, PAPER, by_night, by_night_in
from rlcourse.showing.picture import Picture, day_and_night, few_colours, fewer_colours, png
from rlcourse.showing.style import OKABE_ITO, QUIET, SIGNED, in_our_style, new_figure


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
    right.text(0.5, 0.5, "0", bbox={"facecolor": "#aaaaaa"})
    right.set(xlim=(0, 3), frame_on=False)  # draws no ground of its own
    right.set_axis_off()
    png(figure)
    return figure


def test_grey_is_turned_over_and_colours_glow():
    black, white, blue, clear = by_night(["black", "white", OKABE_ITO["blue"], (0, 0, 0, 0.3)])
    assert (to_hex(black), to_hex(white)) == (INK, PAPER)
    np.testing.assert_allclose(blue[:3], 1.1 * np.array([0, 0x72, 0xB2]) / 255)
    assert clear[3] == 0.3


def test_a_picture_is_dark_by_night_and_the_figure_as_it_was(figure):
    before = png(figure)
    day, night = map(np.asarray, day_and_night(figure, dpi=100))
    assert png(figure) == before
    np.testing.assert_array_equal(day, pixels(before))
    assert to_hex(night[2, 2] / 255) == PAPER
    assert (night == 255).all(-1).mean() < 0.45, "only the heat map has white ground"


def test_by_night_it_is_what_matplotlib_draws_of_things_in_the_colours_of_the_night():
    """Whatever a figure is made of: lines, markers, dots, areas, bars, arrows, words, formulas, grids, legends."""

    @in_our_style
    def drawn(ink, paper, orange, soft):
        figure = new_figure(5, 3)
        left, right = figure.subplots(1, 2)
        left.plot([0, 1, 2], [0, 1, 0], "o--", color=orange, mec=ink, label="a line")
        left.scatter([0, 1], [1, 1], c=[ink, orange], s=[20, 60])
        left.scatter([0.5], [0.2], color=ink, alpha=0.5)
        left.fill_between([0, 1], [0, 0.5], facecolor="none", edgecolor=orange, hatch="//", alpha=0.6, lw=1)
        left.set_title("$x^2$ and words", color=ink)
        left.legend(labelcolor=ink, frameon=True, facecolor=paper, edgecolor=orange)
        right.bar([0, 1], [1, 0.5], color=[orange, soft], edgecolor=paper, hatch="..", lw=0)
        right.annotate("here", (1, 0), (0, 0.5), color=ink, arrowprops={"arrowstyle": "-|>", "color": orange},
                       bbox={"facecolor": paper, "edgecolor": soft, "alpha": 0.8})  # fmt: skip
        right.grid(color=ink, alpha=0.12)
        for axes in (left, right):
            axes.tick_params(labelcolor=soft)
            axes.set_facecolor(paper)
        return figure

    _, night = day_and_night(drawn("black", "white", OKABE_ITO["orange"], "#555555"), dpi=100)
    black, white, orange, soft = map(tuple, by_night(["black", "white", OKABE_ITO["orange"], "#555555"]))
    figure = drawn(black, white, orange, soft)
    file = io.BytesIO()
    figure.savefig(file, dpi=100, facecolor=PAPER)
    np.testing.assert_array_equal(np.asarray(night), pixels(file.getvalue()))


def test_a_heat_map_and_what_is_written_on_it_stay_as_they_are(figure):
    box = figure.axes[1].get_window_extent()
    rows, columns = slice(int(300 - box.y1) + 3, int(300 - box.y0) - 3), slice(int(box.x0) + 3, int(box.x1) - 3)
    day, night = map(np.asarray, day_and_night(figure, dpi=100))
    np.testing.assert_array_equal(night[rows, columns], day[rows, columns])


def test_numbers_in_our_own_colours_are_dark_by_night_and_their_bar_keeps_its_ends_and_names():
    figure = new_figure(4, 3)
    axes = figure.subplots()
    drawn = axes.pcolormesh(np.array([[0.0, 1.0]]), cmap=SIGNED, vmin=-1, vmax=1)
    bar = figure.colorbar(drawn)
    bar.ax.set_ylim(0, 1)
    bar.set_ticks([0.5], labels=["half"])
    png(figure)  # the layout settles
    before = png(figure)
    day, night = map(np.asarray, day_and_night(figure, dpi=100))
    assert png(figure) == before
    box = axes.get_window_extent()
    row, zero, one = (int(300 - (box.y0 + box.y1) / 2), *(int(box.x0 + box.width * x) for x in (0.2, 0.8)))
    assert [to_hex(night[row, column] / 255) for column in (zero, one)] == ["#151515", "#4fc3ff"]
    quiet, paper = 255 * by_night([QUIET, "white"])[:, 0]
    beside = slice(int(bar.ax.get_window_extent().x1) + 2, None)  # the names of the bar's ends
    ink = (255 - day[:, beside].astype(float)) / (255 - 0x55)
    assert ink.max() > 0.9
    np.testing.assert_allclose(night[:, beside], paper + ink * (quiet - paper), atol=2)


def test_a_map_of_very_many_tiles_takes_little_memory_to_turn():
    colours = SIGNED(np.linspace(0, 1, 100_000))
    tracemalloc.start()
    turned = by_night_in(SIGNED, colours)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_array_equal(turned[[0, -1]], SIGNED.by_night([0.0, 1.0]))
    assert most < 10 * colours.nbytes


def shown(artists, *, dpi=100):
    """By day and by night, of a figure of one panel with its axes switched off."""
    figure = new_figure(3, 2)
    axes = figure.subplots()
    artists(axes)
    axes.set_axis_off()
    return map(np.asarray, day_and_night(figure, dpi=dpi))


@pytest.mark.parametrize("smooth", [True, False])
@pytest.mark.parametrize("cmap", [SIGNED, "viridis"])
def test_numbers_drawn_as_an_image_or_smoothly_are_as_those_drawn_tile_by_tile(cmap, smooth):
    values, how = np.array([[0.0, 1.0], [-1.0, 0.5]]), {"cmap": cmap, "vmin": -1, "vmax": 1}

    def tiles(axes):
        axes.pcolormesh([0, 1, 2], [2, 1, 0], values, **how)

    def otherwise(axes):
        if smooth:  # each tile's corners have the number of the tile
            for row in (0, 1):
                for column in (0, 1):
                    corners = np.full((2, 2), values[row, column])
                    axes.pcolormesh([column, column + 1], [2 - row, 1 - row], corners, shading="gouraud", **how)
        else:
            axes.imshow(values, extent=(0, 2, 0, 2), aspect="auto", **how)

    (day, night), (as_day, as_night) = shown(tiles), shown(otherwise)
    for one, same in ((day, as_day), (night, as_night)):
        middles = [(row, column) for row in (60, 140) for column in (80, 220)]
        np.testing.assert_allclose(*([image[place].astype(int) for place in middles] for image in (one, same)), atol=1)
    assert np.array_equal(day[60, 80], night[60, 80]) == (cmap == "viridis")


def test_an_arrow_on_a_heat_map_stays_black_and_the_panel_keeps_its_own_ground(figure):
    axes = figure.axes[1]
    axes.annotate("", (2.9, 1), (2.1, 0.5), arrowprops={"arrowstyle": "-|>", "color": "black"})
    axes.set(facecolor="#d3d3d3", frame_on=True)
    axes.set_axis_on()
    png(figure)
    day, night = map(np.asarray, day_and_night(figure, dpi=100))
    np.testing.assert_allclose(day.astype(int), pixels(png(figure)).astype(int), atol=2)
    box = axes.get_window_extent()
    ground = (
        slice(int(300 - box.y1) + 5, int(300 - box.y0) - 5),
        slice(int(box.x0 + 0.75 * box.width), int(box.x1) - 5),
    )
    np.testing.assert_array_equal(night[ground], day[ground])
    assert day[ground].min() < 10 and (day[ground] == 0xD3).mean() > 0.9


def test_words_that_have_no_place_change_nothing_and_a_filter_sees_what_it_is_about(figure):
    left, right = figure.axes
    right.text(np.nan, 0, "nowhere")
    title = right.set_title("black by day", color="black")
    sizes = []
    left.lines[0].set_agg_filter(lambda image, dpi: (sizes.append(image.shape), (image, 0, 0))[1])
    png(figure)
    _, night = map(np.asarray, day_and_night(figure, dpi=100))
    assert len(sizes) == 2 and sizes[0] == sizes[1] and sizes[0][0] < 280
    box = title.get_window_extent()
    letters = night[int(300 - box.y1) : int(300 - box.y0), int(box.x0) : int(box.x1)]
    assert to_hex(letters.max(axis=(0, 1)) / 255) == INK and to_hex(letters.min(axis=(0, 1)) / 255) == PAPER


def test_an_error_on_the_way_leaves_the_figure_as_it_was(figure, monkeypatch):
    before = png(figure)
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Text, "draw", Mock(side_effect=KeyboardInterrupt))
        day_and_night(figure, dpi=100)
    assert {artist.get_gid() for artist in figure.findobj()} == {None}
    assert png(figure) == before


def test_a_picture_shows_the_one_that_fits_the_page(figure):
    tag = Picture(figure, "words")._repr_mimebundle_()["text/html"]
    day, night, *_ = tag.split("<img ")[1:]
    assert 'class="rlc-day"' in day and "display: none" not in day
    assert 'class="rlc-night" style="display: none' in night, "hidden where no style sheet is obeyed"
    assert '[data-jp-theme-light="false"] .rlc-night { display: inline !important }' in tag


def test_with_fewer_colours_the_ground_is_still_the_pages(figure):
    for drawn, ground in zip(day_and_night(figure, dpi=100), ("#ffffff", PAPER), strict=True):
        assert {to_hex(pixels(fewer(drawn))[0, 0] / 255) for fewer in (few_colours, fewer_colours)} == {ground}
