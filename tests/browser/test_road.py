"""The road map in notebook 00: a box is clicked, and its notebook opens beside."""

from .lab import open_notebook, run_all, write_notebook


def test_a_click_on_a_box_opens_its_notebook(page, lab):
    road = "from rlcourse.course import road_map\n\nroad_map()"
    open_notebook(page, lab, write_notebook(lab, "notebooks/road", road))
    run_all(page)
    page.locator("a.rlc-stop", has_text="values and advantages").click()
    page.locator(".lm-TabBar-tabLabel", has_text="03_values.ipynb").wait_for(timeout=30_000)
