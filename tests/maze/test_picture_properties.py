"""What pictures, films and words say of any maze is what its walls, its rules and a walk say."""

import io
import itertools
import re

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.patches import Polygon
from PIL import Image

from rlcourse.maze import (
    NetworkPolicy,
    describe,
    describe_walk,
    draw_maze,
    draw_policy,
    draw_trajectory,
    draw_values,
    egocentric,
    film,
    generate_maze,
    leaving_chance,
    success_rate,
    walk,
)
from tests.maze.conftest import fewest_actions, follow_rules
from tests.maze.test_properties import any_policy, few, mazes, seeds


def tip(figure):
    """Where the robot that was drawn last looks, and where it stands."""
    *_, robot = (patch for patch in figure.axes[0].patches if isinstance(patch, Polygon) and len(patch.get_xy()) == 5)
    points = robot.get_xy()
    return points[0] - points[2], points[2]


@few
@given(mazes, st.data())
def test_robot_and_words_are_where_the_state_is(maze, data):
    state = data.draw(st.sampled_from(maze.open_states.tolist()))
    row, column = divmod(state // 4, maze.size)
    looks, stands = tip(draw_maze(maze, state=state))
    assert np.floor(stands).tolist() == [column, row]
    assert np.argmax(np.array([[0, -1], [1, 0], [0, 1], [-1, 0]]) @ looks) == state % 4
    said = describe(maze, state=state)
    assert f"row {row}, column {column} and looks {('north', 'east', 'south', 'west')[state % 4]}" in said
    assert [int(number) for number in re.findall(r"\d+", said)] == [
        *(maze.size, maze.size, row, column),
        *divmod(maze.exit_cell, maze.size),
        fewest_actions(maze, maze.start_state),
    ]


@few
@given(mazes, seeds)
def test_a_policy_has_an_arrow_for_each_action_that_is_taken_and_as_long_as_often(maze, seed):
    table = any_policy(maze, seed)
    arrows = draw_policy(maze, table).axes[0].collections[-3:]
    for action, (drawn, longest) in enumerate(zip(arrows, (0.34, 0.28, 0.28), strict=True)):
        chances = table[maze.open_states, action]
        assert np.hypot(drawn.U, drawn.V) == pytest.approx(longest * chances[chances >= 0.05])


@few
@given(mazes, seeds)
def test_values_are_the_colours_and_the_bar_spans_them_and_nothing(maze, seed):
    values = np.random.default_rng(seed).normal(size=maze.num_states)
    axes, bar = draw_values(maze, values).axes
    (tiles,) = (one for one in axes.collections if isinstance(one, PolyCollection))
    shown = values[maze.open_states]
    assert tiles.get_array().tolist() == shown.tolist() and len(tiles.get_paths()) == len(shown)
    assert bar.get_ylim() == pytest.approx((min(0, shown.min()), max(0, shown.max())))


@few
@given(mazes, seeds, st.integers(1, 25))
def test_a_walk_is_drawn_filmed_and_told_with_every_action_and_every_wall_that_was_hit(maze, seed, limit):
    states = walk(maze, any_policy(maze, seed), seed=seed, max_steps=limit)
    actions, hits = len(states) - 1, int((states[1:] == states[:-1]).sum())
    figure = draw_trajectory(maze, states)
    (line,) = (
        one for one in figure.axes[0].collections if isinstance(one, LineCollection) and one.get_array() is not None
    )
    (crosses,) = figure.axes[0].get_lines()
    assert len(line.get_segments()) == actions and len(crosses.get_xdata()) == hits
    said, inside = describe_walk(maze, states), states[-1] // 4 != maze.exit_cell
    assert f"A walk of {actions} actions" in said and f"visits {len(set(states // 4))} of {maze.size**2} cells" in said
    assert ("hits no wall" if hits == 0 else "a wall once" if hits == 1 else f"a wall {hits} times") in said
    assert ("still inside" in said) == inside
    paid = sum(
        next(reward for after, reward in map(lambda a, s=int(s): follow_rules(maze, s, a), range(3)) if after == t)
        for s, t in itertools.pairwise(states)
    )
    with Image.open(io.BytesIO(film(maze, states))) as frames:
        assert frames.n_frames == len(states)
    from rlcourse.maze.screen import _captions

    assert _captions(maze, states, "")[-1] == f"{actions} actions, return {paid:+.2f}".replace("-", "−")


@few
@given(st.lists(st.integers(0, 999), min_size=1, max_size=3), st.integers(0, 1), st.booleans(), seeds)
def test_success_is_the_chance_to_leave_and_crumbs_that_nobody_reads_change_nothing(numbers, view, greedy, seed):
    some = [generate_maze(3, seed=number) for number in numbers]
    features = [egocentric(maze, view=view) for maze in some]
    policy = NetworkPolicy(features[0].shape[1], seed=seed).double()  # no two actions as good, but for rounding
    found = success_rate(policy, some, view=view, crumbs=False, greedy=greedy, max_steps=20)
    for maze, seen, chance in zip(some, features, found.chances, strict=True):
        table = policy.probabilities(seen, temperature=0 if greedy else 1).double()
        assert chance == pytest.approx(leaving_chance(maze, np.asarray(table), max_steps=20)[0], abs=1e-6)
    wider = NetworkPolicy(features[0].shape[1] + len_of_crumbs(some, view), seed=seed).double()
    with torch.no_grad():
        for new, old in zip(wider.parameters(), policy.parameters(), strict=True):
            new.zero_()
            new[..., : old.shape[-1]] = old
    how = {"view": view, "greedy": greedy, "max_steps": 20, "walks": 2, "seed": seed}
    counted, again = (success_rate(wider, some, **how) for _ in range(2))
    assert counted.chances.tolist() == again.chances.tolist()
    assert set(counted.chances.tolist()) <= ({0.0, 1.0} if greedy else {0.0, 0.5, 1.0})
    if greedy:
        assert counted.chances.tolist() == found.chances.tolist()


def len_of_crumbs(mazes_, view):
    """How many numbers more the robot sees with crumbs."""
    from rlcourse.maze import ManyMazesVectorEnv

    with_, without = (
        ManyMazesVectorEnv(1, mazes_[:1], 5, view=view, crumbs=crumbs).single_observation_space.shape[0]
        for crumbs in (True, False)
    )
    return with_ - without
