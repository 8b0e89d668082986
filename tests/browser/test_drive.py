"""Driving the robot with keys and buttons, as a learner does, and reading it back in Python."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from .explorables import latencies, report_latency
from .lab import cell_outputs, complaints, menu, open_notebook, run_all, wait_idle, write_notebook

CELLS = (
    "from rlcourse.explorables.robots.drive import drive\nfrom rlcourse.maze import generate_maze\n"
    "robot = drive(generate_maze(4, seed=0), max_steps=20)\nrobot",
    "print(robot.actions, robot.states[-1], robot.escaped)",
)
# The maze (the robot starts at the top left, looking south):
#   | ▼ |           |
#   |   |   |   |   |
#   |   |   |   |   |
#   |       |     E |


@pytest.fixture(scope="module")
def opened(page, lab):
    notebook = new_notebook(cells=[new_code_cell(cell) for cell in CELLS])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, lab.root / "drive.ipynb")
    open_notebook(page, lab, "drive.ipynb")
    run_all(page)
    page.locator(".rlc-drive .rlc-stage").wait_for(timeout=10_000)
    assert complaints(page) == []
    return page


@pytest.fixture
def robot(opened):
    """The page, with the robot at its start and the keyboard on the maze."""
    opened.locator(".rlc-drive .rlc-stage").click()
    opened.keyboard.press("r")
    return opened


def said(page):
    return page.locator(".rlc-drive .rlc-said").text_content()


def numbers(page):
    return page.locator(".rlc-drive dd").all_text_contents()


def test_arrow_keys_drive_and_python_knows(robot):
    for key in ("ArrowUp", "ArrowUp", "ArrowLeft", "ArrowRight", "ArrowRight", "ArrowUp"):
        robot.keyboard.press(key)
    assert said(robot) == "Bump! There is a wall to the west. Reward −0.06."
    assert numbers(robot) == ["6 of 20", "−0.06", "−0.11"]
    assert "looks" in robot.locator(".rlc-drive svg").get_attribute("aria-label")
    robot.locator(".jp-NotebookPanel .jp-CodeCell").nth(1).locator(".jp-InputArea-editor").click()
    menu(robot, "Run", "Run Selected Cell")
    wait_idle(robot)
    assert cell_outputs(robot, 1).text_content().strip() == "[0, 0, 1, 2, 2, 0] 35 False"


def test_buttons_work_with_the_keyboard_too(robot):
    robot.keyboard.press("Tab")  # to "turn left"
    robot.keyboard.press("Enter")
    robot.keyboard.press("Space")
    assert said(robot) == "Turned left, now looks north. Reward −0.01."
    robot.keyboard.press("ArrowRight")  # arrow keys go on working there
    assert said(robot) == "Turned right, now looks east. Reward −0.01."
    robot.get_by_role("button", name="forward").click()
    assert said(robot).startswith("Bump!")
    robot.get_by_role("button", name="reset").click()
    assert numbers(robot) == ["0 of 20", "–", "0.00"]


def test_the_exit_ends_the_episode(robot):
    keys = "UUU L U L UUU R UU R UUU"
    names = {"U": "ArrowUp", "L": "ArrowLeft", "R": "ArrowRight"}
    for key in keys.replace(" ", ""):
        robot.keyboard.press(names[key])
    assert said(robot).startswith("Out! Reward 0.99.")
    before = numbers(robot)
    robot.keyboard.press("ArrowUp")
    assert numbers(robot) == before
    robot.keyboard.press("r")
    assert said(robot) == "The robot waits in row 0, column 0, and looks south."


def test_what_was_driven_is_played_again_and_driven_on_from_any_moment(robot):
    for key in ("ArrowUp", "ArrowUp", "ArrowLeft", "ArrowUp"):
        robot.keyboard.press(key)
    robot.keyboard.press("Home")
    assert numbers(robot) == ["0 of 20", "–", "0.00"]
    robot.keyboard.press("Space")
    robot.wait_for_function("() => document.querySelector('.rlc-drive dd').textContent === '4 of 20'", timeout=3000)
    robot.wait_for_function("() => document.querySelector('.rlc-icon[aria-label=play]')", timeout=2000)
    assert said(robot) == "Bump! There is a wall to the east. Reward −0.06."
    robot.locator(".rlc-drive .rlc-scrub").fill("2")
    assert said(robot) == "Forward to row 2, column 0. Reward −0.01."
    assert len(robot.locator(".rlc-drive .rlc-trail").get_attribute("points").split()) == 2 * 3
    robot.locator(".rlc-drive .rlc-stage").focus()
    robot.keyboard.press("ArrowUp")
    assert numbers(robot)[0] == "3 of 20"
    assert said(robot) == "Forward to row 3, column 0. Reward −0.01."


def test_a_move_takes_no_longer_than_150_ms_and_arrives_where_the_rules_say(robot):
    robot.evaluate(
        """() => {
            const robot = document.querySelector('.rlc-drive .rlc-robot');
            window.moves = [];
            const note = () => window.moves.push([performance.now(), robot.getAttribute('transform')]);
            new MutationObserver(note).observe(robot, {attributes: true});
            const press = () => { window.pressed = performance.now(); };
            document.addEventListener('keydown', press, {capture: true, once: true});
        }"""
    )
    robot.keyboard.press("ArrowUp")
    robot.wait_for_timeout(500)
    moves, pressed = robot.evaluate("() => [window.moves, window.pressed]")
    arrived = next(time for time, place in moves if place.startswith("translate(20 60)"))
    assert len({place for _, place in moves}) > 2, "it moves, it does not jump"
    assert moves[-1][1] == "translate(20 60) rotate(90) scale(1)"
    assert arrived - pressed < 3 * 150, "150 ms are the aim, on a quiet machine"


def test_time_runs_out(robot):
    for _ in range(25):
        robot.keyboard.press("ArrowLeft")
    assert numbers(robot)[0] == "20 of 20"
    assert said(robot) == "Time is up after 20 actions. Return −0.20. Reset to try again."


def test_a_key_press_is_painted_soon(robot, record_property):
    turns = ("ArrowLeft", "ArrowRight")
    milliseconds = latencies(robot, None, keys=turns, watched=".rlc-drive .rlc-said", presses=18)  # of 20 actions
    report_latency("drive the robot", milliseconds, aim=50, record=record_property)


def test_keys_held_past_the_end_leave_the_robot_where_its_walk_ended(page, lab):
    """By rules that drive through walls it leaves the maze with its fourth move; the keys after that lead nowhere."""
    rules = "lambda row, column, heading, action, wall_ahead: (row + 1, column, heading)"
    cell = CELLS[0].replace("max_steps=20", f"step={rules}")
    open_notebook(page, lab, write_notebook(lab, "own_rules", cell))
    run_all(page)
    page.locator(".rlc-drive .rlc-stage").click()
    for _ in range(12):  # quicker than Python answers
        page.keyboard.press("ArrowUp", delay=0)
    page.wait_for_timeout(1500)  # longer than the widget's patience
    assert "out of the maze" in said(page)
    assert numbers(page)[0].startswith("4 of ")
