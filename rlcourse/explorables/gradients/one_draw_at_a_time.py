"""Sampling, seen: a ball that rolls along J(θ), pushed by one drawn action after another.

Two actions, one parameter: π(a) = σ(θ). A needle falls into a strip that is split at π(a), so it hits a as often as a
is likely. The drawn action pays, and θ moves by

    rate · (pay − baseline) · ∂/∂θ log π(action)                       (Williams 1992)

A second ball gets the same needles without a baseline. Both go uphill on average, in steps of very different lengths.
The gradients are those of `two_action_policy_gradient`. Left out: batches, whose averages stagger less.
"""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor

from rlcourse.explorables.gradients.two_action_policy_gradient import expected_reward, sample_gradient
from rlcourse.explorables.plotting.bench import Bench, Slider, bench, state_of
from rlcourse.explorables.plotting.plot import (
    Area,
    Array,
    Axis,
    Choice,
    Handle,
    Line,
    Panel,
    Plot,
    Point,
    Rule,
    Scatter,
    Text,
)
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.usual import usual_settings

DRAWS = 40
RATE = 2.0
"""The step for a gradient of 1: large, so that the stagger can be seen."""
PAYS_A, PAYS_B = 1.0, 0.5
STARTS = tuple(float(i) for i in range(-3, 4))
BASELINES = tuple(0.25 * i for i in range(5))
SEEDS = (6, 0, 2, 5, 7)
"""Of the lists of needles. With the first both balls climb from the usual start, the one without a baseline after a
detour; with the second that one is unlucky, and each draw of b makes a rarer."""
NEEDLES = tuple(range(len(SEEDS)))
"""Each a list of 40 places: what happens is not the luck of one list."""
FARTHEST, PLACES = 5.0, 101
"""Of the θ that are shown; and at how many places the hill is drawn."""
LOWEST, HIGHEST = -0.5, 1.15
"""Of the pushes that are shown: all there are, and room above them for a letter."""
SLIDERS = (
    Slider("draw", "draws", range(DRAWS + 1), start=0, readout=".0f", exact=True, play=True),
    Slider("baseline", "baseline", BASELINES, start=0.75),
    Slider("start", "start θ", STARTS, start=-1.0, readout="+.0f"),
    Slider("needles", "other needles", NEEDLES, start=0, readout=".0f", exact=True),
)
TRY_THIS = (
    "<b>Try this:</b> press ▶ and draw one action after another. Action a pays 1, action b pays 0.5. Then drag the "
    "blue ball to another start, move the <i>baseline</i>, and take <i>other needles</i>. <b>Watch:</b> with the "
    "baseline 0.75 every push goes uphill. Without one (orange) each draw of b pushes towards b, and only the draws of "
    "a carry the ball up."
)
WHAT = (
    "No needle has fallen yet.",
    "The needle fell on {needle:.2f}, in the part of a, which pays 1.00. Less the baseline, times the slope of "
    "log π(a), that is a push of {push:+.2f}: θ moves by twice as much, from {before:+.2f} to {theta:+.2f}.",
    "The needle fell on {needle:.2f}, in the part of b, which pays 0.50. Less the baseline, times the slope of "
    "log π(b), that is a push of {push:+.2f}: θ moves by twice as much, from {before:+.2f} to {theta:+.2f}.",
)


def one_draw_at_a_time() -> Bench:
    """The explorable: sliders for the draws, the baseline, the start and the needles; drawn in the browser."""
    return bench(TRY_THIS, one_draw_at_a_time_plot(STARTS, BASELINES), SLIDERS)


def one_draw_at_a_time_figure(
    *, draw: int = 20, baseline: float | int = 0.75, start: float | int = -1.0, needles: int = 0
) -> Figure:
    """The same picture of one state, for print.

    Args:
        draw: How many needles have fallen, 0 to 40.
        baseline: What is taken off what the actions pay, 0 to 1.
        start: θ before the first draw, −3 to 3.
        needles: Which list of needles, 0 to 4.

    Raises:
        TypeError: an argument is no number.
        ValueError: an argument outside its range.
    """
    state = state_of(SLIDERS, draw=draw, baseline=baseline, start=start, needles=needles)
    return draw_figure(one_draw_at_a_time_plot([state["start"]], [state["baseline"]]), state)


def needles_of(which: int) -> Float[Tensor, "40"]:
    """Where the needles of one list fall, between 0 and 1."""
    return torch.rand(DRAWS, generator=torch.Generator().manual_seed(SEEDS[which]), dtype=torch.float64)


def roll(
    start: Float[Tensor, "*state"], baseline: Float[Tensor, "*state"], needles: Float[Tensor, "*state 40"]
) -> tuple[Float[Tensor, "*state 41"], Float[Tensor, "*state 40"]]:
    """θ before the first draw and after each, and the push that each draw gave."""
    theta, thetas, pushes = start, [start], []
    for needle in needles.unbind(-1):
        push_a = sample_gradient(theta, 1, PAYS_A - baseline)
        push_b = sample_gradient(theta, 0, PAYS_B - baseline)
        pushes.append(torch.where(needle < theta.sigmoid(), push_a, push_b))
        theta = theta + RATE * pushes[-1]
        thetas.append(theta)
    return torch.stack(thetas, -1), torch.stack(pushes, -1)


@usual_settings()
def one_draw_at_a_time_plot(starts: Sequence[float], baselines: Sequence[float]) -> Plot:
    """Both balls after each draw, for every list of needles, start and baseline."""
    grids = {"needles": NEEDLES, "start": tuple(starts), "baseline": tuple(baselines)}
    arrays, what = _numbers(grids)
    draws = tuple(range(DRAWS + 1))
    grids |= {"draw": draws, "time": draws, "edge": (0.0, 1.0), "ball": (0.0,)}
    grids |= {"place": tuple(np.linspace(-FARTHEST, FARTHEST, PLACES))}
    return Plot(
        grids=grids,
        arrays=arrays,
        choices={"what": Choice(("needles", "start", "baseline", "draw"), what, WHAT)},
        panels=(_hill_panel(), _needle_panel(), _walk_panel()),
        readouts=(
            "Draw {draw:.0f}. {what}",
            "Pushes the wrong way so far: {wrong_plain:.0f} without a baseline, {wrong:.0f} with the baseline "
            "{baseline:.2f}. The longest step was {longest_plain:.2f} without, {longest:.2f} with it.",
        ),
        alt=(
            "Three plots after {draw:.0f} draws. Left, two balls on the curve J(θ): without a baseline at "
            "θ = {theta_plain:+.2f}, with the baseline {baseline:.2f} at {theta:+.2f}. In the middle, the strip into "
            "which needles fall, a's part {p_a:.2f} wide. Right, θ after each draw. {what}"
        ),
    )


def _numbers(grids: dict[str, tuple[float, ...]]) -> tuple[dict[str, Array], np.ndarray]:
    """What is drawn over these grids, and which of WHAT holds."""
    falls = torch.stack([needles_of(int(which)) for which in grids["needles"]])  # [N, 40]
    start, baseline = (torch.tensor(grids[name], dtype=torch.float64) for name in ("start", "baseline"))
    shape = (len(falls), len(start), len(baseline))
    starts, every_fall = start[:, None].expand(shape), falls[:, None, None].expand(*shape, -1)
    thetas, pushes = roll(starts, baseline.expand(shape), every_fall)
    plain = roll(starts[..., 0], torch.zeros(shape[:2], dtype=torch.float64), every_fall[:, :, 0])
    before = torch.cat([thetas[..., :1], thetas[..., :-1]], -1)  # of the newest draw; the start where there was none
    none_yet = torch.full_like(falls[:, :1], torch.nan)
    needle = torch.cat([none_yet, falls], 1)  # [N, 41]
    hill = torch.linspace(-FARTHEST, FARTHEST, PLACES, dtype=torch.float64)
    arrays = {
        **_ball("", ("needles", "start", "baseline"), thetas, pushes),
        **_ball("_plain", ("needles", "start"), *plain),
        **_strip(before, baseline[:, None].expand_as(before), needle[:, None, None]),
        "hill": Array(("place",), expected_reward(hill, *_pays())[0].numpy()),
        "needle": Array(("needles", "draw"), needle.numpy()),
        "needle_x": Array(("needles", "draw", "edge"), needle[..., None].expand(-1, -1, 2).numpy()),
        "needle_y": Array(("edge",), np.array([LOWEST, HIGHEST])),
        "zero": Array(("edge",), np.zeros(2)),
        "so_far": Array(("draw", "time"), _so_far()),
        "ball_draw": Array(("draw", "ball"), np.arange(DRAWS + 1.0)[:, None]),
    }
    # Larger than a Point, so that it is seen behind the blue ball where both are in one place.
    for name, place in (("ball_x", "theta_plain"), ("ball_J", "J_plain")):
        arrays[name] = Array((*arrays[place].dims, "ball"), arrays[place].values[..., None])
    hits_a = needle[:, None, None] < before.sigmoid()
    what = torch.where(needle.isnan()[:, None, None], 0, torch.where(hits_a, 1, 2))
    return arrays, what.numpy()


def _pays() -> tuple[Tensor, Tensor]:
    return torch.tensor(PAYS_A, dtype=torch.float64), torch.tensor(PAYS_B, dtype=torch.float64)


def _ball(suffix: str, dims: tuple[str, ...], thetas: Tensor, pushes: Tensor) -> dict[str, Array]:
    """Where one ball is after each draw, how it came there, and how often it was pushed the wrong way: towards b."""
    first = torch.zeros_like(thetas[..., :1])
    pushes = torch.cat([first, pushes], -1)
    after_each = {
        "theta": thetas,
        "J": expected_reward(thetas, *_pays())[0],
        "push": pushes,
        "before": torch.cat([thetas[..., :1], thetas[..., :-1]], -1),
        "wrong": pushes.lt(0).cumsum(-1).double(),
        "longest": (RATE * pushes.abs()).cummax(-1).values,
    }
    arrays = {f"{name}{suffix}": Array((*dims, "draw"), values.numpy()) for name, values in after_each.items()}
    return arrays | {f"walk{suffix}": Array((*dims, "time"), thetas.numpy())}


def _strip(theta: Tensor, baseline: Tensor, needle: Tensor) -> dict[str, Array]:
    """The strip at each draw: two boxes, as wide as their action is likely and as high as its push; the drawn one."""
    dims, p_a = ("needles", "start", "baseline", "draw"), theta.sigmoid()
    push_a, push_b = sample_gradient(theta, 1, PAYS_A - baseline), sample_gradient(theta, 0, PAYS_B - baseline)
    zero, one = torch.zeros_like(p_a), torch.ones_like(p_a)
    hits_a, nothing = needle < p_a, needle.isnan().expand_as(p_a)
    drawn = {
        "left": torch.where(hits_a, zero, p_a),
        "right": torch.where(hits_a, p_a, one),
        "height": torch.where(hits_a, push_a, push_b),
    }
    left, right, height = (values.masked_fill(nothing, torch.nan) for values in drawn.values())
    pairs = {
        "box_a_x": (zero, p_a),
        "box_b_x": (p_a, one),
        "box_a": (push_a, push_a),
        "box_b": (push_b, push_b),
        "drawn_x": (left, right),
        "drawn": (height, height),
    }
    arrays = {name: Array((*dims, "edge"), torch.stack(pair, -1).numpy()) for name, pair in pairs.items()}
    mean = p_a * push_a + (1 - p_a) * push_b
    numbers = {"p_a": p_a, "middle_a": p_a / 2, "middle_b": (1 + p_a) / 2, "mean": mean}
    return arrays | {name: Array(dims, values.numpy()) for name, values in numbers.items()}


def _so_far() -> np.ndarray:
    """The numbers of the draws up to each draw, NaN beyond it: a trail ends where its ball is, [draw, time]."""
    draw, time = np.arange(DRAWS + 1.0)[:, None], np.arange(DRAWS + 1.0)[None]
    return np.where(time <= draw, time, np.nan)


def _hill_panel() -> Panel:
    return Panel(
        title="The hill: the expected reward J(θ)",
        x=Axis("parameter θ", -FARTHEST, FARTHEST),
        y=Axis("J", 0.45, 1.05),
        marks=(
            Line("place", "hill", along="place", colour="ink", width=2.0),
            Scatter("ball_x", "ball_J", along="ball", colour="orange", marker="square", size=17),
            Point("theta_plain", "J_plain", label="no baseline", colour="orange", marker="square"),
            Point("theta", "J", label="with the baseline", colour="blue"),
        ),
        handles=(Handle("start", x="theta", y="J"),),
    )


def _needle_panel() -> Panel:
    return Panel(
        title="What the blue ball draws",
        x=Axis("where the needle falls", 0.0, 1.0),
        y=Axis("push", LOWEST, HIGHEST),
        marks=(
            Area("box_a_x", "zero", "box_a", along="edge", colour="green"),
            Area("box_b_x", "zero", "box_b", along="edge", colour="purple", hatch="striped"),
            Line("drawn_x", "drawn", along="edge", label="drawn", colour="blue", width=4.0),
            Rule(y=0.0, dash="solid", width=1.0),
            Rule(y="mean", label="mean = slope of J", dash="dashed", width=2.0),
            Line("needle_x", "needle_y", along="edge", colour="vermillion", width=2.0),
            Text("middle_a", HIGHEST - 0.1, "a"),
            Text("middle_b", HIGHEST - 0.1, "b"),
        ),
    )


def _walk_panel() -> Panel:
    return Panel(
        title="The way they rolled",
        x=Axis("draws", -1.0, DRAWS + 1.0),  # so that the balls are whole at both ends
        y=Axis("θ", -FARTHEST, FARTHEST),
        marks=(
            Rule(y=0.0, dash="solid", width=1.0),
            Line("so_far", "walk_plain", along="time", label="no baseline", colour="orange", width=2.0),
            Line("so_far", "walk", along="time", label="with the baseline", colour="blue", dash="dashed", width=2.5),
            Scatter("ball_draw", "ball_x", along="ball", colour="orange", marker="square", size=17),
            Point("draw", "theta_plain", colour="orange", marker="square"),
            Point("draw", "theta", colour="blue"),
        ),
        handles=(Handle("draw", x="draw", grip=0.02),),
    )
