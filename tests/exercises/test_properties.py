"""What holds whatever a learner writes and whatever they do, in any order."""

import io
import re
from contextlib import redirect_stdout

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rlcourse.exercises import (
    at_work,
    check,
    has_passed,
    hint,
    maze_step,
    predict,
    predicting,
    progress,
    quiz,
    quizzing,
    reveal,
)
from rlcourse.exercises.catalogue import EXERCISES
from rlcourse.exercises.predictions import PREDICTIONS
from rlcourse.exercises.quizzes import QUIZZES
from rlcourse.exercises.record import load_record
from rlcourse.maze import generate_maze
from tests.equations.strategies import normal, seeds
from tests.maze.conftest import follow_rules

few = settings(max_examples=10)
some = settings(max_examples=25)
QUICK = ("maze_step", "kl_k3", "group_advantages", "td_error", "discounted_return")
"""Exercises whose cases take milliseconds."""

junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.builds(object),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=5,
)
tensors = st.builds(lambda rows, seed: normal(rows, 2, seed=seed).float(), st.integers(0, 4), seeds)
arrays = st.builds(lambda rows: np.full((rows, 1), np.nan), st.integers(0, 3))

deeds = st.one_of(
    st.tuples(st.just("check"), st.sampled_from(QUICK), st.booleans()),
    st.tuples(st.just("hint"), st.sampled_from(sorted(EXERCISES))),
    st.tuples(st.just("quiz"), st.sampled_from(sorted(QUIZZES)), st.booleans()),
    st.tuples(st.just("guess"), st.sampled_from(sorted(PREDICTIONS)), st.integers(0, 1), st.integers(0, 1)),
)


@pytest.fixture(scope="module")
def shown():
    """The widgets that would be on the page, the latest last."""
    widgets = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(predicting, "show_widget", widgets.append)
        patch.setattr(quizzing, "show_widget", widgets.append)
        yield widgets


def answer(widget, right):
    """Each question of a quiz answered, rightly or not."""
    answers = [[option.right for option in q.options].index(right) for q in widget.chosen.questions]
    widget.answers = answers


@few
@given(st.lists(deeds, max_size=9))
def test_whatever_is_done_in_any_order_the_record_and_the_board_say_so(shown, tmp_path_factory, done):
    passed, tried, hints, scores, guesses = set(), {}, {}, {}, {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RLCOURSE_PROGRESS", str(tmp_path_factory.mktemp("record") / "progress.json"))
        for kind, name, *how in done:
            if kind == "check":
                result = check(name, EXERCISES[name].reference if how[0] else lambda *_, **__: object())
                assert result.passed == how[0]
                tried[name] = tried.get(name, 0) + (name not in passed)
                passed |= {name} if how[0] else set()
            elif kind == "hint":
                hint(name)
                hints[name] = min(hints.get(name, 0) + 1, len(EXERCISES[name].hints))
            elif kind == "quiz":
                quiz(name)
                answer(shown[-1], how[0])
                scores[name] = max(scores.get(name, 0), len(QUIZZES[name].questions) * how[0])
            else:
                predict(name)
                shown[-1].chosen = how[0]
                reveal(**{name: how[1]})
                assert (shown[-1].chosen, shown[-1].happened) == tuple(how)
                guesses[name] = (how[0] + 1, how[0] == how[1])
        record = load_record()
        assert all(has_passed(name) == (name in passed) for name in QUICK)
        assert {name: record.exercise(name).attempts for name in tried} == tried
        assert {name: record.exercise(name).hints for name in hints} == hints
        assert {name: record.quiz(name).right for name in scores} == scores
        made = {name: record.prediction(name) for name in guesses}
        assert {name: (one.chosen, one.right) for name, one in made.items()} == guesses
        with redirect_stdout(io.StringIO()) as board:
            progress(everything=True)
    whole = sum(score == len(QUIZZES[name].questions) for name, score in scores.items())
    assert (
        f"{len(passed)} of {len(EXERCISES)} exercises passed, {whole} of {len(QUIZZES)} quizzes all right"
        in board.getvalue()
    )
    assert sum(map(int, re.findall(r"(\d+) of \d+ made", board.getvalue()))) == len(guesses)


@some
@given(st.sampled_from(QUICK), junk | tensors | arrays)
def test_whatever_a_function_returns_check_answers_in_words_and_never_passes_it(name, returned):
    result = check(name, lambda *_, **__: returned)
    assert not result and result.passed is False and result.message
    assert "Traceback" not in result.message
    assert at_work(result, lambda: returned, len) is len


@some
@given(st.integers(1, 4), st.integers(1, 3), seeds, st.sampled_from([torch.float32, torch.float64]))
def test_in_whatever_clothes_numbers_come_back_training_gets_a_tensor_of_its_own_kind(rows, columns, seed, dtype):
    given_ = normal(rows, columns, seed=seed).to(dtype)
    clothes = (lambda x: x, lambda x: x.numpy(), lambda x: x.tolist(), list, lambda x: x.double())
    for clothe in clothes:
        found = at_work(True, lambda x, clothe=clothe: clothe(3 * x), len)(given_)
        assert found.dtype == dtype and torch.equal(found, 3 * given_)


@some
@given(st.integers(2, 5), st.integers(0, 999), st.data())
def test_one_step_by_hand_is_the_mazes_own_from_every_state_it_has(size, seed, data):
    maze = generate_maze(size, seed=seed)
    state = data.draw(st.sampled_from(maze.open_states.tolist()))
    (row, column), heading = divmod(state // 4, size), state % 4
    for action in range(3):
        r, c, h = maze_step(row, column, heading, action, bool(maze.walls[state // 4, heading]))
        assert (r * size + c) * 4 + h == follow_rules(maze, state, action)[0]


@some
@given(st.data())
def test_any_part_of_a_quiz_is_asked_in_the_order_given_and_no_other_numbers(shown, data):
    name = data.draw(st.sampled_from(sorted(QUIZZES)))
    total = len(QUIZZES[name].questions)
    numbers = data.draw(st.lists(st.integers(-1, total + 1), min_size=0, max_size=4))
    if numbers and len(set(numbers)) == len(numbers) and all(1 <= number <= total for number in numbers):
        quiz(name, numbers)
        assert shown[-1].chosen.questions == tuple(QUIZZES[name].questions[number - 1] for number in numbers)
    else:
        with pytest.raises(ValueError, match=f"from 1 to {total}"):
            quiz(name, numbers)
