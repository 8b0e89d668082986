"""The shipped notebooks, Run All, as a learner does it: before the exercises are done, and once they are.

One kernel does both, as starting it and training cost most of the time: after the last cell the notebook goes on, with
the exercises done and what rests on them run again. Training runs are cut short; `pytest tests/notebooks --whole` runs
all of it. What only a browser can tell is seen here too: a widget that does not draw, an output that runs off the page.
"""

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from rlcourse.exporting import shortened
from tests.notebooks.answering import answered_once_more
from tests.notebooks.claims import said_by

from .conftest import COURSE
from .lab import close_sidebar, complaints, cramped, off_the_page, open_notebook, run_all, save, write_notebook

NOTEBOOKS = sorted(path.stem for path in (COURSE / "notebooks").glob("*.ipynb"))
PEAK_BYTES = 1.5e9
LARGEST = """
import resource, sys

print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024))
"""


def longer_copy(lab, name):
    """The notebook cut short, and its answers after it, where the server finds it; its name."""
    notebook = nbformat.read(lab.root / "notebooks" / f"{name}.ipynb", as_version=4)
    longer = shortened(answered_once_more(notebook))
    longer.cells.append(new_code_cell(LARGEST))
    nbformat.write(longer, lab.root / "notebooks" / f"short_{name}.ipynb")
    return f"notebooks/short_{name}.ipynb"


def settled(page):
    """What is off the page once everything has had the time to draw itself anew."""
    for _ in range(10):
        page.wait_for_timeout(300)
        if not (found := off_the_page(page)):
            break
    return found


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_run_all_shows_no_error_and_all_of_every_output_whoever_wrote_the_functions(page, lab, name):
    copy = longer_copy(lab, name)
    open_notebook(page, lab, copy)
    close_sidebar(page)
    run_all(page, seconds=240)
    page.wait_for_timeout(1000)
    assert complaints(page) == []
    assert page.get_by_text("Error displaying widget").count() == 0
    try:
        for width in (1280, 800):
            page.set_viewport_size({"width": width, "height": 900})
            assert settled(page) == [], f"at {width} px"
            assert cramped(page) == [], f"at {width} px"
    finally:
        page.set_viewport_size({"width": 1280, "height": 900})
    save(page, lab, copy)
    saved = nbformat.read(lab.root / copy, as_version=4)
    assert [where for where, said in said_by(saved).items() if not any(map(str.isdigit, said))] == []
    assert int(saved.cells[-1].outputs[0].text) < PEAK_BYTES


def test_what_runs_off_the_page_or_is_too_short_is_noticed(page, lab):
    wide = "from IPython.display import HTML\n\nHTML(\"<div style='width: 3000px'>wide</div>\")"
    short = "import ipywidgets\n\nipywidgets.FloatSlider(description='γ', layout={'width': '200px'})"
    open_notebook(page, lab, write_notebook(lab, "off_the_page", wide, "'fits'", short))
    run_all(page)
    assert len(off_the_page(page)) == 1
    assert len(cramped(page)) == 1
