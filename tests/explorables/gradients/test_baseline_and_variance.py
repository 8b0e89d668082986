"""A baseline: every number against sums over all walks written out anew, and against plain REINFORCE."""

import math

import numpy as np
import pytest
import torch

from rlcourse.explorables import baseline_and_variance, baseline_and_variance_figure
from rlcourse.explorables.gradients.baseline_and_variance import (
    ACROSS,
    ALONG,
    BASELINES,
    BATCHES,
    DRAWN,
    VERDICTS,
    baseline_and_variance_plot,
)
from rlcourse.explorables.gradients.walk_gradients import (
    MAX_STEPS,
    SKILL,
    _with_the_best_baseline,
    a_halfway_robot,
    baseline_noise,
    best_baseline,
    every_gradient,
)
from rlcourse.explorables.plotting.plot_view import PlotView
from rlcourse.maze import TabularPolicy, expected_return, generate_maze, solve

MAZE = generate_maze(2, seed=0)


@pytest.fixture(scope="module")
def plot():
    return baseline_and_variance_plot(BASELINES, BATCHES)


@pytest.fixture(scope="module")
def gradients():
    return every_gradient(*a_halfway_robot())


@pytest.fixture(scope="module")
def by_hand():
    """The same without autograd and without listing walks first: a tree of states, ∇log π = e_a − π in closed form.

    For a baseline b it gives the mean and the second moment of a walk's gradient.
    """
    logits = SKILL * solve(MAZE, gamma=0.99).policy
    pi = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    rules = MAZE.transitions
    walks = []  # probability, [(state, action), …], [reward, …]

    def grow(state, probability, steps, rewards):
        if rules.terminal[state] or len(steps) == MAX_STEPS:
            walks.append((probability, steps, rewards))
            return
        for action in range(3):
            grow(
                rules.next_state[state, action],
                probability * pi[state, action],
                [*steps, (state, action)],
                [*rewards, rules.reward[state, action]],
            )

    grow(MAZE.start_state, 1.0, [], [])

    def moments(baseline):
        mean, square = np.zeros_like(pi), 0.0
        for probability, steps, rewards in walks:
            gradient = np.zeros_like(pi)
            for t, (state, action) in enumerate(steps):
                gradient[state] += (sum(rewards[t:]) - baseline) * (np.eye(3)[action] - pi[state])
            mean += probability * gradient
            square += probability * (gradient**2).sum()
        return mean, square

    return moments


@pytest.mark.parametrize("baseline", [-0.5, 0.0, 0.55])
def test_mean_and_variance_are_those_of_all_walks_written_out(plot, gradients, by_hand, baseline):
    mean, square = by_hand(baseline)
    state = {"baseline": baseline, "batch": 4}
    got = gradients.mean(gradients.of_baseline(baseline))
    np.testing.assert_allclose(got.reshape(mean.shape), mean, atol=1e-12)
    variance = square - (mean**2).sum()
    assert float(plot.pick("variance", state)) == pytest.approx(variance)
    assert float(plot.pick("batch_variance", state)) == pytest.approx(variance / 4)
    assert float(plot.pick("mean_length", state)) == pytest.approx(np.linalg.norm(mean))


def test_the_mean_is_the_gradient_of_the_expected_return_by_finite_differences(gradients):
    _, policy, _ = a_halfway_robot()
    mean = gradients.mean(gradients.of_returns).reshape(policy.table.shape)
    for state, action in ((MAZE.start_state, 0), (int(MAZE.open_states[5]), 2), (7, 1)):
        values = []
        for step in (1e-5, -1e-5):
            nudged = TabularPolicy(MAZE.num_states).double()
            with torch.no_grad():
                nudged.table.copy_(policy.table)
                nudged.table[state, action] += step
            values.append(expected_return(MAZE, nudged.probabilities(), max_steps=MAX_STEPS))
        assert mean[state, action].item() == pytest.approx((values[0] - values[1]) / 2e-5, abs=1e-9)


def test_no_baseline_moves_the_mean(plot, gradients):
    np.testing.assert_allclose(plot.arrays["mean_x"].values, 1, atol=1e-12)
    np.testing.assert_allclose(plot.arrays["mean_length"].values, plot.arrays["mean_length"].values[0], atol=1e-12)
    torch.testing.assert_close(gradients.mean(gradients.of_advantages), gradients.mean(gradients.of_returns))


def test_the_variance_is_a_parabola_whose_lowest_point_is_the_best_baseline(plot, gradients):
    a, b, c = np.polyfit(BASELINES, plot.arrays["variance"].values, deg=2)
    np.testing.assert_allclose(np.polyval([a, b, c], BASELINES), plot.arrays["variance"].values, atol=1e-12)
    assert a > 0
    assert -b / (2 * a) == pytest.approx(best_baseline(gradients)) == float(plot.arrays["best"].values)


def test_the_value_of_the_state_is_a_good_baseline_but_not_the_best_constant(plot):
    """As the notebook says."""
    with_values, variance = float(plot.arrays["with_values"].values), plot.arrays["variance"].values
    assert variance.min() < with_values < 0.6 * float(plot.pick("variance", {"baseline": 0}))


def test_the_cloud_has_the_mean_and_the_variance_that_theory_gives_it(gradients):
    """Of the two directions drawn; in 2,000 estimates."""
    from rlcourse.explorables.gradients.baseline_and_variance import _estimates, _plane

    axes = _plane(gradients)
    for baseline, batch in ((0.0, 1), (0.5, 16), (1.5, 128)):
        cloud = _estimates(gradients, [baseline], [batch])[0, 0]
        each = gradients.of_baseline(baseline) @ axes.T
        mean = gradients.probabilities @ each
        deviation = (gradients.probabilities @ (each - mean) ** 2 / batch).sqrt()
        np.testing.assert_allclose(mean, [1, 0], atol=1e-9)
        np.testing.assert_allclose(cloud.mean(dim=0), mean, atol=4 * float(deviation.max()) / math.sqrt(len(cloud)))
        np.testing.assert_allclose(cloud.std(dim=0), deviation, rtol=0.1)


def test_the_share_downhill_of_a_single_walk_is_near_the_exact_one(plot, gradients):
    uphill = gradients.mean(gradients.of_returns)
    for baseline in (0.0, 0.5, 1.5):
        downhill = gradients.of_baseline(baseline) @ uphill < 0
        exact = 100 * gradients.probabilities[downhill].sum().item()
        assert float(plot.pick("downhill", {"baseline": baseline, "batch": 1})) == pytest.approx(exact, abs=4)


@pytest.mark.parametrize(("baseline", "batch"), [(0.0, 1), (0.0, 4), (1.5, 2), (0.5, 64)])
def test_the_readout_counts_the_points_outside_and_the_places_of_the_others(plot, baseline, batch):
    state = {"baseline": baseline, "batch": batch}
    dots = zip(*(plot.pick(f"cloud_{axis}", state, along="estimate").tolist() for axis in "xy"), strict=True)
    inside = [(x, y) for x, y in dots if ALONG[0] <= x <= ALONG[1] and ACROSS[0] <= y <= ACROSS[1]]
    places = []
    for dot in inside:
        if not any(math.dist(dot, place) < 1e-5 for place in places):
            places.append(dot)
    readout = plot.fill(plot.readouts[1], state)
    outside = DRAWN - len(inside)
    assert (f" {outside} lie outside the picture" in readout) == (outside > 0), "no word of what there is none of"
    assert (f"{len(places)} differ" in readout) == (len(places) < len(inside))
    assert ("from one walk point" if batch == 1 else f"from {batch} walks point") in readout


def test_the_picture_shows_the_part_of_the_plane_by_which_the_points_are_counted(plot):
    left = plot.panels[0]
    assert ((left.x.low, left.x.high), (left.y.low, left.y.high)) == (ALONG, ACROSS)


def test_the_words_follow_the_variance(plot):
    for baseline, verdict in ((0.0, 0), (0.5, 1), (1.5, 2), (-0.5, 2)):
        state = {"baseline": baseline, "batch": 8}
        assert plot.pick("verdict", state) == verdict
        assert plot.fill(VERDICTS[verdict], state) in plot.fill(plot.alt, state)
    without, at_half = (float(plot.pick("variance", {"baseline": b})) for b in (0.0, 0.5))
    assert float(plot.pick("gain", {"baseline": 0.5})) == pytest.approx(without / at_half)


def test_the_figure_shows_the_cloud_and_the_point_on_the_parabola(plot):
    left, right = baseline_and_variance_figure(baseline=0.5, batch=16).axes
    state = {"baseline": 0.5, "batch": 16}
    point = next(line for line in right.lines if line.get_label() == "at b")
    assert point.get_xdata()[0] == 0.5
    assert point.get_ydata()[0] == pytest.approx(float(plot.pick("variance", state)))
    dots = left.collections[0].get_offsets() if left.collections else None
    if dots is None:
        line = next(line for line in left.lines if line.get_label() == "one estimate")
        dots = np.column_stack([line.get_xdata(), line.get_ydata()])
    assert len(dots) == DRAWN


@pytest.mark.parametrize("wrong", [{"baseline": 1.6}, {"baseline": math.nan}, {"batch": 3}, {"batch": 0}])
def test_a_state_outside_the_picture_is_refused(wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=name):
        baseline_and_variance_figure(**wrong)


def test_the_explorable_has_two_sliders_and_sends_less_than_a_megabyte():
    try_this, row, view = baseline_and_variance().children
    assert "Try this" in try_this.value and "Watch" in try_this.value
    assert isinstance(view, PlotView)
    assert {slider.description: slider.value for slider in row.children} == {"baseline b": 0.0, "number of walks N": 16}
    assert sum(map(len, view.numbers.values())) < 1e6


def test_the_least_noise_is_below_that_of_any_constant_and_of_the_values_and_leaves_the_mean_alone(gradients):
    noise = baseline_noise()
    assert noise.least < min(noise.best_constant, noise.with_values) < noise.without
    assert noise.with_values == pytest.approx(gradients.variance(gradients.of_advantages))
    _, policy, walks = a_halfway_robot()
    best = _with_the_best_baseline(policy, walks, gradients)
    np.testing.assert_allclose(gradients.mean(best), gradients.mean(gradients.of_returns), atol=1e-12)
    nudged = gradients.of_advantages - best  # V(s) is one of the baselines that it could have chosen
    for much in (-0.01, 0.01):
        assert gradients.variance(best + much * nudged) > noise.least
    assert noise.worse_length > noise.better_length and noise.constant < noise.mean_return
