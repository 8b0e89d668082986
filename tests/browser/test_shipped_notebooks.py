"""The shipped notebooks with their exercises done, Run All, as a learner does it.

tests/notebooks runs each as it is shipped. Here right answers stand in the place of the stubs, so that what `check`
accepts carries the notebook to its end, and only what a browser can tell is looked for besides: a widget that does not
draw, an output that runs off the page.
"""

import nbformat
import pytest

from tests.notebooks.execute import read
from tests.notebooks.test_answered import WITH_EXERCISES, answer_all
from tests.notebooks.test_files import NOTEBOOKS

from .lab import close_sidebar, complaints, off_the_page, open_notebook, run_all, write_notebook


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_run_all_shows_no_error_and_all_of_every_output(page, lab, path):
    notebook = read(path)
    assert answer_all(notebook) >= 2 * (path in WITH_EXERCISES)
    nbformat.write(notebook, lab.root / "notebooks" / path.name)  # the server's copy
    open_notebook(page, lab, f"notebooks/{path.name}")
    close_sidebar(page)
    run_all(page, seconds=480)
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
