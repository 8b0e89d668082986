"""Moving pictures as a cell shows them."""

import base64
import io
import re

import pytest
from PIL import Image

from rlcourse.explorables.robots.films import Films
from rlcourse.maze import generate_maze, solve, walk


def test_each_walk_is_an_animation_with_words():
    maze = generate_maze(3, seed=0)
    best = walk(maze, solve(maze, gamma=0.9).policy)
    bundle = Films(maze, {"best <one>": best, "waiting": [2, 3, 0]})._repr_mimebundle_()
    files = re.findall(r'src="data:image/gif;base64,([^"]+)" alt="([^"]+)"', bundle["text/html"])
    assert [Image.open(io.BytesIO(base64.b64decode(data))).n_frames for data, _ in files] == [len(best), 3]
    assert "best &lt;one&gt;. A walk of" in files[0][1]
    assert "reaches the exit" in files[0][1]
    assert "waiting. A walk of 2 actions" in bundle["text/plain"]


def test_there_must_be_a_walk():
    with pytest.raises(ValueError, match="at least one walk"):
        Films(generate_maze(3, seed=0), {})
