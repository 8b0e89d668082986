"""One update on a cluster: arrows run from box to box, and the bytes are those that are counted."""

import numpy as np

from rlcourse.algorithms import SIZES, UpdateSize, what_travels
from rlcourse.explorables.costs.cluster_update import BOXES, HIGH, MOMENTS, WIDE, cluster_update_plot

PLOT = cluster_update_plot()


def said(moment, model):
    return PLOT.fill("{travels}", {"moment": moment, "model": model})


def test_an_arrow_begins_and_ends_beside_the_boxes_that_it_joins():
    for number, one in enumerate(MOMENTS, 1):
        x, y, dx, dy = (float(PLOT.pick(name, {"moment": number})) for name in ("from_x", "from_y", "way_x", "way_y"))
        if one.way is None:
            assert (dx, dy) == (0, 0)
            continue
        if one.way == ("trainer", "trainer"):  # beneath the box, along all of it
            assert (dx, dy) == (WIDE, 0) and -0.4 < y - (BOXES["trainer"][1] - HIGH / 2) < 0
            continue
        for point, box in (((x, y), BOXES[one.way[0]]), ((x + dx, y + dy), BOXES[one.way[1]])):
            away = np.abs(np.subtract(point, box)) - (WIDE / 2, HIGH / 2)
            assert 0 < away.max() < 0.4
            assert away.min() < 0.4


def test_the_words_say_what_travels():
    shape = list(SIZES.values())[5]
    gigabytes = what_travels(shape, UpdateSize())["weights"] / 1e9
    assert said(7, 5) == f"A model of 70B weights. On the way: weights, {gigabytes:.1f} GB."
    assert said(2, 5) == "A model of 70B weights. Nothing is on the way."
    assert said(4, 0) == "A model of 124M weights. On the way: answers and rewards, 4.2 MB."
    assert said(5, 0) == "A model of 124M weights. On the way: log-probabilities, 2.1 MB."


def test_at_every_moment_another_model_says_something_else():
    for moment in PLOT.grids["moment"]:
        lines = {said(moment, model) for model in PLOT.grids["model"]}
        assert len(lines) == len(PLOT.grids["model"])
