"""The shipped notebooks, Run All, as a learner does it.

Every notebook is executed by tests/notebooks too. Here run those that are quick, so that what only a browser can tell
(a widget that does not draw) is seen; ALL_NOTEBOOKS=1 in the environment runs every one of them.
"""

import os

import pytest

from .conftest import COURSE
from .lab import close_sidebar, complaints, off_the_page, open_notebook, run_all, write_notebook

QUICK = ("00", "02", "03", "04", "05", "06")  # by their numbers
NOTEBOOKS = sorted(
    path.stem
    for path in (COURSE / "notebooks").glob("*.ipynb")
    if path.stem.startswith(QUICK) or os.environ.get("ALL_NOTEBOOKS")
)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_run_all_shows_no_error_and_all_of_every_output(page, lab, name):
    open_notebook(page, lab, f"notebooks/{name}.ipynb")
    close_sidebar(page)
    run_all(page, seconds=240)
    page.wait_for_timeout(1000)
    assert complaints(page) == []
    broken = page.get_by_text("Error displaying widget")
    assert broken.count() == 0
    try:
        for width in (1280, 800):
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_timeout(1000)
            assert off_the_page(page) == [], f"at {width} px"
    finally:
        page.set_viewport_size({"width": 1280, "height": 900})


def test_what_runs_off_the_page_is_noticed(page, lab):
    wide = "from IPython.display import HTML\n\nHTML(\"<div style='width: 3000px'>wide</div>\")"
    open_notebook(page, lab, write_notebook(lab, "off_the_page", wide, "'fits'"))
    run_all(page)
    assert len(off_the_page(page)) == 1
