"""Pictures of notebook 05: what is drawn is what was handed in, and the words say it."""

import math

import numpy as np
import pytest
import torch

from rlcourse.explorables.trust_region.trpo_pictures import (
    descent_picture,
    same_step_picture,
    surrogate_and_truth_picture,
)

MATRIX, B = torch.tensor([[3.0, 1.2], [1.2, 0.7]]), torch.tensor([1.0, 0.9])
WAYS = {
    "zigzag": torch.tensor([[0.0, 0.0], [0.3, 0.3], [0.0, 1.0]]),
    "straight": torch.stack([torch.zeros(2), torch.linalg.solve(MATRIX, B)]),
}
MISSING = {"zigzag": [1.0, 0.5, 0.25], "straight": [1.0, 0.1, 0.01]}


def curve(axes, label):
    return next(line for line in axes.lines if line.get_label() == label)


def test_the_same_step_ends_on_the_sigmoid():
    picture = same_step_picture({"flat": (-6.0, -4.0), "steep": (-1.0, 1.0)})
    (axes,) = picture.figure.axes
    for name, move in (("flat", (-6.0, -4.0)), ("steep", (-1.0, 1.0))):
        x, y = curve(axes, name).get_data()
        assert tuple(x) == move
        np.testing.assert_allclose(y, [1 / (1 + math.exp(-theta)) for theta in move], rtol=1e-6)
    assert "steep the probability goes from 26.9 % to 73.1 %" in picture.alt


def test_promise_and_truth_are_drawn_over_the_kl():
    kls, promise, truth = np.array([0.0, 0.1, 0.3]), np.array([0.0, 0.2, 0.5]), np.array([0.0, 0.15, -0.1])
    picture = surrogate_and_truth_picture(kls, promise, truth, limit=0.02)
    (axes,) = picture.figure.axes
    for name, gains in (("what the old data promise", promise), ("what the return really gains", truth)):
        np.testing.assert_array_equal(np.array(curve(axes, name).get_data()), [kls, gains])
    assert axes.patches[0].get_bbox().intervalx == pytest.approx([0, 0.02])
    left, middle, right = (axes.transData.transform((kl, 0))[0] for kl in (0, 0.075, 0.3))
    assert middle - left == pytest.approx(right - middle)  # a quarter of the KL is half of the way
    assert "largest, +0.15, at a KL of 0.10, and ends at −0.10" in picture.alt


def test_both_ways_and_what_is_missing_are_drawn():
    picture = descent_picture(MATRIX, B, WAYS, MISSING, mark=2)
    plane, over_moves = picture.figure.axes
    for name, way in WAYS.items():
        np.testing.assert_allclose(np.array(curve(plane, name).get_data()).T, way)
        np.testing.assert_allclose(curve(over_moves, name).get_ydata(), MISSING[name])
    assert over_moves.get_yscale() == "log"
    assert "straight is" in picture.alt and "1.0e-02 is missing after 2 moves" in picture.alt


def test_the_contours_are_those_of_the_system():
    """On each of them ½·xᵀMx − bᵀx is its level."""
    contours = descent_picture(MATRIX, B, WAYS, MISSING, mark=2).figure.axes[0].collections[0]
    drawn = 0
    for level, path in zip(contours.levels, contours.get_paths(), strict=True):
        x = path.vertices
        heights = 0.5 * np.einsum("ni,ij,nj->n", x, MATRIX, x) - x @ B.numpy()
        np.testing.assert_allclose(heights, level, atol=0.01)
        drawn += len(x)
    assert drawn > 200


def test_solvers_that_do_not_match_are_refused():
    with pytest.raises(ValueError, match=r"same two solvers, got .*'zigzag', 'straight'.* and .*'zigzag'"):
        descent_picture(MATRIX, B, WAYS, {"zigzag": [1.0]}, mark=0)
