"""Pictures of notebook 05: what is drawn is what was handed in, and the words say it."""

import numpy as np
import pytest
import torch
from matplotlib.patches import Circle

from rlcourse.explorables.trust_region.trpo_pictures import descent_picture, furthest_picture
from rlcourse.maze import generate_maze

MATRIX, B = torch.tensor([[3.0, 1.2], [1.2, 0.7]]), torch.tensor([1.0, 0.9])
WAYS = {
    "zigzag": torch.tensor([[0.0, 0.0], [0.3, 0.3], [0.0, 1.0]]),
    "straight": torch.stack([torch.zeros(2), torch.linalg.solve(MATRIX, B)]),
}
MISSING = {"zigzag": [1.0, 0.5, 0.25], "straight": [1.0, 0.1, 0.01]}


def curve(axes, label):
    return next(line for line in axes.lines if line.get_label() == label)


def test_the_state_that_moved_furthest_has_the_ring_and_its_chances_before_and_after():
    maze, kl = generate_maze(3, seed=0), np.full(36, np.nan)
    kl[[4, 9]] = 0.1, 2.5
    picture = furthest_picture(maze, kl, 9, before=np.array([0.9, 0.1, 1e-5]), after=np.array([0.1, 0.2, 0.7]))
    places, bars, *_ = picture.figure.axes
    drawn = next(one.get_array() for one in places.collections if one.get_array() is not None)
    np.testing.assert_allclose(sorted(1e-5 * 10**drawn)[-3:], [1e-5, 0.1, 2.5])  # one tile for each state
    (ring,) = [patch for patch in places.patches if isinstance(patch, Circle)]
    assert ring.center == pytest.approx((2.5, 0.5))
    heights = [bar.get_height() for bar in bars.patches]
    np.testing.assert_allclose(heights, [0.9, 0.1, 1e-5, 0.1, 0.2, 0.7])
    assert "row 0, column 2, looking east: forward from 90.0 % to 10.0 %" in picture.alt


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
