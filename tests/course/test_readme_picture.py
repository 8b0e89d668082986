"""The front page's picture: small enough, and drawn from what it is given. The training is the notebooks'."""

import io

import numpy as np
from matplotlib.collections import LineCollection
from PIL import Image

from rlcourse.algorithms import History
from rlcourse.course.readme_picture import TARGET, readme_picture
from rlcourse.maze import Action, generate_maze
from rlcourse.showing.picture import png


def test_it_shows_both_walks_and_the_curve():
    maze = generate_maze(4, seed=0)
    turned = maze.transitions.next_state[maze.start_state, Action.TURN_LEFT]
    walks = {"before": np.array([maze.start_state, turned]), "after": np.array([maze.start_state])}
    history = History([{"step": i, "seconds": 0.0, "held_out": i / 10} for i in (0, 5, 10)])
    answers = {"before": " I guess 2+2 is 7.", "after": " 2+2 is 4."}
    figure = readme_picture(maze, walks, history, answers, question="What is 2+2?")
    left, middle, right = figure.axes
    assert [axes.get_title("left") for axes in (left, middle)] == ["before", "after"]
    walked = [c for c in left.collections if isinstance(c, LineCollection) and c.get_array() is not None]
    assert len(walked) == 1
    assert list(right.lines[0].get_ydata()) == [0.0, 0.5, 1.0]
    words = [text.get_text() for text in right.texts]
    assert any("I guess 2+2 is 7." in w for w in words) and any("“2+2 is 4.”" in w for w in words)
    assert Image.open(io.BytesIO(png(figure))).size == (1200, 390)


def test_the_one_on_the_front_page_is_there_and_small():
    assert TARGET.stat().st_size < 200_000
    with Image.open(TARGET) as picture:
        assert picture.size == (1200, 390)
