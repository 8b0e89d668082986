"""What the recorded runs of the clinic show: a symptom each, and in some of them none of it where one looks first."""

import numpy as np
import pytest

from rlcourse.algorithms import History
from rlcourse.experiments import WARDS, load_curves
from rlcourse.experiments.clinic.symptoms import departure

SHOWN = {
    "dropout": {"reward": "lower", "clip_fraction": "higher", "loss": "higher"},
    "rate": {"reward": "lower", "accuracy": "lower", "informative_groups": "lower"},
    "padding": {"clip_fraction": "higher"},
    "noise": {"reward": "lower", "accuracy": "lower", "loss": "higher"},
    "temperature": {"clip_fraction": "higher", "loss": "higher"},
    "end": {"length": "lower"},
    "shaped": {"length": "higher", "accuracy": "lower", "informative_groups": "higher"},
    "k1": {"meant": "lower", "length": "higher", "kl": "higher"},
    "mirrored": {"reward": "lower", "clip_fraction": "higher"},
    "flipped": {"kl": "higher", "loss": "higher"},
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


def test_some_slips_cost_nothing_of_what_is_learned():
    """Which is why the other curves are drawn, and why there are tests: the notebook says so."""
    unharmed = []
    for key, (ward, patient) in ILL.items():
        own, healthy = load_curves(ward.record_of(patient)), load_curves(ward.behind(patient))
        if not any(departure(own, healthy, column) for column in ("reward", "accuracy", "meant", "worth")):
            unharmed.append(key)
    assert unharmed == ["padding", "temperature", "end", "flipped"]
