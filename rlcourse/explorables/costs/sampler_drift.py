"""A sampler that is not quite the trainer: how far its small differences take the ratio of a long answer.

    sampler_drift()

The log-ratio of a token is taken to be normal, each on its own; its mean is such that the sampler's mean ratio is 1,
as it is for any two policies:

    log π/π_sampler   of a token ~ N(−σ²/2, σ²)    of an answer of L tokens ~ N(−L·σ²/2, L·σ²)

Left out: that real differences are not normal and hang together, which makes the far ends likelier.
"""

from math import erfc, log, sqrt

import numpy as np
from matplotlib.figure import Figure

from rlcourse.explorables.plotting.bench import Bench, Slider, bench, state_of
from rlcourse.explorables.plotting.marks import Area, Axis, Handle, Line, Panel, Rule
from rlcourse.explorables.plotting.plot import Array, Plot
from rlcourse.explorables.plotting.plot import Choice as Words
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.usual import usual_settings

DOUBLINGS = tuple(range(15))
"""Lengths are 2 to the power of these: 1 to 16,384 tokens."""
NOISE = tuple(10 ** (-3 + i / 10) for i in range(21))  # 0.001 … 0.1
CAP = 2.0
"""Of a token's weight."""
LIMIT = 3.0
"""Above which TRL 1.16 leaves a whole answer out, if nobody says otherwise."""
HEIGHT = 2.3
"""Decades above and below 1 that are shown."""
CONTROLS = (
    Slider("noise", "σ, nats of a token", NOISE, start=NOISE[10], readout=".3f"),
    Slider("doublings", "length", DOUBLINGS, start=3, readout="", exact=True, play=True),
)
TRY_THIS = (
    "<b>Try this:</b> drag the dotted line to the right, to answers of thousands of tokens. Then make the differences "
    "larger. <b>Watch:</b> how wide the band of whole answers becomes, while no token reaches its cap. (The middle "
    "sinks, as a few answers of large ratios hold the mean at 1.)"
)


def sampler_drift() -> Bench:
    """The explorable: how far a token is apart, and how long an answer is."""
    return bench(TRY_THIS, sampler_drift_plot(), CONTROLS)


def sampler_drift_figure(*, noise: float = NOISE[10], doublings: int = 3) -> Figure:
    """The same picture of one state, for print: σ in nats from 0.001 to 0.1, and the length as a power of 2."""
    return draw_figure(sampler_drift_plot(), state_of(CONTROLS, noise=noise, doublings=doublings))


def share_below(ratio: float, *, sigma: float, length: int) -> float:
    """The share of answers of that length whose ratio π/π_sampler is below `ratio`, for a token's σ."""
    return 1 - share_above(ratio, sigma=sigma, length=length)


def share_above(ratio: float, *, sigma: float, length: int) -> float:
    """The share of answers of that length whose ratio π/π_sampler is above `ratio`, for a token's σ."""
    spread = sigma * sqrt(length)
    return 0.5 * erfc((log(ratio) + spread**2 / 2) / (spread * sqrt(2)))


@usual_settings()
def sampler_drift_plot() -> Plot:
    """The band of whole answers' ratios over their length, and the shares that are cut."""
    noise, lengths = np.array(NOISE)[:, None], 2.0 ** np.array(DOUBLINGS)
    middle, spread = -lengths * noise**2 / 2, noise * np.sqrt(lengths)  # [noise, length], nats
    ends = {"low": middle - spread, "high": middle + spread}
    shown = {name: np.clip(value / log(10), -HEIGHT, HEIGHT) for name, value in (ends | {"middle": middle}).items()}
    left_out = np.array([[share_above(LIMIT, sigma=s, length=int(n)) for n in lengths] for s in NOISE])
    below = np.array([[share_below(1 / LIMIT, sigma=s, length=int(n)) for n in lengths] for s in NOISE])
    capped = np.array([share_above(CAP, sigma=s, length=1) for s in NOISE])
    along = ("noise", "every")
    arrays = {name: Array(along, value) for name, value in shown.items()}
    arrays |= {f"at_{name}": Array(("noise", "doublings"), np.exp(value)) for name, value in ends.items()}
    arrays |= {f"of_token_{name}": Array(("noise",), np.exp(value[:, 0])) for name, value in ends.items()}
    arrays |= {
        "left_out": Array(along, 100 * left_out),
        "below": Array(along, 100 * below),
        "capped": Array(along, np.repeat(100 * capped[:, None], len(lengths), 1)),
        "said_left_out": Array(("noise", "doublings"), 100 * left_out),
        "said_below": Array(("noise", "doublings"), 100 * below),
        "said_capped": Array(("noise",), 100 * capped),
    }
    return Plot(
        grids={"noise": NOISE, "doublings": DOUBLINGS, "every": DOUBLINGS},
        arrays=arrays,
        choices={"tokens": Words(("doublings",), np.array(DOUBLINGS), tuple(map(_tokens, DOUBLINGS)))},
        panels=(_ratios(), _shares()),
        readouts=(
            "A token: two of three ratios lie between {of_token_low:.3f} and {of_token_high:.3f}; {said_capped:.1f} % "
            "are above the cap of 2.",
            "An answer of {tokens}: two of three ratios lie between {at_low:.2f} and {at_high:.2f}; "
            "{said_left_out:.1f} % are above 3, and {said_below:.1f} % below ⅓.",
        ),
        alt=(
            "The ratio of a whole answer, in the usual case from {at_low:.2f} to {at_high:.2f} at {tokens}, "
            "over its length; and the share of answers above 3: {said_left_out:.1f} %."
        ),
    )


def _tokens(doublings: int) -> str:
    return "1 token" if doublings == 0 else f"{2**doublings:,} tokens"


def _lengths() -> Axis:
    names = tuple(f"{2**n:,}" for n in DOUBLINGS[::2])
    return Axis("tokens in the answer", -0.4, 14.4, names=names, places=DOUBLINGS[::2])


def _ratios() -> Panel:
    return Panel(
        title="Ratio π/π_sampler of a whole answer",
        x=_lengths(),
        y=Axis("ratio", -HEIGHT, HEIGHT, names=("0.01", "0.1", "1", "10", "100"), places=(-2, -1, 0, 1, 2)),
        marks=(
            Area("every", "low", "high", "every", "two of three answers", "sky"),
            Line("every", "middle", "every", "the middle", "blue"),
            Rule(y=float(np.log10(LIMIT)), label="3: above it TRL leaves an answer out", dash="dashed"),
            Rule(x="doublings", width=2),
        ),
        handles=(Handle("doublings", x="doublings", grip=0.08),),
    )


def _shares() -> Panel:
    return Panel(
        title="How many are far from 1",
        x=_lengths(),
        y=Axis("%", -2.0, 100.0),
        marks=(
            Line("every", "left_out", "every", "answers above 3", "vermillion", marker="circle"),
            Line("every", "below", "every", "answers below ⅓", "green", "dotted", marker="triangle"),
            Line("every", "capped", "every", "tokens above 2", "blue", "dashed"),
            Rule(x="doublings", width=2),
        ),
        handles=(Handle("doublings", x="doublings", grip=0.08),),
        share=0.8,
    )
