import io

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from rlcourse.maze import Screen, draw_maze, film, solve, walk
from rlcourse.maze.screen import DPI


def test_a_frame_is_the_picture_of_that_state(small):
    """Blitting must give what drawing the whole picture afresh gives, but for a few shades of smoothing."""
    screen = Screen(small)
    for state in (3, 21, small.start_state):
        figure = draw_maze(small, state=state)
        figure.set_dpi(DPI)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        fresh = np.asarray(canvas.buffer_rgba())[..., :3].astype(int)
        different = np.abs(screen.frame(state).astype(int) - fresh).max(axis=-1) > 40
        assert different.mean() < 1e-3


def test_frames_leave_no_trace(small):
    screen = Screen(small)
    first = screen.frame(4)
    screen.frame(40)
    assert (screen.frame(4) == first).all()
    assert (screen.frame(5) != first).any()


def test_a_film_has_a_frame_for_every_state(small):
    states = walk(small, solve(small, gamma=0.9).policy)
    film_ = Image.open(io.BytesIO(film(small, states, fps=5, title="best")))
    assert film_.format == "GIF"
    assert film_.n_frames == len(states)
    durations = []
    for frame in range(film_.n_frames):
        film_.seek(frame)
        durations.append(film_.info["duration"])
    assert durations == [200] * (len(states) - 1) + [2000]
    assert film_.info["loop"] == 0


def test_a_films_captions_count_actions_and_rewards(small, monkeypatch):
    said = []
    frame = Screen.frame
    monkeypatch.setattr(Screen, "frame", lambda self, state, caption="": said.append(caption) or frame(self, state))
    facing_a_wall = next(s for s in small.open_states.tolist() if small.transitions.hit_wall[s, 0])
    turned = int(small.transitions.next_state[facing_a_wall, 1])
    film(small, [facing_a_wall, facing_a_wall, turned], title="random")
    assert said == [
        "random: 0 actions, return +0.00",
        "random: 1 actions, return −0.06",
        "random: 2 actions, return −0.07",
    ]


@pytest.mark.parametrize("fps", [0, 51])
def test_a_film_has_a_sensible_speed(small, fps):
    with pytest.raises(ValueError, match="fps must be from 1 to 50"):
        film(small, [0, 1], fps=fps)
