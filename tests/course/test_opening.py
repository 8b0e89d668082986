"""Before and after, as it was recorded: walks that the maze allows, answers that the bundled model gives."""

import numpy as np
import pytest

from rlcourse.course.opening import ASKED, SEED, SIZE, answers, ask, before_and_after, load_recording, robots
from rlcourse.language import LanguagePolicy, load_gpt2, split_sums
from rlcourse.maze import TabularPolicy, generate_maze, walk

RECORDED = load_recording()


def test_before_its_training_the_robot_walks_as_recorded_and_after_it_it_reaches_the_exit():
    maze = generate_maze(SIZE, seed=SEED)
    undecided = TabularPolicy(maze.num_states).probabilities()
    before, *_, after = RECORDED.walks.values()
    np.testing.assert_array_equal(before, walk(maze, undecided, seed=1, max_steps=120))
    assert maze.transitions.terminal[after[-1]] and not maze.transitions.terminal[before[-1]]
    ends = [film["end"] for film in robots(RECORDED).films]
    assert ends == ["still inside after 120 actions", "reached the exit", "reached the exit"]


def test_before_its_training_the_model_answers_as_recorded():
    policy = LanguagePolicy(*load_gpt2("sft", device="cpu"))
    asked = split_sums()[1][ASKED]
    text, tokens, logprobs = ask(policy, asked.prompt)
    assert RECORDED.question == f"What is {asked.a}+{asked.b}?"
    assert (tokens, logprobs) == (RECORDED.tokens["before"], pytest.approx(RECORDED.logprobs["before"], abs=1e-3))
    assert "".join(RECORDED.tokens["after"][:-1]) == f" {asked.a}+{asked.b} is {asked.answer}." != text


def test_the_strip_shows_the_probability_of_each_token():
    numbers = [mark[3] for row in answers(RECORDED).shown["measures"][0]["marks"] for mark in row]
    recorded = [number for when in ("before", "after") for number in np.exp(RECORDED.logprobs[when])]
    np.testing.assert_allclose(numbers, recorded)


def test_outside_a_notebook_it_is_told_in_words(capsys):
    before_and_after()
    told = capsys.readouterr().out
    assert "The robot after 80 updates. A walk of" in told and "**94\u00a0%** after" in told
