"""CartPole's films: the episode is a real one, and what is played is its numbers."""

import itertools
import math

import gymnasium
import numpy as np
import pytest

from rlcourse.explorables.robots import pole
from rlcourse.explorables.robots.pole import PoleFilms, balance, describe_balance, pole_figure
from rlcourse.maze import NetworkPolicy


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


def test_an_episode_is_sent_as_places_and_tilts(episode):
    film = PoleFilms({"before <it>": episode}, every=4).films[0]
    assert film["steps"][:2] == [1, 5] and film["steps"][-1] == len(episode)
    rows = np.array(film["steps"]) - 1
    np.testing.assert_allclose(film["places"], episode[rows, 0], atol=1e-3)
    np.testing.assert_allclose(film["tilts"], np.degrees(episode[rows, 2]), atol=0.01)
    assert film["said"].startswith("before <it>. After") and film["mood"] == "bad"


def test_it_plays_in_real_time():
    assert PoleFilms({"x": np.zeros((3, 4))}, every=5).rate == 10, "of Gymnasium's 50 steps a second one in five"


def test_a_pole_that_stands_to_the_end_is_said_to_stand():
    films = PoleFilms({"after": np.zeros((500, 4))})
    assert films.films[0]["end"] == "still standing"
    assert "after. The pole stands for all 500 steps." in films.still().text


def test_the_words_tell_the_edge_from_a_fall():
    seen = np.zeros((30, 4))
    seen[-1, 0] = 2.39
    assert describe_balance("x", seen) == "x. After 30 steps it leaves the track."


def test_it_is_printed_as_the_tilt_of_each_step(episode):
    figure = pole_figure({"one": episode, "two": np.zeros((500, 4))})
    first, second = figure.axes[0].lines[:2]
    np.testing.assert_allclose(first.get_ydata(), np.degrees(episode[:, 2]), rtol=1e-6)
    assert second.get_label() == "two: 500 steps"


def test_there_must_be_an_episode():
    with pytest.raises(ValueError, match="at least one episode"):
        PoleFilms({})
    with pytest.raises(ValueError, match="every must be from 1 to 500"):
        PoleFilms({"x": np.zeros((3, 4))}, every=0)


@pytest.mark.parametrize(("degrees", "words"), [(-0.3, "0°"), (0.2, "0°"), (-3.4, "−3°"), (3.6, "+4°")])
def test_a_tilt_has_its_sign_and_none_before_zero(degrees, words):
    assert pole.tilt(np.radians(degrees)) == words
