"""The driving widget from the kernel's side; tests/browser drives it."""

import numpy as np
import pytest
from traitlets import TraitError

from rlcourse.explorables.robots.drive import Drive, drive, drive_figure
from rlcourse.explorables.robots.reward_design import reward_design
from rlcourse.maze import MazeEnv, MazeRewards, generate_maze, shortest_path_length, solve, walk


@pytest.fixture
def maze():
    return generate_maze(4, seed=0)


def play(maze, actions):
    """What the environment says of the same actions."""
    env = MazeEnv(maze=maze)
    states, rewards = [env.reset()[0]], []
    for action in actions:
        state, reward, terminated, _, _ = env.step(action)
        states.append(state)
        rewards.append(reward)
    return states, rewards, terminated


def test_what_was_driven_is_what_the_environment_would_have_done(maze):
    best = solve(maze, gamma=0.99).policy
    out = [int(best[state].argmax()) for state in walk(maze, best)[:-1]]
    for actions in ([0, 0, 1, 0, 2, 2, 0], out):
        robot = drive(maze)
        robot.actions = actions
        states, rewards, escaped = play(maze, actions)
        assert (robot.states, robot.rewards, robot.escaped) == (states, pytest.approx(rewards), escaped)


def test_the_browser_gets_the_tables(maze):
    robot = drive(maze, max_steps=30)
    state = robot.get_state()
    world, rules = state["world"], maze.transitions
    assert np.reshape(world["next"], (-1, 3)).tolist() == rules.next_state.tolist()
    assert np.reshape(world["bumps"], (-1, 3)).tolist() == rules.hit_wall.tolist()
    pay = np.frombuffer(state["pay"], dtype="<f4").reshape(-1, 3)
    np.testing.assert_allclose(pay, rules.reward, atol=1e-7)
    assert (world["start"], world["exit"], world["limit"]) == (maze.start_state, 15, 30)
    assert world["shortest"] == shortest_path_length(maze)
    assert len(world["walls"]) == (maze.walls.sum() + 4 * 4) // 2
    assert state["actions"] == []


def test_it_shows_other_actions_and_rewards_on_request(maze):
    robot = drive(maze)
    richer = generate_maze(4, seed=0, rewards=MazeRewards(step=0.5))
    robot.show(richer, [1, 1])
    assert robot.rewards == [0.5, 0.5]
    assert np.frombuffer(robot.pay, dtype="<f4").max() == pytest.approx(1.5)
    with pytest.raises(ValueError, match="make a new Drive"):
        robot.show(generate_maze(4, seed=1), [])


def test_only_the_three_actions_are_taken(maze):
    with pytest.raises(TraitError):
        drive(maze).actions = [3]


def test_the_script_and_the_style_are_shipped(maze):
    assert "export default { render }" in Drive(maze)._esm
    assert ".rlc-drive" in Drive(maze)._css


def test_rows_are_counted_from_0_in_the_script_and_in_the_words_beside_it(maze):
    robot = Drive(maze)
    assert "row ${row}, column ${column}" in robot._esm
    assert "+ 1}" not in robot._esm
    assert "The robot is in row 0, column 0" in robot.world["about"]


def test_it_can_be_printed(maze):
    assert drive_figure(maze).axes[0].patches  # the robot at its start
    way = walk(maze, solve(maze, gamma=0.9).policy).tolist()
    assert len(drive_figure(maze, states=way).axes[0].patches) == 4  # exit, its flag, start and end


def test_a_maze_is_needed():
    with pytest.raises(TypeError):
        drive("maze")


def test_a_reset_leaves_the_record_of_the_last_finished_walk():
    robot = drive(generate_maze(2, seed=0), max_steps=3)
    robot.actions = [1, 1]
    robot.actions = []
    assert robot.rewards == [] and robot.driven == [], "a walk that was broken off is not kept"
    robot.actions = [1, 1, 1]
    robot.actions = []
    assert robot.driven == [1, 1, 1] and len(robot.states) == 4 and len(robot.rewards) == 3
    robot.actions = [2]
    assert robot.driven == [2]


def test_words_for_the_end_know_who_drove():
    assert drive(generate_maze(2, seed=0)).world["driver"] == "you"
    assert reward_design(generate_maze(2, seed=0)).view.world["driver"] == "the best robot"
