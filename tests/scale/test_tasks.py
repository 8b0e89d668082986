"""Tasks: the course's, one of reasoning-gym's, one of the user's; and their rules as TRL calls them."""

import sys
from types import ModuleType, SimpleNamespace

import pytest

from rlcourse.language import split_sums
from rlcourse.scale import Task, load_task, standard_reward

OWN = """
PROMPTS = ["Question: What is 1+1?\\nAnswer:", "Question: What is 2+2?\\nAnswer:"]
COLUMNS = {"wanted": ["2", "4"]}


def reward(prompts, completions, wanted, finished):
    return [float(w in text and done) for text, w, done in zip(completions, wanted, finished)]
"""


def test_the_sums_are_those_of_notebook_10():
    task, (training, held_out) = load_task("sums"), split_sums()
    assert list(task.prompts) == [s.prompt for s in training] and len(task.held_out) == len(held_out)
    assert task.columns["answer"][:3] == [s.answer for s in training[:3]]


def test_a_task_of_ones_own_is_a_file_and_its_rule_hears_what_it_asks_for(tmp_path):
    (tmp_path / "mine.py").write_text(OWN, encoding="utf-8")
    task = load_task(str(tmp_path / "mine.py"))
    reward = standard_reward(task, end_of_text=0)
    given = {"wanted": ["2", "4"], "trainer_state": object(), "log_extra": print, "log_metric": print}
    scores = reward(prompts=list(task.prompts), completions=[" 2", " 4"], completion_ids=[[7, 0], [9, 9]], **given)
    assert scores == [1.0, 0.0]  # the second was cut off
    messages = [[{"role": "assistant", "content": text}] for text in (" 2", " 4")]
    asked = [[{"role": "user", "content": prompt}] for prompt in task.prompts]
    assert reward(prompts=asked, completions=messages, completion_ids=[[0], [0]], **given) == [1.0, 1.0]


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("addition", ValueError, 'task must be "sums", "reasoning-gym:NAME" or a file'),
        ("nowhere.py", FileNotFoundError, "there is no file nowhere.py with a task"),
    ],
)
def test_no_such_task(name, kind, words):
    with pytest.raises(kind, match=words):
        load_task(name)


def test_a_file_without_a_reward(tmp_path):
    (tmp_path / "mine.py").write_text("PROMPTS = ['a']", encoding="utf-8")
    with pytest.raises(ValueError, match="lacks reward: a list of questions PROMPTS, and a function reward"):
        load_task(str(tmp_path / "mine.py"))


def test_without_reasoning_gym_its_tasks_say_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "reasoning_gym", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="`python -m pip install reasoning-gym`"):
        load_task("reasoning-gym:chain_sum")


class Sums(list):
    """As reasoning-gym's data sets: entries with question, answer and metadata, and a score."""

    def score_answer(self, answer, entry):
        return 1.0 if answer == entry["answer"] else 0.01


def create_dataset(name, size, seed):
    if name != "chain_sum":
        raise ValueError(f"Dataset '{name}' not registered")
    return Sums({"question": f"{i} + {seed} =", "answer": str(i + seed), "metadata": {"any": [i]}} for i in range(size))


def test_a_task_of_reasoning_gym_is_scored_by_its_own_rule(monkeypatch):
    gym = ModuleType("reasoning_gym")
    gym.create_dataset, gym.__spec__ = create_dataset, SimpleNamespace(name="reasoning_gym")
    utils = ModuleType("reasoning_gym.utils")
    utils.extract_answer = lambda text: text.split("<answer>")[1].split("</answer>")[0] if "<answer>" in text else None
    monkeypatch.setitem(sys.modules, "reasoning_gym", gym)
    monkeypatch.setitem(sys.modules, "reasoning_gym.utils", utils)
    task = load_task("reasoning-gym:chain_sum", seed=5)
    assert isinstance(task, Task) and task.prompts[0].startswith("0 + 5 =")
    reward = standard_reward(task)
    texts = ["Well. <answer>8</answer>", " 8 ", "9"]
    assert reward(prompts=["x"] * 3, completions=texts, row=[3, 3, 3]) == [1.0, 1.0, 0.01]
    first = task.held_out_columns["row"][0]
    assert reward(prompts=["x"], completions=["6"], row=[first]) == [1.0]
    with pytest.raises(ValueError, match="reasoning-gym has no task 'knitting'"):
        load_task("reasoning-gym:knitting")
