"""For every exercise: slips are rejected and named, right answers in any style pass, checking is quick."""

import itertools
import time
from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rlcourse.equations import discounted_returns, left_padded_logprobs
from rlcourse.exercises import check
from rlcourse.exercises.calling import call, unchanged
from rlcourse.exercises.catalogue import EXERCISES, find_exercise
from rlcourse.exercises.catalogue.answer_reward import answer_reward
from rlcourse.exercises.catalogue.discounted_return import discounted_return
from rlcourse.exercises.catalogue.maze_step import maze_step
from rlcourse.exercises.examining import examine, same_answer
from rlcourse.language import Sum, sum_reward
from rlcourse.maze.generation import generate_maze

from .right_answers import RIGHT

SLIPS = [(e, s) for e in EXERCISES.values() for s in e.slips]
VARIANTS = [(e, s, f) for e, s in SLIPS for f in s.variants]
EXERCISE_IDS = list(EXERCISES)


@pytest.mark.parametrize("name", EXERCISE_IDS)
def test_every_exercise_has_right_answers_in_other_styles(name):
    assert len(RIGHT[name]) >= 3
    for function in RIGHT[name]:
        result = check(name, function)
        assert result.passed, (function.__name__, result.message)


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize("exercise, slip", SLIPS, ids=[f"{e.name}-{s.name}" for e, s in SLIPS])
def test_every_slip_is_rejected_and_named(exercise, slip):
    result = check(exercise.name, slip.function)
    assert not result.passed
    assert result.slip == slip.name
    assert slip.name in result.message
    assert slip.explanation in result.message


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    "exercise, slip, function", VARIANTS, ids=[f"{e.name}-{s.name}-{i}" for i, (e, s, _) in enumerate(VARIANTS)]
)
def test_every_other_way_into_a_slip_is_rejected_and_named(exercise, slip, function):
    verdict = examine(exercise, function)
    assert verdict.state == "failed" and verdict.slip is slip


@pytest.mark.parametrize("name", EXERCISE_IDS)
def test_every_case_says_in_a_sentence_what_it_shows(name):
    notes = [case.note for case in EXERCISES[name].cases]
    assert all(12 <= len(note) <= 150 and note.endswith(".") for note in notes), notes
    assert name == "maze_step" or len(set(notes)) == len(notes)


def test_exercises_stand_in_the_order_of_the_notebooks():
    places = [(exercise.notebook, exercise.place) for exercise in EXERCISES.values()]
    assert places == sorted(set(places)), "each place once"


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize("name", EXERCISE_IDS)
def test_slips_can_be_told_apart(name):
    exercise = EXERCISES[name]
    assert len(exercise.slips) >= 5
    answers = {
        slip.name: [
            call(slip.function, exercise.reference, case.inputs, exercise.gradient_of) for case in exercise.cases
        ]
        for slip in exercise.slips
    }
    for first, second in itertools.combinations(answers, 2):
        pairs = zip(answers[first], answers[second], strict=True)
        assert not all(same_answer(a, b, exercise.tolerance) for a, b in pairs), (first, second)


@pytest.mark.parametrize("name", EXERCISE_IDS)
def test_the_reference_passes_and_all_is_quick(name):
    exercise = EXERCISES[name]
    started = time.process_time()
    assert check(name, exercise.reference).passed
    # The most work there is: every slip is tried before the last one is found.
    examine(exercise, exercise.slips[-1].function)
    assert time.process_time() - started < 2.5


@pytest.mark.parametrize("name", EXERCISE_IDS)
def test_exercises_are_complete(name):
    exercise = EXERCISES[name]
    assert exercise.name == name and find_exercise(name) is exercise
    assert exercise.notebook.isdigit() and len(exercise.notebook) == 2
    assert 3 <= exercise.minutes <= 30
    assert len(exercise.hints) >= 3
    assert len(exercise.cases) >= 5
    assert max(Counter(case.about for case in exercise.cases).values()) == 1
    assert max(Counter(slip.name for slip in exercise.slips).values()) == 1
    for argument in exercise.gradient_of:
        assert any(isinstance(case.inputs[argument], torch.Tensor) for case in exercise.cases)
    for slip in exercise.slips:
        assert slip.explanation.endswith(".") and 60 <= len(slip.explanation) <= 400


@pytest.mark.parametrize("name", EXERCISE_IDS)
def test_cases_go_from_small_to_large(name):
    def size(value):
        if isinstance(value, (list, tuple)):
            return sum(map(size, value))
        return value.numel() if isinstance(value, torch.Tensor) else 1

    sizes = [sum(size(v) for v in case.inputs.values()) for case in EXERCISES[name].cases]
    assert sizes[0] == min(sizes) and sizes[-1] == max(sizes)


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize("name", EXERCISE_IDS)
def test_a_single_wrong_number_is_noticed(name):
    """Half-right is not right: the reference, a little off in its largest case only."""
    exercise = EXERCISES[name]
    largest = exercise.cases[-1].inputs

    def nearly(*arguments, **keywords):
        value = exercise.reference(*arguments, **keywords)
        if not unchanged(list(largest.values()), [*arguments, *keywords.values()]):
            return value
        if isinstance(value, torch.Tensor) and value.dtype == torch.bool:
            return value ^ torch.zeros_like(value).index_fill(-1, torch.tensor([0]), True)
        if isinstance(value, torch.Tensor):
            return value + torch.zeros_like(value).index_fill(-1, torch.tensor([0]), 0.05)
        return (*value[:-1], value[-1] + 1) if isinstance(value, tuple) else value + 0.05

    result = check(name, nearly)
    assert not result.passed
    assert result.cases_passed == len(exercise.cases) - 1
    assert result.slip is None


@pytest.mark.parametrize("seed", [0, 1])
def test_the_reference_of_maze_step_is_what_the_mazes_do(seed):
    maze = generate_maze(size=6, seed=seed)
    for state, action in itertools.product(maze.open_states.tolist(), range(3)):
        cell, heading = divmod(state, 4)
        wall = bool(maze.walls[cell, heading])
        row, column, new_heading = maze_step(cell // 6, cell % 6, heading, action, wall)
        assert (row * 6 + column) * 4 + new_heading == maze.transitions.next_state[state, action]


@given(st.integers(0, 49), st.integers(0, 49), st.integers(0, 98), st.sampled_from([" ", " I guess "]))
def test_the_reference_of_answer_reward_pays_what_the_rule_for_sums_pays(a, b, said, manner):
    for number in (said, a + b):
        answer = f"{manner}{a}+{b} is {number}."
        (paid,) = sum_reward([Sum(a, b).prompt], [answer], [a + b])
        assert answer_reward(answer, a + b) == paid


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=20), st.floats(0, 1))
def test_the_reference_of_discounted_return_is_the_sum_by_hand(rewards, gamma):
    by_hand = sum(gamma**t * reward for t, reward in enumerate(rewards))
    assert discounted_return(rewards, gamma) == pytest.approx(by_hand, rel=1e-9, abs=1e-9)
    column = torch.tensor(rewards, dtype=torch.float64)[:, None]  # [T, 1], one episode
    done = torch.arange(len(rewards))[:, None] == len(rewards) - 1
    of_the_course = discounted_returns(column, done, gamma=gamma)[0, 0]
    assert discounted_return(rewards, gamma) == pytest.approx(float(of_the_course), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    "function, slip, words",
    [
        (lambda rewards, gamma: sum(gamma * r for r in rewards), "γ on every reward, without a power", "`gamma**t`"),
        (
            lambda rewards, gamma: torch.tensor(rewards) * gamma ** torch.arange(len(rewards)),
            "the terms instead of their sum",
            "add them up",
        ),
        (
            lambda rewards, gamma: np.array(
                [sum(gamma**k * r for k, r in enumerate(rewards[t:])) for t in range(len(rewards))]
            ),
            "the returns from every step",
            "the first of them",
        ),
    ],
)
def test_a_learners_own_way_into_a_slip_is_named_too(function, slip, words):
    result = check("discounted_return", function)
    assert result.slip == slip
    assert words in result.message


def test_a_place_below_0_in_the_padding_stops_as_it_would_on_gpt2():
    def unclamped(forward, tokens, real, answer_length, *, temperature=1.0):
        return left_padded_logprobs(
            lambda tokens, positions, real: forward(tokens, real.long().cumsum(1) - 1, real),
            *(tokens, real, answer_length),
            temperature=temperature,
        )

    result = check("left_padded_logprobs", unclamped)
    assert not result.passed and "index out of range" in result.message and "clamp it" in result.message


def test_an_unknown_name_lists_those_there_are():
    with pytest.raises(ValueError, match=r"'maze_step'.*'kl_k3'.*got 'gea'"):
        check("gea", len)
