"""The KL of two distributions, both ways: which q is nearest to p depends on which of the two stands in front.

p has two humps and q has one. KL(p‖q) is smallest where q covers both humps: whatever p does must not surprise q.
KL(q‖p) is smallest where q sits on one of them: whatever q does, p must do too. Beside it, if asked for, the three
estimates of KL(q‖p) from samples of q (Schulman 2020): with q for the policy and p for the reference, KL(π‖π_ref).

All numbers are `categorical_kl`, `kl_k1`, `kl_k2` and `kl_k3` of `rlcourse.equations`, on 41 actions in a row. Left
out: continuous distributions, for which the sums would be integrals.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor

from rlcourse.equations import categorical_kl, kl_k1, kl_k2, kl_k3
from rlcourse.explorables.plotting.bench import Bench, Slider, bench, state_of
from rlcourse.explorables.plotting.plot import Array, Axis, Bars, Choice, Line, Panel, Plot, Point, Rule, Scatter
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.usual import usual_settings

ACTIONS = tuple(0.25 * i for i in range(-20, 21))  # −5 … 5
CENTRES = tuple(0.25 * i for i in range(-12, 13))  # −3 … 3
WIDTHS = tuple(round(0.1 * i, 1) for i in range(5, 26))  # 0.5 … 2.5
HUMPS = ((-1.75, 0.6, 0.6), (1.75, 0.7, 0.4))
"""Place, width and weight of p's humps."""
DRAWS = 40
ESTIMATES = {"k1": kl_k1, "k2": kl_k2, "k3": kl_k3}
NEAR = 0.02
"""How far above its smallest value, in nats, a KL still counts as about as small as it gets."""
WIDEST = 100
"""Standard deviations above this are not written out: k3's can have nine digits where q leaves a hump alone."""

SLIDERS = (
    Slider("centre", "centre of q", CENTRES, start=0.5, readout="+.2f"),
    Slider("width", "width of q", WIDTHS, start=0.8, readout=".1f"),
)
TRY_THIS = (
    "<b>Try this:</b> move <i>centre</i> and <i>width</i> until the blue KL(p‖q) is as small as you can make it. Then "
    "do the same for the orange KL(q‖p). <b>Watch:</b> what q looks like in each case."
)
TRY_THIS_TOO = (
    "<b>Try this:</b> put q on the larger hump, <i>centre</i> −1.75 and <i>width</i> 0.6, and then move it away from "
    "there. <b>Watch:</b> where the samples of each estimate lie, and where their mean."
)
VERDICTS = (
    "KL(p‖q) is about as small as it gets. Nothing that p does is ruled out by q: it covers both humps. "
    "This is called mode covering.",
    "KL(q‖p) is about as small as it gets. Nothing that q does is ruled out by p: it sits on one hump. "
    "This is called mode seeking.",
    "KL(p‖q) is the larger one: p often does what q all but rules out.",
    "KL(q‖p) is the larger one: q often does what p all but rules out.",
)


def kl_both_ways(*, samples: bool = True) -> Bench:
    """The explorable: two sliders for q's centre and width, all drawn in the browser.

    Args:
        samples: Whether the estimates from samples are drawn too.
    """
    return bench(TRY_THIS_TOO if samples else TRY_THIS, kl_both_ways_plot(CENTRES, WIDTHS, samples=samples), SLIDERS)


def kl_both_ways_figure(*, centre: float | int = 0.5, width: float | int = 0.8, samples: bool = True) -> Figure:
    """The same picture of one state, for print.

    Args:
        centre: Where q has its hump, −3 to 3.
        width: How wide it is, 0.5 to 2.5.
        samples: Whether the estimates from samples are drawn too.

    Raises:
        ValueError: an argument outside its range.
    """
    state = state_of(SLIDERS, centre=centre, width=width)
    centres = sorted({*CENTRES, state["centre"]})
    return draw_figure(kl_both_ways_plot(centres, [state["width"]], samples=samples), state)


@usual_settings()
def kl_both_ways_plot(centres: Sequence[float], widths: Sequence[float], *, samples: bool = True) -> Plot:
    """Both KLs for every q, and the three estimates."""
    p, q = logits_of_p(), logits_of_q(centres, widths)  # [A], [C, W, A]
    towards, back = both_kls(p, q)
    best_towards, best_back = (np.asarray(centres)[kl.argmin(0).numpy()] for kl in (towards, back))
    arrays = {
        "p": Array(("action",), p.softmax(-1).numpy()),
        "q": Array(("centre", "width", "action"), q.softmax(-1).numpy()),
        "kl_pq": Array(("centre", "width"), towards.numpy()),
        "kl_qp": Array(("centre", "width"), back.numpy()),
        "best_pq": Array(("width",), towards.amin(0).numpy()),
        "best_qp": Array(("width",), back.amin(0).numpy()),
        "best_centre_pq": Array(("width",), best_towards),
        "best_centre_qp": Array(("width",), best_back),
    }
    plot = Plot(
        grids={"centre": tuple(centres), "width": tuple(widths), "action": ACTIONS},
        arrays=arrays,
        choices={"verdict": Choice(("centre", "width"), _verdict(towards.numpy(), back.numpy()), VERDICTS)},
        panels=(_distributions(), _kl_curves()),
        readouts=("KL(p‖q) = {kl_pq:.2f} nats,  KL(q‖p) = {kl_qp:.2f} nats.  {verdict}",),
        alt=(
            "First picture: p has two humps; q is one hump at {centre:+.2f}, {width:.1f} wide. Second: both "
            "KLs over the centre of q. Here KL(p‖q) is {kl_pq:.2f} nats and KL(q‖p) {kl_qp:.2f}; at this width the "
            "first is smallest at {best_centre_pq:+.2f}, the second at {best_centre_qp:+.2f}. {verdict}"
        ),
    )
    return _with_samples(plot, _estimates(p, q)) if samples else plot


def _with_samples(plot: Plot, estimates: dict[str, Array]) -> Plot:
    """The same plot with a third panel, and what it shows in words."""
    beyond = (estimates["k3_std"].values > WIDEST).astype(int)
    scatter = Choice(("centre", "width"), beyond, ("{k3_std:.2f}", f"more than {WIDEST}"))
    return replace(
        plot,
        grids={**plot.grids, "draw": tuple(range(DRAWS)), "end": (0.0, 1.0)},
        arrays={**plot.arrays, **estimates},
        choices={**plot.choices, "k3_scatter": scatter},
        panels=(*plot.panels, _estimates_panel()),
        readouts=(
            *plot.readouts,
            "Samples of q say of KL(q‖p), mean ± standard deviation:  k1 {k1_mean:.2f} ± {k1_std:.2f},  "
            "k2 {k2_mean:.2f} ± {k2_std:.2f},  k3 {k3_mean:.2f} ± {k3_scatter}.",
        ),
        alt=plot.alt
        + (
            " Third: estimates of KL(q‖p) from samples of q, mean and standard deviation: k1 {k1_mean:.2f} and "
            "{k1_std:.2f}, k2 {k2_mean:.2f} and {k2_std:.2f}, k3 {k3_mean:.2f} and {k3_scatter}."
        ),
    )


def logits_of_p() -> Tensor:
    """The logits of p, [A]: the logarithm of a mixture of two bells."""
    action = torch.tensor(ACTIONS, dtype=torch.float64)
    bells = [weight / width * torch.exp(-(((action - place) / width) ** 2) / 2) for place, width, weight in HUMPS]
    return sum(bells).log()


def logits_of_q(centres: Sequence[float], widths: Sequence[float]) -> Tensor:
    """The logits of q for every centre and width, [C, W, A]: a parabola, so that q is a bell."""
    action, centre, width = (torch.tensor(grid, dtype=torch.float64) for grid in (ACTIONS, centres, widths))
    return -(((action - centre[:, None, None]) / width[:, None]) ** 2) / 2


def both_kls(p: Tensor, q: Tensor) -> tuple[Tensor, Tensor]:
    """KL(p‖q) and KL(q‖p) for every q, [C, W] each."""
    p = p.expand_as(q)
    return categorical_kl(p, q), categorical_kl(q, p)


def _estimates(p: Tensor, q: Tensor) -> dict[str, Array]:
    """For k1, k2 and k3: mean and standard deviation over all samples, and what some samples of q say."""
    log_q, log_p = q.log_softmax(-1), p.log_softmax(-1).expand_as(q)
    # The same chance for every q, so that the dots move with the sliders instead of jumping.
    chance = torch.rand(DRAWS, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    up_to = log_q.exp().cumsum(-1)
    drawn = torch.searchsorted(up_to / up_to[..., -1:], chance.expand(*q.shape[:-1], DRAWS).contiguous())
    arrays = {}
    for place, (name, estimate) in enumerate(ESTIMATES.items(), 1):
        of_action = estimate(log_q, log_p)
        mean = (log_q.exp() * of_action).sum(-1)
        std = (log_q.exp() * (of_action - mean[..., None]).square()).sum(-1).sqrt()
        spread = torch.stack([mean - std, mean + std], dim=-1)
        arrays |= {
            f"{name}_mean": Array(("centre", "width"), mean.numpy()),
            f"{name}_std": Array(("centre", "width"), std.numpy()),
            f"{name}_spread": Array(("centre", "width", "end"), spread.numpy()),
            f"{name}_at": Array(("end",), np.full(2, place + 0.3)),
            f"{name}_draws": Array(("centre", "width", "draw"), of_action.gather(-1, drawn).numpy()),
            f"{name}_places": Array(("draw",), place - 0.35 + 0.5 * np.arange(DRAWS) / (DRAWS - 1)),
        }
    return arrays


def _verdict(towards: np.ndarray, back: np.ndarray) -> np.ndarray:
    """Which of the VERDICTS holds for every q, [C, W]."""
    smallest_towards, smallest_back = (kl.min() for kl in both_kls_everywhere())
    cases = [towards <= smallest_towards + NEAR, back <= smallest_back + NEAR, towards > back]
    return np.select(cases, range(3), default=3)


def both_kls_everywhere() -> tuple[np.ndarray, np.ndarray]:
    """Both KLs for every q that the sliders can make."""
    towards, back = both_kls(logits_of_p(), logits_of_q(CENTRES, WIDTHS))
    return towards.numpy(), back.numpy()


def _distributions() -> Panel:
    return Panel(
        title="Two distributions",
        x=Axis("action", -5, 5),
        y=Axis("probability", 0, 0.22),
        marks=(
            Bars("action", "p", along="action", label="p, two humps", colour="sky", width=0.2),
            Line("action", "q", along="action", label="q, one hump", colour="ink", width=3),
        ),
    )


def _kl_curves() -> Panel:
    return Panel(
        title="Both KLs, for every centre of q",
        x=Axis("centre of q", -3, 3),
        y=Axis("nats", 0, 8),
        marks=(
            Line("centre", "kl_pq", along="centre", label="KL(p‖q)", colour="blue", width=3.5),
            Line("centre", "kl_qp", along="centre", label="KL(q‖p)", colour="vermillion", dash="dashed", width=3.5),
            Point("best_centre_pq", "best_pq", label="smallest", colour="blue", marker="diamond"),
            Point("best_centre_qp", "best_qp", colour="vermillion", marker="diamond"),
            Rule(x="centre", label="q as it is"),
        ),
    )


def _estimates_panel() -> Panel:
    marks = [Rule(y="kl_qp", label="exact KL(q‖p)", colour="vermillion", dash="dashed", width=2)]
    for name in ESTIMATES:
        first = name == "k1"
        label = {"label": f"{DRAWS} samples"} if first else {}
        marks.append(Scatter(f"{name}_places", f"{name}_draws", along="draw", colour="sky", size=5, **label))
    for place, name in enumerate(ESTIMATES, 1):
        label = {"label": "mean ± std"} if place == 1 else {}
        marks += [
            Line(f"{name}_at", f"{name}_spread", along="end", colour="blue", width=2.5),
            Point(place + 0.3, f"{name}_mean", colour="blue", marker="diamond", **label),
        ]
    return Panel(
        title="KL(q‖p) estimated from samples",
        x=Axis("estimate", 0.5, 3.5, names=tuple(ESTIMATES)),
        y=Axis("nats", -4, 8),
        marks=tuple(marks),
    )
