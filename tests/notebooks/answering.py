"""Notebooks with the exercises done: what `check` accepts must carry the rest of the notebook.

The answers come from tests/exercises/right_answers. Of each exercise's the one in the least PyTorch-like clothes takes
the place of the stub: NumPy where there is one, else lists or loops. That the others are at work what the course's
functions are is shown in tests/exercises/test_working.py.
"""

import ast
import copy
import re
from collections.abc import Callable
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from tests.exercises.right_answers import RIGHT

ROOT = Path(__file__).parents[2]
CHECK = re.compile(r'^(\w+) = check\("(\w+)", (\w+)\)$', re.MULTILINE)


def strangest(answers: tuple[Callable, ...]) -> Callable:
    """The answer that is least like the course's own."""
    for clothes in ("numpy", "list", "loops"):
        for answer in answers:
            if clothes in answer.__name__:
                return answer
    return answers[0]


def answer_all(notebook: NotebookNode) -> int:
    """Put an answer in the place of each stub; how many there are."""
    count = 0
    for cell in _code(notebook):
        for found in CHECK.finditer(cell.source):
            answer = strangest(RIGHT[found[2]])
            line = f"from {answer.__module__} import {answer.__name__} as {found[3]}"
            cell.source = cell.source.replace(found[0], f"{line}\n\n{found[0]}\nassert {found[1]}")
            count += 1
    return count


def answered_once_more(notebook: NotebookNode) -> NotebookNode:
    """A copy that goes on after its end: with the exercises done, and what rests on them run again."""
    longer, answered = copy.deepcopy(notebook), copy.deepcopy(notebook)
    answer_all(answered)
    again = [_code(answered)[number].source for number in resting_on_answers(notebook)]
    longer.cells += [new_code_cell(source) for source in again]
    return longer


def resting_on_answers(notebook: NotebookNode) -> list[int]:
    """Which code cells, by number, hold an exercise, use its function or its result, or what was made of them there.

    `gae_fn = at_work(result, my_gae, gae)` is made of an exercise; a cell that trains with `gae_fn` rests on it. What
    that training leaves is not followed further: it is the same kind of thing, whoever wrote the function.
    """
    answers, made_of_them, numbers = set(), set(), []
    for number, cell in enumerate(_code(notebook)):
        tree = ast.parse(cell.source)
        for result, _, function in CHECK.findall(cell.source):
            answers |= {result, function}
        if _read(tree) & (answers | made_of_them):
            numbers.append(number)
        made_of_them |= {name for name, value in _assigned(tree) if _read(value) & answers} - answers
    return numbers


def _read(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def _assigned(tree: ast.Module) -> list[tuple[str, ast.AST]]:
    """The names that a cell's own statements assign, each with what it is made of."""
    pairs = [(target, line.value) for line in tree.body if isinstance(line, ast.Assign) for target in line.targets]
    return [(node.id, value) for target, value in pairs for node in ast.walk(target) if isinstance(node, ast.Name)]


def _code(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]
