"""Bias and spread of GAE: the exact moments against enumeration and walks, the picture against its numbers."""

import itertools

import numpy as np
import pytest

from rlcourse.experiments.recipes import half_trained_policy
from rlcourse.explorables import gae_bias_variance, gae_bias_variance_figure
from rlcourse.explorables.plotting.plot_view import PlotView
from rlcourse.explorables.values.advantage_estimates import (
    against_the_average,
    exact_moments,
    first_advantages,
    walk_from,
    wrong_values,
)
from rlcourse.explorables.values.gae_bias_variance import (
    ERRORS,
    GAMMAS,
    LAMBDAS,
    PLACES,
    VERDICTS,
    WALKS,
    _whole_plot,
    gae_bias_variance_plot,
)
from rlcourse.maze import generate_maze, solve

MAZE = generate_maze(3, seed=0)
POLICY = half_trained_policy(MAZE)
CORNERS = tuple(itertools.product((0.0, 0.5, 1.0), (0.0, 0.3)))
"""λ and the critic's error."""


@pytest.fixture(scope="module")
def plot():
    return _whole_plot()


def every_walk(maze, policy, state, action, steps):
    """Every walk of at most that many steps: its probability, and its states, actions and rewards."""
    rules = maze.transitions
    unfinished = [(1.0, [state], [action])]
    for _ in range(steps):
        longer = []
        for chance, states, actions in unfinished:
            after = rules.next_state[states[-1], actions[-1]]
            if rules.terminal[after]:
                yield chance, [*states, after], actions
                continue
            longer += [(chance * policy[after, a], [*states, after], [*actions, a]) for a in range(3)]
        unfinished = longer
    for chance, states, actions in unfinished:
        yield chance, states, actions[:-1]


@pytest.mark.parametrize(("gae_lambda", "error"), CORNERS)
def test_the_moments_are_those_of_all_walks_weighed_by_their_probability(gae_lambda, error):
    """Σ p·Â and Σ p·Â², by hand, over every walk of up to nine steps; γλ small enough that no more are needed."""
    gamma = 0.2
    values = wrong_values(MAZE, solve(MAZE, gamma=gamma, policy=POLICY).V, error)
    mean, variance = exact_moments(MAZE, POLICY, values, gamma=gamma, gae_lambda=gae_lambda)
    for state, action in ((int(MAZE.open_states[3]), 0), (int(MAZE.open_states[-1]), 2)):
        first = second = total = 0.0
        for chance, states, actions in every_walk(MAZE, POLICY, state, action, steps=9):
            advantage = 0.0
            for s, a, after in reversed(list(zip(states, actions, states[1:], strict=False))):
                ahead = 0.0 if MAZE.transitions.terminal[after] else values[after]
                advantage = MAZE.transitions.reward[s, a] + gamma * ahead - values[s] + gamma * gae_lambda * advantage
            first, second, total = first + chance * advantage, second + chance * advantage**2, total + chance
        assert total == pytest.approx(1)
        assert mean[state, action] == pytest.approx(first, abs=2e-6)
        assert variance[state, action] == pytest.approx(second - first**2, abs=2e-6)


@pytest.mark.parametrize("gae_lambda", LAMBDAS[::5])
def test_with_the_true_values_there_is_no_bias_at_any_lambda(gae_lambda):
    solution = solve(MAZE, gamma=0.97, policy=POLICY)
    mean, _ = exact_moments(MAZE, POLICY, solution.V, gamma=0.97, gae_lambda=gae_lambda)
    np.testing.assert_allclose(mean, solution.A, atol=1e-12)


def test_the_critics_opinion_of_the_exit_is_not_read():
    values = solve(MAZE, gamma=0.9, policy=POLICY).V
    nonsense = np.where(MAZE.transitions.terminal, 7.0, values)
    for ours, theirs in zip(
        exact_moments(MAZE, POLICY, values, gamma=0.9, gae_lambda=0.9),
        exact_moments(MAZE, POLICY, nonsense, gamma=0.9, gae_lambda=0.9),
        strict=True,
    ):
        np.testing.assert_allclose(ours, theirs)
        assert not ours[MAZE.transitions.terminal].any()


@pytest.mark.parametrize("policy", [POLICY, solve(MAZE, gamma=0.9).policy], ids=["half trained", "never in doubt"])
def test_gamma_and_lambda_may_be_1(policy):
    solution = solve(MAZE, gamma=1.0, policy=policy)
    mean, variance = exact_moments(MAZE, policy, solution.V, gamma=1.0, gae_lambda=1.0)
    np.testing.assert_allclose(mean, solution.A, atol=1e-10)
    assert (variance[MAZE.start_state].max() > 1e-6) == (policy is POLICY)


@pytest.mark.parametrize("error", [0.0, 0.1, 2.0])
def test_with_lambda_1_there_is_no_bias_but_what_all_actions_share(error):
    solution = solve(MAZE, gamma=0.97, policy=POLICY)
    values = wrong_values(MAZE, solution.V, error)
    mean, variance = exact_moments(MAZE, POLICY, values, gamma=0.97, gae_lambda=1.0)
    inside = MAZE.open_states
    np.testing.assert_allclose(
        (mean - solution.A)[inside], (solution.V - values)[inside, None] * np.ones(3), atol=1e-12
    )
    np.testing.assert_allclose(
        (mean - against_the_average(POLICY, mean)[:, None])[inside], solution.A[inside], atol=1e-12
    )
    _, variance_of_the_true = exact_moments(MAZE, POLICY, solution.V, gamma=0.97, gae_lambda=1.0)
    np.testing.assert_allclose(variance, variance_of_the_true, atol=1e-12)


@pytest.mark.parametrize(("gae_lambda", "error"), CORNERS)
def test_many_real_walks_judged_by_gae_agree_with_the_moments(gae_lambda, error):
    count, gamma = 4000, 0.9
    state, action = int(MAZE.open_states[5]), 1
    walks = walk_from(MAZE, POLICY, np.full(count, state), np.full(count, action), seed=1)
    values = wrong_values(MAZE, solve(MAZE, gamma=gamma, policy=POLICY).V, error)
    found = first_advantages(walks, values, gamma=gamma, gae_lambda=gae_lambda)
    mean, variance = exact_moments(MAZE, POLICY, values, gamma=gamma, gae_lambda=gae_lambda)
    deviation = np.sqrt(variance[state, action])
    assert found.mean() == pytest.approx(mean[state, action], abs=4 * deviation / np.sqrt(count) + 1e-6)
    assert found.std() == pytest.approx(deviation, rel=0.1, abs=1e-6)


def test_walks_follow_the_rules_and_end_in_the_exit():
    states, actions = np.repeat(MAZE.open_states, 3), np.tile(np.arange(3), len(MAZE.open_states))
    walks = walk_from(MAZE, POLICY, states, actions, seed=0)
    rules = MAZE.transitions
    assert (walks.states[0].numpy() == states).all()
    assert (walks.next_states[0].numpy() == rules.next_state[states, actions]).all()
    assert (walks.states[1:] == walks.next_states[:-1]).all()
    assert (walks.terminated.numpy() == rules.terminal[walks.next_states]).all()
    assert walks.terminated[-1].all()
    assert not walks.rewards[1:][walks.terminated[:-1]].any(), "nothing is paid in the exit"


def test_the_critic_is_off_by_what_it_is_said_to_be():
    values = solve(MAZE, gamma=0.9, policy=POLICY).V
    off = (wrong_values(MAZE, values, 0.1) - values)[MAZE.open_states]
    np.testing.assert_allclose((wrong_values(MAZE, values, 0.3) - values)[MAZE.open_states], 3 * off)
    assert not (wrong_values(MAZE, values, 0.3) - values)[MAZE.transitions.terminal].any()
    big = generate_maze(20, seed=0)
    assert wrong_values(big, np.zeros(big.num_states), 0.1).std() == pytest.approx(0.1, rel=0.05)


def test_error_is_bias_and_spread_together_and_smallest_where_it_says(plot):
    bias, spread, error = (plot.arrays[name].values for name in ("bias", "spread", "error"))
    np.testing.assert_allclose(error**2, bias**2 + spread**2)
    best = plot.arrays["best_lambda"].values  # [G, E]
    for g, e in itertools.product(range(len(GAMMAS)), range(len(ERRORS))):
        state = {"gamma": GAMMAS[g], "critic_error": ERRORS[e], "gae_lambda": best[g, e]}
        assert plot.pick("error", state) == error[g, :, e].min() == plot.pick("best_error", state)


def test_bias_falls_and_spread_grows_with_lambda_and_vanish_where_they_must(plot):
    bias, spread = (plot.arrays[name].values for name in ("bias", "spread"))  # [G, L, E]
    assert (np.diff(spread, axis=1) > 0).all()
    assert (np.diff(bias[..., 1:], axis=1) < 0).all()
    assert bias[..., 0].max() < 1e-12, "a critic that is right"
    assert bias[:, -1].max() < 1e-12, "λ = 1"
    assert spread[:, 0].max() < 1e-7, "λ = 0: the step itself is not left to chance in this maze"
    best = plot.arrays["best_lambda"].values
    assert (np.diff(best, axis=1) >= 0).all(), "the worse the critic, the larger the best λ"
    assert (best[:, 0] == 0).all() and ((best[:, 2:] > 0.5) & (best[:, 2:] < 0.95)).all()


def test_with_the_critic_it_opens_with_the_smallest_error_lies_in_between(plot):
    """What notebook 03's prediction `best_lambda` says is right."""
    for gamma in GAMMAS:
        assert 0 < plot.pick("best_lambda", {"gamma": gamma, "critic_error": 0.1}) < 1


def test_the_single_walks_scatter_as_the_curves_say(plot):
    """360 walks of 60 places: their error is that of the curves, but for chance."""
    measured, error = plot.arrays["measured"].values, plot.arrays["error"].values
    np.testing.assert_allclose(measured, error, rtol=0.12, atol=5e-4)
    single = plot.arrays["single"].values
    assert single.shape[-1] == 3 * PLACES * WALKS
    exact = np.repeat(plot.arrays["exact"].values, WALKS, axis=1)
    np.testing.assert_allclose(measured, np.sqrt(((single - exact[:, None, None]) ** 2).mean(axis=-1)), rtol=1e-6)


def test_the_exact_advantages_are_those_of_dynamic_programming(plot):
    maze = generate_maze(8, seed=0)
    for g, gamma in enumerate(GAMMAS):
        exact = solve(maze, gamma=gamma, policy=half_trained_policy(maze)).A
        states = np.sort(np.random.default_rng(0).choice(maze.open_states, PLACES, replace=False))
        np.testing.assert_allclose(plot.arrays["exact"].values[g], exact[states].ravel())


@pytest.mark.parametrize(
    ("gae_lambda", "critic_error", "verdict"), [(0.0, 0.0, 0), (1.0, 0.0, 0), (0.0, 0.1, 1), (1.0, 0.1, 2)]
)
def test_the_verdict_says_which_way_to_go(plot, gae_lambda, critic_error, verdict):
    state = {"gamma": 0.99, "critic_error": critic_error, "gae_lambda": gae_lambda}
    assert plot.pick("verdict", state) == verdict
    assert VERDICTS[verdict] in plot.fill(plot.alt, state)
    best = {**state, "critic_error": 0.1, "gae_lambda": plot.pick("best_lambda", {**state, "critic_error": 0.1})}
    assert plot.pick("verdict", best) == 3


def test_what_is_sent_to_the_browser_is_less_than_a_megabyte(plot):
    assert sum(4 * array.values.size for array in {**plot.arrays, **plot.choices}.values()) < 1e6


def test_the_figure_draws_the_same_numbers(plot):
    errors, walks = gae_bias_variance_figure(gae_lambda=0.5, gamma=0.96, critic_error=0.1).axes
    state = {"gae_lambda": 0.5, "gamma": 0.96, "critic_error": 0.1}
    drawn = {line.get_label(): line for line in errors.lines}
    for label, name in (("bias", "bias"), ("spread", "spread"), ("together", "error")):
        np.testing.assert_allclose(drawn[label].get_ydata(), plot.pick(name, state, along="gae_lambda"))
    assert drawn["at λ"].get_ydata()[0] == plot.pick("error", state)
    assert len(walks.lines) + len(walks.collections) == 3


@pytest.mark.parametrize("wrong", [{"gae_lambda": 1.1}, {"gamma": 0.5}, {"critic_error": -0.1}])
def test_a_state_outside_the_picture_is_refused(wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=name):
        gae_bias_variance_figure(**wrong)


def test_other_walks_tell_the_same_story():
    plot = gae_bias_variance_plot(MAZE, (0.9,), (0.0, 1.0), (0.0, 0.1), seed=3)
    assert plot.arrays["bias"].values[0, 0, 1] > 0.01
    assert plot.arrays["spread"].values[0, 1, 0] > 0.01


def test_the_explorable_has_a_slider_for_each_parameter():
    try_this, row, view = gae_bias_variance().children
    assert "Try this" in try_this.value and "Watch" in try_this.value
    assert isinstance(view, PlotView)
    assert (view.gae_lambda, view.gamma, view.critic_error) == (0.0, 0.97, 0.1)
    assert {slider.description for slider in row.children} == {"λ", "discount γ", "critic's error σ"}
