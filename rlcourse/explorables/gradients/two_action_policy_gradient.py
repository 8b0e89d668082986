"""The smallest policy gradient there is: two actions, one parameter, and nothing left to chance.

    π(a) = σ(θ),  π(b) = 1 − σ(θ)        J(θ) = π(a)·r(a) + π(b)·r(b)

One sample sees one action only, and its gradient is (r − baseline)·∂/∂θ log π (Williams 1992). In the picture each of
the two possible samples is a box: as wide as it is likely, as high as its gradient. The areas add up to the slope of J.

Both gradients are `rlcourse.equations.policy_gradient` by autograd. Left out: states, of which there is only one here.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor

from rlcourse.equations import policy_gradient
from rlcourse.explorables.plotting.bench import Bench, Slider, bench, state_of
from rlcourse.explorables.plotting.plot import Area, Array, Axis, Choice, Handle, Line, Panel, Plot, Point, Rule, Text
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.usual import usual_settings

THETAS = tuple(round(0.2 * i, 1) for i in range(-20, 21))  # −4 … 4: π(a) from 0.02 to 0.98
REWARDS = tuple(0.25 * i for i in range(-2, 5))  # −0.5 … 1
BASELINES = REWARDS
SLIDERS = (
    Slider("theta", "parameter θ", THETAS, start=0.0, readout="+.1f"),
    Slider("reward_a", "action a pays", REWARDS, start=1.0, readout="+.2f"),
    Slider("reward_b", "action b pays", REWARDS, start=0.5, readout="+.2f"),
    Slider("baseline", "baseline", BASELINES, start=0.0, readout="+.2f"),
)
ENDS, EDGES = (-1.0, 1.0), (0.0, 1.0)
"""Of the tangent, in its reach to the left and to the right; and of a box, in its width."""
TANGENT = 1.5
"""How far the tangent reaches to both sides of θ."""

TRY_THIS = (
    "<b>Try this:</b> drag the <i>baseline</i>, the dashed orange line, from 0 up to 0.75, then on to 1. Then drag the "
    "dot along J, which changes <i>θ</i>. "
    "<b>Watch:</b> the boxes change and even turn over, but their average, the dashed line on the right, does "
    "not move with the baseline."
)
TRY_THETA = (
    "<b>Try this:</b> drag the dot along J, from one end to the other. Action a pays 1, action b pays 0.5. "
    "<b>Watch:</b> how wide and how high the two boxes are at either end, and where the dashed line, their average, is "
    "highest: it is the slope of J."
)
VERDICTS = (
    "Both actions pay the same, so J is flat. What the two samples say cancels out, whatever the baseline.",
    "Both samples say the same here, with no scatter at all: one sample is as good as a thousand.",
    "Both actions pay more than the baseline, so each sample pushes its own action up, the worse one too. "
    "Only on average does the better one win.",
    "Both actions pay less than the baseline, so each sample pushes its own action down, the better one too. "
    "Only on average does the better one win.",
    "The better action pays more than the baseline and the other less: both samples push towards the better one.",
    "One action pays exactly the baseline: its sample says nothing, and the other one has to say it all.",
)


def two_action_policy_gradient(*, only_theta: bool = False) -> Bench:
    """The explorable: sliders for θ, what the actions pay, and the baseline; all drawn in the browser.

    Args:
        only_theta: whether θ alone can be moved: a pays 1, b pays 0.5, and there is no word of a baseline.
    """
    if only_theta:
        return bench(TRY_THETA, _without_baseline(THETAS), SLIDERS[:1])
    return bench(TRY_THIS, two_action_policy_gradient_plot(THETAS, REWARDS, REWARDS, BASELINES), SLIDERS)


def two_action_policy_gradient_figure(
    *, theta: float | int = 0.0, reward_a: float | int = 1.0, reward_b: float | int = 0.5, baseline: float | int = 0.0
) -> Figure:
    """The same picture of one state, for print.

    Args:
        theta: The parameter, −4 to 4.
        reward_a: What action a pays, −0.5 to 1.
        reward_b: What action b pays, −0.5 to 1.
        baseline: What is taken off both, −0.5 to 1.

    Raises:
        ValueError: an argument outside its range.
    """
    state = state_of(SLIDERS, theta=theta, reward_a=reward_a, reward_b=reward_b, baseline=baseline)
    thetas = sorted({*THETAS, state["theta"]})
    plot = two_action_policy_gradient_plot(thetas, [state["reward_a"]], [state["reward_b"]], [state["baseline"]])
    return draw_figure(plot, state)


@usual_settings()
def two_action_policy_gradient_plot(
    thetas: Sequence[float], rewards_a: Sequence[float], rewards_b: Sequence[float], baselines: Sequence[float]
) -> Plot:
    """J, its slope and the two possible samples for every combination of the four."""
    grids = {"theta": tuple(thetas), "reward_a": tuple(rewards_a), "reward_b": tuple(rewards_b)}
    grids |= {"baseline": tuple(baselines)}
    arrays, verdict = _numbers(grids)
    everywhere, grids = tuple(grids), {**grids, "end": ENDS, "edge": EDGES}
    return Plot(
        grids=grids,
        arrays=arrays,
        choices={"verdict": Choice(everywhere, verdict, VERDICTS)},
        panels=(_objective_panel(), _samples_panel()),
        readouts=(
            "π(a) = {p_a:.2f}:  J = {J:+.2f},  slope of J {slope:+.3f}.",
            "Mean of the samples: {p_a:.2f} · ({g_a:+.2f}) + {p_b:.2f} · ({g_b:+.2f}) = {mean:+.3f}, "
            "with a standard deviation of {std:.2f}.",
            "{verdict}",
        ),
        alt=(
            "Two plots for a policy with two actions. θ = {theta:+.1f}, so action a has the probability {p_a:.2f}. "
            "Action a pays {reward_a:+.2f}, action b {reward_b:+.2f}. Left, the expected reward J over θ, "
            "here {J:+.2f} with the slope {slope:+.3f}. Right, the gradient of each sample with the baseline "
            "{baseline:+.2f}: {g_a:+.2f} for a, {g_b:+.2f} for b, their mean {mean:+.3f}. {verdict}"
        ),
    )


def _without_baseline(thetas: Sequence[float]) -> Plot:
    """The same for θ alone: what the actions pay are numbers, and the baseline is 0 and goes unmentioned."""
    fixed = {slider.name: slider.start for slider in SLIDERS[1:]}
    plot = two_action_policy_gradient_plot(thetas, *([value] for value in fixed.values()))

    def of_theta(array: Array) -> Array:
        kept = tuple(dim for dim in array.dims if dim not in fixed)
        return Array(kept, array.values.reshape([len(plot.grids[dim]) for dim in kept]))

    hill, samples = plot.panels
    marks = tuple(mark for mark in hill.marks if getattr(mark, "y", None) != "baseline")
    letters = (replace(mark, y=1.12) if isinstance(mark, Text) else mark for mark in samples.marks)
    numbers = {name: Array((), np.array(float(value))) for name, value in fixed.items()}
    return replace(
        plot,
        grids={name: grid for name, grid in plot.grids.items() if name not in fixed},
        arrays={name: of_theta(array) for name, array in plot.arrays.items()} | numbers,
        choices={},
        panels=(
            replace(hill, y=Axis("J", 0.4, 1.1), marks=marks, handles=hill.handles[-1:]),
            replace(samples, y=replace(samples.y, low=-0.75, high=1.25), marks=tuple(letters)),
        ),
        readouts=(
            "π(a) = {p_a:.2f}:  J = {J:+.2f},  slope of J {slope:+.3f}.",
            "Mean of the pushes: {p_a:.2f} · ({g_a:+.2f}) + {p_b:.2f} · ({g_b:+.2f}) = {mean:+.3f}.",
        ),
        alt=(
            "Two plots for a policy with two actions; a pays 1, b pays 0.5. θ = {theta:+.1f}, so action a has the "
            "probability {p_a:.2f}. Left, the expected reward J over θ, here {J:+.2f} with the slope {slope:+.3f}. "
            "Right, the push that each sample gives to θ: {g_a:+.2f} for a, {g_b:+.2f} for b, their mean {mean:+.3f}."
        ),
    )


def _numbers(grids: dict[str, tuple[float, ...]]) -> tuple[dict[str, Array], np.ndarray]:
    """What is drawn over these grids, and which of the VERDICTS holds."""
    theta, pays_a, pays_b, baseline = (
        torch.from_numpy(values) for values in np.meshgrid(*grids.values(), indexing="ij", sparse=True)
    )
    p_a = theta.sigmoid()
    J, slope = expected_reward(theta, pays_a, pays_b)
    g_a = sample_gradient(theta, 1, pays_a - baseline)  # [θ, r(a), 1, b]
    g_b = sample_gradient(theta, 0, pays_b - baseline)  # [θ, 1, r(b), b]
    mean = p_a * g_a + (1 - p_a) * g_b
    std = (p_a * (g_a - mean) ** 2 + (1 - p_a) * (g_b - mean) ** 2).sqrt()
    everywhere = ("theta", "reward_a", "reward_b", "baseline")
    state, of_a, of_b = everywhere[:3], ("theta", "reward_a", "baseline"), ("theta", "reward_b", "baseline")
    reach = TANGENT * torch.tensor(ENDS, dtype=theta.dtype)
    edge = torch.tensor(EDGES, dtype=theta.dtype)
    probability = p_a[:, 0, 0]  # [θ, 1]
    arrays = {
        "p_a": Array(("theta",), p_a.flatten().numpy()),
        "p_b": Array(("theta",), (1 - p_a).flatten().numpy()),
        "J": Array(state, J[..., 0].numpy()),
        "slope": Array(state, slope[..., 0].numpy()),
        "tangent_x": Array(("theta", "end"), (theta[:, 0, 0] + reach).numpy()),
        "tangent_y": Array((*state, "end"), (J + slope * reach).numpy()),
        "g_a": Array(of_a, g_a[:, :, 0].numpy()),
        "g_b": Array(of_b, g_b[:, 0].numpy()),
        "mean": Array(everywhere, mean.numpy()),
        "std": Array(everywhere, std.numpy()),
        "box_a_x": Array(("theta", "edge"), (probability * edge).numpy()),
        "box_b_x": Array(("theta", "edge"), (probability + (1 - probability) * edge).numpy()),
        "box_a": Array((*of_a, "edge"), g_a[:, :, 0, :, None].expand(-1, -1, -1, 2).numpy()),
        "box_b": Array((*of_b, "edge"), g_b[:, 0, :, :, None].expand(-1, -1, -1, 2).numpy()),
        "zero": Array(("edge",), np.zeros(2)),
        "middle_a": Array(("theta",), (probability[:, 0] / 2).numpy()),
        "middle_b": Array(("theta",), ((1 + probability[:, 0]) / 2).numpy()),
    }
    return arrays, _verdict(*(values.numpy() for values in (pays_a, pays_b, baseline, std)))


def expected_reward(theta: Tensor, pays_a: Tensor, pays_b: Tensor) -> tuple[Tensor, Tensor]:
    """J and its slope at every combination, the slope by autograd of J itself."""
    theta, pays_a, pays_b = torch.broadcast_tensors(theta, pays_a, pays_b)
    theta = theta.clone().requires_grad_()
    J = theta.sigmoid() * pays_a + (-theta).sigmoid() * pays_b
    (slope,) = torch.autograd.grad(J.sum(), theta)
    return J.detach(), slope


def sample_gradient(theta: Tensor, is_a: int, advantages: Tensor) -> Tensor:
    """The gradient by θ that one sampled action gives: autograd of `policy_gradient`."""
    theta, advantages = torch.broadcast_tensors(theta, advantages)
    theta = theta.clone().requires_grad_()
    logprobs = torch.nn.functional.logsigmoid(theta if is_a else -theta)
    (gradient,) = torch.autograd.grad(policy_gradient(logprobs, advantages).sum(), theta)
    return gradient + 0.0  # no −0, which a browser writes as +0


def _verdict(pays_a: np.ndarray, pays_b: np.ndarray, baseline: np.ndarray, std: np.ndarray) -> np.ndarray:
    """Which of the VERDICTS holds at every combination, [θ, r(a), r(b), baseline]."""
    above_a, above_b = np.sign(pays_a - baseline), np.sign(pays_b - baseline)
    cases = [
        pays_a == pays_b,
        std < 1e-9,
        (above_a > 0) & (above_b > 0),
        (above_a < 0) & (above_b < 0),
        above_a * above_b < 0,
    ]
    return np.select([np.broadcast_to(case, std.shape) for case in cases], range(5), default=5)


def _objective_panel() -> Panel:
    return Panel(
        title="The expected reward J(θ)",
        x=Axis("parameter θ", -4.0, 4.0),
        y=Axis("J", -0.65, 1.15),
        marks=(
            Rule(y="reward_a", label="a pays", colour="green", dash="dotted"),
            Rule(y="reward_b", label="b pays", colour="purple", dash="dashdot"),
            Rule(y="baseline", label="baseline", colour="orange", dash="dashed", width=2.0),
            Line("theta", "J", along="theta", label="J(θ)", colour="blue", width=3.5),
            Line("tangent_x", "tangent_y", along="end", label="its slope", colour="ink", dash="dashed", width=2.0),
            Point("theta", "J", label="at θ"),
        ),
        handles=(
            Handle("reward_a", y="reward_a", grip=0.95),
            Handle("reward_b", y="reward_b", grip=0.05),
            Handle("baseline", y="baseline", grip=0.8),
            Handle("theta", "theta", "J"),
        ),
    )


def _samples_panel() -> Panel:
    return Panel(
        title="What one sample says",
        x=Axis("how likely that sample is", 0.0, 1.0),
        y=Axis("its push: the gradient by θ", -1.6, 1.6),
        marks=(
            Area("box_a_x", "zero", "box_a", along="edge", label="a is sampled", colour="green"),
            Area("box_b_x", "zero", "box_b", along="edge", label="b is sampled", colour="purple", hatch="striped"),
            Line("box_a_x", "box_a", along="edge", colour="green", width=3.0),
            Line("box_b_x", "box_b", along="edge", colour="purple", dash="dashdot", width=3.0),
            Rule(y=0.0, dash="solid", width=1.0),
            Rule(y="mean", label="mean = slope of J", dash="dashed", width=2.0),
            Text("middle_a", 1.38, "a"),
            Text("middle_b", 1.38, "b"),
        ),
    )
