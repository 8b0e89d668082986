"""Runs by an imperfect rule, with KL terms of several weights: what was paid, what was meant, how far it went.

The runs are recorded (`rlcourse.experiments.imperfect_rule`), five seeds for each β; a slider goes from one β to the
next. Left out: whatever lies between two of them, which nobody has run.
"""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from rlcourse.explorables.plotting import bench
from rlcourse.explorables.plotting.plot import (
    Area,
    Array,
    Axis,
    Choice,
    Handle,
    Line,
    Panel,
    Plot,
    Rule,
    Scatter,
    Text,
)
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.explorables.training.bands import Curves, SeedBand, seed_band
from rlcourse.usual import usual_settings

COLUMNS = ("paid", "meant", "kl")
TRY_THIS = (
    "<b>Try this:</b> slide <i>β</i> up from 0, one value at a time, or drag the line on the right. <b>Watch:</b> "
    "where what is paid and what was meant part company, and how far that is from the reference."
)


def beta_and_rule(runs: Mapping[float, Curves]) -> bench.Bench:
    """The explorable: a slider over β, all drawn in the browser.

    Args:
        runs: β → its runs by their seed, with the columns paid, meant and kl.

    Raises:
        ValueError: there are fewer than two values of β, or a run lacks a column.
    """
    return bench.bench(TRY_THIS, beta_and_rule_plot(runs), (_slider(runs),))


def beta_and_rule_figure(runs: Mapping[float, Curves], *, beta: int = 0) -> Figure:
    """The same for print, for the value of β with that number, the first being 0."""
    return draw_figure(beta_and_rule_plot(runs), bench.state_of((_slider(runs),), beta=beta))


def _slider(runs: Mapping[float, Curves]) -> bench.Choice:
    return bench.Choice("beta", "β", tuple(f"{beta:g}" for beta in runs), start=0, play=True)


@usual_settings()
def beta_and_rule_plot(runs: Mapping[float, Curves]) -> Plot:
    """The bands of every β, and where each ended."""
    if len(runs) < 2:
        raise ValueError(f"runs must hold at least two values of β, got {list(runs)}")
    bands = {name: [seed_band(curves, name) for curves in runs.values()] for name in COLUMNS}
    names = tuple(f"{beta:g}" for beta in runs)
    grids = {"beta": tuple(map(float, range(len(runs)))), "one": tuple(map(float, range(len(runs))))}
    arrays = {"here": Array(("beta",), np.arange(1.0, len(runs) + 1)), "place": Array(("one",), _places(runs))}
    for name, of in bands.items():
        # kl is known after every update, the others where they were measured
        grids |= {f"{name}_step": tuple(of[0].steps.tolist())}
        arrays |= _curves(name, of)
    grids |= {"seed": tuple(map(float, range(len(names) * len(bands["paid"][0].values))))}
    arrays |= _ends(bands)
    arrays["kl_most"] = Array(("beta",), np.array([band.high.max() for band in bands["kl"]]))
    cut = (arrays["kl_most"].values > _highest(bands["kl"])).astype(int)
    best = int(np.argmax([band.mean[-1] for band in bands["meant"]]))
    arrays["best"] = Array((), np.array(best + 1.0))
    return Plot(
        grids=grids,
        arrays=arrays,
        choices={
            "value": Choice(("beta",), np.arange(len(names)), names),
            "leaves": Choice(("beta",), cut, ("", "↑ a spike of one run: {kl_most:.1f}")),
            "best_value": Choice((), np.array(best), names),
        },
        panels=(_paid_and_meant(bands), _kl(bands), _all(names, bands)),
        readouts=(
            "β = {value}: at the end the rule pays {paid_end:.2f} for an answer on average, and {meant_end:.0f} % of "
            "the answers are what was meant ({meant_worst:.0f} % in the worst of the runs, {meant_most:.0f} % in the "
            "best). KL to the reference: {kl_end:.2f} nats per token.",
            "Of these values β = {best_value} serves best what was meant.",
        ),
        alt=(
            "Three pictures of runs with β = {value}. Paid for an answer: {paid_end:.2f} at the end. As it was meant: "
            "{meant_end:.0f} %. KL: {kl_end:.2f} nats per token. Best for what was meant is β = {best_value}."
        ),
    )


def _places(runs: Mapping[float, Curves]) -> np.ndarray:
    return np.arange(1.0, len(runs) + 1)


def _curves(name: str, of: list[SeedBand]) -> dict[str, Array]:
    dims = ("beta", f"{name}_step")
    return {
        f"{name}_mean": Array(dims, np.array([band.mean for band in of])),
        f"{name}_low": Array(dims, np.array([band.low for band in of])),
        f"{name}_high": Array(dims, np.array([band.high for band in of])),
    }


def _ends(bands: Mapping[str, list[SeedBand]]) -> dict[str, Array]:
    """Where the runs ended: the mean for each β, the worst and the best, and every single one."""
    last = {name: np.array([band.values[:, -1] for band in of]) for name, of in bands.items()}  # [β, seed]
    last["kl"] = np.array([band.values[:, -5:].mean(axis=1) for band in bands["kl"]])  # of single updates it is noisy
    count, seeds = last["paid"].shape
    shifts = 0.08 * (np.arange(seeds) - (seeds - 1) / 2)
    arrays = {
        "seed_place": Array(("seed",), (np.arange(1.0, count + 1)[:, None] + shifts).reshape(-1)),
        "meant_worst": Array(("beta",), 100 * last["meant"].min(axis=1)),
        "meant_most": Array(("beta",), 100 * last["meant"].max(axis=1)),
        "paid_end": Array(("beta",), last["paid"].mean(axis=1)),
        "meant_end": Array(("beta",), 100 * last["meant"].mean(axis=1)),
        "kl_end": Array(("beta",), last["kl"].mean(axis=1)),
    }
    for name in ("paid", "meant"):
        arrays[f"{name}_all"] = Array(("seed",), last[name].reshape(-1))
        arrays[f"{name}_means"] = Array(("one",), last[name].mean(axis=1))
    return arrays


def _top(bands: Mapping[str, list[SeedBand]], *names: str) -> float:
    return 1.05 * max(float(band.high.max()) for name in names for band in bands[name])


def _paid_and_meant(bands: Mapping[str, list[SeedBand]]) -> Panel:
    return Panel(
        title="An answer to a held-out sum",
        x=Axis("update", 0, float(bands["paid"][0].steps[-1])),
        y=Axis("on average", 0, max(1.05, _top(bands, "paid"))),
        marks=(
            Area("paid_step", "paid_low", "paid_high", along="paid_step", colour="orange"),
            Area("meant_step", "meant_low", "meant_high", along="meant_step", colour="sky"),
            Line("paid_step", "paid_mean", along="paid_step", label="paid", colour="vermillion", dash="dashed"),
            Line("meant_step", "meant_mean", along="meant_step", label="as it was meant", colour="blue"),
        ),
    )


def _highest(bands: list[SeedBand]) -> float:
    """Where the axis of the KL ends: a spike that one run had for a moment would press all else to the ground."""
    return float(np.quantile(np.concatenate([band.high for band in bands]), 0.98))


def _kl(bands: Mapping[str, list[SeedBand]]) -> Panel:
    return Panel(
        title="KL to the reference",
        x=Axis("update", 0, float(bands["kl"][0].steps[-1])),
        y=Axis("nats per token", 0, _highest(bands["kl"])),
        marks=(
            Area("kl_step", "kl_low", "kl_high", along="kl_step", label="lowest and highest run", colour="sky"),
            Line("kl_step", "kl_mean", along="kl_step", label="their mean", colour="ink"),
            Text(1, 0.94 * _highest(bands["kl"]), "{leaves}", anchor="start"),
        ),
    )


def _all(names: tuple[str, ...], bands: Mapping[str, list[SeedBand]]) -> Panel:
    look = {"along": "one", "width": 1.5}
    return Panel(
        title="At the end, for every β",
        x=Axis("β", 0.5, len(names) + 0.5, names),
        y=Axis("", 0, max(1.05, _top(bands, "paid"))),
        marks=(
            Rule(x="here", dash="dotted", width=2),
            Scatter("seed_place", "paid_all", along="seed", colour="vermillion", size=5, marker="square"),
            Scatter("seed_place", "meant_all", along="seed", colour="blue", size=5),
            Line("place", "paid_means", **look, label="paid", colour="vermillion", dash="dashed", marker="square"),
            Line("place", "meant_means", **look, label="as it was meant", colour="blue", marker="circle"),
        ),
        handles=(Handle("beta", x="here", grip=0.95),),
    )
