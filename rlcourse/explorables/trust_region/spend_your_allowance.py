"""One allowance of KL to spend: the learner drags a step through the plane of two parameters, and sees what it costs.

A step from θ may cost KL(π_old‖π) ≤ δ. Dragged further and let go, it is shortened to 0.8 of its length until it fits
and gains something: TRPO's line search. Beside it lie the gradient's step and the natural one, and the trails that both
make, step after step. Policy, KLs, gains and steps are those of `two_junctions`. Left out: sampling, and other limits.

The step is a direction and a length; a try of the line search leads from one length of the grid to another.
"""

from collections.abc import Sequence

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor

from rlcourse.explorables.plotting.bench import Bench, Choice, Held, Slider, bench, state_of
from rlcourse.explorables.plotting.plot import (
    Array,
    Arrow,
    Axis,
    Bars,
    Handle,
    Line,
    Panel,
    Plot,
    Point,
    Rule,
    Scatter,
    Text,
)
from rlcourse.explorables.plotting.plot import Choice as Words
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.explorables.trust_region.plane import Plane, curve
from rlcourse.explorables.trust_region.two_junctions import (
    BACKTRACK,
    PAYS,
    directions_from,
    expected_surrogate,
    mean_kl,
    search_along,
    search_on_a_grid,
    true_edge,
)
from rlcourse.usual import usual_settings

DELTA = 0.03
"""The allowance, in nats."""
STARTS_1, STARTS_2 = tuple(float(i) for i in range(-4, 3)), tuple(float(i) for i in range(-1, 3))
"""Where the dot can stand: θ₁ and θ₂."""
TURNS = tuple(float(i) for i in range(-90, 270, 5))
"""Directions of the step in degrees; 0 is along θ₁."""
A_TRY, LONGEST = 3, 4.5
LENGTHS = (0.0, *(LONGEST * BACKTRACK ** (i / A_TRY) for i in reversed(range(49))))
"""0, then 0.13 … 4.5: a try of the line search goes down by three of them."""
STEPS, TRAILS_FROM = 8, (-4.0, 0.0)
ANGLES = torch.linspace(0, 2 * torch.pi, 241, dtype=torch.float64)
PLANE = Plane(wide=(-6.5, 4.0), high=(-2.0, 3.25), levels=(0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.55))
RIVALS = {"plain": "gradient", "natural": "natural"}
"""The name of each step in the plot, and that of its direction."""
DIMS = ("start_1", "start_2", "turn", "length")

CONTROLS = (
    Choice("over", "lay beside it", ("nothing", "the gradient's step", "the natural step", "both"), 0, buttons=True),
    Slider("steps", "steps of both", range(STEPS + 1), start=0, readout=".0f", exact=True, play=True),
    Held("start_1", "θ₁, where the step begins: left and right", STARTS_1, -4.0),
    Held("start_2", "θ₂: up and down", STARTS_2, 0.0),
    Held("turn", "your step: left and right turn it", TURNS, 45.0),
    Held("length", "up and down make it longer and shorter, Enter lets it go", LENGTHS, LENGTHS[22]),
)
TRY_THIS = (
    "<b>Try this:</b> drag the tip of the pink arrow. Your task: gain as much as you can, and spend at most the "
    "allowance, the green line. <b>Watch:</b> the first bar. Too long a step turns it amber, with stripes above the "
    "limit, and when you let go, it is shortened. (With keys, Enter lets go.) When you are content, lay the other two "
    "steps beside yours. Press ▶: both go on, step after step, from θ₁ = −4. Then drag the black dot to another place, "
    "and try your step from there."
)
VERDICTS = (
    "No step is left. Drag the ring away from the black dot.",
    "That is within the allowance.",
    "TOO MUCH: let go, and the step is shortened to 0.8 of its length until it fits.",
    "It gains nothing: let go, and the step is shortened to 0.8 of its length until it does.",
    "It gains nothing, and shorter it would not: let go, and no step is taken.",
)
BESIDE = (
    "",
    "Gained: you {gained:.0f} %, gradient {plain_gained:.0f} %.",
    "Gained: you {gained:.0f} %, natural {natural_gained:.0f} %.",
    "Gained: you {gained:.0f} %, gradient {plain_gained:.0f} %, natural {natural_gained:.0f} %.",
)
TRAILS = (
    "",
    "After {steps:.0f} steps from θ = (−4, 0) the gradient has {plain_share:.0f} % of the best return, and the natural "
    "gradient {natural_share:.0f} %.",
)
READOUTS = (
    f"Your step spends {{spent:.0f}} % of the allowance δ = {DELTA} and gains {{gained:.0f}} % of the most that it can "
    "buy here, which is {most:.3f} of return. {verdict}",
    "{beside}",
    "{trails}",
)
ALT = (
    "Two pictures. First: the plane of θ₁ and θ₂ with lines of equal return, a dot at {start_1:.0f} and {start_2:.0f}, "
    "around it the line where the KL is the allowance, and your step to {tip_x:.2f} and {tip_y:.2f}. Second: two bars. "
    "It spends {spent:.0f} % of the allowance and gains {gained:.0f} % of the most that this can buy. {verdict} "
    "{beside} {trails}"
)


def spend_your_allowance() -> Bench:
    """The explorable: a step to drag, others to lay beside it, and trails that play; all drawn in the browser."""
    return bench(TRY_THIS, spend_your_allowance_plot(STARTS_1, STARTS_2), CONTROLS)


def spend_your_allowance_figure(
    *,
    start_1: float | int = -4.0,
    start_2: float | int = 0.0,
    turn: float | int = 45.0,
    length: float | int = LENGTHS[22],
    over: int = 3,
    steps: int = 0,
) -> Figure:
    """The same picture of one state, for print.

    Args:
        start_1: θ₁ where the step begins, −4, −3 … 2.
        start_2: θ₂, −1 … 2.
        turn: The direction of the step in degrees, −90, −85 … 265; 0 is along θ₁.
        length: Its length, one of `LENGTHS`.
        over: What lies beside it: 0 nothing, 1 the gradient's step, 2 the natural one, 3 both.
        steps: How many steps of both trails are drawn, 0 to 8.

    Raises:
        TypeError: an argument is no number.
        ValueError: an argument outside its grid.
    """
    given = {"start_1": start_1, "start_2": start_2, "turn": turn, "length": length, "over": over, "steps": steps}
    state = state_of(CONTROLS, **given)
    return draw_figure(spend_your_allowance_plot([state["start_1"]], [state["start_2"]]), state)


@usual_settings()
def spend_your_allowance_plot(starts_1: Sequence[float], starts_2: Sequence[float]) -> Plot:
    """What every step from every start costs and gains, the two rivals from there, and their trails."""
    starts = torch.cartesian_prod(*(torch.tensor(s, dtype=torch.float64) for s in (starts_1, starts_2)))
    shape = (len(starts_1), len(starts_2))
    edges = torch.stack([true_edge(old, torch.tensor([DELTA]).double(), ANGLES)[0] for old in starts])  # [S, A, 2]
    most = torch.stack([expected_surrogate(old, edge).max() for old, edge in zip(starts, edges, strict=True)])  # [S]
    steps, words = _steps(starts, most, shape)
    arrays = steps | _rivals(starts, most, shape) | _trails() | PLANE.arrays()
    arrays |= curve("edge", (*DIMS[:2], "angle"), *edges.reshape(*shape, -1, 2).unbind(-1))
    return Plot(
        grids=_grids(starts_1, starts_2),
        arrays=arrays | {"most": Array(DIMS[:2], most.reshape(shape).numpy())},
        choices={
            "verdict": Words(DIMS, words, VERDICTS),
            "beside": Words(("over",), np.arange(4), BESIDE),
            "trails": Words(("steps",), np.minimum(np.arange(STEPS + 1), 1), TRAILS),
        },
        panels=(_plane_panel(), _bars_panel()),
        readouts=READOUTS,
        alt=ALT,
    )


def _grids(starts_1: Sequence[float], starts_2: Sequence[float]) -> dict[str, tuple[float, ...]]:
    time = tuple(float(i) for i in range(STEPS + 1))
    controls = {"start_1": tuple(starts_1), "start_2": tuple(starts_2), "turn": TURNS, "length": LENGTHS}
    controls |= {"over": tuple(float(i) for i in range(4)), "steps": time}
    return controls | {"time": time, "angle": tuple(ANGLES.tolist()), "bend": PLANE.bends, "bar": (1.0, 2.0)}


def _ways() -> Tensor:
    """The step for each direction and length, [turn, length, 2]."""
    turns = torch.tensor(TURNS, dtype=torch.float64).deg2rad()
    return torch.stack([turns.cos(), turns.sin()], -1)[:, None] * torch.tensor(LENGTHS, dtype=torch.float64)[:, None]


def _steps(starts: Tensor, most: Tensor, shape: tuple[int, int]) -> tuple[dict[str, Array], np.ndarray]:
    """For every start, direction and length: what the step costs and gains, and where the line search goes from it."""
    ways = _ways()
    kl = torch.stack([mean_kl(old, old + ways) for old in starts])  # [S, turn, length]
    gain = torch.stack([expected_surrogate(old, old + ways) for old in starts])
    fine = (kl <= DELTA) & (gain > 0)
    following = search_on_a_grid(fine, apart=A_TRY)
    refused = torch.where(kl > DELTA, 2, 3)
    said = torch.where(fine, 1, torch.where(following == 0, 4, refused))
    said[..., 0] = 0
    numbers = {
        "spent": 100 * kl / DELTA,
        "gained": 100 * gain / most[:, None, None],
        "following": torch.tensor(LENGTHS, dtype=torch.float64)[following],
    }
    arrays = {name: Array(DIMS, values.reshape(*shape, *values.shape[1:]).numpy()) for name, values in numbers.items()}
    x, y = starts.reshape(*shape, 2)[:, 0, 0], starts.reshape(*shape, 2)[0, :, 1]
    arrays |= {
        "step_x": Array(DIMS[2:], ways[..., 0].numpy()),
        "step_y": Array(DIMS[2:], ways[..., 1].numpy()),
        "tip_x": Array(("start_1", *DIMS[2:]), (x[:, None, None] + ways[..., 0]).numpy()),
        "tip_y": Array(("start_2", *DIMS[2:]), (y[:, None, None] + ways[..., 1]).numpy()),
    }
    return arrays, said.reshape(*shape, *said.shape[1:]).numpy()


def _step_of(rival: str, old: Tensor) -> Tensor:
    """Where a step of the gradient's or the natural one's ends, after its line search."""
    directions = directions_from(old)
    return search_along(old, directions.full_step(getattr(directions, RIVALS[rival]), DELTA), DELTA)[0]


def _rivals(starts: Tensor, most: Tensor, shape: tuple[int, int]) -> dict[str, Array]:
    """Both rivals' steps from every start; in the picture only where they are asked for."""
    arrays = {}
    for rival, shown, aside in (("plain", (0, 1, 0, 1), -0.12), ("natural", (0, 0, 1, 1), 0.12)):
        ends = torch.stack([_step_of(rival, old) for old in starts])
        spent = torch.stack([mean_kl(old, end) for old, end in zip(starts, ends, strict=True)]) / DELTA
        gained = torch.stack([expected_surrogate(old, end) for old, end in zip(starts, ends, strict=True)]) / most
        on = torch.tensor(shown, dtype=torch.float64)
        steps = (ends - starts).reshape(*shape, 2)[:, :, None] * on[:, None]  # [start_1, start_2, over, 2]
        bars = 100 * torch.stack([spent, gained], -1).reshape(*shape, 1, 2)
        bars = torch.where(on[:, None] > 0, bars, torch.nan)
        arrays |= {
            f"{rival}_x": Array((*DIMS[:2], "over"), steps[..., 0].numpy()),
            f"{rival}_y": Array((*DIMS[:2], "over"), steps[..., 1].numpy()),
            f"{rival}_bars": Array((*DIMS[:2], "over", "bar"), bars.numpy()),
            f"{rival}_aside": Array(("bar",), np.array([1.0, 2.0]) + aside),
            f"{rival}_gained": Array(DIMS[:2], 100 * gained.reshape(shape).numpy()),
        }
    return arrays


def _trails() -> dict[str, Array]:
    """Where both rivals come, step after step, and how much of the best return they have there."""
    shown = np.where(np.arange(STEPS + 1) <= np.arange(STEPS + 1)[:, None], 0, np.nan)  # [steps, time]
    shown[0] = np.nan
    worst, best = torch.full((2,), -50.0, dtype=torch.float64), sum(PAYS) / 2  # sure of the turns that pay nothing
    arrays = {}
    for rival in RIVALS:
        way = [torch.tensor(TRAILS_FROM, dtype=torch.float64)]
        for _ in range(STEPS):
            way.append(_step_of(rival, way[-1]))
        way = torch.stack(way)
        returns = expected_surrogate(worst, way)
        arrays |= curve(f"{rival}_trail", ("steps", "time"), *(shown + along.numpy() for along in way.unbind(-1)))
        arrays[f"{rival}_share"] = Array(("steps",), (100 * returns / best).numpy())
    return arrays


def _plane_panel() -> Panel:
    across, up = PLANE.axes
    return Panel(
        title="Your step (thin lines: equal return)",
        x=across,
        y=up,
        marks=(
            *PLANE.lines,
            Line("edge_x", "edge_y", along="angle", label="KL = δ", colour="green", width=2.5),
            Line("plain_trail_x", "plain_trail_y", "time", colour="vermillion", dash="dashed", marker="square"),
            Line("natural_trail_x", "natural_trail_y", "time", colour="blue", marker="circle"),
            Arrow("start_1", "start_2", "step_x", "step_y", label="you", colour="purple", dash="dashdot"),
            Arrow("start_1", "start_2", "plain_x", "plain_y", label="gradient", colour="vermillion", dash="dashed"),
            Arrow("start_1", "start_2", "natural_x", "natural_y", label="natural", colour="blue"),
            Point("start_1", "start_2", colour="ink"),
        ),
        handles=(
            Handle(("start_1", "start_2"), "start_1", "start_2"),
            Handle(("turn", "length"), "tip_x", "tip_y", settles="following"),
        ),
        equal=True,
        share=2,
    )


def _bars_panel() -> Panel:
    return Panel(
        title="Cost and gain",
        height=385,  # as tall as the plane beside it
        x=Axis("your step", 0.4, 2.6, names=("KL spent", "gained")),
        y=Axis("per cent of what δ allows", -40, 165),
        marks=(
            Bars(1.0, "spent", along=None, colour="purple", width=0.7, limit=100),
            Bars(2.0, "gained", along=None, colour="purple", width=0.7),
            Rule(y=100.0, colour="green", dash="solid", width=2.5),
            Scatter("plain_aside", "plain_bars", along="bar", marker="square", size=10),
            Scatter("natural_aside", "natural_bars", along="bar", colour="blue", size=10),
            Text(1.0, -24.0, "{spent:.0f} %"),
            Text(2.0, -24.0, "{gained:.0f} %"),
        ),
    )
