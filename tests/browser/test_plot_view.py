"""What the browser-drawn plot view can draw beyond the clipped objective."""

import pytest

from .lab import complaints, open_notebook, run_all, write_notebook

CELL = """
import numpy as np
from rlcourse.explorables import PlotView
from rlcourse.explorables.plot import Array, Arrow, Axis, Band, Line, Panel, Plot, Point, Rule, Text

x = (0.0, 1.0, 2.0, 3.0)
curve = np.array([1.0, 2.0, np.nan, 3.0])
axes = Axis("π_old", 0.0, 3.0), Axis("y", 0.0, 4.0)
every_mark = (
    Band("a", 2, label="band"),
    Line("x", "f", along="x", label="curve", dash="dashdot", marker="square"),
    Rule(x="a", label="here"),
    Rule(y=1.0),
    Arrow(1, 1, "a", 0, label="arrow"),
    Point("a", 2, label="point", marker="triangle"),
    Text(1, 3, "a is {a:+.1f} at π_θ"),
)
plot = Plot(
    grids={"x": x, "a": (-0.5, 0.5)},
    arrays={"f": Array(("x",), curve)},
    panels=(Panel("first", *axes, every_mark), Panel("second", *axes, ())),
    alt="a is {a:.2f}",
)
PlotView(plot, a=-0.4)
"""


@pytest.fixture(scope="module")
def opened(page, lab):
    open_notebook(page, lab, write_notebook(lab, "every_mark", CELL))
    run_all(page)
    page.locator('.rlc-plot [data-series="f"]').wait_for(timeout=10_000)
    assert complaints(page) == []
    yield page
    page.set_viewport_size({"width": 1280, "height": 900})


def test_every_mark_is_drawn(opened):
    marks = opened.locator(".rlc-marks").first
    curve = marks.locator('[data-series="f"]')
    assert [len(piece.split("L")) for piece in curve.get_attribute("d").split("M")[1:]] == [2, 1], "NaN leaves a gap"
    assert curve.get_attribute("stroke-dasharray") == "9 4 2 4"
    assert marks.locator(".rlc-symbol").count() == 3 + 1, "one for each number, and the point"
    assert marks.locator(".rlc-band").count() == 1
    assert marks.locator(".rlc-shaft").count() == 1
    assert marks.locator("text").text_content() == "a is −0.5 at πθ"
    assert marks.locator("text tspan").text_content() == "θ"


def test_marks_with_a_name_are_in_the_legend(opened):
    assert opened.locator(".rlc-entry").all_text_contents() == ["band", "curve", "here", "arrow", "point"]
    assert opened.locator(".rlc-entry svg").count() == 5


def test_panels_stand_side_by_side_where_there_is_room(opened):
    def tops():
        opened.wait_for_timeout(300)
        return [panel.bounding_box()["y"] for panel in opened.locator(".rlc-panel svg[viewBox]").all()]

    first, second = tops()
    assert first == second
    opened.set_viewport_size({"width": 800, "height": 900})
    first, second = tops()
    assert second > first + 200
    width = opened.locator(".rlc-plot").bounding_box()["width"]
    assert all(panel.bounding_box()["width"] <= width for panel in opened.locator(".rlc-panel").all())


def test_the_text_takes_the_colour_of_the_theme(opened):
    plain, themed = opened.locator(".rlc-plot").evaluate(
        """plot => {
            const colour = element => getComputedStyle(element).color;
            const before = colour(plot);
            document.body.style.setProperty('--jp-content-font-color1', 'rgb(1, 2, 3)');
            return [before, colour(plot)];
        }"""
    )
    opened.evaluate("document.body.style.removeProperty('--jp-content-font-color1')")
    assert plain != themed == "rgb(1, 2, 3)"
