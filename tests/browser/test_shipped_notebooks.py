"""The shipped notebooks, Run All, as a learner does it.

Every notebook is executed by tests/notebooks too. Here run those that are quick, so that what only a browser can tell
(a widget that does not draw) is seen; ALL_NOTEBOOKS=1 in the environment runs every one of them.
"""

import os

import pytest

from .conftest import COURSE
from .lab import complaints, open_notebook, run_all

QUICK = ("00", "02")  # by their numbers
NOTEBOOKS = sorted(
    path.stem
    for path in (COURSE / "notebooks").glob("*.ipynb")
    if path.stem.startswith(QUICK) or os.environ.get("ALL_NOTEBOOKS")
)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_run_all_shows_no_error(page, lab, name):
    open_notebook(page, lab, f"notebooks/{name}.ipynb")
    run_all(page, seconds=240)
    page.wait_for_timeout(1000)
    assert complaints(page) == []
    broken = page.get_by_text("Error displaying widget")
    assert broken.count() == 0
