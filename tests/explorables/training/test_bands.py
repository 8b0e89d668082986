"""Bands over seeds: the drawn lines and areas are the mean, the worst and the best of the runs handed in."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from rlcourse.algorithms import History
from rlcourse.experiments import load_curves
from rlcourse.explorables.training.bands import bands_picture, seed_band


def run(*values, every=1):
    """A history of one step more than it has measurements, measured at every so-many-th step."""
    rows = [{"step": i, "seconds": 0.1 * i} for i in range(every * (len(values) - 1) + 2)]
    for i, value in enumerate(values):
        rows[i * every]["score"] = value
    return History(rows)


RUNS = {0: run(0.0, 1.0, 4.0), 1: run(2.0, 1.0, 0.0), 2: run(1.0, 4.0, 5.0)}


def drawn(axes):
    """The mean's line, and the lower and upper edge of the area, of the first method."""
    line, area = axes.lines[0], axes.collections[0]
    corners = area.get_paths()[0].vertices
    edges = [corners[corners[:, 0] == x, 1] for x in line.get_xdata()]
    return line.get_xdata(), line.get_ydata(), [e.min() for e in edges], [e.max() for e in edges]


def test_the_line_is_the_mean_and_the_area_reaches_from_the_worst_seed_to_the_best():
    picture = bands_picture({"ours": RUNS}, metric="score")
    x, mean, low, high = drawn(picture.figure.axes[0])
    np.testing.assert_allclose(x, [0, 1, 2])
    np.testing.assert_allclose(mean, [1, 2, 3])
    np.testing.assert_allclose(low, [0, 1, 0])
    np.testing.assert_allclose(high, [2, 4, 5])


def test_only_steps_that_every_seed_has_a_number_for_are_drawn():
    band = seed_band({0: run(1.0, 2.0, 3.0, every=2), 1: run(3.0, 4.0, every=4)}, "score")
    np.testing.assert_array_equal(band.steps, [0, 4])
    np.testing.assert_array_equal(band.values, [[1, 3], [3, 4]])


def test_updates_that_cost_unlike_much_can_be_put_on_one_axis():
    both = bands_picture({"a": RUNS, "b": RUNS}, metric="score", x_per_step={"a": 1, "b": 100}, xlabel="steps")
    a, b = both.figure.axes[0].lines
    np.testing.assert_allclose(b.get_xdata(), 100 * a.get_xdata())
    with pytest.raises(ValueError, match=r"lacks.*'b'"):
        bands_picture({"a": RUNS, "b": RUNS}, metric="score", x_per_step={"a": 1})


def test_methods_are_told_apart_by_more_than_colour_and_say_how_many_seeds_they_have():
    axes = bands_picture({str(i): RUNS for i in range(6)}, metric="score").figure.axes[0]
    assert len({line.get_marker() for line in axes.lines}) == 6
    assert len({line.get_color() for line in axes.lines}) == 6
    assert axes.get_legend().get_texts()[0].get_text() == "0 (3 seeds)"


@pytest.mark.parametrize("name", ["PPO", "TRPO", "REINFORCE", "GRPO"])
def test_an_algorithm_looks_the_same_in_every_picture(name):
    def look(*labels):
        lines = bands_picture(dict.fromkeys(labels, RUNS), metric="score").figure.axes[0].lines
        looks = {label: (line.get_color(), line.get_marker()) for label, line in zip(labels, lines, strict=True)}
        assert len(set(looks.values())) == len(labels), "no two methods look alike"
        return next(looks[label] for label in labels if label.startswith(name))

    alone = look(name)
    assert look("an idea", "GRPO", "REINFORCE with critic", "PPO", "another", "TRPO") == alone
    assert look("TRPO", f"{name}, no critic" if name != "TRPO" else "PPO") == alone
    assert look(f"{name}, one step", f"{name}, four steps") == alone, "two of one name: the first has its look"


def test_methods_without_a_name_in_the_course_take_the_looks_in_turn():
    axes = bands_picture({"small steps": RUNS, "PPOnderous": RUNS}, metric="score").figure.axes[0]
    assert [line.get_marker() for line in axes.lines] == ["o", "s"]


def test_the_picture_says_in_words_where_each_method_began_and_ended():
    picture = bands_picture({"ours": RUNS}, metric="score", target=4)
    assert "ours, 3 seeds: from 1 on average to 3, between 0 and 5." in picture.alt
    assert "target 4" in [text.get_text() for text in picture.figure.axes[0].texts]
    assert "from 100 % on average" in bands_picture({"ours": RUNS}, metric="score", percent=True).alt
    below = {0: History([{"step": 1, "score": -11.93}])}
    assert "from −1193 % on average" in bands_picture({"ours": below}, metric="score", percent=True).alt


def test_a_curve_that_another_covers_is_drawn_wider_so_that_both_are_seen():
    runs, higher = ({0: History({"step": i, "score": i + more} for i in range(9))} for more in (0, 2))
    for second, wide in ((runs, True), (higher, False)):
        first, last = bands_picture({"PPO": runs, "REINFORCE": second}, metric="score").figure.axes[0].lines
        assert (first.get_linewidth() > 2 * last.get_linewidth()) == wide


def test_it_can_be_drawn_beside_other_pictures():
    left, right = Figure().subplots(1, 2)
    picture = bands_picture({"ours": RUNS}, metric="score", axes=right, low=-1, high=6)
    assert picture.figure is right.figure
    assert not left.lines and right.get_ylim() == (-1, 6)


@pytest.mark.parametrize(("name", "metric"), [("maze-reinforce", "optimality"), ("cartpole-ppo", "balance")])
def test_the_recorded_curves_fit(name, metric):
    curves = load_curves(name)
    band = seed_band(curves, metric)
    assert band.values.shape[0] == 5
    np.testing.assert_array_equal(band.values[:, -1], [history.last(metric) for history in curves.values()])
    assert bands_picture({name: curves}, metric=metric).figure.axes


@pytest.mark.parametrize(
    ("curves", "metric", "words"),
    [
        ({}, "score", "1 to 6 methods, got 0"),
        ({str(i): RUNS for i in range(7)}, "score", "got 7"),
        ({"ours": {}}, "score", "at least one run"),
        ({"ours": RUNS}, "accuracy", r"got 'accuracy'; among \['score'"),
    ],
)
def test_what_cannot_be_drawn_is_refused_by_name(curves, metric, words):
    with pytest.raises(ValueError, match=words):
        bands_picture(curves, metric=metric)
