"""Where each racer reaches a level, by updates and by seconds."""

import numpy as np
import pytest

from rlcourse.algorithms import History
from rlcourse.experiments import RACERS, load_curves
from rlcourse.explorables.costs.how_soon import how_soon_plot


def run(*shares):
    """A history whose answers of update k were right so often."""
    return History([{"step": 0}, *({"step": k + 1, "reward": share} for k, share in enumerate(shares))])


RECORDED = {
    "quick": {0: run(0.4, 0.6, 0.7, 0.9, 0.9), 1: run(0.4, 0.6, 0.9, 0.9, 0.9)},
    "slow": {0: run(0.4, 0.5, 0.6), 1: run(0.4, 0.5, 0.6)},
}
SECONDS = {"quick": (0.5, 1.5), "slow": (0.5, 0.1)}
PLOT = how_soon_plot(RECORDED, SECONDS)


def state(level, band=0, slower=0):
    return {"level": level, "band": band, "slower": slower}


def test_the_answers_of_an_update_are_by_the_policy_before_it():
    np.testing.assert_allclose(PLOT.arrays["right_0"].values, [0.4, 0.6, 0.8, 0.9, 0.9])
    assert PLOT.grids["k0"] == (0, 1, 2, 3, 4)


def dot(name, i, **at):
    return PLOT.pick(f"{name}_{i}", state(**at), "dot").item()


def test_a_dot_stands_on_its_line_where_it_reaches_the_level_and_stays():
    assert (dot("by_update", 0, level=0.75), dot("height", 0, level=0.75)) == (2, pytest.approx(0.8))
    assert dot("by_update", 0, level=0.5) == 1
    assert np.isnan(dot("by_update", 1, level=0.8)) and np.isnan(dot("height", 1, level=0.8))
    assert PLOT.fill("{said_0}", state(0.75)) == "quick: at update 2, 512 answers, 4.0 s."
    assert PLOT.fill("{said_1}", state(0.8)) == "slow: not within the 3 updates of its record."


def test_no_dot_hangs_above_what_its_line_ever_reaches():
    """Of the course's own records: one lucky batch had put TRPO's dot at 92 %, and its line never gets there."""
    recorded = {label: load_curves(racer.curves) for label, racer in RACERS.items()}
    plot = how_soon_plot(recorded, dict.fromkeys(recorded, (0.1, 0.1)))
    for i in range(len(recorded)):
        line, took = plot.arrays[f"right_{i}"].values, plot.arrays[f"by_update_{i}"].values[:, 0]
        for level, k in zip(plot.grids["level"], took, strict=True):
            assert np.isnan(k) or min(line[int(k) : int(k) + 2]) >= level
    assert np.isnan(plot.arrays["by_update_4"].values[-1])


@pytest.mark.parametrize(("slower", "times"), [(0, 1), (1, 10), (2, 100)])
def test_slower_sampling_makes_only_the_sampling_slower(slower, times):
    quick, slow = (dot("by_second", i, level=0.5, slower=slower) for i in (0, 1))
    assert 10**quick == pytest.approx(1 * (0.5 * times + 1.5))
    assert 10**slow == pytest.approx(1 * (0.5 * times + 0.1))
    np.testing.assert_allclose(
        10 ** PLOT.pick("seconds_0", state(0.6, slower=slower), "k0")[1:], (0.5 * times + 1.5) * np.arange(1, 5)
    )


def test_the_band_goes_from_the_worst_seed_to_the_best_of_one_racer():
    low, high = (PLOT.pick(name, state(0.6, band=0), "update") for name in ("low", "high"))
    np.testing.assert_allclose(low[:5], [0.4, 0.6, 0.7, 0.9, 0.9])
    np.testing.assert_allclose(high[:5], [0.4, 0.6, 0.9, 0.9, 0.9])
    assert np.isnan(low[5:]).all()
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
