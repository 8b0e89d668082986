"""The notebooks of the course in their order: the one place where a notebook's number, title and minutes are written.

The road map, the tables in notebook 00 and the README, the heads of the notebooks and the links from one to the next
are made from it. Whoever adds a notebook adds an entry here, and `python -m rlcourse.course` does the rest: see
`house`. Left out: exercises and quizzes, which are found by the number of their notebook.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from IPython.display import Markdown

from rlcourse.files import CHECKOUT, NOTEBOOKS


@dataclass(frozen=True)
class Notebook:
    """One notebook, there or still to be written."""

    file: str
    """Its file without ".ipynb"; it begins with the notebook's number."""
    title: str
    road: str
    """The title on the road map: two short lines at most."""
    world: Literal["maze", "GPT-2", "both", ""]
    """Who learns there."""
    minutes: int
    """To work through it, worked out by `minutes_to_work` and rounded to 5; its head says the same."""
    does: str
    """What you do there."""
    claim: str
    """What the article says that is made runnable there, in our words, after "that"; empty beyond the article."""

    @property
    def number(self) -> str:
        """The number by which it is called: "02"."""
        return self.file[:2]


CONTENTS = (
    Notebook(
        "00_start_here", "Start here", "start here", "", 20,
        "see the road ahead, check your machine",
        "it will cover “TRPO, PPO, and, more recently, GRPO”",
    ),
    Notebook(
        "01_three_stages", "Three stages of training", "three stages\nof training", "GPT-2", 65,
        "pre-train, fine-tune and reward a small GPT-2, and see what each stage does to its answers",
        "a language model is trained in three stages (to continue text, to answer by example, and by reward), "
        "and that at each token it chooses by probabilities, which its weights set",
    ),
    Notebook(
        "02_maze", "A robot in a maze", "a robot\nin a maze", "maze", 60,
        "drive it, reward it, watch it learn: states, actions, rewards, policies",
        "an agent in a state takes actions, and its environment answers each with a reward: a robot in a maze "
        "drives forward or turns, is paid at the exit, and pays for hitting a wall or being stuck",
    ),
    Notebook(
        "03_values", "Returns, values and advantages", "values and\nadvantages", "maze", 80,
        "turn γ and see what a state is worth, exactly; then let a critic learn it",
        "an advantage says how good an action is against a baseline, the value of the state; from one "
        "reward of 0.8 for “2+2 is 4” a value model learns 0.8, 0.8γ, 0.8γ² … for the answer and its beginnings",
    ),
    Notebook(
        "04_policy_gradients", "Policy gradients", "policy\ngradients", "both", 75,
        "make likelier what went well, and compare it with supervised learning",
        "optimising a policy looks like supervised learning: a log-probability is pushed up, weighted by an "
        "advantage in the place of a label",
    ),
    Notebook(
        "05_trpo", "TRPO", "TRPO", "maze", 105,
        "build a step that can be trusted from its parts, and check its limit",
        "TRPO makes the ratio of new to old probability times the advantage as large as it can, under a hard "
        "limit on the KL between the old policy and the new one",
    ),
    Notebook(
        "06_ppo", "PPO", "PPO", "both", 80,
        "clip instead of constrain: train a robot, a pole and a GPT-2",
        "PPO needs no such hard limit: its clipped objective restricts the update by itself, and the algorithm "
        "becomes much simpler",
    ),
    Notebook(
        "07_language_agent", "A language model is an agent", "a language\nmodel acts", "GPT-2", 60,
        "run the robot's loop on a GPT-2, and look at each token under the microscope",
        "a language model is an agent: its tokens are actions, the question and the tokens so far are the state, "
        "and all the rest is the environment",
    ),
    Notebook(
        "08_reward_models", "Reward models", "reward\nmodels", "GPT-2", 60,
        "choose the better reply, and let a model learn from your choices",
        "rewards come from a reward model, which learned them from pairs that people have ranked, and that it is "
        "another model than the value model, often on the same body",
    ),
    Notebook(
        "09_rlhf", "RLHF", "PPO\non GPT-2", "GPT-2", 65,
        "train a GPT-2 with PPO and a reward model; and without a loop, with DPO",
        "PPO trains a value model beside the policy, and so has many models to hold and several trainings to run "
        "at once",
    ),
    Notebook(
        "10_grpo", "GRPO on GPT-2", "GRPO\non GPT-2", "GPT-2", 85,
        "judge a group of answers, write the loss, train a language model live, see a rule gamed and held",
        "GRPO asks the same question several times and takes the z-score of an answer’s reward in its group as "
        "the advantage, so that no value model is needed; a simple estimate keeps it near a reference "
        "model",
    ),
    Notebook(
        "11_side_by_side", "TRPO, PPO and GRPO side by side", "all three\nside by side", "both", 45,
        "compare what each keeps in memory, takes in time and reaches",
        "TRPO costs too much for large models, PPO keeps many of them, and GRPO is faster and cheaper",
    ),
    Notebook(
        "12_beyond", "Beyond GRPO", "beyond\nGRPO", "GPT-2", 100,
        "meet Dr. GRPO, DAPO, GSPO, CISPO and RLOO, and what practice adds",
        "",
    ),
    Notebook(
        "13_thinking", "Thinking pays", "thinking\npays", "GPT-2", 70,
        "watch a model learn to write out its working",
        "",
    ),
    Notebook(
        "14_clinic", "The clinic", "the clinic", "both", 85,
        "find out why a run fails, from its charts",
        "",
    ),
    Notebook(
        "15_cluster", "From this laptop to a cluster", "to a\ncluster", "GPT-2", 60,
        "run the same task with TRL and accelerate",
        "",
    ),
)  # fmt: skip
"""All notebooks, those that are still to be written too."""

README = CHECKOUT / "README.md"
_TABLE = re.compile(r"\| notebook \|.*?\n\n", re.DOTALL)


def notebooks_there(folder: Path = NOTEBOOKS) -> frozenset[str]:
    """The numbers of the notebooks that exist."""
    return frozenset(path.name[:2] for path in folder.glob("[0-9][0-9]_*.ipynb"))


def table_of_contents() -> Markdown:
    """The notebooks that can be opened now, with what happens there and how long it takes."""
    return Markdown(_table("", [notebook for notebook in CONTENTS if notebook.number in notebooks_there()]))


def claims() -> Markdown:
    """What the article says, and the notebook that makes it runnable, of those that can be opened now.

    Folded away at first: most of its words are explained on the way.
    """
    there = [one for one in CONTENTS[1:] if one.claim and one.number in notebooks_there()]
    rows = [f"| {one.claim[0].upper()}{one.claim[1:]}. | {_link('', one)} | {one.minutes} |" for one in there]
    table = "\n".join(["| the article says | you run it in | minutes |", "|---|---|---|", *rows])
    summary = "What the article says, sentence by sentence, and where you run it (in words that come on the way)"
    style = "<style>.jp-RenderedMarkdown summary { cursor: pointer }</style>"
    return Markdown(f"<details><summary>{summary}</summary>\n\n{table}\n\n</details>\n\n{style}")


def what_comes_next(number: str) -> Markdown:
    """A link to the notebook after this one, as far as they are written; in the last one, to the board of progress.

    Raises:
        ValueError: there is no notebook of that number.
    """
    numbers = [notebook.number for notebook in CONTENTS]
    if number not in numbers:
        raise ValueError(f"number must be one of {', '.join(map(repr, numbers))}, got {number!r}")
    later = [notebook for notebook in CONTENTS[numbers.index(number) + 1 :] if notebook.number in notebooks_there()]
    if not later:
        return Markdown(
            "You have come to the end of the road. What have you left out on the way? "
            "[00](00_start_here.ipynb) shows it: its section *Your progress*."
        )
    return Markdown(f"**{_link('', later[0])}** ({later[0].minutes} minutes): {later[0].does}.")


def readme_with_its_table(text: str, entries: Sequence[Notebook] = CONTENTS) -> str:
    """The README's text with the table of notebooks as it should stand there."""
    there = [notebook for notebook in entries if notebook.number in notebooks_there()]
    return _TABLE.sub(lambda _: _table("notebooks/", there) + "\n\n", text, count=1)


def _table(folder: str, notebooks: list[Notebook]) -> str:
    rows = [f"| {_link(folder, notebook)} | {notebook.does} | {notebook.minutes} |" for notebook in notebooks]
    return "\n".join(["| notebook | what you do | minutes |", "|---|---|---|", *rows])


def _link(folder: str, notebook: Notebook) -> str:
    return f"[{notebook.number} {notebook.title}]({folder}{notebook.file}.ipynb)"
