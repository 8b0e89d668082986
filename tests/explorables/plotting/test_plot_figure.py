"""Plots on paper: every mark is drawn where the plot says."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from rlcourse.explorables.plotting.marks import HATCHES
from rlcourse.explorables.plotting.plot import (
    Area,
    Array,
    Arrow,
    Arrows,
    Axis,
    Band,
    Bars,
    Line,
    Panel,
    Plot,
    Point,
    Rule,
    Scatter,
    Text,
    Tiles,
)
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.showing.picture import png
from rlcourse.showing.style import OKABE_ITO, SIGNED

X = (0.0, 1.0, 2.0)
SQUARES = np.array([[0.0, 1, 4], [0, 2, 8]])  # [a, x]


def draw(*marks, a=2.0):
    panels = (
        Panel("π_old", Axis("x", 0, 2), Axis("y", 0, 8), marks),
        Panel("other", Axis("x", 0, 2), Axis("y", 0, 8), ()),
    )
    plot = Plot(
        grids={"a": (1.0, 2.0), "x": X},
        arrays={"f": Array(("a", "x"), SQUARES), "none": Array(("x",), np.zeros(3))},
        panels=panels,
        alt="",
        readouts=("a is {a:.1f}",),
    )
    return draw_figure(plot, {"a": a})


def test_a_line_takes_the_values_of_the_state():
    for a, row in ((1, 0), (2, 1)):
        (line,) = draw(Line("x", "f", along="x", colour="green", dash="dashed", marker="square"), a=a).axes[0].lines
        np.testing.assert_array_equal(line.get_ydata(), SQUARES[row])
        np.testing.assert_array_equal(line.get_xdata(), X)
        assert to_hex(line.get_color()).upper() == OKABE_ITO["green"]
        assert line.get_linestyle() != "-" and line.get_marker() == "s"


def test_the_other_marks_stand_where_they_should():
    axes = draw(Point(1, "a"), Rule(x="a"), Rule(y=3), Band(0.5, "a"), Text("a", 1, "here {a:.0f}")).axes[0]
    point, vertical, horizontal = axes.lines
    assert (point.get_xdata()[0], point.get_ydata()[0]) == (1, 2)
    assert list(vertical.get_xdata()) == [2, 2]
    assert list(horizontal.get_ydata()) == [3, 3]
    assert axes.patches[0].get_bbox().intervalx == pytest.approx([0.5, 2])
    assert [(t.get_text(), *t.get_position()) for t in axes.texts] == [("here 2", 2, 1)]


def test_bars_stand_on_their_base():
    bars = draw(Bars("x", "f", along="x", base="a", width=0.5)).axes[0].patches
    assert [(bar.get_x() + 0.25, bar.get_y(), bar.get_height()) for bar in bars] == [(0, 2, -2), (1, 2, 0), (2, 2, 6)]
    assert {bar.get_width() for bar in bars} == {0.5}


@pytest.mark.parametrize("hatch", HATCHES)
def test_a_bar_of_no_height_leaves_nothing_however_it_is_filled(hatch):
    plain, with_none = (draw(*marks) for marks in ((), (Bars("x", "none", along="x", hatch=hatch),)))
    assert png(with_none) == png(plain)


@pytest.mark.parametrize(
    "mark", [Bars("x", "f", along="x", hatch="striped"), Area("x", "none", "f", "x", hatch="dotted")]
)
def test_a_pattern_is_in_its_colour_on_whatever_is_below(mark):
    (filled, *_) = draw(mark).axes[0].patches or draw(mark).axes[0].collections
    colour, ground = np.reshape(filled.get_edgecolor(), 4), np.reshape(filled.get_facecolor(), (-1, 4))
    assert filled.get_hatch() and to_hex(colour).upper() == OKABE_ITO[mark.colour] and not ground[:, 3].any()


def test_an_arrow_has_its_dash_on_paper_and_in_the_legend():
    axes = draw(Arrow(0, 1, 1, 2, label="a step", dash="dashed")).axes[0]
    assert axes.lines[0].is_dashed() and axes.texts[0].arrow_patch.get_linestyle() != "solid"


def test_what_stands_above_a_bars_limit_is_hatched():
    bars = draw(Bars(0.5, "a", along=None, limit=1.5), Bars(1.5, "a", along=None, limit=2)).axes[0].patches
    assert [(bar.get_x(), bar.get_y(), bar.get_height(), bool(bar.get_hatch())) for bar in bars] == [
        (pytest.approx(0.1), 0, 1.5, False),
        (pytest.approx(0.1), 1.5, 0.5, True),
        (pytest.approx(1.1), 0, 2, False),  # as high as its limit
    ]


def test_an_area_lies_between_its_curves():
    (area,) = draw(Area("x", "x", "f", along="x")).axes[0].collections
    corners = area.get_paths()[0].vertices
    assert {(2.0, 2.0), (2.0, 8.0), (1.0, 1.0), (1.0, 2.0)} <= {(x, y) for x, y in corners.tolist()}


def test_a_scatter_has_points_and_no_line():
    (dots,) = draw(Scatter("x", "f", along="x", marker="square")).axes[0].lines
    np.testing.assert_array_equal(dots.get_ydata(), SQUARES[1])
    assert dots.get_linestyle() == "None" and dots.get_marker() == "s"


def test_equal_units_are_equally_long():
    panel = Panel("", Axis("x", 0, 2), Axis("y", 0, 8), (), equal=True)
    assert draw_figure(Plot(grids={}, arrays={}, panels=(panel,), alt=""), {}).axes[0].get_aspect() == 1


def test_an_arrow_of_no_length_is_not_drawn():
    assert len(draw(Arrow(1, 1, 0, 0)).axes[0].texts) == 0
    (arrow,) = draw(Arrow(1, 1, 0.5, "a")).axes[0].texts
    assert (arrow.xy, arrow.xyann) == ((1.5, 3), (1, 1))


def test_small_arrows_are_one_for_each_entry_that_has_a_length():
    (quiver,) = (
        draw(Arrows("x", "f", "x", 0.5, along="x"), Arrows("x", "f", "none", 0.0, along="x")).axes[0].collections
    )
    assert quiver.get_offsets().tolist() == [[0, 0], [1, 2], [2, 8]]
    assert (quiver.U.tolist(), quiver.V.tolist()) == ([0, 1, 2], [0.5] * 3)


def test_panels_that_take_a_part_fill_one_row_after_the_other():
    panels = tuple(Panel("", Axis("", 0, 1), Axis("", 0, 1), (), of_row=part) for part in (0.5, 0.5, 0.7, 0.3))
    figure = draw_figure(Plot(grids={}, arrays={}, panels=panels, alt=""), {})
    places = [axes.get_subplotspec() for axes in figure.axes]
    assert [place.rowspan.start for place in places] == [0, 0, 1, 1]
    assert [(place.colspan.start, place.colspan.stop) for place in places] == [(0, 3), (3, 6), (0, 4), (4, 6)]


def test_titles_readouts_and_named_marks_are_written():
    figure = draw(Point(1, 1, label="here"), Point(1, 2))
    assert figure.axes[0].get_title("left") == r"π$_{\mathrm{old}}$"
    assert [t.get_text() for t in figure.axes[0].get_legend().get_texts()] == ["here"]
    assert figure.get_supxlabel() == "a is 2.0"
    figure.draw_without_rendering()


def test_tiles_are_polygons_coloured_by_their_numbers_with_a_colour_bar():
    tiles = Tiles((("left", "zero"), ("right", "zero"), ("right", "one")), "f", along="tile", reach=4)
    columns = {"left": [0.0, 1.0], "right": [1.0, 2.0], "zero": [0.0, 0.0], "one": [1.0, 1.0], "f": [-4.0, 0.0]}
    arrays = {name: Array(("tile",), np.array(column)) for name, column in columns.items()}
    panel = Panel("", Axis("", 0, 2), Axis("", 0, 1), (tiles,), bare=True)
    figure = draw_figure(Plot(grids={"tile": (0, 1)}, arrays=arrays, panels=(panel,), alt=""), {})
    figure.draw_without_rendering()
    (drawn,) = figure.axes[0].collections
    assert [path.vertices[:3].tolist() for path in drawn.get_paths()] == [
        [[0, 0], [1, 0], [1, 1]],
        [[1, 0], [2, 0], [2, 1]],
    ]
    assert [to_hex(colour) for colour in drawn.get_facecolor()] == [SIGNED.colors[0], SIGNED.colors[32]]
    assert to_hex(SIGNED.colors[0]) == OKABE_ITO["vermillion"].lower()
    assert figure.axes[1].get_ylim() == (-4, 4) and not figure.axes[0].axison


def test_names_stand_in_the_place_of_numbers():
    named = Axis("y", -1, 1, names=("worst", "best"), places=(-0.5, 1))
    panel = Panel("", Axis("x", 0.5, 2.5, names=("one", "two")), named, ())
    axes = draw_figure(Plot(grids={}, arrays={}, panels=(panel,), alt=""), {}).axes[0]
    assert [(label.get_position()[0], label.get_text()) for label in axes.get_xticklabels()] == [(1, "one"), (2, "two")]
    assert [(mark.get_position()[1], mark.get_text()) for mark in axes.get_yticklabels()] == [
        (-0.5, "worst"),
        (1, "best"),
    ]
