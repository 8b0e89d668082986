"""What is left of the course's widgets where no kernel runs: a notebook that is opened again, and exported pages."""

import json
import subprocess
import sys
import urllib.request

import pytest

from .lab import cell_outputs, open_notebook, run_all, save, write_notebook

CELLS = {
    "explorable": "from rlcourse.explorables import clipped_objective\nclipped_objective()",
    "view": """
from rlcourse.explorables import PlotView
from rlcourse.explorables.groups.group_of_answers import group_of_answers_plot
PlotView(group_of_answers_plot(), right=3)
""",
    "drive": """
from rlcourse.explorables import drive
from rlcourse.maze import generate_maze
drive(generate_maze(3, seed=0))
""",
    "reward design": """
from rlcourse.explorables import reward_design
from rlcourse.maze import generate_maze
reward_design(generate_maze(3, seed=0))
""",
    "quiz": "from rlcourse.exercises import quiz\nquiz('03')",
    "training": """
from IPython.display import display
from rlcourse.algorithms import Reinforce, Training
from rlcourse.explorables import Chart, TrainingDashboard
from rlcourse.maze import MazeWorld, TabularPolicy, generate_maze

maze = generate_maze(3, seed=0)
training = Training(TabularPolicy(maze.num_states), MazeWorld(maze, groups=4), Reinforce())
dashboard = TrainingDashboard([Chart("Reward", ("reward",))], 5)
display(dashboard)
training.run(5, on_step=dashboard)
dashboard.finish(training.history)
""",
    "films": """
from rlcourse.explorables import Films
Films(maze, {"waiting": [2, 3, 0]})
""",
}
IMAGES = {"explorable", "view", "drive", "reward design", "training", "films"}
NEVER = ("model not found", "Error displaying", "object at 0x", "VBox(", "HBox(", "Loading widget")


def seen(output_area) -> dict:
    """What a reader sees of a cell's output: its words, and the pictures that are really painted."""
    return output_area.evaluate(
        """area => ({
            text: area.innerText,
            alts: [...area.querySelectorAll('img')]
                .filter(image => image.naturalWidth > 100 && image.getBoundingClientRect().width > 100)
                .map(image => image.alt),
            live: area.querySelectorAll('.rlc-live').length,
            height: area.getBoundingClientRect().height,
        })"""
    )


def must_be_worth_reading(name: str, found: dict) -> None:
    assert found["height"] > 40, f"{name}: a blank box"
    assert not [words for words in NEVER if words in found["text"]], f"{name}: {found['text'][:200]}"
    if name in IMAGES:
        assert len(found["alts"]) == 1 and len(found["alts"][0]) > 40, f"{name}: {found['alts']}"
    if name != "training":
        assert "Run this cell" in found["text"] or name == "quiz"


@pytest.fixture(scope="module")
def saved(page, lab):
    """A notebook with every kind of widget, run, and saved as a learner does it."""
    name = write_notebook(lab, "after_the_kernel", *CELLS.values())
    open_notebook(page, lab, name)
    run_all(page)
    page.locator(".rlc-plot .rlc-marks").first.wait_for(timeout=20_000)
    page.wait_for_timeout(1000)
    return name, save(page, lab, name)


def test_while_it_lives_only_the_widget_is_shown(page, lab, saved):
    for index, name in enumerate(CELLS):
        found = seen(page.locator(".jp-CodeCell").nth(index).locator(".jp-OutputArea").first)
        if name == "training":
            must_be_worth_reading(name, found)
        else:
            assert found["live"] and not found["alts"], f"{name}: a still beside the living widget"
            assert "Run this cell" not in found["text"]


def test_a_notebook_opened_again_without_its_kernel_shows_pictures_and_questions(page, lab, saved):
    page.goto("about:blank")
    headers = {"Authorization": f"token {lab.token}"}
    sessions = json.load(urllib.request.urlopen(urllib.request.Request(f"{lab.url}/api/sessions", headers=headers)))
    for session in sessions:
        address = f"{lab.url}/api/sessions/{session['id']}"
        urllib.request.urlopen(urllib.request.Request(address, headers=headers, method="DELETE")).close()
    page.goto(lab.address(saved[0]))
    page.locator(".jp-NotebookPanel .jp-Cell").first.wait_for(timeout=60_000)
    page.wait_for_timeout(6000)  # for the widget manager to have given up
    for index, name in enumerate(CELLS):
        cell = page.locator(".jp-CodeCell").nth(index)
        cell.scroll_into_view_if_needed()
        page.wait_for_timeout(300)
        found = seen(cell.locator(".jp-OutputArea").first)
        must_be_worth_reading(name, found)
        assert not found["live"]
    assert cell_outputs(page, 4).locator("details").count() > 3, "the quiz can be read"


@pytest.mark.parametrize("execute", [[], ["--execute"]], ids=["as saved", "executed"])
def test_an_exported_page_without_a_network_shows_pictures_and_questions(page, lab, saved, tmp_path, execute):
    (tmp_path / "page.ipynb").write_text(json.dumps(saved[1]))
    command = [sys.executable, "-m", "jupyter", "nbconvert", "--to", "html", *execute, "page.ipynb"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    page.context.set_offline(True)
    try:
        page.goto(f"file://{tmp_path}/page.html", wait_until="domcontentloaded")
        page.wait_for_timeout(1500)
        for index, name in enumerate(CELLS):
            must_be_worth_reading(name, seen(page.locator(".jp-CodeCell").nth(index).locator(".jp-OutputArea").first))
        assert page.locator("details").count() > 3
    finally:
        page.context.set_offline(False)


def test_each_still_is_small(saved):
    for cell, name in zip(saved[1]["cells"], CELLS, strict=True):
        for output in cell["outputs"]:
            size = len("".join(output.get("data", {}).get("text/html", "")))
            assert size < 80_000, f"{name}: {size} characters"  # 60 KB of a picture are 80 in base64
