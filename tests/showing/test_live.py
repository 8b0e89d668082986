"""What a widget displays, and what it leaves behind. tests/browser/test_after_the_kernel.py sees it in a browser."""

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from rlcourse.explorables import Films, PlotView, PoleFilms, clipped_objective, drive, reward_design
from rlcourse.explorables.groups.group_of_answers import group_of_answers_plot
from rlcourse.maze import generate_maze
from rlcourse.showing.live import WIDGET, Still

MAZE = generate_maze(3, seed=0)
WIDGETS = {
    "explorable": clipped_objective,
    "view": lambda: PlotView(group_of_answers_plot(), right=3),
    "drive": lambda: drive(MAZE),
    "reward design": lambda: reward_design(MAZE),
    "films": lambda: Films(MAZE, {"waiting": [2, 3, 0]}),
    "pole films": lambda: PoleFilms({"still": np.zeros((9, 4))}),
}


@pytest.fixture
def displayed():
    """The outputs of displaying something, as a notebook keeps them."""
    shell = InteractiveShell.instance()

    def display_it(thing):
        with capture_output() as captured:
            shell.display_formatter.format(thing)
        return [output.data for output in captured.outputs]

    yield display_it
    InteractiveShell.clear_instance()


@pytest.mark.parametrize("name", WIDGETS)
def test_a_widget_is_followed_by_its_still(displayed, name):
    widget, still = displayed(WIDGETS[name]())
    assert WIDGET in widget and widget["text/html"] == ""
    assert '<div class="rlc-still">' in still["text/html"] and 'alt="' in still["text/html"]
    assert "Run this cell" in still["text/html"] and "Run this cell" in still["text/plain"]


@pytest.mark.parametrize("name", WIDGETS)
def test_asked_for_everything_at_once_a_widget_shows_no_repr(name):
    bundle = WIDGETS[name]()._repr_mimebundle_()
    assert WIDGET in bundle and "<img" in bundle["text/html"]
    assert "object at" not in bundle["text/plain"] and "VBox(" not in bundle["text/plain"]


def test_a_sentence_is_escaped():
    assert "&lt;b&gt;" in Still.of("", "<b>").html
