"""What the best robot does when the rewards are turned."""

import numpy as np
import pytest

from rlcourse.explorables.robots.reward_design import best_actions, reward_design, reward_design_figure, verdict
from rlcourse.maze import MazeRewards, generate_maze, shortest_path_length


@pytest.fixture
def maze():
    return generate_maze(5, seed=0)


def test_it_begins_with_the_shortest_way_out(maze):
    design = reward_design(maze)
    assert design.view.escaped
    assert len(design.view.actions) == shortest_path_length(maze)
    assert f"leaves</b> after {shortest_path_length(maze)} actions" in design.words.value


def test_a_slider_changes_what_the_robot_does_and_what_it_is_paid(maze):
    design = reward_design(maze)
    design.step.value = 0.02
    assert not design.view.escaped
    assert design.view.rewards == pytest.approx([0.02] * maze.num_states)
    assert "never leaves.</b> It hits no wall" in design.words.value
    design.step.value, design.wall.value = -0.01, 0.1
    assert "drives into a wall" in design.words.value
    assert np.frombuffer(design.view.pay, dtype="<f4").max() == pytest.approx(0.99)
    design.wall.value = -0.05
    assert design.view.escaped


def test_a_slider_reaches_the_rewards_a_maze_comes_with():
    design = reward_design(generate_maze(3, seed=0, rewards=MazeRewards(exit=7, wall=-3)))
    assert (design.exit.value, design.exit.max, design.wall.min) == (7, 7, -3)


def test_verdicts(maze):
    actions = best_actions(maze, 0.99)
    assert verdict(maze, actions) == f"<b>The best robot leaves</b> after {len(actions)} actions, and hits no wall."
    looks_at_a_wall = [1, 0, 0] if maze.transitions.hit_wall[(maze.start_state - 1) % 4, 0] else [2, 0, 0]
    assert "It drives into a wall 2 times in its first 3 actions." in verdict(maze, looks_at_a_wall)


def test_it_can_be_printed(maze):
    figure = reward_design_figure(maze)
    assert str(maze.rewards) in figure.axes[0].get_title("left")
