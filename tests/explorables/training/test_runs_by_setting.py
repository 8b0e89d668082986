"""Recorded runs by a setting: what is drawn are the runs' own numbers."""

import numpy as np
import pytest

from rlcourse.algorithms import History
from rlcourse.explorables import Chart, runs_by_setting, runs_by_setting_figure
from rlcourse.explorables.training.runs_by_setting import runs_by_setting_plot

CHARTS = [Chart("Right", ("right",), low=0, high=1, percent=True), Chart("Entropy", ("entropy",), low=0)]


def runs(level):
    rows = lambda shift: [{"step": k, "right": level + shift + 0.1 * k, "entropy": 0.5 - 0.1 * k} for k in range(4)]  # noqa: E731
    return {seed: History(rows(0.05 * seed)) for seed in range(3)}


RUNS = {"low": runs(0.1), "high": runs(0.4)}


def test_the_band_is_that_of_the_chosen_setting_and_the_last_picture_has_all():
    plot = runs_by_setting_plot(RUNS, CHARTS, label="temperature")
    for i, level in enumerate((0.1, 0.4)):
        state = {"setting": float(i)}
        np.testing.assert_allclose(plot.pick("low_0", state, "step_0"), 100 * (level + 0.1 * np.arange(4)))
        np.testing.assert_allclose(plot.pick("mean_0", state, "step_0"), 100 * (level + 0.05 + 0.1 * np.arange(4)))
        said = plot.fill(plot.readouts[0], state)
        assert said.startswith(f"temperature: {('low', 'high')[i]}. Right: {100 * (level + 0.35):.0f} % at the end")
        assert "Entropy: 0.20 at the end" in said
    np.testing.assert_allclose(plot.arrays["ends"].values, [40, 45, 50, 70, 75, 80])


def test_the_explorable_and_its_figure():
    assert runs_by_setting(RUNS, CHARTS, label="temperature").view.setting == 0
    assert len(runs_by_setting_figure(RUNS, CHARTS, label="temperature", setting=1).axes) == 3


@pytest.mark.parametrize(("some", "charts", "message"), [(1, CHARTS, "two settings"), (2, [], "one to three charts")])
def test_what_cannot_be_shown_is_refused(some, charts, message):
    with pytest.raises(ValueError, match=message):
        runs_by_setting(dict(list(RUNS.items())[:some]), charts, label="temperature")


def test_a_logarithmic_axis_draws_logarithms_and_says_plain_numbers():
    charts = [CHARTS[0], Chart("Entropy", ("entropy",), low=0.25, high=10)]
    plot = runs_by_setting_plot(RUNS, charts, label="temperature", logarithmic=["entropy"])
    drawn = plot.pick("mean_1", {"setting": 0.0}, "step_1")
    np.testing.assert_allclose(drawn, np.log10(np.maximum(0.5 - 0.1 * np.arange(4), 0.25)))
    assert "Entropy: 0.20 at the end" in plot.fill(plot.readouts[0], {"setting": 0.0})
    axis = plot.panels[1].y
    assert (axis.names, axis.places) == (("1", "10"), (0, 1)) and axis.low == pytest.approx(np.log10(0.25))
    for wrong in ("right", "length"):
        with pytest.raises(ValueError, match="logarithmic must name columns that a chart after the first draws"):
            runs_by_setting(RUNS, charts, label="temperature", logarithmic=[wrong])
