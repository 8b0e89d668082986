"""What cuts a notebook short is found in it, and leaves the notebook itself as it is."""

import nbformat
import pytest

from rlcourse.exporting import shortened
from rlcourse.exporting.shortening import CUT, SHORT_LOOPS
from rlcourse.files import NOTEBOOKS

READ = [nbformat.read(path, as_version=4) for path in sorted(NOTEBOOKS.glob("*.ipynb"))]


@pytest.mark.parametrize("usual", SHORT_LOOPS)
def test_every_loop_that_is_cut_short_is_in_one_cell_of_one_notebook(usual):
    assert sum(usual in cell.source for notebook in READ for cell in notebook.cells) == 1
    for notebook in READ:
        assert not any(usual in cell.source for cell in shortened(notebook).cells)


def test_the_notebook_itself_is_left_as_it_is():
    before = [cell.source for cell in READ[0].cells]
    assert CUT in shortened(READ[0]).cells[0].metadata.tags
    assert [cell.source for cell in READ[0].cells] == before
