"""Bias and spread of generalised advantage estimation as λ and γ turn, against the exact advantages.

    error² = bias² + spread²      bias: how far off Â is on average      spread: how far one walk is from the average

Left: the three over λ, exactly (`advantage_estimates.exact_moments`). Right: what `rlcourse.equations.gae` says about
real walks, one by one, against the exact advantage of their first step. The robot is half trained, its critic is off
by an error of its own in each state; the third slider says how far.

The part of the bias that is the same for all actions of a state is left out. It makes no action look better than
another, and a policy gradient does not feel it (Schulman et al. 2016, section 3: with λ = 1 the estimate is γ-just
whatever the critic says).
"""

from collections.abc import Sequence
from functools import cache
from itertools import product

import numpy as np
from matplotlib.figure import Figure

from rlcourse.experiments.recipes import half_trained_policy
from rlcourse.explorables.plotting.bench import Bench, Slider, bench, state_of
from rlcourse.explorables.plotting.plot import Array, Axis, Choice, Handle, Line, Panel, Plot, Point, Rule, Scatter
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.explorables.values.advantage_estimates import (
    Walks,
    against_the_average,
    exact_moments_of_all,
    first_advantages_of_all,
    walk_from,
    wrong_values,
)
from rlcourse.maze import Maze, generate_maze, solve
from rlcourse.showing.progress_bar import bar
from rlcourse.usual import usual_settings

GAMMAS = (0.95, 0.97, 0.99)
LAMBDAS = tuple(round(0.05 * i, 2) for i in range(21))
ERRORS = (0.0, 0.05, 0.1, 0.15, 0.2)
"""σ of the critic, in the units of the reward: the exit pays 1."""
PLACES, WALKS = 20, 6
"""States that walks begin in, and walks for each of their three first actions."""

SLIDERS = (
    Slider("gae_lambda", "λ", LAMBDAS, start=0.0, play=True),
    Slider("gamma", "discount γ", GAMMAS, start=0.97, drawable=(0.9, 0.99)),
    Slider("critic_error", "critic's error σ", ERRORS, start=0.1),
)
TRY_THIS = (
    "<b>Try this:</b> drag the orange dot from λ = 0 to 1, or press ▶. <b>Watch</b> the right side: the estimates "
    "begin all in one place for each action, but the wrong place; they end right on average, and far apart. Then make "
    "the critic right (σ = 0), or worse, and see where the smallest error goes."
)
VERDICTS = (
    "The critic is right, so there is no bias at any λ. What is left is spread, and λ = 0 has none.",
    "Mostly bias: Â believes the critic, and the critic is wrong. A larger λ would help.",
    "Mostly spread: Â believes what happened, and much of that is chance. A smaller λ would help.",
    "The smallest error there is with this critic and this γ.",
)


def gae_bias_variance() -> Bench:
    """The explorable: three sliders (λ, γ, the critic's error) over bias and spread, all drawn in the browser."""
    return bench(TRY_THIS, _whole_plot(), SLIDERS)


def gae_bias_variance_figure(
    *, gae_lambda: float | int = 0.0, gamma: float | int = 0.97, critic_error: float | int = 0.1
) -> Figure:
    """The same picture of one state, for print.

    Args:
        gae_lambda: λ, 0 to 1; the nearest multiple of 0.05 is drawn.
        gamma: γ, 0.9 to 0.99; the nearest of 0.95, 0.97 and 0.99 is drawn.
        critic_error: σ of the critic, 0 to 0.2; the nearest multiple of 0.05 is drawn.

    Raises:
        ValueError: an argument outside its range.
    """
    return draw_figure(_whole_plot(), state_of(SLIDERS, gae_lambda=gae_lambda, gamma=gamma, critic_error=critic_error))


@cache
def _whole_plot() -> Plot:
    return gae_bias_variance_plot(generate_maze(8, seed=0), GAMMAS, LAMBDAS, ERRORS, progress=True)


@usual_settings()
def gae_bias_variance_plot(
    maze: Maze,
    gammas: Sequence[float],
    lambdas: Sequence[float],
    errors: Sequence[float],
    *,
    seed: int = 0,
    progress: bool = False,
) -> Plot:
    """Bias, spread and error for every combination of the three, and the walks' estimates.

    Args:
        maze: where the robot walks.
        gammas: the grid of γ.
        lambdas: the grid of λ.
        errors: the grid of the critic's σ.
        seed: which walks.
        progress: whether a bar shows how far it is, where it takes longer than a second.
    """
    numbers = _estimates(maze, gammas, lambdas, errors, seed, progress)
    ends = 1.1 * numbers["exact"].min(), 1.1 * numbers["exact"].max()
    arrays, verdict = _errors(numbers, lambdas)
    return Plot(
        grids={
            "gamma": tuple(gammas),
            "gae_lambda": tuple(lambdas),
            "critic_error": tuple(errors),
            "place": range(3 * PLACES),
            "walk": range(3 * PLACES * WALKS),
            "diagonal": ends,
        },
        arrays=arrays,
        choices={"verdict": Choice(EVERYWHERE, verdict, VERDICTS)},
        panels=(_error_panel(), _walks_panel(*ends)),
        readouts=READOUTS,
        alt=ALT,
    )


EVERYWHERE = ("gamma", "gae_lambda", "critic_error")
READOUTS = (
    "λ = {gae_lambda:.2f}, γ = {gamma:.2f}, σ = {critic_error:.2f}:  bias {bias:.3f},  spread {spread:.3f},  "
    "together {error:.3f}  (from the sampled walks: {measured:.3f}).",
    "{verdict}",
)
ALT = (
    "Left, the error of the advantage estimate over λ, for γ = {gamma:.2f} and a critic that is off by "
    "{critic_error:.2f}: bias falls and spread grows with λ. At λ = {gae_lambda:.2f} the bias is {bias:.3f}, "
    "the spread {spread:.3f}, the error {error:.3f}; the smallest is {best_error:.3f} at λ = "
    "{best_lambda:.2f}. Right, the estimates of single walks and their means over the exact advantages. "
    "{verdict}"
)


def _errors(numbers: dict[str, np.ndarray], lambdas: Sequence[float]) -> tuple[dict[str, Array], np.ndarray]:
    """Bias, spread and both together at every combination, with the numbers themselves; and which verdict holds."""
    bias = _root_mean_square(numbers["mean"] - numbers["exact"][:, None, None])
    spread = np.sqrt(numbers["variance"].mean(axis=-1))
    error = np.hypot(bias, spread)
    best = error.argmin(axis=1)  # [G, E], along λ
    measured = _root_mean_square(numbers["single"] - numbers["exact_walk"][:, None, None])
    arrays = {
        "bias": Array(EVERYWHERE, bias),
        "spread": Array(EVERYWHERE, spread),
        "error": Array(EVERYWHERE, error),
        "measured": Array(EVERYWHERE, measured),
        "best_lambda": Array(("gamma", "critic_error"), np.asarray(lambdas)[best]),
        "best_error": Array(("gamma", "critic_error"), error.min(axis=1)),
        "exact": Array(("gamma", "place"), numbers["exact"]),
        "exact_walk": Array(("gamma", "walk"), numbers["exact_walk"]),
        "mean": Array((*EVERYWHERE, "place"), numbers["mean"]),
        "single": Array((*EVERYWHERE, "walk"), numbers["single"]),
    }
    return arrays, _verdict(bias, spread, error)


def _estimates(
    maze: Maze,
    gammas: Sequence[float],
    lambdas: Sequence[float],
    errors: Sequence[float],
    seed: int,
    progress: bool,
) -> dict[str, np.ndarray]:
    """What is known of each place (a state and a first action), P of them, and of each walk, W.

    exact [G, P] and exact_walk [G, W], the advantages; mean and variance [G, L, E, P] of Â; single [G, L, E, W], the Â
    of each walk. Means and single estimates are measured from the average over the state's actions.
    """
    policy = half_trained_policy(maze)
    states = np.sort(np.random.default_rng(seed).choice(maze.open_states, PLACES, replace=False))
    walks = _walks(maze, policy, states, seed)
    shape = len(gammas), len(lambdas), len(errors)
    kept = {"mean": [], "variance": [], "single": []}
    solutions = [solve(maze, gamma=gamma, policy=policy) for gamma in gammas]
    settings = list(product(zip(gammas, solutions, strict=True), lambdas))
    for (gamma, solution), gae_lambda in bar(settings, desc="walks judged", delay=1, disable=not progress):
        critics = np.stack([wrong_values(maze, solution.V, error, seed=seed) for error in errors])
        turned = {"gamma": gamma, "gae_lambda": gae_lambda}
        means, variances = exact_moments_of_all(maze, policy, critics, **turned)
        singles = first_advantages_of_all(walks, critics, **turned)
        for mean, variance, single in zip(means, variances, singles, strict=True):
            average = against_the_average(policy, mean)
            kept["mean"].append((mean - average[:, None])[states].ravel())
            kept["variance"].append(variance[states].ravel())
            kept["single"].append(single - np.repeat(average[states], 3 * WALKS))
    exact = np.stack([solution.A[states].ravel() for solution in solutions])
    found = {name: np.stack(rows).reshape(*shape, -1) for name, rows in kept.items()}
    return found | {"exact": exact, "exact_walk": np.repeat(exact, WALKS, axis=1)}


def _walks(maze: Maze, policy: np.ndarray, states: np.ndarray, seed: int) -> Walks:
    """WALKS walks for each action in each of the states, in this order."""
    actions = np.tile(np.repeat(np.arange(3), WALKS), len(states))
    return walk_from(maze, policy, np.repeat(states, 3 * WALKS), actions, seed=seed)


def _root_mean_square(deviations: np.ndarray) -> np.ndarray:
    return np.sqrt(np.mean(deviations**2, axis=-1))


def _verdict(bias: np.ndarray, spread: np.ndarray, error: np.ndarray) -> np.ndarray:
    """Which of the VERDICTS holds at every combination, [G, L, E]."""
    right = (bias.max(axis=1, keepdims=True) < 1e-6) & np.ones_like(bias, dtype=bool)
    best = error == error.min(axis=1, keepdims=True)
    after_best = np.cumsum(best, axis=1) > 0
    return np.select([right, best, ~after_best], [0, 3, 1], default=2)


def _error_panel() -> Panel:
    return Panel(
        title="How wrong is Â?",
        x=Axis("λ", -0.03, 1.03),  # so that the dot is whole at both ends
        y=Axis("in units of the reward", 0.0, 0.24),
        marks=(
            Rule(x="gae_lambda"),
            Line("gae_lambda", "bias", along="gae_lambda", label="bias", colour="blue", dash="dashed"),
            Line("gae_lambda", "spread", along="gae_lambda", label="spread", colour="orange", dash="dashdot"),
            Line("gae_lambda", "error", along="gae_lambda", label="together", colour="ink"),
            Point("best_lambda", "best_error", label="smallest", colour="green", marker="diamond"),
            Point("gae_lambda", "error", label="at λ"),
        ),
        handles=(Handle("gae_lambda", "gae_lambda", "error"),),
    )


def _walks_panel(low: float, high: float) -> Panel:
    return Panel(
        title="Estimates beside the exact advantages",
        x=Axis("exact advantage A(s, a)", low, high),
        y=Axis("estimate Â", -0.5, 0.4),
        marks=(
            Line("diagonal", "diagonal", along="diagonal", label="exactly right", colour="ink", width=1.2),
            Scatter("exact_walk", "single", along="walk", label="one walk", colour="sky", size=4),
            Scatter(
                "exact",
                "mean",
                along="place",
                label="average of all possible walks",
                colour="vermillion",
                marker="square",
            ),
        ),
    )
