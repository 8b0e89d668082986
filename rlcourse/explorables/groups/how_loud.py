"""How loudly a question is heard: by which factor GRPO multiplies the gradient of p, the chance of being right.

    E[ 1/G Σᵢ Âᵢ ∇ log π(oᵢ) ] = factor(p) · ∇p      over all groups of G answers, each right with chance p

All groups are counted out, none is drawn; the advantages are `rlcourse.equations.group_advantages`, or a learner's own.
Liu et al. (2025, "Dr. GRPO") call what the std does to it a difficulty bias. Left out: rewards other than 0 and 1.
"""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor
from torch.distributions import Binomial

from rlcourse.equations import group_advantages
from rlcourse.explorables.plotting.bench import Bench, Slider, bench, state_of
from rlcourse.explorables.plotting.plot import Array, Axis, Bars, Handle, Line, Panel, Plot, Point, Rule
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.usual import usual_settings

Judge = Callable[[Float[Tensor, "P G"]], Float[Tensor, "P G"]]
"""From the rewards of groups to their advantages."""
GROUP_SIZE, MANY = 8, 64
CHANCES = tuple(round(0.02 * i, 2) for i in range(1, 50))
SLIDERS = (Slider("p", "chance p of being right", CHANCES, start=0.5, exact=True),)
TRY_THIS = (
    "<b>Try this:</b> drag the dotted line from p = 0.5, a question half known, down to 0.02, one that is nearly "
    "hopeless, and then up to 0.98. <b>Watch:</b> how much louder the std makes what is nearly hopeless and what is "
    "nearly solved; and on the right how many of their groups say nothing at all."
)


def how_loud(*, advantage_fn: Judge = group_advantages) -> Bench:
    """The explorable: a slider for p, drawn in the browser.

    Args:
        advantage_fn: With the signature of `rlcourse.equations.group_advantages`; a learner's own, say.
    """
    return bench(TRY_THIS, how_loud_plot(advantage_fn=advantage_fn), SLIDERS)


def how_loud_figure(*, p: float = 0.5) -> Figure:
    """The same picture of one state, for print; p from 0.02 to 0.98 in steps of 0.02."""
    return draw_figure(how_loud_plot(), state_of(SLIDERS, p=p))


@usual_settings()
def how_loud_plot(*, advantage_fn: Judge = group_advantages) -> Plot:
    """The factors at every p, and how often each group comes."""
    p = torch.tensor(CHANCES, dtype=torch.float64)
    chances = _chances(p, GROUP_SIZE).numpy()  # [p, right answers]
    alike = np.isin(np.arange(GROUP_SIZE + 1), (0, GROUP_SIZE))
    curve = ("at",)
    arrays = {
        "limit": Array(curve, (p * (1 - p)).rsqrt().numpy()),
        "with_std": Array(curve, loudness(p, GROUP_SIZE, advantage_fn).numpy()),
        "many": Array(curve, loudness(p, MANY, advantage_fn).numpy()),
        "plain": Array(curve, loudness(p, GROUP_SIZE, _without_std).numpy()),
        "teaching": Array(("p", "right"), np.where(alike, 0.0, chances)),
        "silent": Array(("p", "right"), np.where(alike, chances, 0.0)),
        "percent": Array(("p",), 100 * chances[:, alike].sum(1)),
    }
    arrays |= {f"{name}_here": Array(("p",), arrays[name].values) for name in ("many", "with_std", "plain")}
    return Plot(
        grids={"p": CHANCES, "at": CHANCES, "right": tuple(range(GROUP_SIZE + 1))},
        arrays=arrays,
        panels=(_factors(), _groups()),
        readouts=(
            "p = {p:.2f}: with the std its push is {with_std_here:.2f} times ∇p in groups of 8 and {many_here:.2f} "
            "times in groups of 64; without it, in groups of 8, {plain_here:.2f} times.",
            "{percent:.0f} % of its groups of 8 are all right or all wrong, and say nothing.",
        ),
        alt=(
            "Left: the factor on the gradient of p against p, a trough with the std and a flat line without it; at p = "
            "{p:.2f} {with_std_here:.2f} and {plain_here:.2f}. Right: how often 0 to 8 of 8 answers are right; "
            "{percent:.0f} % of the groups are all alike."
        ),
    )


def loudness(p: Float[Tensor, "N"], size: int, judge: Judge) -> Float[Tensor, "N"]:
    """The factor on ∇p, for each chance p.

    Args:
        p: Chances of being right, each above 0 and below 1.
        size: G, answers in a group.
        judge: From rewards to advantages, both [groups, G].
    """
    groups = (torch.arange(size) < torch.arange(size + 1.0)[:, None]).to(p.dtype)  # [G + 1, G], 0 to G of them right
    each = p[:, None, None]
    push = torch.where(groups == 1, 1 / each, -1 / (1 - each))  # ∇ log π(o) in units of ∇p, [N, G + 1, G]
    return (_chances(p, size) * (judge(groups) * push).mean(-1)).sum(-1)


def _chances(p: Float[Tensor, "N"], size: int) -> Float[Tensor, "N counts"]:
    """How often 0, 1, … G answers of a group are right."""
    return Binomial(size, p[:, None]).log_prob(torch.arange(size + 1, dtype=p.dtype)).exp()


def _without_std(rewards: Float[Tensor, "P G"]) -> Float[Tensor, "P G"]:
    return rewards - rewards.mean(1, keepdim=True)


def _factors() -> Panel:
    return Panel(
        title="How loudly a question is heard",
        x=Axis("chance p of being right", 0, 1),
        y=Axis("factor on ∇p", 0, 7.5),
        marks=(
            Line("at", "limit", along="at", label="1/√(p(1 − p)): G → ∞", colour="ink", dash="dotted", width=1.5),
            Line("at", "many", along="at", label="with the std, G = 64", colour="green", dash="dashdot"),
            Line("at", "with_std", along="at", label="with the std, G = 8", colour="blue"),
            Line("at", "plain", along="at", label="without it, G = 8", colour="vermillion", dash="dashed"),
            Rule(x="p", width=2),
            Point("p", "many_here", colour="green", marker="triangle"),
            Point("p", "with_std_here", colour="blue"),
            Point("p", "plain_here", colour="vermillion", marker="square"),
        ),
        handles=(Handle("p", x="p", grip=0.95),),
    )


def _groups() -> Panel:
    return Panel(
        title="The groups that come of it",
        x=Axis("right answers of 8", -0.6, GROUP_SIZE + 0.6),
        y=Axis("share of all groups", 0, 1),
        marks=(
            Bars("right", "teaching", along="right", label="teaches something", colour="blue"),
            Bars("right", "silent", along="right", label="says nothing", colour="orange", hatch="striped"),
        ),
    )
