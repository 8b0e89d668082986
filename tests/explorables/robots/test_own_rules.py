"""The robot by rules of the learner's own, right and wrong, from the kernel's side."""

import pytest

from rlcourse.exercises import maze_step
from rlcourse.exercises.catalogue.maze_step import EXERCISE
from rlcourse.explorables.robots.drive import drive
from rlcourse.maze import generate_maze

MAZE = generate_maze(4, seed=0)
OUT = [0, 0, 0, 1, 0, 1, 0, 0, 0, 2, 0, 0, 2, 0, 0, 0]
"""From the start, which looks south, to the exit."""


def said_by(rules, actions):
    robot = drive(MAZE, step=rules)
    robot.actions = actions
    return robot.own["words"][-1]


def test_right_rules_drive_as_the_maze_does():
    mine, theirs = drive(MAZE, step=maze_step), drive(MAZE)
    mine.actions = theirs.actions = OUT
    assert mine.escaped and mine.states == theirs.states
    assert mine.rewards == pytest.approx(theirs.rewards)
    assert set(mine.own["words"]) == {""} and not any(mine.own["amiss"])


def test_each_slip_of_the_exercise_shows_somewhere():
    for slip in EXERCISE.slips:
        robot = drive(MAZE, step=slip.function)
        robot.actions = [*[1] * 5, *[2] * 5, 1, 0, 2, *OUT]  # all round, into a wall, and the way out
        assert any(robot.own["amiss"]), slip.name


def test_wrong_moves_are_done_and_the_mazes_stand_beside_them():
    through = said_by(lambda r, c, h, a, wall: maze_step(r, c, h, a, False), [1, 0])
    assert through.startswith("Straight through the wall! Your rules: row 0, column 1, looking east.")
    assert through.endswith("The maze’s: row 0, column 0, looking east.")
    assert said_by(lambda r, c, h, a, wall: (r, c, h + 1), [2, 2]).startswith("There is no heading 4: they are 0 to 3")
    outside = said_by(lambda r, c, h, a, wall: (r - 1, c, h), [0])
    assert "out of the maze" in outside and "row −1, column 0" in outside


def test_a_robot_outside_the_maze_is_asked_nothing_more():
    robot = drive(MAZE, step=lambda r, c, h, a, wall: (r - 1, c, h))
    robot.actions = [0, 0, 0]
    assert robot.own["lost"] and robot.own["frames"] == [(0, 0, 2), (-1, 0, 2)]


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        (lambda *_: ..., "returns nothing yet"),
        (lambda *_: 1 / 0, "stopped with an error: ZeroDivisionError"),
        (lambda row: row, "takes 1 positional argument"),
        (lambda *_: (1, 2), "(row, column, heading); your function returned (1, 2)"),
        (lambda *_: (0.5, 0, 0), "Three whole numbers"),
        (lambda *_: (float("nan"), 0, 0), "Three whole numbers"),
        (lambda *_: "here", "Three whole numbers"),
    ],
)
def test_what_is_no_move_leaves_the_robot_where_it_is_and_says_why(rules, words):
    robot = drive(MAZE, step=rules)
    robot.actions = [0]
    assert words in robot.own["words"][0] and "stays where it is" in robot.own["words"][0]
    assert robot.own["frames"] == [(0, 0, 2)] * 2 and not robot.own["lost"]


def test_the_function_is_asked_once_for_each_action():
    asked = []
    robot = drive(MAZE, step=lambda *given: asked.append(given[3]) or maze_step(*given))
    robot.actions = [0]
    robot.actions = [0, 1]
    robot.actions = [0, 2]
    assert asked == [0, 1, 2]


def test_numbers_of_numpy_and_torch_are_numbers():
    numpy, torch = pytest.importorskip("numpy"), pytest.importorskip("torch")
    for kind in (numpy.array, torch.tensor, list):
        assert said_by(lambda *given, kind=kind: kind(maze_step(*given)), [0, 1]) == ""


def test_what_is_no_function_is_refused():
    with pytest.raises(TypeError, match="step"):
        drive(MAZE, step="maze_step")
