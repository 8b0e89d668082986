"""A cell in the middle of a notebook does the same once the whole notebook has run."""

import nbformat
import pytest

from tests.notebooks.rerunning import meaning_two_things

from .answering import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
BEGINS_ANEW = {"03_values": {"the_returns", "the_td_error"}}
"""For the second sitting: the same functions of the learner's, taken once more from where they were kept."""


@pytest.mark.parametrize("path", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
def test_no_name_that_other_cells_read_means_two_things(path):
    cells = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    found = meaning_two_things(cells)
    assert {name: cells for name, cells in found.items() if name not in BEGINS_ANEW.get(path.stem, ())} == {}


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        (["charts = [1]", "print(charts)", "charts = [2]"], {"charts": (0, 2)}),
        (["n = 1", "n = 2", "print(n)"], {"n": (0, 1)}),
        (["price = 1", "def new(): return price", "new()", "for price in (1, 2): pass"], {"price": (0, 3)}),
        (["n = 1", "print([n for k in range(3)])", "with open('a') as n: pass"], {"n": (0, 2)}),
        (["def f(): return 1", "print(f())", "def f(): return 2"], {"f": (0, 2)}),
        (["f = 1", "print(f)", "def f(): return 2"], {"f": (0, 2)}),
        (["a, b = g()", "print(a)", "b, a = g()"], {"a": (0, 2)}),
        (["from x import n", "print(n)", "from y import n"], {"n": (0, 2)}),
        (["n = 1", "n = 2\nprint(n)"], {}),
        (["n = 1  # one", "print(n)", "n = 1"], {}),
        (["n = 1", "print(n)", "def f(n): return n\n[n for n in range(3)]"], {}),
        (["import n", "n.x", "import n"], {}),
    ],
)
def test_two_meanings_are_found_and_one_is_left_alone(cells, found):
    assert meaning_two_things(cells) == found
