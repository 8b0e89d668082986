"""What is asked, and what is paid: a task in the form that any trainer takes, prompts with columns and a rule.

sums                  the course's sums and their rule, as in notebook 10
reasoning-gym:NAME    a task of the package reasoning-gym, with its own rule
my_task.py            a file of your own: PROMPTS, a function reward, and COLUMNS if it needs any
"""

import importlib
import importlib.util
import runpy
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rlcourse.arguments import describe
from rlcourse.language import split_sums, sum_reward
from rlcourse.language.rewards import call_reward, check_reward
from rlcourse.language.world import TextWorld

GYM = "reasoning-gym:"
GYM_QUESTIONS = 2000
"""Questions of a reasoning-gym task that are trained on; it makes as many as one asks for."""
ASK_FOR_TAGS = "\nThink, and then write the answer, and nothing else, between <answer> and </answer>."


@dataclass(frozen=True)
class Task:
    """Questions, and a reward function in TRL's signature with a value of each column for each."""

    name: str
    prompts: Sequence[str]
    reward: Callable[..., list[float]]
    columns: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    held_out: Sequence[str] = ()
    """Questions that are not trained on, for the measure at the end."""
    held_out_columns: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    def __post_init__(self):
        check_reward(self.reward)
        TextWorld(self.prompts, self.reward, columns=self.columns)  # which checks both
        if self.held_out:
            TextWorld(self.held_out, self.reward, columns=self.held_out_columns)


def load_task(name: str, *, seed: int = 0) -> Task:
    """The task of that name.

    Raises:
        FileNotFoundError: There is no such file.
        ModuleNotFoundError: reasoning-gym is asked for and not installed.
        ValueError: There is no such task, or the file lacks something.
    """
    if name == "sums":
        training, held_out = split_sums()
        return Task(
            name,
            [s.prompt for s in training],
            sum_reward,
            {"answer": [s.answer for s in training]},
            [s.prompt for s in held_out],
            {"answer": [s.answer for s in held_out]},
        )
    if name.startswith(GYM):
        return _from_the_gym(name.removeprefix(GYM), seed)
    if name.endswith(".py"):
        return _from_a_file(Path(name).expanduser())
    raise ValueError(f'task must be "sums", "{GYM}NAME" or a file such as "my_task.py", got {name!r}')


def _from_the_gym(name: str, seed: int) -> Task:
    """A task of reasoning-gym (https://github.com/open-thought/reasoning-gym): its questions, and its own score."""
    if importlib.util.find_spec("reasoning_gym") is None:
        raise ModuleNotFoundError(
            f"the task {GYM}{name} needs the package reasoning-gym: `python -m pip install reasoning-gym`"
        )
    gym = importlib.import_module("reasoning_gym")
    try:
        training = gym.create_dataset(name, size=GYM_QUESTIONS, seed=seed)
        held_out = gym.create_dataset(name, size=GYM_QUESTIONS // 10, seed=seed + 1)
    except ValueError as error:
        raise ValueError(f"reasoning-gym has no task {name!r} ({error}); its gallery names them all") from error
    extract = importlib.import_module("reasoning_gym.utils").extract_answer
    entries = [*training, *held_out]  # the number of an entry is a column; an entry itself may hold anything

    def reward(prompts, completions, row, **_):
        answers = [extract(text) or text.strip() for text in completions]
        return [float(training.score_answer(answer=a, entry=entries[i])) for a, i in zip(answers, row, strict=True)]

    questions = [entry["question"] + ASK_FOR_TAGS for entry in entries]
    cut = len(training)
    rows = list(range(len(entries)))
    return Task(GYM + name, questions[:cut], reward, {"row": rows[:cut]}, questions[cut:], {"row": rows[cut:]})


def _from_a_file(path: Path) -> Task:
    """A task of the user's own; the file is run, as any program of theirs would be."""
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path} with a task; it has to have PROMPTS and a function reward")
    try:
        found = runpy.run_path(str(path))
    except Exception as error:
        raise ValueError(f"{path} cannot be run: {_where(error, path)}") from error
    lacks = [name for name in ("PROMPTS", "reward") if name not in found]
    if lacks:
        raise ValueError(f"{path} lacks {' and '.join(lacks)}: a list of questions PROMPTS, and a function reward")
    held_out = found.get("HELD_OUT", ())
    return Task(
        str(path),
        found["PROMPTS"],
        found["reward"],
        found.get("COLUMNS", {}),
        held_out,
        found.get("HELD_OUT_COLUMNS", {}) if held_out else {},
    )


def _where(error: Exception, path: Path) -> str:
    """What went wrong in a file of the user's, with the last of its lines that was at work."""
    chain = [error, *([error.__cause__] if error.__cause__ else [])]
    frames = [frame for one in chain for frame in traceback.extract_tb(one.__traceback__)]
    lines = [frame.lineno for frame in frames if frame.filename == str(path)]
    if isinstance(error, SyntaxError) and error.filename == str(path):
        lines, error = [error.lineno], SyntaxError(error.msg)
    line = f", line {lines[-1]}" if lines else ""
    return f"{type(error).__name__}: {error}{line}"


def try_reward(task: Task, end_of_text: int) -> None:
    """Call a task's rule once, with two answers that any model may write: a number, and nothing at all.

    Raises:
        ValueError: It fails, or what it returns is no reward.
    """
    count = min(2, len(task.prompts))
    given = {name: list(values[:count]) for name, values in task.columns.items()}
    texts, ids = ["42", ""][:count], [[end_of_text], []][:count]
    try:
        standard_reward(task, end_of_text)(list(task.prompts[:count]), texts, completion_ids=ids, **given)
    except Exception as error:
        raise ValueError(
            f"the reward of {task.name} fails when it is tried: {_where(error, Path(task.name))}"
        ) from error


def standard_reward(task: Task, end_of_text: int | None = None) -> Callable[..., list[float | None]]:
    """The task's rule as TRL calls it: with texts or conversations, tokens, columns, and things of TRL's own.

    A rule of the course is told the columns that it names and `finished`, and nothing that it does not know; what it
    returns is checked. TRL calls `reward(prompts=, completions=, completion_ids=, **columns, trainer_state=, …)`.
    """

    def reward(prompts, completions, completion_ids=None, **given):
        columns = {name: given[name] for name in task.columns}
        texts = [_text(one) for one in completions]
        done = None
        if completion_ids is not None and end_of_text is not None:
            done = [bool(ids) and ids[-1] == end_of_text for ids in completion_ids]
        asked = [_text(one) for one in prompts]
        return call_reward(task.reward, asked, texts, columns, completion_ids=completion_ids, finished=done)

    reward.__name__ = getattr(task.reward, "__name__", "reward")
    return reward


def _text(one: object) -> str:
    """A text, or the last message of a conversation."""
    if isinstance(one, str):
        return one
    if isinstance(one, list) and one and isinstance(one[-1], dict):
        return str(one[-1].get("content", ""))
    raise TypeError(f"prompts and completions must be texts or conversations, got {describe(one)}")
