"""What the recorded runs of the clinic show: a symptom each, or none where that is the point."""

import numpy as np
import pytest

from rlcourse.algorithms import History
from rlcourse.experiments import WARDS, load_curves
from rlcourse.experiments.clinic.symptoms import departure

SHOWN = {
    "dropout": {"reward": "lower", "clip_fraction": "higher", "loss": "higher"},
    "rate": {"reward": "lower", "accuracy": "lower", "informative_groups": "lower"},
    "padding": {"clip_fraction": "higher"},
    "noise": {"loss": "higher", "accuracy": "lower"},
    "temperature": {"clip_fraction": "higher", "loss": "higher"},
    "end": {"length": "lower"},
    "shaped": {"length": "higher", "accuracy": "lower", "informative_groups": "higher"},
    "k1": {},
    "mirrored": {"reward": "lower"},
    "flipped": {},
    "broadcast": {"reward": "lower", "worth": "lower", "explained_variance": "lower"},
    "limit": {"worth": "lower", "value_loss": "higher", "entropy": "higher"},
}
"""Of each slip the curves that leave the healthy runs, in four of five seeds at least."""
ILL = {p.cause.key: (ward, p) for ward in WARDS.values() for p in ward.patients.values() if p.cause}


def run(*values):
    return History({"step": step, "x": value} for step, value in enumerate(values))


def test_a_curve_leaves_when_it_is_further_from_the_healthy_ones_than_these_are_from_each_other():
    healthy = {0: run(0, 0, 1, 1), 1: run(0, 0, 2, 2)}
    assert departure({0: run(0, 0, 4, 4)}, healthy, "x") == "higher"
    assert departure({0: run(0, 0, 2.5, 2.5)}, healthy, "x") == ""
    assert departure({0: run(9, 9, -1, -1)}, healthy, "x") == "lower"
    assert departure({0: run(0, 0, 4, 4), 1: run(0, 0, 1, 1)}, healthy, "x") == ""
    assert departure({0: run(0, 0, 4, 4)}, healthy, "y") == ""


def test_there_are_at_least_ten_ill_patients_and_three_healthy_ones():
    assert len(ILL) >= 10 and set(SHOWN) == set(ILL)
    assert sum(p.cause is None for ward in WARDS.values() for p in ward.patients.values()) == 3


@pytest.mark.parametrize("key", SHOWN)
def test_the_symptom_is_in_the_recorded_runs(key):
    ward, patient = ILL[key]
    own, healthy = load_curves(ward.record_of(patient)), load_curves(ward.behind(patient))
    assert {column: departure(own, healthy, column) for column in SHOWN[key]} == SHOWN[key]


@pytest.mark.parametrize("key", WARDS)
def test_healthy_runs_are_healthy(key):
    """Each of the five against the other four: none of them would be called ill, and all of them learn."""
    runs = load_curves(WARDS[key].record)
    learned = {"sums": ("accuracy", 0.5), "objective": ("meant", 0.5), "robots": ("worth", 0.3)}[key]
    assert min(run.last(learned[0]) for run in runs.values()) > learned[1]
    if key == "sums":
        for run_ in runs.values():
            assert np.nanmax(np.abs(run_["loss"])) < 1e-6 and np.nanmax(run_["clip_fraction"]) == 0


def test_more_than_one_slip_is_in_no_curve_of_its_own_but_in_a_test():
    """Which is why there are tests: the notebook says so."""
    silent = [key for key, curves in SHOWN.items() if not curves]
    for key in silent:
        ward, patient = ILL[key]
        own, healthy = load_curves(ward.record_of(patient)), load_curves(ward.behind(patient))
        assert [departure(own, healthy, column) for column in ("reward", "meant", "length", "kl", "loss")] == [""] * 5
    assert silent == ["k1", "flipped"]
