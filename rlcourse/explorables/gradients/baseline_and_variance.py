"""What a baseline does to the gradient: nothing on average, and much to the noise.

    g(τ) = Σₜ (Gₜ − b)·∇log π(aₜ|sₜ)        E[g] = ∇J for every b        Var[g] is a parabola in b

(Williams 1992; Greensmith et al. 2004 on the best b.) The robot is in a maze of 2 × 2 cells and may take at most 8
actions, so each of its walks τ can be listed with its probability, and mean and variance are sums over them. Only the
cloud in the picture is drawn at random: each point is what N walks would have said.

The gradients are `rlcourse.equations.policy_gradient` by autograd. Left out: baselines that differ by state, of which
only V(s, time left) is shown, by its variance.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor

from rlcourse.explorables.gradients.walk_gradients import WalkGradients, a_halfway_robot, best_baseline, every_gradient
from rlcourse.explorables.plotting.bench import Bench, Slider, bench, state_of
from rlcourse.explorables.plotting.plot import (
    Array,
    Arrow,
    Axis,
    Choice,
    Handle,
    Line,
    Panel,
    Plot,
    Point,
    Rule,
    Scatter,
)
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.usual import usual_settings

BASELINES = tuple(round(0.05 * i, 2) for i in range(-10, 31))  # −0.5 … 1.5
BATCHES = tuple(2**i for i in range(8))  # 1 … 128 walks
DRAWN = 150
"""Estimates in the cloud."""
JUDGED = 2000
"""Estimates of which it is counted how many point downhill."""
ALONG, ACROSS = (-3.5, 5.5), (-4.0, 4.0)
"""What the picture shows of the cloud's plane, in lengths of the true gradient."""

SLIDERS = (
    Slider("baseline", "baseline b", BASELINES, start=0.0, readout="+.2f"),
    Slider("batch", "number of walks N", BATCHES, start=16, readout=".0f", exact=True),
)
TRY_THIS = (
    "<b>Try this:</b> drag the dot, the <i>baseline</i>, down the parabola to where it is lowest, then to either end. "
    "Put it back and double the <i>number of walks</i>. "
    "<b>Watch:</b> the cloud shrinks and swells, and its mean stays where it is."
)
VERDICTS = (
    "Without a baseline. The mean of all estimates is the true gradient already; only the noise can be improved.",
    "Less noise than without a baseline, and for nothing: it is worth {gain:.2f} times as many walks.",
    "More noise than without a baseline: it throws away {waste:.0f} % of the walks. The mean is right all the same.",
)

CROWDS = (
    "All 150 dots are in the picture.",
    "Of the 150 dots {outside:.0f} lie outside the picture.",
    "You see fewer than 150 dots: equal estimates hide each other, {places:.0f} differ.",
    "You see fewer than 150 dots: {outside:.0f} lie outside the picture; of the others equal ones hide each other, "
    "{places:.0f} differ.",
)
"""How many of the dots can be seen, and why no more."""


def baseline_and_variance() -> Bench:
    """The explorable: sliders for the baseline and the number of walks, all drawn in the browser."""
    return bench(TRY_THIS, baseline_and_variance_plot(BASELINES, BATCHES), SLIDERS)


def baseline_and_variance_figure(*, baseline: float | int = 0.0, batch: int = 16) -> Figure:
    """The same picture of one state, for print.

    Args:
        baseline: What is taken off every return, −0.5 to 1.5.
        batch: N, from how many walks each estimate is made: 1, 2, 4 … 128.

    Raises:
        ValueError: an argument outside its range.
    """
    state = state_of(SLIDERS, baseline=baseline, batch=batch)
    baselines = sorted({*BASELINES, state["baseline"]})
    return draw_figure(baseline_and_variance_plot(baselines, [batch]), state)


@usual_settings()
def baseline_and_variance_plot(baselines: Sequence[float], batches: Sequence[int]) -> Plot:
    """Mean, variance and a cloud of estimates for every baseline and batch size."""
    grids = {"baseline": tuple(baselines), "batch": tuple(float(n) for n in batches)}
    grids["estimate"] = tuple(float(i) for i in range(DRAWN))
    arrays = _numbers(baselines, batches)
    variance, without = arrays["variance"].values, _gradients().variance(_gradients().of_returns)
    outside, places = arrays["outside"].values, arrays["places"].values
    verdict = np.select([np.abs(variance - without) < 1e-9, variance < without], [0, 1], default=2)
    return Plot(
        grids=grids,
        arrays=arrays,
        choices={
            "verdict": Choice(("baseline",), verdict, VERDICTS),
            "number": Choice(("batch",), (np.array(batches) > 1).astype(int), ("N = 1 walk", "N = {batch:.0f} walks")),
            "walks": Choice(("batch",), (np.array(batches) > 1).astype(int), ("one walk", "{batch:.0f} walks")),
            "crowd": Choice(("batch", "baseline"), _crowd(outside, places), CROWDS),
        },
        panels=(_cloud_panel(), _variance_panel()),
        readouts=(
            "b = {baseline:+.2f}:  the mean of all estimates has the length {mean_length:.3f}, drawn as 1 on the left. "
            "Their variance (a squared length) is {variance:.3f} from one walk, "
            "{batch_variance:.4f} from {number}.",
            "{downhill:.0f} % of the estimates from {walks} point downhill. {crowd}",
            "{verdict}",
        ),
        alt=(
            "Left, a cloud of 150 estimates of the gradient, each from {walks} with the baseline "
            "{baseline:+.2f}, around their mean, the true gradient. {crowd} "
            "{downhill:.0f} % of all estimates point downhill. "
            "Right, the variance of the gradient from one walk over the baseline: a parabola, lowest at {best:.2f}, "
            "here {variance:.3f}; with the value of each state as the baseline {with_values:.3f}. {verdict}"
        ),
    )


def _numbers(baselines: Sequence[float], batches: Sequence[int]) -> dict[str, Array]:
    """The cloud and the parabola, and what is said about both."""
    gradients = _gradients()
    variance = np.array([gradients.variance(gradients.of_baseline(b)) for b in baselines])
    without = gradients.variance(gradients.of_returns)
    best = best_baseline(gradients)
    uphill = gradients.mean(gradients.of_returns)
    length = uphill.norm()
    means = torch.stack([gradients.mean(gradients.of_baseline(b)) for b in baselines])  # [b, D]
    cloud = _estimates(gradients, baselines, batches)  # [batch, b, estimates, 2]
    drawn = cloud[:, :, :DRAWN].numpy()
    outside, places = _outside_and_places(drawn)
    both = ("baseline", "batch")
    return {
        "cloud_x": Array(("batch", "baseline", "estimate"), drawn[..., 0]),
        "cloud_y": Array(("batch", "baseline", "estimate"), drawn[..., 1]),
        "mean_x": Array(("baseline",), (means @ uphill / length**2).numpy()),
        "mean_length": Array(("baseline",), means.norm(dim=1).numpy()),
        "variance": Array(("baseline",), variance),
        "batch_variance": Array(both, variance[:, None] / np.array(batches)),
        "downhill": Array(("batch", "baseline"), 100 * (cloud[..., 0] < 0).double().mean(dim=2).numpy()),
        "outside": Array(("batch", "baseline"), outside),
        "places": Array(("batch", "baseline"), places),
        "gain": Array(("baseline",), without / variance),
        "waste": Array(("baseline",), 100 * (1 - without / variance)),
        "best": Array((), np.array(best)),
        "with_values": Array((), np.array(gradients.variance(gradients.of_advantages))),
    }


@cache
@usual_settings()
def _gradients() -> WalkGradients:
    return every_gradient(*a_halfway_robot())


def _estimates(
    gradients: WalkGradients, baselines: Sequence[float], batches: Sequence[int]
) -> Float[Tensor, "batches b M 2"]:
    """Estimates from N walks drawn at random, in the plane of the true gradient and the direction of most noise.

    The unit is the length of the true gradient, which lies at (1, 0). An estimate from 2N walks holds the N walks of
    the estimate of the same number.
    """
    axes = _plane(gradients)  # [2, D]
    u, w = gradients.of_returns @ axes.T, gradients.of_logprobs @ axes.T  # [W, 2]
    count = JUDGED * max(batches)
    generator = torch.Generator().manual_seed(0)
    picked = torch.multinomial(gradients.probabilities, count, replacement=True, generator=generator)
    picked = picked.view(JUDGED, max(batches))
    u_means, w_means = (
        torch.stack([projected[picked[:, :n]].mean(dim=1) for n in batches]) for projected in (u, w)
    )  # [batches, M, 2]
    b = torch.tensor(baselines, dtype=u.dtype)[:, None, None]
    return u_means[:, None] - b * w_means[:, None]


def _outside_and_places(
    cloud: Float[np.ndarray, "batches b M 2"],
) -> tuple[Float[np.ndarray, "batches b"], Float[np.ndarray, "batches b"]]:
    """How many points lie outside the picture, and in how many different places the others stand."""
    x, y = cloud[..., 0], cloud[..., 1]
    inside = (ALONG[0] <= x) & (x <= ALONG[1]) & (ACROSS[0] <= y) & (y <= ACROSS[1])
    places = np.zeros(inside.shape[:2])
    for i in np.ndindex(places.shape):
        places[i] = len(np.unique(cloud[i][inside[i]].round(6), axis=0))  # equal walks, added in another order
    return (~inside).sum(axis=2).astype(float), places


def _crowd(outside: Float[np.ndarray, "batches b"], places: Float[np.ndarray, "batches b"]) -> np.ndarray:
    """Which of the CROWDS it is."""
    return (outside > 0) + 2 * (places + outside < DRAWN)


def _plane(gradients: WalkGradients) -> Float[Tensor, "2 D"]:
    """Two directions at right angles, over the length of the true gradient: uphill, and where the noise is most."""
    mean = gradients.mean(gradients.of_returns)
    uphill = mean / mean.norm()
    noise = gradients.of_returns - mean
    noise = noise - (noise @ uphill)[:, None] * uphill
    covariance = (gradients.probabilities[:, None] * noise).T @ noise
    across = torch.linalg.eigh(covariance).eigenvectors[:, -1]
    across = across * across[across.abs().argmax()].sign()  # an eigenvector has two signs; this is one of them
    return torch.stack([uphill, across]) / mean.norm()


def _cloud_panel() -> Panel:
    return Panel(
        title="150 estimates, each from N walks",
        x=Axis("along the true gradient (1 = all of it)", *ALONG),
        y=Axis("across it", *ACROSS),
        marks=(
            Rule(x=0.0, label="left of it: downhill", dash="dashed"),
            Scatter("cloud_x", "cloud_y", along="estimate", label="one estimate", colour="sky"),
            Arrow(0.0, 0.0, "mean_x", 0.0, label="mean of all"),
        ),
    )


def _variance_panel() -> Panel:
    return Panel(
        title="Variance of the gradient from one walk",
        x=Axis("baseline b", BASELINES[0], BASELINES[-1]),
        y=Axis("variance", 0.0, 2.2),
        marks=(
            Rule(y="with_values", label="with V(s, time left)", colour="green", dash="dashdot", width=2.0),
            Rule(x="best", label="best constant"),
            Line("baseline", "variance", along="baseline", label="variance", width=3.5),
            Point("baseline", "variance", label="at b"),
        ),
        handles=(Handle("baseline", "baseline", "variance"),),
    )
