"""The shipped notebooks, Run All, as a learner does it before the exercises are done.

What only a browser can tell is seen here: a widget that does not draw, an output that runs off the page. Training runs
are cut short for it; with the exercises done the notebooks run as programs in tests/notebooks.
"""

import nbformat
import pytest

from rlcourse.exporting import shortened

from .conftest import COURSE
from .lab import close_sidebar, complaints, off_the_page, open_notebook, run_all, write_notebook

NOTEBOOKS = sorted(path.stem for path in (COURSE / "notebooks").glob("*.ipynb"))


def short_copy(lab, name):
    """The notebook with its training runs cut short, where the server finds it; its name."""
    notebook = nbformat.read(lab.root / "notebooks" / f"{name}.ipynb", as_version=4)
    nbformat.write(shortened(notebook), lab.root / "notebooks" / f"short_{name}.ipynb")
    return f"notebooks/short_{name}.ipynb"


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_run_all_shows_no_error_and_all_of_every_output(page, lab, name):
    open_notebook(page, lab, short_copy(lab, name))
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
