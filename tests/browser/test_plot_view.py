"""What the browser-drawn plot view can draw beyond the clipped objective."""

import numpy as np
import pytest

from .explorables import bars, drawn
from .lab import complaints, open_notebook, run_all, write_notebook

CELL = """
import numpy as np
from rlcourse.explorables import PlotView
from rlcourse.explorables.plotting.plot import Area, Array, Arrow, Axis, Band, Bars, Line, Panel, Plot, Point
from rlcourse.explorables.plotting.plot import Rule, Scatter, Text

x = (0.0, 1.0, 2.0, 3.0)
curve = np.array([1.0, 2.0, np.nan, 3.0])
others = {"low": np.ones(4), "high": 1 + curve, "tall": curve, "many": curve, "few": curve}
axes = Axis("π_old", 0.0, 3.0), Axis("y", 0.0, 4.0)
every_mark = (
    Band("a", 2, label="band"),
    Line("x", "f", along="x", label="curve", dash="dashdot", marker="square"),
    Rule(x="a", label="here"),
    Rule(y=1.0),
    Arrow(1, 1, "a", 0, label="arrow", dash="dashed"),
    Point("a", 2, label="point", marker="triangle"),
    Text(1, 3, "a is {a:+.1f} at π_θ"),
)
crowd = (
    Area("x", "low", "high", along="x", label="area"),
    Bars("x", "tall", along="x", base=0.5, width=0.5, label="bars"),
    Scatter("x", "many", along="x", label="dots", marker="square", size=4),
    Area("x", "low", "high", along="x", label="dotted area", hatch="dotted"),
    Bars("x", "few", along="x", label="striped bars", hatch="striped"),
)
plot = Plot(
    grids={"x": x, "a": (-0.5, 0.5)},
    arrays={"f": Array(("x",), curve), **{n: Array(("x",), v) for n, v in others.items()}},
    panels=(Panel("first", *axes, every_mark), Panel("second", *axes, crowd, equal=True)),
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
    assert marks.locator(".rlc-shaft").get_attribute("stroke-dasharray") == "8 5"
    assert marks.locator("text").text_content() == "a is −0.5 at πθ"
    assert marks.locator("text tspan").text_content() == "θ"


def test_marks_with_a_name_are_in_the_legend(opened):
    names = ["band", "curve", "here", "arrow", "point", "area", "bars", "dots", "dotted area", "striped bars"]
    assert opened.locator(".rlc-entry").all_text_contents() == names
    assert opened.locator(".rlc-entry svg").count() == len(names)


def test_patterns_are_there_and_do_not_pile_up(opened):
    marks = opened.locator(".rlc-marks").nth(1)
    for filled in (marks.locator('.rlc-bars[data-series="few"]'), marks.locator(".rlc-pattern")):
        name = filled.get_attribute("fill").removeprefix("url(#").removesuffix(")")
        assert marks.locator(f"pattern[id='{name}'] path").count() == 1
    before = opened.locator(".rlc-plot pattern").count()
    for width in (1000, 1280):  # all is drawn anew
        opened.set_viewport_size({"width": width, "height": 900})
        opened.wait_for_timeout(300)
    assert opened.locator(".rlc-plot pattern").count() == before == 4, "two marks, and two in the legend"


def test_bars_areas_and_dots_stand_where_their_numbers_say(opened):
    np.testing.assert_allclose(bars(opened, "tall"), [[0, 1], [1, 2], [3, 3]], atol=1e-6)
    rectangle = opened.locator('.rlc-bars[data-series="tall"] rect').nth(1)
    one = opened.locator(".rlc-marks").nth(1).get_attribute("data-y").split()
    pixels_per_unit = (float(one[2]) - float(one[3])) / 4
    assert float(rectangle.get_attribute("height")) == pytest.approx(1.5 * pixels_per_unit), "from the base, 0.5, to 2"
    area = opened.locator('.rlc-area[data-series="high"]').first.get_attribute("d")
    assert area.endswith("Z") and len(area.split("L")) == 6, "there and back, without the NaN"
    dots = opened.locator('.rlc-dots[data-series="many"]').get_attribute("d")
    assert dots.count("M") == 3
    line = drawn(opened, "f")
    np.testing.assert_allclose(line, [[0, 1], [1, 2], [3, 3]], atol=2e-2)


def test_in_a_panel_of_equal_units_a_square_is_square(opened):
    x, y = (opened.locator(".rlc-marks").nth(1).get_attribute(name).split() for name in ("data-x", "data-y"))
    per_x = (float(x[3]) - float(x[2])) / (float(x[1]) - float(x[0]))
    per_y = (float(y[2]) - float(y[3])) / (float(y[1]) - float(y[0]))
    assert per_x == pytest.approx(per_y, rel=0.01)


def test_panels_stand_side_by_side_where_there_is_room(opened):
    def tops(part=".rlc-panel > svg"):
        opened.wait_for_timeout(300)
        return [each.bounding_box()["y"] for each in opened.locator(part).all()]

    first, second = tops()
    assert first == second, "pictures begin on one line, whatever the legends above them take"
    first, second = tops(".rlc-title")
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
