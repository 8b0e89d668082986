"""More walks: dots and errors are those that were handed in, and nonsense is refused."""

import numpy as np
import pytest

from rlcourse.explorables import more_walks, more_walks_figure
from rlcourse.explorables.gradients.more_walks import more_walks_plot

COUNTS = (4, 16, 64)


@pytest.fixture(scope="module")
def handed_in():
    chance = np.random.default_rng(0)
    exact = chance.normal(size=6)
    return exact, {count: exact + chance.normal(size=(50, 6)) / np.sqrt(count) for count in COUNTS}


def test_the_dots_are_the_first_estimate_over_the_exact_numbers(handed_in):
    exact, estimates = handed_in
    plot = more_walks_plot(exact, estimates)
    for count in COUNTS:
        np.testing.assert_array_equal(plot.pick("estimated", {"walks": count}, along="entry"), estimates[count][0])
    np.testing.assert_array_equal(plot.pick("exact", {}, along="entry"), exact)


def test_the_error_is_the_mean_distance_and_halves_with_four_times_as_many(handed_in):
    exact, estimates = handed_in
    errors = more_walks_plot(exact, estimates).arrays["errors"].values
    by_hand = [((rows - exact) ** 2).sum(1).mean() ** 0.5 / (exact**2).sum() ** 0.5 for rows in estimates.values()]
    np.testing.assert_allclose(errors, 100 * np.array(by_hand))
    np.testing.assert_allclose(errors[1:] / errors[:-1], 0.5, atol=0.1)


def test_dots_outside_are_counted(handed_in):
    exact, _ = handed_in
    far = np.tile(exact, (2, 1))
    far[0, :2] = 100
    plot = more_walks_plot(exact, {1: far, 10: np.tile(exact, (2, 1))})
    assert "Of the 6 dots 2 lie outside" in plot.fill(plot.readouts[0], {"walks": 1})
    assert "All 6 dots" in plot.fill(plot.readouts[0], {"walks": 10})


def test_dots_that_hide_each_other_are_counted_once():
    exact = np.array([0.0, 0.0, 0.0, 1.0, 2.0, 3.0])
    plot = more_walks_plot(exact, {1: np.array([[0.0, 0.0, 0.5, 1.0, 2.0, 99.0]] * 2), 10: np.tile(exact, (2, 1))})
    assert plot.fill(plot.readouts[0], {"walks": 1}).endswith(
        "You see fewer than 6 dots: 1 lie outside the picture; of the others equal ones hide each other, 4 differ."
    )
    assert plot.fill(plot.readouts[0], {"walks": 10}).endswith("equal ones hide each other, 4 differ.")


def test_estimates_that_do_not_fit_are_refused(handed_in):
    exact, estimates = handed_in
    with pytest.raises(ValueError, match="constant ratio"):
        more_walks(exact, {1: estimates[4], 2: estimates[4], 5: estimates[4]})
    with pytest.raises(ValueError, match=r"estimates\[16\] must have the shape \[M, 6\], got \[50, 5\]"):
        more_walks(exact, {4: estimates[4], 16: estimates[16][:, :5]})
    with pytest.raises(ValueError, match="not all 0"):
        more_walks(np.zeros(6), estimates)


def test_it_has_one_slider_that_plays_and_can_be_printed(handed_in):
    explorable = more_walks(*handed_in)
    assert explorable.view.plays == ["walks"] and explorable.view.walks == 4
    assert len(more_walks_figure(*handed_in, walks=16).axes) == 2
    with pytest.raises(ValueError, match="walks must be one of 4, 16, 64, got 17"):
        more_walks_figure(*handed_in, walks=17)
