"""A slider over the age of the data: each number is that of the records."""

import numpy as np
import pytest

from rlcourse.algorithms import History
from rlcourse.explorables import age_of_data, age_of_data_figure
from rlcourse.explorables.training.age_of_data import age_of_data_plot


def run(seed, age, slope):
    rows = [{"step": 0, "accuracy": 0.3}]
    rows += [{"step": s, "clip_fraction": 0.01 * age * s} for s in range(1, 7)]
    for row in rows[3::3]:
        row["accuracy"] = 0.3 + 0.1 * row["step"] * slope - 0.01 * age - 0.001 * seed
    return History(rows)


RUNS = {
    way: {age: {seed: run(seed, age, slope) for seed in (0, 1, 2)} for age in (0, 1, 8)}
    for way, slope in (("as if fresh", 0.5), ("clipped", 1.0))
}


def test_what_is_drawn_and_said_is_what_was_recorded():
    plot, state = age_of_data_plot(RUNS), {"age": 2.0}
    assert plot.pick("right_1_mean", state, along="measured") == pytest.approx([30, 51.9, 81.9])
    assert plot.pick("out_0_mean", state, along="update") == pytest.approx(8 * np.arange(1, 7))
    assert plot.pick("ends_0", state, along="one") == pytest.approx([59.9, 58.9, 51.9])
    words = plot.fill(plot.readouts[0], state)
    assert words.startswith("The data are 8 updates old. At the end, as if fresh: 52 % right (52 to 52 over")
    assert "clipped: 82 % right" in words
    assert plot.fill(plot.readouts[0], {"age": 0.0}).startswith("The data are fresh.")


def test_it_has_a_slider_over_the_ages_with_a_play_button():
    made = age_of_data(RUNS)
    assert list(made.children[1].children[0].options) == ["0", "1", "8"] and made.view.plays == ["age"]
    assert len(age_of_data_figure(RUNS, age=1).axes) == 3


@pytest.mark.parametrize(
    ("runs", "said"),
    [
        ({}, "one to 3 ways"),
        ({"clipped": {0: RUNS["clipped"][0]}}, "at least two"),
        ({"clipped": RUNS["clipped"], "fresh": {0: RUNS["clipped"][0], 1: RUNS["clipped"][1]}}, "same ages"),
    ],
)
def test_what_cannot_be_compared_is_refused(runs, said):
    with pytest.raises(ValueError, match=said):
        age_of_data_plot(runs)
