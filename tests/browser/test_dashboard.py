"""A long training cell with its live picture, stopped with ■."""

from .lab import cell_outputs, complaints, interrupt, open_notebook, start_all, wait_idle, write_notebook

SETUP = """
import time
import torch
from IPython.display import display
from rlcourse.algorithms import Training
from rlcourse.explorables import Chart, TrainingDashboard


class Slow:
    \"\"\"An algorithm that learns nothing, slowly.\"\"\"

    def make_optimizer(self, policy):
        return None

    def collect(self, world, policy, generator):
        time.sleep(0.02)

    def update(self, policy, optimizer, experience):
        return {"reward": 0.5}


training = Training(None, None, Slow())
dashboard = TrainingDashboard([Chart("Mean reward", ("reward",), low=0, high=1)], 10_000)
"""
RUN = """
display(dashboard)
training.run(10_000, on_step=dashboard)
dashboard.finish(training.history)
"""
AFTER = 'print("the kernel lives and remembers", len(training.history), "steps")'


def test_stop_keeps_the_history_and_the_kernel(page, lab):
    open_notebook(page, lab, write_notebook(lab, "dashboard", SETUP, RUN, AFTER))
    start_all(page)
    picture = page.locator(".jp-OutputArea img.widget-image")
    picture.wait_for(timeout=60_000)
    first = picture.get_attribute("src")
    page.wait_for_function("first => document.querySelector('img.widget-image').src !== first", arg=first, timeout=5000)

    interrupt(page)
    wait_idle(page, seconds=10)

    final = page.locator('.jp-OutputArea img[alt^="Training curves"]')
    final.wait_for(timeout=5000)
    words = cell_outputs(page, 2).text_content()
    steps = int(words.removeprefix("the kernel lives and remembers ").split()[0])
    assert 0 < steps < 10_000
    assert f"Step {steps} of 10000" in final.get_attribute("alt")
    assert final.evaluate("image => image.naturalWidth") > 300
    assert not picture.is_visible(), "the live picture gives way to the final one"
    assert not [text for text in complaints(page) if "Error" in text or "KeyboardInterrupt" in text]
