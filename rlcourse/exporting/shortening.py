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
    return whole_run(self, min(steps, 2), evaluate_every=min(evaluate_every, 2), **options)

Training.run = cut_short
"""
FEW_QUESTIONS = """
import rlcourse.experiments.language
import rlcourse.experiments.stages  # it asks all, and goes on doing so
import rlcourse.language
from rlcourse.language import TextWorld

def few_held_out(whole_split=rlcourse.language.split_sums):
    known, held_out = whole_split()
    return known, held_out[:128]

rlcourse.language.split_sums = rlcourse.experiments.language.split_sums = few_held_out

def few_preferences(split="train", whole_load=rlcourse.language.load_preferences):
    return whole_load(split)[:320]

rlcourse.language.load_preferences = few_preferences

def ask_few(self, policy, *, whole_batch=TextWorld.sample_groups, **how):
    usual, self.prompts_per_step = self.prompts_per_step, min(self.prompts_per_step, 4)
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
ONE_TRY = """
import rlcourse.explorables

def cost_of_one_try(*what, repeat=3, whole_cost=rlcourse.explorables.update_cost, **how):
    return whole_cost(*what, repeat=1, **how)

rlcourse.explorables.update_cost = cost_of_one_try
"""
SHORT_LOOPS = {
    "def average_return(policy, name, episodes=200)": "def average_return(policy, name, episodes=20)",  # 02
    "def train_values(episodes, targets, updates=150)": "def train_values(episodes, targets, updates=10)",  # 03
    "gamma=0.9).T, updates=200)": "gamma=0.9).T, updates=10)",  # 03
    "advantages, name, times=150)": "advantages, name, times=15)",  # 04
    "def gradients_of_batches(robot, batches=40)": "def gradients_of_batches(robot, batches=6)",  # 04
    '"the maze": (robot_trpo, actor, make_world(), 40)': '"the maze": (robot_trpo, actor, make_world(), 4)',  # 05
    '"GPT-2": (gpt2_trpo, gpt2, sums, 2)': '"GPT-2": (gpt2_trpo, gpt2, sums, 1)',  # 05
    "sweep(choices, seeds=2, updates=30)": "sweep(choices, seeds=1, updates=2)",  # 06
    "seed=1000 + number) for number in range(300)": "seed=1000 + number) for number in range(30)",  # 06
    'fit(value_head, returns_loss, 200, "the value head"': 'fit(value_head, returns_loss, 20, "the value head"',  # 08
    'choices_loss, 60, "the reward head"': 'choices_loss, 10, "the reward head"',  # 08
    "RewardConfig(epochs=10, batch_size=8)": "RewardConfig(epochs=2, batch_size=8)",  # 08
    "UPDATES, STEPS_ON_A_BATCH, EPSILON = 8, 8, 0.2": "UPDATES, STEPS_ON_A_BATCH, EPSILON = 2, 2, 0.2",  # 10
    "random.Random(0).sample(train, 800)": "random.Random(0).sample(train, 160)",  # 08
    "held_out = split_chains()": "held_out = (chains[::3] for chains in split_chains())",  # 13
    "held_out[:60], each=32,": "held_out[:20], each=16,",  # 13
    "longer_chains(k, 60)": "longer_chains(k, 10)",  # 13
    "    steps=4,": "    steps=2,",  # 15
}
"""What is in the notebooks' own loops, and what here."""


def shortened(notebook: NotebookNode) -> NotebookNode:
    """A copy of the notebook with one cell more, the first, which cuts its training short."""
    short = copy.deepcopy(notebook)
    code = "\n".join(cell.source for cell in short.cells if cell.cell_type == "code")
    cuts = FEW_STEPS + FEW_QUESTIONS * ("rlcourse.language" in code) + SHORT_RACE * ("race(" in code)
    cuts += ONE_TRY * ("import update_cost" in code)
    for cell in short.cells:
        for usual, shorter in SHORT_LOOPS.items():
            cell.source = cell.source.replace(usual, shorter)
    short.cells.insert(0, new_code_cell(cuts, metadata={"tags": [CUT]}))
    return short
