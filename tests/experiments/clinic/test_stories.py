"""What the owners say is what their charts show: a line for each patient, about the recorded run that is shown."""

import numpy as np
import pytest

from rlcourse.experiments import WARDS, load_curves
from rlcourse.explorables.clinic.charts import CHARTS, without_noise

PATIENTS = {patient.name: (ward, patient) for ward in WARDS.values() for patient in ward.patients.values()}


def early_and_late(values):
    """The means of the first and of the last third."""
    third = len(values) // 3
    return values[:third].mean(), values[-third:].mean()


def rises(values):
    early, late = early_and_late(values)
    return late > early


STORIES = {
    "1": lambda own, healthy: (
        rises(own("reward"))
        and own("reward")[5:].max() < healthy("reward")[5:].min()
        and own("clip_fraction").min() > 0.1
    ),
    "2": lambda own, healthy: own("reward")[0] > 0.35 and own("reward")[2:].max() < 0.05,
    "3": lambda own, healthy: own("reward")[-1] > 0.85 and 0 < own("clip_fraction").min() < 0.01,
    "4": lambda own, healthy: (
        not own("loss").any()
        and not own("clip_fraction").any()
        and own("informative_groups")[-1] <= 0.5 * own("informative_groups")[0]
    ),
    "5": lambda own, healthy: (
        own("reward")[3] > own("reward")[0] + 0.2
        and own("reward")[-1] < own("reward")[3] + 0.05
        and np.corrcoef(own("reward"), own("loss"))[0, 1] > 0.5
    ),
    "6": lambda own, healthy: own("loss").min() > 0.001 and own("reward")[-1] > 0.85,
    "7": lambda own, healthy: 0.8 < (healthy("length") - own("length")).mean() < 1.2,
    "8": lambda own, healthy: (
        own("reward")[-1] > healthy("reward").mean() and rises(own("length")) and own("accuracy")[-1] < 0.05
    ),
    "9": lambda own, healthy: (
        rises(own("length"))
        and own("length")[-1] > 20
        and own("kl")[-1] > 3 * healthy("kl")[-1]
        and (np.diff(own("meant"))[2:] <= 0).all()
        and own("meant")[-1] < 0.1
    ),
    "10": lambda own, healthy: (
        own("loss")[0] == 0
        and own("loss")[1:].min() > 0
        and own("length")[1:].max() < own("length")[0]
        and own("meant")[-1] > 0.7
    ),
    "11": lambda own, healthy: (
        np.abs(np.diff(own("reward"))).mean() > 0.15 and own("reward")[4:].mean() < healthy("reward")[4:].mean()
    ),
    "12": lambda own, healthy: (
        rises(own("meant"))
        and own("length")[-1] < 12
        and (np.diff(np.log(own("kl")[3:])) > np.log(5)).any()
        and (np.diff(np.log(own("kl")[3:])) < -np.log(5)).any()
    ),
    "13": lambda own, healthy: (
        own("reward")[19] > own("reward")[0] + 1 and own("reward")[30:].mean() < own("reward")[20:30].mean() + 0.1
    ),
    "14": lambda own, healthy: (
        own("clip_fraction")[0] > 0.5
        and own("clip_fraction")[-1] < 0.01
        and own("value_loss")[5:12].min() < 0.1 * own("value_loss")[0]
        and own("value_loss")[12:20].max() > 0.9 * own("value_loss")[0]
        and own("explained_variance")[-1] > 0.99
    ),
    "15": lambda own, healthy: own("worth")[-1] - own("worth")[-3] < 0.02 and own("worth")[-1] < 0.3,
}
"""Of each patient what its story says, of its own columns and of the means of the healthy runs'."""


@pytest.mark.parametrize("name", PATIENTS)
def test_the_story_is_what_the_charts_show(name):
    ward, patient = PATIENTS[name]
    shown = without_noise(load_curves(ward.record_of(patient))[patient.seed])
    behind = load_curves(ward.behind(patient)).values()
    drawn = {chart.keys[0] for chart in CHARTS[ward.key]}
    asked = set()

    def own(key):
        asked.add(key)
        return shown[key][np.isfinite(shown[key])]

    def healthy(key):
        return np.mean([run[key][np.isfinite(run[key])] for run in behind], axis=0)

    assert STORIES[name](own, healthy)
    assert asked <= drawn, "the story is about a curve that is not shown"
