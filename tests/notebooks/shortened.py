"""A notebook whose training runs are cut short: all of its cells, a few of its updates.

With all their updates the notebooks take a quarter of an hour of processor time together: `pytest --whole` spends it.
"""

import copy

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

CUT_SHORT = """
from rlcourse.algorithms import Training

def cut_short(self, steps, *, evaluate_every=10, whole_run=Training.run, **options):
    return whole_run(self, min(steps, 4), evaluate_every=min(evaluate_every, 2), **options)

Training.run = cut_short
"""


def shortened(notebook: NotebookNode) -> NotebookNode:
    """A copy of the notebook with one cell more, the first, which cuts its training runs short."""
    short = copy.deepcopy(notebook)
    short.cells.insert(0, new_code_cell(CUT_SHORT))
    return short
