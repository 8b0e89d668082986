"""A notebook whose training is cut short: all of its cells, a few of its updates, each from a few answers.

With all their updates the notebooks take a quarter of an hour of processor time together: `pytest --whole` spends it.
"""

import copy

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

CUT = "cuts-training"
"""The tag of the cell that does it."""
FEW_STEPS = """
from rlcourse.algorithms import Training

def cut_short(self, steps, *, evaluate_every=10, whole_run=Training.run, **options):
    return whole_run(self, min(steps, 3), evaluate_every=min(evaluate_every, 2), **options)

Training.run = cut_short
"""
FEW_QUESTIONS = """
from rlcourse.language import TextWorld

def ask_few(self, policy, *, whole_batch=TextWorld.sample_groups, **how):
    usual, self.prompts_per_step = self.prompts_per_step, min(self.prompts_per_step, 6)
    try:
        return whole_batch(self, policy, **how)
    finally:
        self.prompts_per_step = usual

TextWorld.sample_groups = ask_few
"""
SHORT_RACE = """
import rlcourse.experiments

def short_race(runners, *, seconds, whole_race=rlcourse.experiments.race):
    return whole_race(runners, seconds=min(seconds, 0.2))

rlcourse.experiments.race = short_race
"""


def shortened(notebook: NotebookNode) -> NotebookNode:
    """A copy of the notebook with one cell more, the first, which cuts its training short."""
    short = copy.deepcopy(notebook)
    code = "\n".join(cell.source for cell in short.cells if cell.cell_type == "code")
    cuts = FEW_STEPS + FEW_QUESTIONS * ("rlcourse.language" in code) + SHORT_RACE * ("race(" in code)
    short.cells.insert(0, new_code_cell(cuts, metadata={"tags": [CUT]}))
    return short
