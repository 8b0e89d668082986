"""Recorded walks as data for the player; tests/browser/test_films.py plays them."""

import itertools
import json

import numpy as np
import pytest

from rlcourse.explorables.robots.films import Films, films_figure
from rlcourse.maze import MazeEnv, generate_maze, solve, walk

MAZE = generate_maze(3, seed=0)
BEST = walk(MAZE, solve(MAZE, gamma=0.9).policy)
WAITING = [2, 3, 0, 0]
"""Two turns, and a drive into the wall to the north."""


@pytest.fixture(scope="module")
def films():
    return Films(MAZE, {"best <one>": BEST, "waiting": WAITING})


def test_the_frames_are_the_walk_and_what_the_environment_pays_for_it(films):
    film, rules = films.films[0], MAZE.transitions
    assert film["states"] == BEST.tolist()
    env, paid = MazeEnv(maze=MAZE), []
    env.reset()
    for before, after in itertools.pairwise(BEST):
        paid.append(env.step(int(np.flatnonzero(rules.next_state[before] == after)[0]))[1])
    assert film["rewards"] == pytest.approx(paid)
    assert film["returns"] == pytest.approx([0, *np.cumsum(paid)])


def test_each_film_says_how_it_ends(films):
    assert [(film["end"], film["mood"]) for film in films.films] == [
        ("reached the exit", "good"),
        ("still inside after 3 actions", "bad"),
    ]
    assert "best <one>. A walk of" in films.films[0]["said"]
    assert "hits a wall once" in films.films[1]["said"]


def test_three_robots_fit_in_a_few_kilobytes():
    maze = generate_maze(8, seed=0)
    lost = walk(maze, np.full((maze.num_states, 3), 1 / 3), seed=0, max_steps=120)
    films = Films(maze, {name: lost for name in ("random", "TRPO", "PPO")})
    assert len(json.dumps([films.films, films.world])) < 10_000
    assert len(films.still().html) < 80_000


def test_it_is_printed_with_a_panel_for_each_walk(films):
    titles = [axes.get_title("left") for axes in films.picture().figure.axes if axes.get_title("left")]
    assert titles[1] == "waiting: still inside after 3 actions\n3 actions, return -0.08"
    assert len(films_figure(MAZE, {"one": BEST}).axes) == 2  # and its colour bar


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"walks": {}}, ValueError, "walks must hold at least one walk"),
        ({"walks": {"jump": [0, 20]}}, ValueError, "states must be a walk"),
        ({"walks": {"x": [0, 1]}, "fps": 0}, ValueError, "fps must be from 1 to 50"),
    ],
)
def test_what_is_no_film_is_refused(arguments, error, words):
    with pytest.raises(error, match=words):
        Films(MAZE, **arguments)
