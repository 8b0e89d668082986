"""CartPole's films: the episode is a real one, and the picture shows the numbers."""

import base64
import io
import itertools
import math
import re

import gymnasium
import numpy as np
import pytest
from PIL import Image

from rlcourse.explorables.robots import pole
from rlcourse.explorables.robots.pole import PoleFilms, balance, describe_balance, frame
from rlcourse.maze import NetworkPolicy
from rlcourse.showing.style import OKABE_ITO


@pytest.fixture(scope="module")
def episode():
    return balance(NetworkPolicy(4, 2, seed=0), seed=1)


def test_each_step_follows_from_the_last_by_gymnasiums_own_rules(episode):
    env = gymnasium.make("CartPole-v1").unwrapped
    env.reset(seed=0)
    for before, after in itertools.pairwise(episode):
        led_to = []
        for action in (0, 1):
            env.state, env.steps_beyond_terminated = before.astype(float), None
            led_to.append(env.step(action)[0])
        assert min(np.abs(after - there).max() for there in led_to) < 1e-5


def test_an_untrained_policy_drops_the_pole_soon_and_the_episode_ends_there(episode):
    assert 5 < len(episode) < 150
    assert np.abs(episode[:-1, 2]).max() < math.radians(12.1)


def test_the_same_seed_gives_the_same_episode(episode):
    np.testing.assert_array_equal(balance(NetworkPolicy(4, 2, seed=0), seed=1), episode)


def test_each_episode_is_an_animation_with_words():
    still = np.zeros((21, 4))
    bundle = PoleFilms({"before <it>": still, "after": np.zeros((500, 4))}, every=4)._repr_mimebundle_()
    files = re.findall(r'src="data:image/gif;base64,([^"]+)" alt="([^"]+)"', bundle["text/html"])
    frames = [Image.open(io.BytesIO(base64.b64decode(data))).n_frames for data, _ in files]
    assert frames[0] == 6 or frames[0] == 7  # a GIF may merge frames that are alike
    assert files[0][1] == "before &lt;it&gt;. After 21 steps it falls."
    assert "after. The pole stands for all 500 steps." in bundle["text/plain"]
    first = Image.open(io.BytesIO(base64.b64decode(files[0][0]))).convert("RGB")
    assert min(first.getpixel((2, 100))) >= 253, "white stays white"
    assert sum(len(data) for data, _ in files) < 1_500_000


def test_the_words_tell_the_edge_from_a_fall():
    seen = np.zeros((30, 4))
    seen[-1, 0] = 2.39
    assert describe_balance("x", seen) == "x. After 30 steps it leaves the track."


@pytest.mark.parametrize(("place", "angle"), [(0.0, 0.0), (1.5, 0.2), (-1.0, -0.1)])
def test_the_pole_leans_as_far_as_the_angle_says(place, angle):
    pixels = np.asarray(frame(np.array([place, 0, angle, 0]), "x")).astype(int)
    pole = np.abs(pixels - np.array([int(OKABE_ITO["vermillion"][i : i + 2], 16) for i in (1, 3, 5)])).max(-1) < 40
    rows, columns = pole.nonzero()
    slope = np.polyfit(rows, columns, 1)[0]
    assert math.atan(-slope) == pytest.approx(angle, abs=0.02)
    foot = np.polyval(np.polyfit(rows, columns, 1), rows.max())
    assert foot == pytest.approx(380 / 2 + place * 380 / (2.3 * 2.4), abs=4)


def test_there_must_be_an_episode():
    with pytest.raises(ValueError, match="at least one episode"):
        PoleFilms({})
    with pytest.raises(ValueError, match="every must be at least 1"):
        PoleFilms({"x": np.zeros((3, 4))}, every=0)


@pytest.mark.parametrize(("degrees", "words"), [(-0.3, "0°"), (0.2, "0°"), (-3.4, "−3°"), (3.6, "+4°")])
def test_a_tilt_has_its_sign_and_none_before_zero(degrees, words):
    assert pole.tilt(np.radians(degrees)) == words


def test_the_films_letters_have_a_minus():
    missing = pole._font().getmask("\uffff")
    assert bytes(pole._font().getmask("−")) != bytes(missing), "not the box that stands for a sign that is not there"
