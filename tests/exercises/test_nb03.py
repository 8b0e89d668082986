"""Notebook 03: the exercises' references are the package's own, and their cases show what they are there to show."""

import pytest
import torch

from rlcourse import equations
from rlcourse.algorithms import PPO, PPOConfig, Training
from rlcourse.exercises import check
from rlcourse.exercises.catalogue import find_exercise
from rlcourse.exercises.checking import examine
from rlcourse.maze import GymnasiumWorld, MazeVectorEnv, TabularPolicy, TabularValue, generate_maze

from .right_answers import RIGHT


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("discounted_returns", equations.discounted_returns),
        ("td_error", equations.td_errors),
        ("gae", equations.gae),
    ],
)
def test_the_reference_is_the_package_s_own_function(name, function):
    assert find_exercise(name).reference is function


def test_the_columns_of_every_gae_case_fit_together():
    """V of the next state is V of the next row, unless an episode ended in between."""
    for case in find_exercise("gae").cases:
        columns = case.inputs
        assert not (columns["terminated"] & ~columns["done"]).any()
        goes_on = ~columns["done"][:-1]
        assert torch.equal(columns["next_values"][:-1][goes_on], columns["values"][1:][goes_on]), case.about


def test_the_largest_case_of_gae_has_both_kinds_of_ends():
    columns = find_exercise("gae").cases[-1].inputs
    assert columns["terminated"].any() and (columns["done"] & ~columns["terminated"]).any()
    assert (~columns["done"][-1]).any(), "and some episodes that go on after the last row"


@pytest.mark.parametrize("name", ["discounted_returns", "td_error", "gae"])
def test_the_case_that_shows_a_slip_can_be_worked_out_by_hand(name):
    exercise = find_exercise(name)
    for slip in exercise.slips:
        case = examine(exercise, slip.function).case
        assert case.inputs["rewards"].numel() <= 6, (slip.name, case.about)


def test_one_minus_done_gets_a_clue():
    def with_minus(rewards, values, next_values, terminated, done, *, gamma, gae_lambda):
        return rewards + gamma * (1 - terminated) * next_values - values

    result = check("gae", with_minus)
    assert not result.passed and "`~done`" in result.message


def test_a_function_without_a_default_for_bootstrap_gets_a_clue():
    def with_nothing(rewards, done, *, gamma, bootstrap):
        return rewards + bootstrap * 1.0

    assert "may be None" in check("discounted_returns", with_nothing).message


@pytest.mark.parametrize("function", RIGHT["gae"][:1])
def test_a_learner_s_gae_trains_the_robot_like_the_course_s(function):
    """Passed to PPO it gives the very same advantages, so the very same run."""
    maze = generate_maze(4, seed=0)
    tables = []
    for advantage_fn in (equations.gae, function):
        envs = MazeVectorEnv(4, maze=maze, max_steps=20, random_start=True, autoreset_mode="SameStep")
        policy, critic = TabularPolicy(maze.num_states), TabularValue(maze.num_states)
        ppo = PPO(PPOConfig(learning_rate=0.1), advantage_fn=advantage_fn, critic=critic)
        Training(policy, GymnasiumWorld(envs, steps=16), ppo, seed=0).run(2, progress=False)
        tables.append(policy.table.detach())
    torch.testing.assert_close(*tables, atol=1e-4, rtol=1e-4)
    assert tables[0].any()
