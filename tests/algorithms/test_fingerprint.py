"""What a training is made of, in words: alike for what is alike, and different for what would change the numbers."""

import ast
import os
import sys
from dataclasses import dataclass
from functools import partial

import gymnasium
import numpy as np
import pytest
import torch

from rlcourse.algorithms.fingerprint import in_words, made_of, same
from rlcourse.language import combined_rewards
from tests.programs import python

LIMIT = 3


def paid(number):
    """One answer's reward."""
    return float(number > LIMIT)


def made(factor, words=("good",)):
    def reward(texts, bonus=1):
        return [factor * paid(len(text)) + bonus * (text in words) for text in texts]

    return reward


@dataclass
class Rules:
    step: float
    walls: np.ndarray


class Judge:
    def __init__(self, strictness, words):
        self.strictness, self.words, self.calls = strictness, words, 0

    def __call__(self, texts):
        self.calls += 1
        return [self.strictness] * len(texts)

    def other(self, texts):
        return []


ALIKE = {
    "number": lambda: 0.1,
    "list": lambda: ["a", {"b": (1, None)}],
    "set": lambda: {"x", "y", "zebra", 3},
    "array": lambda: np.eye(3),
    "tensor": lambda: torch.eye(3),
    "function": lambda: made(1.0),
    "lambda": lambda: lambda texts: [len(text) for text in texts],
    "partial": lambda: partial(made(1.0), bonus=2),
    "method": lambda: Judge(1, ["a"]).other,
    "callable": lambda: Judge(1, ["a"]),
    "dataclass": lambda: Rules(0.1, np.eye(2)),
    "module": lambda: _net(0),
    "environment": lambda: gymnasium.make("CartPole-v1"),
    "class": lambda: Judge,
    "builtin": lambda: len,
}


def _net(seed, width=4):
    torch.manual_seed(seed)
    return torch.nn.Sequential(torch.nn.Linear(3, width), torch.nn.Dropout(0.1))


@pytest.mark.parametrize("kind", ALIKE)
def test_what_is_made_alike_has_the_same_words(kind):
    assert in_words(ALIKE[kind]()) == in_words(ALIKE[kind]())


DIFFERENT = {
    "number": (0.1, 0.2),
    "type": (1, True),
    "text": ("a" * 100, "a" * 99 + "b"),
    "order": (["a", "b"], ["b", "a"]),
    "deep": ({"a": [1, {2}]}, {"a": [1, {3}]}),
    "array": (np.eye(3), np.eye(3, dtype=np.float32)),
    "tensor": (torch.zeros(3), torch.tensor([0.0, 0.0, 1e-9])),
    "around": (made(1.0), made(2.0)),
    "words-around": (made(1.0, ["good"]), made(1.0, ["bad"])),
    "default": (lambda texts, bonus=1: bonus, lambda texts, bonus=2: bonus),
    "constant": (lambda texts: 1, lambda texts: 2),
    "operation": (lambda a: a + 1, lambda a: a - 1),
    "name": (lambda a: a.upper(), lambda a: a.lower()),
    "argument": (partial(made(1.0), bonus=1), partial(made(1.0), bonus=2)),
    "attribute": (Judge(1, ["a"]), Judge(2, ["a"])),
    "list-attribute": (Judge(1, ["a"]), Judge(1, ["b"])),
    "method-of-another": (Judge(1, ["a"]).other, Judge(2, ["a"]).other),
    "dataclass": (Rules(0.1, np.eye(2)), Rules(0.1, np.ones((2, 2)))),
    "weights": (_net(0), _net(1)),
    "dropout": (torch.nn.Dropout(0.1), torch.nn.Dropout(0.2)),
    "environment": (gymnasium.make("CartPole-v1"), gymnasium.make("CartPole-v1", max_episode_steps=7)),
    "class": (Judge, Rules),
    "the-course's-own-closure": (combined_rewards([made(1.0)], [1.0]), combined_rewards([made(1.0)], [0.5])),
    "deep-in-the-course's-own": (combined_rewards([made(1.0)]), combined_rewards([made(2.0)])),
}


@pytest.mark.parametrize("kind", DIFFERENT)
def test_what_would_give_other_numbers_has_other_words(kind):
    first, second = DIFFERENT[kind]
    assert in_words(first) != in_words(second)


def test_a_helper_and_a_constant_that_a_function_reads_are_part_of_it(monkeypatch):
    reward = made(1.0)
    before = in_words(reward)
    monkeypatch.setattr(sys.modules[__name__], "LIMIT", 4)
    assert in_words(reward) != before
    monkeypatch.undo()
    assert in_words(reward) == before
    monkeypatch.setattr(sys.modules[__name__], "paid", lambda number: 0.0)
    assert in_words(reward) != before


def test_a_docstring_is_no_part_of_a_function():
    def one(a):
        """Says this."""
        return a

    def other(a):
        """Says that."""
        return a

    other.__qualname__ = one.__qualname__
    assert in_words(one) == in_words(other)


def test_without_the_weights_only_their_shapes_count():
    assert in_words(_net(0), weights=False) == in_words(_net(1), weights=False)
    assert in_words(_net(0), weights=False) != in_words(_net(0, width=5), weights=False)


def test_what_a_run_changes_is_no_part_of_the_making():
    judge = Judge(1, ["a"])
    before = in_words(judge)
    judge(["x"])
    assert (judge.calls, in_words(judge)) == (1, before)
    assert made_of(judge) == {"strictness": "1", "words": in_words(["a"])}


def test_a_loop_of_objects_comes_to_an_end():
    ring = []
    ring.append(ring)
    judge = Judge(1, ring)
    judge.words = [judge]
    assert in_words(judge) == in_words(judge)


def test_another_process_says_the_same():
    code = (
        "from tests.algorithms.test_fingerprint import ALIKE, in_words; print([in_words(v()) for v in ALIKE.values()])"
    )
    run = python(code, env={**os.environ, "PYTHONHASHSEED": "7"})
    assert ast.literal_eval(run.stdout) == [in_words(make()) for make in ALIKE.values()]


def test_between_versions_of_python_only_the_names_of_functions_are_compared():
    first, second = in_words(made(1.0)), in_words(made(2.0))
    assert not same(first, second, same_python=True)
    assert same(first, second, same_python=False)
    assert not same(first, in_words(paid), same_python=False)
    assert not same("Maze #1", "Maze #2", same_python=False)


class Weigher:
    def __init__(self, weight):
        self.weight, self.asked = weight, []

    def __call__(self, prompts, completions, **columns):
        self.asked.append(completions)
        return [self.weight * len(completion) for completion in completions]


def asking(weigher):
    return lambda prompts, completions, **columns: weigher(prompts, completions)


def test_an_object_that_a_function_asks_is_part_of_it():
    assert in_words(asking(Weigher(1.0))) == in_words(asking(Weigher(1.0)))
    assert in_words(asking(Weigher(1.0))) != in_words(asking(Weigher(2.0)))


def test_what_an_object_has_written_down_meanwhile_is_not():
    weigher = Weigher(1.0)
    weigher(["a"], ["b"])
    assert in_words(weigher) == in_words(Weigher(1.0)) != in_words(Weigher(2.0))
