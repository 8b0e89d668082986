"""Two critics that learn from the same walks: every step by hand, and what must be true of both."""

import numpy as np
import pytest

from rlcourse.equations import discounted_returns, td_errors
from rlcourse.explorables import monte_carlo_and_td, monte_carlo_and_td_figure
from rlcourse.explorables.values.monte_carlo_and_td import lessons_of
from rlcourse.maze import MazeVectorEnv, generate_maze

GAMMA, ALPHA = 0.9, 0.5


@pytest.fixture(scope="module")
def lessons():
    return lessons_of(generate_maze(3, seed=0), gamma=GAMMA, step_size=ALPHA, walks=40, seed=3)


def test_td_moves_one_place_at_a_time_by_its_td_error(lessons):
    V = np.zeros(lessons.maze.num_states)
    for number, walk in enumerate(lessons.walks):
        for t, (here, there) in enumerate(zip(walk.states[:-1], walk.states[1:], strict=True)):
            V[here] += ALPHA * (walk.rewards[t] + GAMMA * V[there] - V[here])  # in the exit V stays 0
            assert walk.td[t] == pytest.approx(V[here], abs=1e-5)
        np.testing.assert_allclose(lessons.td[number + 1], V, atol=1e-5)


def test_monte_carlo_waits_and_paints_the_whole_way_back(lessons):
    V = np.zeros(lessons.maze.num_states)
    for number, walk in enumerate(lessons.walks):
        G = 0.0
        for t in reversed(range(len(walk.rewards))):
            G = walk.rewards[t] + GAMMA * G
            V[walk.states[t]] += ALPHA * (G - V[walk.states[t]])
            assert walk.monte_carlo[t] == pytest.approx(V[walk.states[t]], abs=1e-5)
        np.testing.assert_allclose(lessons.monte_carlo[number + 1], V, atol=1e-5)


def test_after_the_first_walk_td_has_heard_of_the_exit_in_one_place_only(lessons):
    assert (lessons.td[1] > 0).sum() == 1
    assert (lessons.monte_carlo[1] > 0).sum() > 3


def test_with_many_walks_both_come_near_the_exact_values_and_td_nearer():
    lessons = lessons_of()
    monte_carlo, td = lessons.errors(lessons.monte_carlo), lessons.errors(lessons.td)
    assert monte_carlo[10] < 0.6 * td[10]
    assert td[-20:].mean() < 0.2 * td[0]
    assert td[-20:].mean() < monte_carlo[-20:].mean()
    assert np.abs(np.diff(td[-40:])).mean() < 0.5 * np.abs(np.diff(monte_carlo[-40:])).mean(), "it is smoother"


def test_the_learners_own_functions_paint():
    calls = {"td": 0, "returns": 0}

    def mine(*columns, gamma):
        calls["td"] += 1
        return 0 * td_errors(*columns, gamma=gamma)

    def my_returns(rewards, done, *, gamma):
        calls["returns"] += 1
        return discounted_returns(rewards, done, gamma=gamma)

    lessons = monte_carlo_and_td(generate_maze(3, seed=0), walks=4, td_error_fn=mine, returns_fn=my_returns).lessons
    assert calls == {"td": sum(len(walk.rewards) for walk in lessons.walks), "returns": 4}
    assert (lessons.td == 0).all()


def test_the_browser_gets_the_walks_and_the_tables(lessons):
    widget = monte_carlo_and_td(generate_maze(3, seed=0), gamma=GAMMA, step_size=ALPHA, walks=40, seed=3)
    sent = {name: np.frombuffer(data, dtype="<f4") for name, data in widget.numbers.items()}
    steps = sum(widget.world["lengths"])
    assert len(sent["states"]) == steps + 40
    assert len(sent["tdSteps"]) == len(sent["rewards"]) == steps
    np.testing.assert_allclose(sent["td"].reshape(41, -1), lessons.td)
    np.testing.assert_allclose(sent["monteCarloError"], lessons.errors(lessons.monte_carlo), rtol=1e-6)
    assert "places are worth more than 0, TD 1" in widget.picture().alt


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"maze": generate_maze(7, seed=0)}, "maze must have at most 6 × 6 cells, got 7 × 7"),
        ({"gamma": 1.1}, "gamma must be"),
        ({"step_size": 0}, "step_size must be"),
        ({"walks": 301}, "walks must be from 1 to 300"),
        ({"seed": -1}, "seed must be"),
        ({"walks": 2, "after": 3}, "after must be from 0 to 2"),
    ],
)
def test_what_cannot_be_played_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        monte_carlo_and_td_figure(**arguments)


def test_an_environment_will_do_for_a_maze():
    maze = generate_maze(3, seed=0)
    assert monte_carlo_and_td(MazeVectorEnv(1, maze=maze), walks=1).lessons.maze.num_states == maze.num_states
