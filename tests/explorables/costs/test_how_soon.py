"""Where each racer reaches a level, by updates and by seconds."""

import numpy as np
import pytest

from rlcourse.algorithms import History
from rlcourse.explorables.costs.how_soon import how_soon_plot


def run(*shares):
    """A history whose answers of update k were right so often."""
    return History([{"step": 0}, *({"step": k + 1, "reward": share} for k, share in enumerate(shares))])


RECORDED = {
    "quick": {0: run(0.4, 0.6, 0.7, 0.9), 1: run(0.4, 0.6, 0.9, 0.9)},
    "slow": {0: run(0.4, 0.5, 0.6), 1: run(0.4, 0.5, 0.6)},
}
SECONDS = {"quick": (0.5, 1.5), "slow": (0.5, 0.1)}
PLOT = how_soon_plot(RECORDED, SECONDS)


def state(level, band=0, slower=0):
    return {"level": level, "band": band, "slower": slower}


def test_the_answers_of_an_update_are_by_the_policy_before_it():
    np.testing.assert_allclose(PLOT.arrays["right_0"].values, [0.4, 0.6, 0.8, 0.9])
    assert PLOT.grids["k0"] == (0, 1, 2, 3)


def test_a_level_is_reached_where_most_seeds_have_been_there():
    assert PLOT.pick("by_update", state(0.8), "racer")[0] == 3
    assert PLOT.pick("by_update", state(0.6), "racer").tolist() == [1, 2]
    assert np.isnan(PLOT.pick("by_update", state(0.8), "racer")[1])
    assert PLOT.fill("{said_0}", state(0.8)) == "quick: 3 updates, 768 answers, 6.0 s."
    assert PLOT.fill("{said_1}", state(0.8)) == "slow: not within its 2 recorded updates."


@pytest.mark.parametrize(("slower", "times"), [(0, 1), (1, 10), (2, 100)])
def test_slower_sampling_makes_only_the_sampling_slower(slower, times):
    quick, slow = PLOT.pick("by_second", state(0.6, slower=slower), "racer")
    assert 10**quick == pytest.approx(1 * (0.5 * times + 1.5))
    assert 10**slow == pytest.approx(2 * (0.5 * times + 0.1))
    np.testing.assert_allclose(
        10 ** PLOT.pick("seconds_0", state(0.6, slower=slower), "k0")[1:], (0.5 * times + 1.5) * np.arange(1, 4)
    )


def test_the_band_goes_from_the_worst_seed_to_the_best_of_one_racer():
    low, high = (PLOT.pick(name, state(0.6, band=0), "update") for name in ("low", "high"))
    np.testing.assert_allclose(low[:4], [0.4, 0.6, 0.7, 0.9])
    np.testing.assert_allclose(high[:4], [0.4, 0.6, 0.9, 0.9])
    assert np.isnan(low[4:]).all()
    assert np.isnan(PLOT.pick("low", state(0.6, band=1), "update")[3:]).all()


@pytest.mark.parametrize(
    ("recorded", "seconds", "words"),
    [
        ({}, {}, "recorded must hold 1 to 6 racers, got 0"),
        (RECORDED, {"quick": (1.0, 1.0)}, r"it lacks \['slow'\]"),
        (RECORDED, SECONDS | {"slow": (0.0, 1.0)}, r"seconds\['slow'\], sampling, must be a number above 0, got 0.0"),
    ],
)
def test_bad_input_is_refused(recorded, seconds, words):
    with pytest.raises(ValueError, match=words):
        how_soon_plot(recorded, seconds)
