"""Notebook 03: the exercises' references are the package's own, and their cases show what they are there to show."""

import warnings

import pytest
import torch

from rlcourse import equations
from rlcourse.algorithms import PPO, PPOConfig, Training
from rlcourse.exercises import check, solution
from rlcourse.exercises.catalogue import find_exercise
from rlcourse.exercises.examining import examine
from rlcourse.exercises.timing import is_quick
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


@pytest.mark.parametrize("name", ["discounted_returns", "gae"])
def test_the_solution_shows_the_loop(name, capsys):
    solution(name)
    assert "for term, ends in zip(" in capsys.readouterr().out


def test_flags_that_are_swapped_are_named():
    def swapped(rewards, values, next_values, terminated, done, *, gamma, gae_lambda):
        advantages, last = torch.zeros_like(rewards), 0
        for t in reversed(range(len(rewards))):
            delta = rewards[t] + gamma * next_values[t] * ~done[t] - values[t]
            advantages[t] = last = delta + gamma * gae_lambda * ~terminated[t] * last
        return advantages

    assert check("gae", swapped).slip == "the two flags swapped"


@pytest.mark.parametrize(
    ("as_numpy", "name"),
    [
        (False, "standardised advantages"),
        (True, "standardised advantages, by the population's standard deviation"),
    ],
)
def test_standardised_advantages_are_named(as_numpy, name):
    def standardised(rewards, values, next_values, terminated, done, *, gamma, gae_lambda):
        columns = rewards, values, next_values, terminated, done
        advantages = equations.gae(*columns, gamma=gamma, gae_lambda=gae_lambda)
        if as_numpy:  # whose std is the population's
            advantages = advantages.numpy()
        return (advantages - advantages.mean()) / (advantages.std() + 1e-8)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's, about the std of a single number
        assert check("gae", standardised).slip == name


@pytest.mark.parametrize(
    ("begins_with_bootstrap", "row", "name"),
    [
        (True, 0, "runs forward"),
        (False, 0, "runs forward, and begins with 0"),
        (False, -1, "runs forward, and cuts at the end of the episode before"),
    ],
)
def test_loops_that_run_forward_are_named(begins_with_bootstrap, row, name):
    def forward(rewards, done, *, gamma, bootstrap=None):
        total = bootstrap if begins_with_bootstrap and bootstrap is not None else torch.zeros(rewards.shape[1])
        returns = []
        for t in range(len(rewards)):
            total = rewards[t] + gamma * ~done[max(t + row, 0)] * total
            returns.append(total)
        return torch.stack(returns)

    assert check("discounted_returns", forward).slip == name


def test_done_of_the_next_row_is_named():
    def one_row_late(rewards, done, *, gamma, bootstrap=None):
        total, returns = torch.zeros(rewards.shape[1]) if bootstrap is None else bootstrap, []
        for t in reversed(range(len(rewards))):
            goes_on = ~done[t + 1] if t + 1 < len(rewards) else 1
            total = rewards[t] + gamma * goes_on * total
            returns.insert(0, total)
        return torch.stack(returns)

    assert check("discounted_returns", one_row_late).slip == "cuts one step early, and never in the last row"


def robot_by_robot(rewards, done, *, gamma, bootstrap=None):
    returns = torch.zeros_like(rewards)
    for n in range(rewards.shape[1]):
        total = 0 if bootstrap is None else bootstrap[n]
        for t in reversed(range(len(rewards))):
            total = rewards[t, n] + gamma * (not done[t, n]) * total
            returns[t, n] = total
    return returns


def test_a_loop_over_the_robots_is_right_and_too_slow_for_the_notebook():
    """Tried as the notebook does, on [64, 64]: its loops over steps need a tenth of the time that is allowed."""
    zeros, never = torch.zeros(64, 64), torch.zeros(64, 64, dtype=torch.bool)
    assert check("discounted_returns", robot_by_robot).passed
    assert not is_quick(robot_by_robot, zeros, never, gamma=0.9)
    assert is_quick(RIGHT["discounted_returns"][0], zeros, never, gamma=0.9)
    assert is_quick(RIGHT["gae"][0], *3 * [zeros], never, never, gamma=0.9, gae_lambda=0.9)
