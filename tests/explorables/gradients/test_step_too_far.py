"""One gradient followed too far: J, walls and walks as the maze itself says, the drawing against the numbers."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from rlcourse.explorables import step_too_far, step_too_far_figure
from rlcourse.explorables.gradients.step_too_far import (
    ACTIONS,
    AS_GOOD,
    LENGTHS,
    VERDICTS,
    _verdict,
    policies_along,
    step_too_far_plot,
)
from rlcourse.explorables.gradients.step_too_far_map import DEEPEST, FULL, SELDOM
from rlcourse.maze import (
    MazeRewards,
    TabularPolicy,
    expected_return,
    generate_maze,
    hits_by_state,
    solve,
    walk,
    ways_out,
)

PATIENCE = 80


@pytest.fixture(scope="module")
def maze():
    return generate_maze(4, seed=0)


@pytest.fixture(scope="module")
def step(maze):
    """A table of logits, and a direction that is right on the whole and wrong in one place."""
    chance = torch.Generator().manual_seed(0)
    logits = 0.3 * torch.randn(maze.num_states, 3, generator=chance)
    uphill = torch.from_numpy(solve(maze, gamma=0.99).policy).float()
    begins_here = np.arange(maze.num_states) // 4 == maze.start_state // 4
    uphill[maze.transitions.hit_wall[:, 0] & begins_here] = torch.tensor([0.8, 0.0, 1.0])
    return logits, uphill


@pytest.fixture(scope="module")
def plot(maze, step):
    return step_too_far_plot(maze, *step, max_steps=PATIENCE)


def test_the_policies_lie_on_a_straight_line_of_logits(maze, step):
    logits, uphill = step
    for at in (0, 7, -1):
        moved = TabularPolicy(maze.num_states)
        with torch.no_grad():
            moved.table.copy_(logits + LENGTHS[at] * uphill / uphill.norm())
        np.testing.assert_allclose(policies_along(logits, uphill)[at], moved.probabilities(), atol=1e-6)


def test_J_and_the_walls_are_those_of_dynamic_programming(maze, step, plot):
    walls_only = replace(maze, rewards=MazeRewards(step=0.0, wall=1.0, exit=0.0))
    for at, policy in enumerate(policies_along(*step)):
        state = {"length": LENGTHS[at]}
        assert plot.pick("J", state) == pytest.approx(expected_return(maze, policy, max_steps=PATIENCE))
        assert plot.pick("walls", state) == pytest.approx(expected_return(walls_only, policy, max_steps=PATIENCE))


def test_hits_are_counted_where_they_happen(maze, step):
    policy = policies_along(*step)[1]
    hits, counted = hits_by_state(maze, policy, max_steps=PATIENCE), np.zeros(maze.num_states)
    assert (hits[~maze.transitions.hit_wall[:, 0]] == 0).all()
    many = 400
    for seed in range(many):
        states = walk(maze, policy, seed=seed, max_steps=PATIENCE)
        np.add.at(counted, states[:-1][states[1:] == states[:-1]], 1 / many)
    np.testing.assert_allclose(counted, hits, atol=0.1 * hits.max())
    assert hits.max() > 1


def test_the_dashed_line_touches_J_and_has_its_slope(maze, step, plot):
    promised, J = (plot.pick(name, {"length": 0}, along="length") for name in ("promised", "J"))
    assert promised[0] == J[0]
    first = np.isfinite(promised)
    logits, uphill = (table.double() for table in step)
    hair = 1e-3 * uphill / uphill.norm()
    near = expected_return(maze, torch.softmax(logits + hair, dim=-1), max_steps=PATIENCE)
    np.testing.assert_allclose(np.diff(promised[first]) / 2, (near - J[0]) / 1e-3, rtol=0.01)


def test_arrows_are_as_long_as_their_way_is_likely(maze, step, plot):
    ways = ways_out(maze, policies_along(*step)[10]).reshape(-1)
    x, y = (plot.pick(f"way_{axis}", {"length": LENGTHS[10]}, along="ink").reshape(-1, 6) for axis in "xy")
    drawn = np.hypot(x[:, 1] - x[:, 0], y[:, 1] - y[:, 0])
    np.testing.assert_allclose(drawn[ways >= 0.08], 0.64 * ways[ways >= 0.08])
    assert np.isnan(drawn[ways < 0.08]).all()


def test_orange_is_as_deep_as_the_wall_is_hit(maze, step, plot):
    hits = np.stack([hits_by_state(maze, policy, max_steps=PATIENCE) for policy in policies_along(*step)])
    boxes = {name for name in plot.arrays if name.startswith("hits_") and name.count("_") == 1}
    assert boxes == {f"hits_{state}" for state in np.flatnonzero(hits.max(axis=0) >= SELDOM)} and boxes
    for name in boxes:
        state = int(name.removeprefix("hits_"))
        x, low, high = (plot.pick(each, {"length": 60}, along="edge") for each in (f"{name}_x", f"{name}_low", name))
        assert np.ptp(x) * (high - low)[0] == pytest.approx(DEEPEST * min(hits[-1, state] / FULL, 1))
        wall = {0: high[0], 1: x[1], 2: low[0], 3: x[0]}[state % 4]  # north, east, south, west
        assert wall == pytest.approx(round(wall)), "it grows from the wall"


def test_orange_has_a_line_along_its_wall_and_nowhere_else(plot):
    names = [name for name in plot.arrays if name.startswith("hits_") and name.count("_") == 1]
    outlines = np.stack([plot.pick(f"edge_{axis}", {"length": 0}, along="outline") for axis in "xy"], axis=1)
    seen = set()
    for number, name in enumerate(names):
        x, low, high = (plot.pick(each, {"length": 0}, along="edge") for each in (f"{name}_x", f"{name}_low", name))
        edge, heading = outlines[1 + 3 * number :][:3], int(name.removeprefix("hits_")) % 4
        assert np.isnan(edge[2]).all()
        if np.isfinite(edge[:2]).all():
            axis, wall = [(1, high[0]), (0, x[1]), (1, low[0]), (0, x[0])][heading]  # north, east, south, west
            np.testing.assert_allclose(edge[:2, axis], wall)
            np.testing.assert_allclose(np.abs(edge[0, 1 - axis] - edge[1, 1 - axis]), 1)
            seen.add(heading)
    assert seen == {0, 1, 2, 3}


def test_the_robot_goes_the_walk_and_its_hits_are_counted(maze, step, plot):
    states = walk(maze, policies_along(*step)[-1], seed=0, max_steps=ACTIONS)
    hits = (states[1:] == states[:-1]).cumsum()
    for time in (1, len(states) // 2, len(states) - 1):
        state = {"length": 60, "time": time}
        assert plot.pick("bumps", state) == hits[time - 1]
        row, column = divmod(int(states[time]) // 4, maze.size)
        x, y = (plot.pick(f"robot_{axis}", state, along="corner") for axis in "xy")
        assert column < x.mean() < column + 1 and maze.size - row - 1 < y.mean() < maze.size - row


def test_the_verdicts_hold(maze, plot):
    J = plot.arrays["J"].values
    told = [VERDICTS[entry] for entry in plot.choices["verdict"].values]
    assert told[0] == VERDICTS[0] and told[J.argmax()] == VERDICTS[2]
    for here, said in zip(J[1:], told[1:], strict=True):
        if "Worse than a robot" in said:
            assert here < PATIENCE * maze.rewards.step
        elif said == VERDICTS[3]:
            assert here < J[0]
        elif said == VERDICTS[5]:
            assert here == pytest.approx(PATIENCE * maze.rewards.step, abs=AS_GOOD)
        elif said == VERDICTS[1]:
            assert here >= J[0]


def test_whoever_only_turns_is_not_said_to_be_better_than_before():
    told = _verdict(np.array([-1.47, -0.9, -1.44, -1.46, -1.6]), turning=-1.44)
    assert [VERDICTS[entry] for entry in told] == [VERDICTS[0], VERDICTS[2], VERDICTS[5], VERDICTS[5], VERDICTS[4]]


def test_it_is_refused_what_it_cannot_draw(maze, step):
    logits, uphill = step
    with pytest.raises(ValueError, match="at most 8 × 8 cells, got 9 × 9"):
        step_too_far(generate_maze(9, seed=0), logits, uphill, max_steps=PATIENCE)
    with pytest.raises(ValueError, match=r"uphill must have the shape \(64, 3\), got \(5, 3\)"):
        step_too_far(maze, logits, uphill[:5], max_steps=PATIENCE)
    with pytest.raises(ValueError, match="longer than 0"):
        step_too_far(maze, logits, torch.zeros_like(uphill), max_steps=PATIENCE)
    with pytest.raises(ValueError, match=r"uphill\['none'\] must be a direction"):
        step_too_far(maze, logits, {"good": uphill, "none": 0 * uphill}, max_steps=PATIENCE)
    with pytest.raises(ValueError, match="one direction or up to 6, got 0"):
        step_too_far(maze, logits, {}, max_steps=PATIENCE)
    with pytest.raises(ValueError, match="max_steps"):
        step_too_far(maze, logits, uphill, max_steps=ACTIONS - 1)


def test_each_of_several_gradients_has_the_numbers_it_has_alone(maze, step, plot):
    logits, uphill = step
    plots = {"one": plot, "back": step_too_far_plot(maze, logits, -uphill, max_steps=PATIENCE)}
    both = step_too_far_plot(maze, logits, {"one": uphill, "back": -uphill}, max_steps=PATIENCE)
    assert list(both.grids["gradient"]) == [0, 1]
    for which, alone in enumerate(plots.values()):
        at = {"length": 40, "time": 9}
        for name in ("J", "promised", "walls", "entropy", "bumps"):
            np.testing.assert_array_equal(both.pick(name, at | {"gradient": which}), alone.pick(name, at))
        said = both.fill(both.readouts[0], at | {"gradient": which})
        assert said.replace(f" (the gradient: {list(plots)[which]})", "") == alone.fill(alone.readouts[0], at)


def test_it_can_be_dragged_played_and_printed_and_sends_less_than_a_megabyte(maze, step):
    explorable = step_too_far(maze, *step, max_steps=PATIENCE)
    assert explorable.view.plays == ["length", "time"]
    assert sum(map(len, explorable.view.numbers.values())) < 1e6
    assert len(step_too_far_figure(maze, *step, max_steps=PATIENCE, length=20).axes) == 2
