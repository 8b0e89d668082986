"""The training of notebook 10, stopped with ■: its own cells, so that this is what a learner meets."""

import json

from .conftest import COURSE
from .lab import cell_outputs, complaints, interrupt, open_notebook, start_all, wait_idle, write_notebook

NOTEBOOK = json.loads((COURSE / "notebooks" / "10_grpo.ipynb").read_text())
EXERCISES = """
from rlcourse.algorithms import GRPO
from rlcourse.equations import group_advantages as advantage_fn
from rlcourse.language import arithmetic_world
"""
AFTER = """
reached = training.history[-1]["step"]
training.run(1)
print("the kernel lives, stopped after", reached, "updates and went on to", training.history[-1]["step"])
"""


def cell_with(code: str) -> str:
    """The one code cell of notebook 10 that contains `code`."""
    cells = ["".join(cell["source"]) for cell in NOTEBOOK["cells"] if cell["cell_type"] == "code"]
    (found,) = (cell for cell in cells if code in cell)
    return found


def test_stop_keeps_the_history_and_the_kernel(page, lab):
    own = [
        "from IPython.display import display",
        "policy = LanguagePolicy(model",
        "def ask(",
        "def answers_of(",
        "training.run(STEPS",
    ]
    cells = [cell_with(code) for code in own]
    cells.insert(3, EXERCISES)  # what the cells of the exercises would have defined
    cells.append(AFTER)
    open_notebook(page, lab, write_notebook(lab, "dashboard", *cells))
    start_all(page)
    picture = page.locator(".jp-OutputArea img.widget-image").first
    picture.wait_for(timeout=60_000)
    for _ in range(2):
        seen = picture.get_attribute("src")
        changed = "seen => document.querySelector('img.widget-image').src !== seen"
        page.wait_for_function(changed, arg=seen, timeout=20_000)

    interrupt(page)
    wait_idle(page, seconds=20)

    final = page.locator('.jp-OutputArea img.rlc-day[alt^="Training curves"]')
    final.wait_for(timeout=5000)
    words = cell_outputs(page, len(cells) - 1).get_by_text("the kernel lives").text_content().split()
    reached, further = int(words[5]), int(words[-1])
    assert 0 < reached < 60 and further == reached + 1
    assert f"Update {reached} of 60" in final.get_attribute("alt")
    assert "Right answers, reward: from" in final.get_attribute("alt")
    assert final.evaluate("image => image.naturalWidth") > 300
    assert not picture.is_visible(), "the live picture gives way to the final one"
    assert not [text for text in complaints(page) if "Error" in text or "KeyboardInterrupt" in text]
