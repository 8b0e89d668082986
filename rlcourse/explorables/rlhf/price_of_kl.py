"""Reward hacking, seen and cured: what becomes of a policy at each price of KL, over recorded runs.

    price_of_kl(load_prices(), load_replies(), asked=[REQUESTS[i].text for i in ASKED])

Three pictures: what is paid (the reward model's score), what is wanted (how often the world's own judge prefers the
policy's replies), and how far the policy has gone for it. Whatever is drawn is handed in: no mathematics here. Left
out: the runs' other columns.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from rlcourse.algorithms import History
from rlcourse.explorables.plotting.bench import Bench, Choice, Slider, bench, state_of
from rlcourse.explorables.plotting.marks import Area, Axis, Handle, Line, Panel, Point, Rule, Scatter, Text
from rlcourse.explorables.plotting.plot import Array, Plot
from rlcourse.explorables.plotting.plot import Choice as Words
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.usual import usual_settings

Runs = Mapping[float, Mapping[int, History]]
"""By the price: the runs by their seed."""
Replies = Mapping[float, Sequence[Sequence[str]]]
"""By the price: at each step that was measured, a reply to each request."""
MEASURED = {"score": 1.0, "gold_win_rate": 100.0, "answer_kl": 1.0}
"""The columns that are drawn, and what each is multiplied by."""
NATS = (0, 1, 3, 10, 30, 100)
"""The KLs that are written on the axis, as far as it reaches. It is even in log(1 + KL): from one nat to a hundred."""
TRY_THIS = (
    "<b>Try this:</b> drag the ring in the last picture from price to price, or play the price. Then put it to 0 and "
    "play the updates. <b>Watch:</b> whether score and win rate still go together, and the replies "
    "below."
)


def price_of_kl(runs: Runs, replies: Replies, *, asked: Sequence[str]) -> Bench:
    """The explorable: a slider for the price of KL, and one for how long the policy has been trained.

    Args:
        runs: By the price, from low to high: the runs by seed, with "score", "gold_win_rate" and "answer_kl" at the
            same steps.
        replies: By the price: at each of these steps a reply to each request.
        asked: The requests.

    Raises:
        ValueError: There are fewer than two prices, they do not rise, or something does not fit them.
    """
    plot = price_of_kl_plot(runs, replies, asked=asked)
    return bench(TRY_THIS, plot, _controls(runs))


def price_of_kl_figure(
    runs: Runs, replies: Replies, *, asked: Sequence[str], price: int = 0, step: float | int | None = None
) -> Figure:
    """The same picture of one state, for print: the price by its number, after `step` updates, all of them if None."""
    controls = _controls(runs)
    step = controls[1].start if step is None else step
    plot = price_of_kl_plot(runs, replies, asked=asked)
    return draw_figure(plot, state_of(controls, price=price, step=step))


def _controls(runs: Runs) -> tuple[Choice, Slider]:
    """Of the price, open at the highest but one; and of the updates, open at the end."""
    steps, words = measured_steps(runs), tuple(f"{price:g}" for price in runs)
    return (
        Choice("price", "price of a nat", words, start=max(0, len(words) - 2), play=True),
        Slider("step", "updates", steps, start=steps[-1], readout=".0f", exact=True, play=True),
    )


def measured_steps(runs: Runs) -> list[float]:
    """The steps at which every run was measured."""
    if len(runs) < 2 or list(runs) != sorted(runs):
        raise ValueError(f"runs must be at two prices at least, from low to high, got {list(runs)}")
    found = [[row["step"] for row in run if "score" in row] for seeds in runs.values() for run in seeds.values()]
    if any(steps != found[0] for steps in found) or len({len(seeds) for seeds in runs.values()}) > 1:
        raise ValueError("runs must be equally many at each price, all measured at the same steps")
    return list(map(float, found[0]))


@usual_settings()
def price_of_kl_plot(runs: Runs, replies: Replies, *, asked: Sequence[str]) -> Plot:
    """Scores, win rates and KLs over the updates at each price, mean and span over the seeds; and the replies."""
    steps, prices = measured_steps(runs), list(runs)
    if list(replies) != prices or any(len(row) != len(steps) for row in replies.values()):
        raise ValueError(f"replies must be of the prices {prices} at {len(steps)} steps each")
    arrays = _numbers(runs, len(steps))
    seeds = tuple(range(len(next(iter(runs.values())))))
    return Plot(
        grids={
            "price": tuple(range(len(prices))),
            "step": steps,
            "moment": steps,
            "end": tuple(range(len(prices))),
            "seed": seeds,
        },
        arrays=arrays,
        panels=(_over_time(arrays, steps, "score"), _over_time(arrays, steps, "gold_win_rate"), _plane(arrays, prices)),
        choices={
            "cost": Words(("price",), np.arange(len(prices)), tuple(f"{price:g}" for price in prices)),
            **_said(replies, len(asked)),
        },
        readouts=(
            "At a price of {cost}, after {step:.0f} updates: score {score:+.2f}, win rate {gold_win_rate:.0f} % "
            "({gold_win_rate_low:.0f} to {gold_win_rate_high:.0f} over the seeds), KL {answer_kl:.1f} nats a reply.",
            *(f"{request} “{{reply_{number}}}”" for number, request in enumerate(asked)),
        ),
        alt=(
            "Three pictures for a price of {cost} after {step:.0f} updates, as means over the seeds. The score of the "
            "reward model is {score:+.2f}. The win rate, as gold judges, is {gold_win_rate:.0f} %. The KL to the "
            "reference is {answer_kl:.1f} nats a reply."
        ),
    )


def _numbers(runs: Runs, moments: int) -> dict[str, Array]:
    """Mean, lowest and highest over the seeds of what is drawn, and each seed's place in the plane."""
    arrays = {}
    for column, factor in MEASURED.items():
        measured = factor * np.array([[_measured(run, column) for run in seeds.values()] for seeds in runs.values()])
        if measured.shape[2] != moments:
            raise ValueError(f"runs must have {column!r} wherever they have 'score'")
        parts = {"": measured.mean(1), "_low": measured.min(1), "_high": measured.max(1)}
        for name, values in parts.items():
            arrays[column + name] = Array(("price", "step"), values)
            arrays[f"{column}{name}_curve"] = Array(("price", "moment"), values)
        arrays[f"{column}_seeds"] = Array(("price", "step", "seed"), measured.transpose(0, 2, 1))
        arrays[f"{column}_ends"] = Array(("end",), parts[""][:, -1])
        arrays[f"{column}_end"] = Array(("price",), parts[""][:, -1])
    for name in ("answer_kl", "answer_kl_curve", "answer_kl_seeds", "answer_kl_ends", "answer_kl_end"):
        arrays[f"far_{name}"] = Array(arrays[name].dims, how_far(arrays[name].values))
    return arrays


def how_far(nats: np.ndarray) -> np.ndarray:
    """The place of a KL along the axis."""
    return np.log1p(np.maximum(nats, 0.0))  # an estimate of 0 may come out below it


def _measured(run: History, column: str) -> list[float]:
    return [row[column] for row in run if column in row]


def _said(replies: Replies, requests: int) -> dict[str, Words]:
    """For each request the reply at every price and step."""
    found = {}
    for number in range(requests):
        texts = [[_quoted(row[number]) for row in rows] for rows in replies.values()]
        distinct = list(dict.fromkeys(text for row in texts for text in row))
        places = np.array([[distinct.index(text) for text in row] for row in texts])
        found[f"reply_{number}"] = Words(("price", "step"), places, tuple(distinct))
    return found


def _quoted(reply: str) -> str:
    """A reply on one line, fit for a template."""
    text = " ".join(reply.split()).replace("{", "{{").replace("}", "}}")
    return text or "…"


_TITLES = {
    "score": ("What is paid: the score", "score by the reward model", "vermillion", "dashed"),
    "gold_win_rate": ("What is wanted: the win rate", "wins against the reference, %", "blue", "solid"),
}


def _over_time(arrays: Mapping[str, Array], steps: Sequence[float], column: str) -> Panel:
    """One column over the updates, with the span over the seeds."""
    title, label, colour, dash = _TITLES[column]
    low, high = arrays[f"{column}_low"].values.min(), arrays[f"{column}_high"].values.max()
    y = Axis(label, -4.0, 104.0) if column == "gold_win_rate" else Axis(label, float(low) - 0.2, float(high) + 0.2)
    level = (Rule(y=50.0, label="as the reference"),) if column == "gold_win_rate" else ()
    return Panel(
        title=title,
        x=Axis("updates", steps[0], steps[-1]),
        y=y,
        marks=(
            *level,
            Area("moment", f"{column}_low_curve", f"{column}_high_curve", along="moment", label="all seeds"),
            Line("moment", f"{column}_curve", along="moment", label="mean", colour=colour, dash=dash),
            Rule(x="step"),
            Point("step", column, colour=colour),
        ),
        handles=(Handle("step", x="step", grip=0.04),),
    )


def _plane(arrays: Mapping[str, Array], prices: Sequence[float]) -> Panel:
    """How far the policy has gone, and what it has become: each seed, and where each price ends."""
    furthest = float(arrays["far_answer_kl_seeds"].values.max())
    nats = np.array([tick for tick in NATS if np.log1p(tick) <= furthest])
    # Neighbours' names go apart, and clear of the ring.
    right = [i <= len(prices) // 2 for i in range(len(prices))]
    nudged = arrays["far_answer_kl_ends"].values + np.where(right, 0.16, -0.16)
    ends = zip(prices, nudged, arrays["gold_win_rate_ends"].values + 3, right, strict=True)
    return Panel(
        title="How far it went for it",
        x=Axis("KL, nats a reply (log scale)", 0.0, 1.06 * furthest, tuple(map(str, nats)), tuple(how_far(nats))),
        y=Axis("win rate, %", -4.0, 104.0),
        marks=(
            Line("far_answer_kl_curve", "gold_win_rate_curve", along="moment", label="its way, mean", colour="blue",
                 width=1.5),
            Line("far_answer_kl_ends", "gold_win_rate_ends", along="end", label="the end of each price", colour="ink",
                 dash="dotted", width=1.5, marker="square"),
            Scatter("far_answer_kl_seeds", "gold_win_rate_seeds", along="seed", label="each seed", colour="sky",
                    size=7),
            Point("far_answer_kl", "gold_win_rate", label="mean, now", colour="blue"),
            *(Text(float(far), float(won), f"{price:g}", "start" if on else "end") for price, far, won, on in ends),
        ),
        handles=(Handle("price", x="far_answer_kl_end", y="gold_win_rate_end"),),
    )  # fmt: skip
