"""The clipped objective of PPO and GRPO, to turn by hand: min(ρ·A, clip(ρ, 1−ε, 1+ε)·A) (Schulman et al. 2017, eq. 7).

The curve is `rlcourse.equations.clipped_surrogate`, the very function the trainers call, and the slope is its gradient
by autograd. Left out: the asymmetric interval of DAPO (clip_low ≠ clip_high), which a later notebook shows.
"""

from collections.abc import Sequence

import numpy as np
import torch
from matplotlib.figure import Figure

from rlcourse.equations import clipped_surrogate
from rlcourse.explorables.plotting.bench import Bench, Slider, bench, state_of
from rlcourse.explorables.plotting.plot import Array, Arrow, Axis, Band, Choice, Line, Panel, Plot, Point
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.usual import usual_settings

EPSILONS = tuple(round(0.02 * i, 2) for i in range(2, 26))  # 0.04 … 0.50
RATIOS = tuple(round(0.02 * i, 2) for i in range(1, 126))  # 0.02 … 2.50; a ratio of probabilities is never 0
ADVANTAGES = tuple(0.25 * i for i in range(-4, 5))  # −1 … 1
PUSH = 0.3
"""How far the arrow of the push reaches along the ratio axis."""

SLIDERS = (
    Slider("ratio", "ratio ρ", RATIOS, start=1.0, drawable=(0.001, RATIOS[-1])),
    Slider("epsilon", "clip range ε", EPSILONS, start=0.2, drawable=(0.001, 0.999)),
    Slider("advantage", "advantage A", ADVANTAGES, start=1.0, readout="+.2f"),
)
TRY_THIS = (
    "<b>Try this:</b> move the ratio <i>ρ</i> to the right until the arrow disappears, then make the advantage "
    "<i>A</i> negative. <b>Watch:</b> on which side of the band the slope is now 0, and on which side it never is."
)
VERDICTS = (
    "The advantage is 0: this action was as good as expected, and nothing pushes.",
    "Slope 0: no more push. The action was good and its probability has risen enough for one update.",
    "Slope 0: no more push. The action was bad and its probability has fallen enough for one update.",
    "Slope {slope:+.2f}: pushes the ratio up, as ρ is still inside the band and the action was good.",
    "Slope {slope:+.2f}: pushes the ratio down, as ρ is still inside the band and the action was bad.",
    "Slope {slope:+.2f}: pushes the ratio up. Outside the band, but on the wrong side: the way back stays open.",
    "Slope {slope:+.2f}: pushes the ratio down. Outside the band, but on the wrong side: the way back stays open.",
)


def clipped_objective() -> Bench:
    """The explorable: three sliders (ε, ρ, A) over the objective and its slope, all drawn in the browser."""
    return bench(TRY_THIS, clipped_objective_plot(EPSILONS, RATIOS, ADVANTAGES), SLIDERS)


def clipped_objective_figure(
    *, epsilon: float | int = 0.2, ratio: float | int = 1.0, advantage: float | int = 1.0
) -> Figure:
    """The same picture of one state, for print.

    Args:
        epsilon: The clip range, 0.001 to 0.999; 0.1–0.3 is usual.
        ratio: π_θ/π_old where the point stands, 0.001 to 2.5.
        advantage: A of the action, −1 to 1.

    Raises:
        ValueError: an argument outside its range.
    """
    state = state_of(SLIDERS, epsilon=epsilon, ratio=ratio, advantage=advantage)
    ratios = sorted({*RATIOS, state["ratio"], 1 - state["epsilon"], 1 + state["epsilon"]})
    return draw_figure(clipped_objective_plot([state["epsilon"]], ratios, [state["advantage"]]), state)


@usual_settings()
def clipped_objective_plot(epsilons: Sequence[float], ratios: Sequence[float], advantages: Sequence[float]) -> Plot:
    """The objective and its slope for every combination of the three."""
    grids = {"epsilon": tuple(epsilons), "ratio": tuple(ratios), "advantage": tuple(advantages)}
    epsilon, ratio, advantage = np.meshgrid(*grids.values(), indexing="ij", sparse=True)
    objective, slope = _objective_and_slope(epsilon, ratio, advantage)
    corners = _around_corners(epsilon[:, 0, 0])
    _, slope_curve = _evaluate(epsilon, corners[:, :, None], advantage)
    grids["corner"] = tuple(float(i) for i in range(corners.shape[1]))
    everywhere = ("epsilon", "ratio", "advantage")
    push = np.sign(slope) * PUSH
    arrays = {
        "objective": Array(everywhere, objective),
        "slope": Array(everywhere, slope),
        "corner_ratio": Array(("epsilon", "corner"), corners),
        "slope_curve": Array(("epsilon", "corner", "advantage"), slope_curve),
        "unclipped": Array(("ratio", "advantage"), (ratio * advantage)[0]),
        "band_low": Array(("epsilon",), 1 - epsilon[:, 0, 0]),
        "band_high": Array(("epsilon",), 1 + epsilon[:, 0, 0]),
        "push_right": Array(everywhere, push),
        "push_up": Array(everywhere, push * slope),
    }
    return Plot(
        grids=grids,
        arrays=arrays,
        choices={"verdict": Choice(everywhere, _verdict(epsilon, ratio, advantage, slope), VERDICTS)},
        panels=(_objective_panel(), _slope_panel()),
        readouts=("ρ = {ratio:.2f}:  objective {objective:+.2f},  unclipped ρ·A {unclipped:+.2f}.", "{verdict}"),
        alt=(
            "Two line plots over the ratio ρ, for clip range ε = {epsilon:.2f} and advantage A = {advantage:+.2f}. "
            "The clip interval reaches from {band_low:.2f} to {band_high:.2f}. "
            "At ρ = {ratio:.2f} the clipped objective is {objective:+.2f} and its slope {slope:+.2f}. {verdict}"
        ),
    )


def _objective_and_slope(epsilon: np.ndarray, ratio: np.ndarray, advantage: np.ndarray) -> tuple[np.ndarray, ...]:
    """clipped_surrogate at every combination [E, R, A], and its derivative by ρ in the direction of the push.

    At the corners of the curve, ρ = 1 ± ε, left and right slope differ. What the learner wants to know is whether the
    update can gain anything by going on, so the slope is taken a hair's breadth further on.
    """
    objective, _ = _evaluate(epsilon, ratio, advantage)
    _, slope = _evaluate(epsilon, ratio + 1e-9 * np.sign(advantage), advantage)
    return objective, slope


def _evaluate(epsilon: np.ndarray, ratio: np.ndarray, advantage: np.ndarray) -> tuple[np.ndarray, ...]:
    """clipped_surrogate and its derivative by ρ, by autograd."""
    epsilon, ratio, advantage = np.broadcast_arrays(epsilon, ratio, advantage)
    rho = torch.tensor(ratio, requires_grad=True)
    objective = torch.stack(
        [
            clipped_surrogate(rho[i].log(), torch.zeros_like(rho[i]), torch.tensor(a), clip_low=e, clip_high=e)
            for i, (a, e) in enumerate(zip(advantage, epsilon[:, 0, 0].tolist(), strict=True))
        ]
    )
    (slope,) = torch.autograd.grad(objective.sum(), rho)
    return objective.detach().numpy(), slope.numpy()


def _around_corners(epsilons: np.ndarray) -> np.ndarray:
    """Ratios just left and right of both corners, and at the ends: the slope is constant in between, [E, 6]."""
    left, right, hair = 1 - epsilons, 1 + epsilons, 1e-6
    ends = np.full_like(epsilons, RATIOS[0]), np.full_like(epsilons, RATIOS[-1])
    return np.stack([ends[0], left - hair, left + hair, right - hair, right + hair, ends[1]], axis=1)


def _verdict(epsilon: np.ndarray, ratio: np.ndarray, advantage: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """Which of the VERDICTS holds at every combination, [E, R, A]."""
    good, flat, inside = advantage > 0, slope == 0, np.abs(ratio - 1) <= epsilon + 1e-9
    cases = [advantage == 0, flat & good, flat & ~good, inside & good, inside & ~good, good]
    return np.select(np.broadcast_arrays(*cases), range(6), default=6)


def _objective_panel() -> Panel:
    return Panel(
        title="Clipped objective",
        x=Axis("ratio ρ = π_θ(a|s) / π_old(a|s)", 0.0, 2.5),
        y=Axis("objective", -2.6, 2.6),
        marks=(
            Band("band_low", "band_high", label="1 ± ε"),
            Line("ratio", "objective", along="ratio", label="clipped", colour="blue", width=4.0),
            Line("ratio", "unclipped", along="ratio", label="unclipped ρ·A", colour="ink", dash="dashed", width=1.5),
            Arrow("ratio", "objective", "push_right", "push_up", label="push"),
            Point("ratio", "objective", label="at ρ"),
        ),
    )


def _slope_panel() -> Panel:
    return Panel(
        title="Its slope: how hard the update pushes",
        x=Axis("ratio ρ = π_θ(a|s) / π_old(a|s)", 0.0, 2.5),
        y=Axis("slope", -1.2, 1.2),
        marks=(
            Band("band_low", "band_high", label="1 ± ε"),
            Line("corner_ratio", "slope_curve", along="corner", label="slope of the clipped objective", width=4.0),
            Point("ratio", "slope", label="at ρ"),
        ),
    )
