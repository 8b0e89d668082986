"""The shipped notebooks, Run All, as a learner does it before the exercises are done.

What only a browser can tell is seen here: a widget that does not draw, an output that runs off the page. Training runs
are cut short for it; as programs, with all their steps, the notebooks run in tests/notebooks.
"""

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from .conftest import COURSE
from .lab import close_sidebar, complaints, off_the_page, open_notebook, run_all, write_notebook

NOTEBOOKS = sorted(path.stem for path in (COURSE / "notebooks").glob("*.ipynb"))
CUT_SHORT = """
from rlcourse.algorithms import Training

def cut_short(self, steps, *, evaluate_every=10, whole_run=Training.run, **options):
    return whole_run(self, min(steps, 6), evaluate_every=min(evaluate_every, 3), **options)

Training.run = cut_short
"""


def shortened(lab, name):
    """The notebook with a first cell that cuts its training runs short; its name."""
    notebook = nbformat.read(lab.root / "notebooks" / f"{name}.ipynb", as_version=4)
    notebook.cells.insert(0, new_code_cell(CUT_SHORT))
    nbformat.write(notebook, lab.root / "notebooks" / f"short_{name}.ipynb")
    return f"notebooks/short_{name}.ipynb"


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_run_all_shows_no_error_and_all_of_every_output(page, lab, name):
    open_notebook(page, lab, shortened(lab, name))
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
