"""Fine-tuning by more and less careless teachers: what is drawn is what was measured, and what the recording shows."""

import numpy as np
import pytest

from rlcourse.algorithms import History
from rlcourse.experiments import load_careless
from rlcourse.explorables.training.careless_teachers import (
    careless_teachers,
    careless_teachers_figure,
    careless_teachers_plot,
)


def run(*rows):
    """At the steps 0, 1, 2 …; at step 1 nothing was measured."""
    names = ("greedy", "sampled", "sampled_guesses")
    return History([{"step": 2 * i, **dict(zip(names, row, strict=True))} for i, row in enumerate(rows)])


RUNS = {
    0.0: {0: run((0.9, 0.5, 0.1), (1.0, 0.8, 0.0)), 1: run((0.7, 0.5, 0.1), (0.8, 0.6, 0.0))},
    0.6: {0: run((0.9, 0.5, 0.1), (0.1, 0.4, 0.6)), 1: run((0.7, 0.5, 0.1), (0.3, 0.2, 0.5))},
}


def test_what_is_drawn_is_what_was_measured():
    plot, state = careless_teachers_plot(RUNS), {"share": 1, "step": 2}
    for name, value in {"greedy": 20, "greedy_high": 30, "sampled": 30, "sampled_guesses": 55, "teachers": 60}.items():
        assert plot.pick(name, state) == pytest.approx(value)
    np.testing.assert_allclose(plot.pick("greedy_curve", state, "moment"), [80, 20])
    np.testing.assert_allclose(plot.pick("greedy_ends", state, "end"), [90, 20])
    np.testing.assert_allclose(plot.pick("sampled_ends", {"share": 0, "step": 0}, "end"), [50, 50])
    assert plot.fill(plot.readouts[0], state).startswith("60 % of the teachers guess. After 2 updates 55 % of")


def test_the_recording_shows_a_switch_at_one_half_and_no_switch_when_sampled():
    """The claims of notebook 01: greedy answers are nearly all right, or nearly all wrong; sampled ones go down."""
    runs = load_careless()
    greedy = {share: [run.last("greedy") for run in seeds.values()] for share, seeds in runs.items()}
    assert all(min(ends) >= 0.9 for share, ends in greedy.items() if share < 0.5)
    assert all(max(ends) <= 0.3 for share, ends in greedy.items() if share > 0.5)
    sampled = [np.mean([run.last("sampled") for run in seeds.values()]) for seeds in runs.values()]
    assert sampled == sorted(sampled, reverse=True)
    for share, seeds in runs.items():
        guesses = np.mean([run.last("sampled_guesses") for run in seeds.values()])
        assert guesses == pytest.approx(share, abs=0.12)
    assert careless_teachers(runs).view.plot.grids["step"][-1] == 40
    assert careless_teachers_figure(runs, share=1, step=20).axes


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        ({0.6: RUNS[0.6]}, "of two shares at least"),
        ({0.6: RUNS[0.6], 0.0: RUNS[0.0]}, "from low to high"),
        ({0.0: {0: RUNS[0.0][0]}, 0.6: RUNS[0.6]}, "equally many at each share"),
        ({0.0: RUNS[0.0], 0.6: {0: run((0.5, 0.5, 0.5)), 1: run((0.5, 0.5, 0.5))}}, "two common steps"),
    ],
)
def test_what_does_not_fit_is_refused(runs, message):
    with pytest.raises(ValueError, match=message):
        careless_teachers_plot(runs)
