"""A sweep's robots: each with its own return, KLs, and map."""

import numpy as np
import pytest

from rlcourse.algorithms import History
from rlcourse.explorables import swept_robots, swept_robots_figure
from rlcourse.explorables.clipping.swept_robots import swept_robots_plot
from rlcourse.maze import generate_maze, solve, walk

MAZE = generate_maze(3, seed=0)
BEST, IDLE = solve(MAZE, gamma=0.99).policy, np.tile([0.0, 1.0, 0.0], (36, 1))  # the other one turns on the spot


def run(score, *kls):
    rows = [{"step": i, "approx_kl": kl} for i, kl in enumerate(kls)]
    return History([*rows[:-1], rows[-1] | {"score": score}])


RUNS = {"0.2": [run(0.5, np.nan, 0.01, 0.1), run(0.4, np.nan, 0.02, 0.03)], "no clip": [run(-1, np.nan, 1.0)]}
GIVEN = (MAZE, RUNS, {"0.2": [BEST, BEST], "no clip": [IDLE]})
SCORE = {"metric": "score", "limit": 0.01}


@pytest.fixture(scope="module")
def plot():
    return swept_robots_plot(*GIVEN, **SCORE)


def test_each_robot_has_its_return_and_its_kls(plot):
    np.testing.assert_allclose(plot.arrays["return"].values, [0.5, 0.4, -1])
    np.testing.assert_allclose(plot.arrays["kl"].values, [[0.01, 0.1], [0.02, 0.03], [1.0, np.nan]])
    first, second, third = plot.arrays["place"].values
    assert (first + second) / 2 == 1 and first < second and third == 2
    assert "with ε = 0.2: its expected return, +0.40" in plot.fill(plot.alt, {"robot": 1})
    assert "with no clip: its expected return, −1.00" in plot.fill(plot.alt, {"robot": 2})


def test_the_map_tells_a_robot_that_gets_out_from_one_that_turns_on_the_spot(plot):
    steps = len(walk(MAZE, BEST, seed=1, max_steps=80))
    trail = np.stack([plot.arrays[f"trail_{axis}"].values for axis in "xy"], axis=-1)
    assert not np.isnan(trail[0, :steps]).any() and np.isnan(trail[0, steps:]).all()
    row, column = divmod(MAZE.exit_cell, 3)
    np.testing.assert_allclose([plot.pick(f"end_{axis}", {"robot": 0}) for axis in "xy"], [column + 0.5, 2.5 - row])
    assert (trail[2] == trail[2, 0]).all() and (plot.arrays["worth"].values[2] < 0).any()
    lengths = np.hypot(plot.arrays["way_dx"].values, plot.arrays["way_dy"].values)
    assert lengths[0].max() > 0.5 and lengths[2].max() < 0.01


def test_the_dots_can_be_dragged_to_and_the_figure_shows_any_robot():
    assert [handle.moves for handle in swept_robots(*GIVEN, **SCORE).view.plot.panels[0].handles] == ["robot"]
    returns = swept_robots_figure(*GIVEN, **SCORE, robot=2).axes[0]
    assert [2, -1] in [[*line.get_xdata(), *line.get_ydata()] for line in returns.lines]


def test_no_robot_and_policies_of_others_are_refused():
    with pytest.raises(ValueError, match="same robots"):
        swept_robots(MAZE, {}, {}, **SCORE)
    with pytest.raises(ValueError, match="same robots"):
        swept_robots(MAZE, RUNS, {"0.2": [BEST], "no clip": [IDLE]}, **SCORE)
