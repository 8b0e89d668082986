"""Reward design under a learner's hands: keys on its sliders, answered by the kernel and drawn in a real browser."""

from dataclasses import replace

import pytest

from rlcourse.explorables.robots.reward_design import best_actions, verdict
from rlcourse.maze import MazeRewards, solve
from rlcourse.maze.generation import generate_maze

from .explorables import latencies, report_latency, slider, slider_value
from .lab import complaints, open_notebook, run_all, wait_idle, write_notebook

MAZE = generate_maze(8, seed=0)
CELL = """
from rlcourse.explorables import reward_design
from rlcourse.maze.generation import generate_maze

reward_design(generate_maze(8, seed=0))
"""


@pytest.fixture(scope="module")
def notebook(page, lab):
    open_notebook(page, lab, write_notebook(lab, "reward_design", CELL))
    run_all(page)
    page.locator(".rlc-drive .rlc-trail").wait_for(state="attached", timeout=15_000)
    return page


def trail(page):
    """The cells that the drawn walk goes through, in order, as (row, column)."""
    points = page.locator(".rlc-trail").get_attribute("points").split()
    places = zip(map(float, points[::2]), map(float, points[1::2]), strict=True)
    return [(int(y // 40), int(x // 40)) for x, y in places]


def best_walk(maze, gamma):
    """The cells an optimal policy goes through, and the return it collects; by `solve`, one step at a time."""
    policy, state = solve(maze, gamma=gamma).policy, maze.start_state
    cells, total = [divmod(state // 4, maze.size)], 0.0
    while not maze.transitions.terminal[state] and len(cells) <= maze.num_states:
        action = int(policy[state].argmax())
        total += float(maze.transitions.reward[state, action])
        state = int(maze.transitions.next_state[state, action])
        cells.append(divmod(state // 4, maze.size))
    return cells, total


def press_and_watch(page, label, key, times=1):
    """Press a key on a slider, wait until the kernel has answered and the robot has begun, and go to its end."""
    to_the_end(page)
    at = page.locator(".rlc-scrub").input_value()
    slider(page, label).focus()
    for _ in range(times):
        page.keyboard.press(key)
    page.wait_for_function("at => document.querySelector('.rlc-scrub').value !== at", arg=at, timeout=5000)
    wait_idle(page)
    page.wait_for_timeout(300)
    to_the_end(page)


def to_the_end(page):
    page.locator(".rlc-stage").focus()
    page.keyboard.press("End")


@pytest.mark.parametrize(
    ("label", "key", "times"),
    [("step", "ArrowRight", 3), ("step", "ArrowLeft", 3), ("wall", "ArrowRight", 4), ("exit", "ArrowLeft", 12)],
)
def test_a_key_draws_the_walk_that_is_best_then(notebook, label, key, times):
    page = notebook
    press_and_watch(page, label, key, times)
    pay = {name: slider_value(page, name) for name in ("exit", "step", "wall")}
    maze = replace(MAZE, rewards=MazeRewards(**pay))
    cells, total = best_walk(maze, slider_value(page, "γ"))
    for _ in range(20):  # on a busy machine the last answer may come when the walk before it has been gone to its end
        if trail(page) == cells:
            break
        page.wait_for_timeout(300)
        to_the_end(page)
    assert trail(page) == cells
    shown = page.locator(".rlc-drive dd").last.text_content()
    assert float(shown.replace("−", "-")) == pytest.approx(total, abs=0.006)
    words = verdict(maze, best_actions(maze, slider_value(page, "γ")))
    assert words.split("</b>")[0].removeprefix("<b>") in page.locator(".jp-OutputArea").first.text_content()
    assert complaints(page) == []


def test_a_key_press_is_answered_by_the_kernel_soon(notebook, record_property):
    notebook.emulate_media(reduced_motion="reduce")  # else a move of the robot would pass for an answer
    try:
        milliseconds = latencies(notebook, "wall", watched=".rlc-drive")
    finally:
        notebook.emulate_media(reduced_motion="no-preference")
    report_latency("reward design", milliseconds, aim=100, record=record_property)
