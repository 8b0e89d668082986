"""Still pictures of notebook 09: the four models of RLHF, and the ways of PPO and DPO over their KL.

Whatever is drawn is handed in. Left out: anything that moves.
"""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from rlcourse.algorithms import History
from rlcourse.explorables.rlhf.price_of_kl import NATS, how_far
from rlcourse.showing.picture import Picture
from rlcourse.showing.style import OKABE_ITO, in_our_style, new_figure, tidy

MODELS = {
    "policy": ("policy $π_θ$", "writes the reply"),
    "reward model": ("reward model $r_φ$", "one score at the end"),
    "reference": (r"reference $π_{\mathrm{ref}}$", r"log π$_{\mathrm{ref}}$ of each token"),
    "value model": ("value model $V$", "what it expects, each token"),
}
"""The four, each with its symbol and what it says."""
_PLACES = {"policy": (1.55, 0.0), "reward model": (6.3, 1.45), "reference": (6.3, 0.0), "value model": (6.3, -1.45)}
_BOX = (2.75, 1.12)
"""Units of a box, across and high."""


@in_our_style
def four_models_picture(held: Mapping[str, int], trained: Mapping[str, int]) -> Picture:
    """The models of RLHF with PPO, what goes from one to the other, and what each takes.

    Args:
        held: The bytes of the weights of "policy", "reward model", "reference" and "value model".
        trained: Of those that learn, the bytes of gradients and Adam's two means besides.

    Raises:
        ValueError: One of the four is missing.
    """
    if set(held) != set(MODELS):
        raise ValueError(f"held must have the bytes of {', '.join(MODELS)}, got {', '.join(held)}")
    figure = new_figure(8.6, 4.1)
    axes = figure.add_subplot()
    axes.set(xlim=(0, 10.8), ylim=(-2.5, 2.75), aspect="equal")
    axes.set_axis_off()
    for name, place in _PLACES.items():
        _box(axes, place, name, held[name], trained.get(name))
    for y in (1.45, 0.0, -1.45):
        _arrow(axes, (2.98, 0.0), (4.86, y))
        _arrow(axes, (7.74, y), (8.86, 0.28 * np.sign(y)))
    _own_chances(axes)
    axes.text(3.35, 0.85, "reply", ha="center", fontsize=10.5)
    axes.text(9.6, 0.0, "advantage\nof each\ntoken", ha="center", va="center", fontsize=11, fontweight="bold")
    _learns(axes)
    told = "; ".join(f"{name} {in_megabytes(count)}" for name, count in held.items())
    return Picture(
        figure,
        "The policy writes a reply; reward model, reference and value model read it, and from all three and the "
        "policy's own log π comes the advantage of each token. Policy and value model learn from it, the others are "
        f"frozen. Weights: {told}.",
    )


def _box(axes: Axes, middle: tuple[float, float], name: str, weights: int, besides: int | None) -> None:
    """A model: what it is, what it says, and its bytes; a solid frame if it learns, a dashed one if it is frozen."""
    (width, height), (x, y) = _BOX, middle
    looks = {"boxstyle": "round,pad=0.02,rounding_size=0.12", "fc": "none", "lw": 2.5 if besides else 1.6}
    looks |= {"ec": OKABE_ITO["blue" if besides else "orange"], "ls": "-" if besides else (0, (4, 3))}
    axes.add_patch(FancyBboxPatch((x - width / 2, y - height / 2), width, height, **looks))
    title, says = MODELS[name]
    bytes_said = f"{in_megabytes(weights)}, frozen"
    if besides:
        bytes_said = f"{in_megabytes(weights)} + {in_megabytes(besides)} to learn"
    axes.text(x, y + 0.3, title, ha="center", va="center", fontsize=12, fontweight="bold")
    axes.text(x, y - 0.02, says, ha="center", va="center", fontsize=10)
    axes.text(x, y - 0.34, bytes_said, ha="center", va="center", fontsize=10)


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], **look: object) -> None:
    shape = {"arrowstyle": "-|>", "mutation_scale": 14, "lw": 1.4, "color": "black"} | look
    axes.add_patch(FancyArrowPatch(start, end, **shape))


def _own_chances(axes: Axes) -> None:
    """From the policy itself, over the others, its half of the price."""
    black = {"color": "black", "lw": 1.4, "zorder": 0}
    axes.plot([1.55, 1.55, 9.6], [0.58, 2.3, 2.3], **black)
    _arrow(axes, (9.6, 2.3), (9.6, 0.6), zorder=0)
    axes.text(5.0, 2.36, "log π of each token, as it was written", ha="center", va="bottom", fontsize=10.5)


def _learns(axes: Axes) -> None:
    """From the advantages back to the two models that learn."""
    blue = {"color": OKABE_ITO["blue"], "lw": 2, "zorder": 0}
    axes.plot([9.6, 9.6, 1.55], [-0.55, -2.3, -2.3], **blue)
    _arrow(axes, (1.55, -2.3), (1.55, -0.62), **blue)
    _arrow(axes, (6.3, -2.3), (6.3, -2.05), **blue)
    axes.text(3.9, -2.22, "learn", ha="center", va="bottom", fontsize=10.5)


def in_megabytes(count: int) -> str:
    """Bytes as people say them: "3.3 MB"."""
    return f"{count / 1e6:.1f} MB"


Runs = Mapping[int, History]


@in_our_style
def equal_kl_picture(prices: Mapping[float, Runs], direct: Runs) -> Picture:
    """How often the judge prefers a policy's replies, over how far it has gone: PPO at each price, and DPO.

    Args:
        prices: By the price of KL: recorded runs of PPO by their seed, of which the mean path and the ends are
            drawn. At one price all are measured at the same updates.
        direct: Recorded runs of DPO by their seed, of which all that was measured is drawn.
    """
    figure = new_figure(8.6, 4.0)
    axes = figure.add_subplot()
    told = []
    for i, (price, runs) in enumerate(prices.items()):
        paths = np.array([_path(run) for run in runs.values()])
        middle, ends = paths.mean(0), paths[:, :, -1]
        name = "PPO at each price, mean of its runs" if i == 0 else None
        axes.plot(*middle, color=OKABE_ITO["blue"], lw=1.2, marker=".", label=name)
        look = {"color": OKABE_ITO["blue"], "marker": "o", "ls": "", "ms": 6, "alpha": 0.75}
        axes.plot(*ends.T, **look, label="PPO, the end of each run" if i == 0 else None)
        side = -4 if i > len(prices) // 2 else 4  # neighbours' names go apart
        above = {"xytext": (side, 10), "textcoords": "offset points", "ha": "right" if side < 0 else "left"}
        axes.annotate(f"{price:g}", middle[:, -1], **above, fontsize=10)
        kl, wins = (np.mean([run.last(column) for run in runs.values()]) for column in ("answer_kl", "gold_win_rate"))
        told.append(f"PPO at a price of {price:g}: KL {kl:.1f}, {100 * wins:.0f} %")
    for i, run in enumerate(direct.values()):
        kls, wins = _path(run)
        look = {"color": OKABE_ITO["vermillion"], "ls": (0, (5, 2)), "lw": 1.4}
        axes.plot(kls, wins, **look, label="DPO, each run" if i == 0 else None)
        axes.plot(kls[-1:], wins[-1:], marker="s", ls="", ms=7, color=OKABE_ITO["vermillion"],
                  label="DPO, the end of each run" if i == 0 else None)  # fmt: skip
    ends = [(run.last("answer_kl"), 100 * run.last("gold_win_rate")) for run in direct.values()]
    told.append(f"DPO: KL {np.mean(ends, 0)[0]:.1f}, {np.mean(ends, 0)[1]:.0f} %")
    axes.set_xticks(how_far(np.array(NATS)), [f"{nat:g}" for nat in NATS])
    axes.axhline(50, color="black", lw=0.8, ls=":")
    tidy(axes, legend={"loc": "lower left"}, ylim=(-3, 103), xlabel="KL to the reference, nats a reply (log scale)",
         ylabel="gold win rate, %", title="How far each goes, and what becomes of it")  # fmt: skip
    return Picture(figure, f"Win rate over KL. {'; '.join(told)}.")


def _path(run: History) -> np.ndarray:
    """Where a run was whenever it was judged: places of the KL along the axis, and win rates in %. Of shape [2, n]."""
    rows = [(row["answer_kl"], row["gold_win_rate"]) for row in run if "gold_win_rate" in row]
    kls, wins = np.array(rows).T
    return np.stack([how_far(kls), 100 * wins])
