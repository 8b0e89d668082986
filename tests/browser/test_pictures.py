"""Still pictures on the page: by day and by night, and everything larger in a room with a projector."""

import pytest

from .lab import cell_outputs, complaints, open_notebook, run_all, write_notebook

CELLS = (
    "from rlcourse.explorables import *\nfrom rlcourse.showing import projector\n\nclipped_objective()",
    "Picture(clipped_objective_figure(), 'the clipped objective')",
    "projector()\nclipped_objective()",
    """
from rlcourse.showing import new_figure

projector(False)
figure = new_figure(8, 3)
drawn = [axes.plot([0, 1]) for axes in figure.subplots(1, 2)]
Picture(figure, "two panels")
""",
)
SHOWN = """images => images.filter(image => image.getBoundingClientRect().width > 100 && image.naturalWidth > 100)
    .map(image => image.className)"""


@pytest.fixture(scope="module")
def opened(page, lab):
    open_notebook(page, lab, write_notebook(lab, "pictures", *CELLS))
    run_all(page)
    cell_outputs(page, 2).locator(".rlc-plot .rlc-marks").first.wait_for(timeout=20_000)
    assert complaints(page) == []
    return page


def test_panels_in_a_row_stand_below_each_other_on_a_narrow_page_at_their_own_size(opened):
    images = cell_outputs(opened, 3).locator("img.rlc-day")
    places = "images => images.map(image => image.getBoundingClientRect()).map(box => [box.left, box.top, box.width])"
    (left, top, width), (right, beside, _) = images.evaluate_all(places)
    assert right == pytest.approx(left + width, abs=1) and beside == top, "as if it were one picture"
    size = opened.viewport_size
    opened.set_viewport_size({"width": 900, "height": size["height"]})
    try:
        opened.wait_for_timeout(300)
        (left, top, narrow), (below, under, _) = images.evaluate_all(places)
    finally:
        opened.set_viewport_size(size)
        opened.wait_for_timeout(300)
    assert below == left and under > top and narrow == pytest.approx(width, abs=1)


def test_of_both_pictures_the_one_is_shown_that_fits_the_page(opened):
    images = cell_outputs(opened, 1).locator("img")
    assert images.evaluate_all(SHOWN) == ["rlc-day"]
    opened.evaluate("document.body.dataset.jpThemeLight = 'false'")
    try:
        assert images.evaluate_all(SHOWN) == ["rlc-night"]
        width = images.nth(1).bounding_box()["width"]
    finally:
        opened.evaluate("document.body.dataset.jpThemeLight = 'true'")
    assert images.nth(0).bounding_box()["width"] == width > 700


def test_for_a_projector_words_lines_and_sliders_are_larger_and_all_in_full_ink(opened):
    def of(cell, what, measure):
        return cell_outputs(opened, cell).locator(what).first.evaluate(measure)

    height = "element => element.getBoundingClientRect().height"
    for what in (".rlc-panel text", ".rlc-title", ".rlc-ring", ".widget-slider .widget-label"):
        assert of(2, what, height) == pytest.approx(1.5 * of(0, what, height), rel=0.07), what
    assert of(0, ".rlc-panel text", "text => getComputedStyle(text).fontSize") == "13px"
    ink = "text => getComputedStyle(text).fill === getComputedStyle(text.closest('.rlc-plot')).color"
    assert of(2, ".rlc-panel text", ink)
    assert of(2, ".rlc-plot", "plot => plot.scrollWidth <= plot.clientWidth")


def test_what_is_shown_larger_can_be_dragged(opened):
    cell = cell_outputs(opened, 2)
    ring = cell.locator('.rlc-handle[data-moves="epsilon"] .rlc-ring').first
    ring.scroll_into_view_if_needed()
    box = ring.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    opened.mouse.move(x, y)
    opened.mouse.down()
    opened.mouse.move(x + 60, y, steps=3)
    opened.wait_for_timeout(200)
    moved = ring.bounding_box()["x"] - box["x"]
    opened.mouse.up()
    low, high, start, end = map(float, cell.locator(".rlc-marks").first.get_attribute("data-x").split())
    step = 0.02 * 1.5 * (end - start) / (high - low)
    assert moved == pytest.approx(60, abs=step), "it stays under the pointer, to the next value of ε"
