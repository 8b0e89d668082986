"""The return of a walk: every sum is its reward and γ times the next, and what is no whole walk is refused."""

import numpy as np
import pytest

from rlcourse.explorables import return_of_a_walk, return_of_a_walk_figure
from rlcourse.explorables.values.return_of_a_walk import GAMMAS, return_of_a_walk_plot
from rlcourse.maze import generate_maze, solve, walk

MAZE = generate_maze(4, seed=0)
POLICY = 0.5 * solve(MAZE, gamma=0.99).policy + 0.5 / 3
STATES = walk(MAZE, POLICY, seed=1)
STEPS = len(STATES) - 1


@pytest.fixture(scope="module")
def plot():
    return return_of_a_walk_plot(MAZE, STATES)


def state(step, gamma):
    return {"step": step, "discount": GAMMAS.index(gamma)}


@pytest.mark.parametrize("gamma", GAMMAS)
def test_each_return_is_the_discounted_sum_of_the_rewards_from_there(plot, gamma):
    rewards = plot.pick("reward", state(0, gamma), along="row")
    expected = [sum(gamma**k * r for k, r in enumerate(rewards[t:])) for t in range(STEPS)]
    np.testing.assert_allclose(plot.pick("returns", state(0, gamma), along="row"), expected, atol=1e-6)
    assert [plot.pick("G", state(t, gamma)).item() for t in range(STEPS)] == pytest.approx(expected, abs=1e-6)


def test_the_sum_below_names_the_reward_and_the_return_of_the_next_step(plot):
    reward, later = plot.pick("r", state(2, 0.5)).item(), plot.pick("G", state(3, 0.5)).item()
    total = plot.pick("G", state(2, 0.5)).item()
    expected = f"G = {reward:+.2f} + 0.50 · ({later:+.3f}) = {total:+.3f}.".replace("-", "−")
    assert plot.fill(plot.readouts[1], state(2, 0.5)) == expected
    assert "the episode is over" in plot.fill(plot.readouts[1], state(STEPS - 1, 0.5))


def test_the_words_name_what_the_robot_did(plot):
    rules = MAZE.transitions
    rewards = plot.pick("reward", state(0, 1.0), along="row")
    wall = int(np.flatnonzero(STATES[1:] == STATES[:-1])[0])
    assert "drives into a wall" in plot.fill(plot.readouts[0], state(wall, 1.0)) and rewards[wall] < -0.01
    assert "drives into the exit" in plot.fill(plot.readouts[0], state(STEPS - 1, 1.0))
    turn = int(np.flatnonzero((STATES[1:] // 4 == STATES[:-1] // 4) & (STATES[1:] != STATES[:-1]))[0])
    assert "turns on the spot" in plot.fill(plot.readouts[0], state(turn, 1.0))
    assert rules.terminal[STATES[-1]]


def test_the_robot_stands_where_the_step_begins(plot):
    for step in (0, STEPS // 2, STEPS - 1):
        row, column = divmod(int(STATES[step]) // 4, 4)
        assert plot.pick("robot_x", state(step, 1.0)) == column + 0.5
        assert plot.pick("robot_y", state(step, 1.0)) == 4 - row - 0.5


def test_the_exit_is_a_cell_of_its_own_with_a_flag_inside(plot):
    row, column = divmod(MAZE.exit_cell, 4)
    picked = {name: plot.pick(f"exit_{name}", state(0, 1.0), along="side") for name in ("x", "low", "high")}
    assert picked["x"].tolist() == [column, column + 1]
    assert set(picked["low"]) == {3 - row} and set(picked["high"]) == {4 - row}
    for name, corner in (("flag_x", column), ("flag_y", 3 - row)):
        flag = plot.pick(name, state(0, 1.0), along="flag")
        assert (flag > corner).all() and (flag < corner + 1).all()


def test_each_turn_is_marked_in_its_cell_and_each_wall_hit_on_the_wall_it_hits(plot):
    here, there = STATES[:-1], STATES[1:]
    hit, turned = here == there, (here != there) & (here // 4 == there // 4)
    middle = np.stack([here // 4 % 4 + 0.5, 4 - here // 4 // 4 - 0.5], axis=1)
    for name, wanted in (("hit", hit), ("turn", turned)):
        x, y, bar = (plot.pick(f"{name}_{of}", state(0, 1.0), along="row") for of in ("x", "y", "bar"))
        np.testing.assert_array_equal([np.isfinite(x), np.isfinite(y), np.isfinite(bar)], [wanted] * 3)
        away = np.stack([x, y], axis=1)[wanted] - middle[wanted]
        assert (np.abs(away) < 0.51).all()
        if name == "hit":
            ahead = np.array([[0, 1], [1, 0], [0, -1], [-1, 0]])[here[wanted] % 4]  # north, east, south, west
            np.testing.assert_allclose((away * ahead).sum(axis=1), 0.5)
            marks = set(map(tuple, np.stack([x, y], axis=1)[wanted].round(6)))
            assert len(marks) == wanted.sum(), "two hits of one wall are two marks"


def test_it_opens_at_the_last_step_and_gamma_can_be_played():
    view = return_of_a_walk(MAZE, STATES).view
    assert view.step == STEPS - 1 and view.plays == ["discount"]


def test_the_figure_draws_the_step_and_the_discount_it_is_given():
    right = return_of_a_walk_figure(MAZE, STATES, gamma=0.5, step=1).axes[1]
    assert any(np.allclose(line.get_xdata(), 1) for line in right.lines)


def test_a_walk_that_does_not_end_in_the_exit_is_refused():
    with pytest.raises(ValueError, match="states must end in the exit"):
        return_of_a_walk(MAZE, STATES[:-1])
    with pytest.raises(ValueError, match="states must be a walk of 1 to 200 steps, got 0"):
        return_of_a_walk(MAZE, STATES[-1:])


@pytest.mark.parametrize(("wrong", "name"), [({"gamma": 0.4}, "gamma"), ({"step": STEPS}, "step")])
def test_a_state_outside_the_picture_is_refused(wrong, name):
    with pytest.raises(ValueError, match=name):
        return_of_a_walk_figure(MAZE, STATES, **wrong)
