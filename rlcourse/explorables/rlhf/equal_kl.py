"""PPO and DPO at equal KL: how often each wins, over how far it has gone for it, while both are on their way.

    equal_kl(load_prices(), load_curves("rlhf-dpo"))

The same picture twice: all of it, and the corner near the reference in which most of it happens. Every mark on a line
was measured; between two marks nobody looked. Whatever is drawn is handed in. Left out: what happens between marks.
"""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from rlcourse.algorithms import History
from rlcourse.explorables.plotting.bench import Bench, Choice, Slider, bench, state_of
from rlcourse.explorables.plotting.marks import Axis, Line, Mark, Panel, Rule, Scatter
from rlcourse.explorables.plotting.plot import Array, Plot
from rlcourse.explorables.plotting.plot import Choice as Words
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.explorables.rlhf.price_of_kl import NATS, Runs, how_far, measured_steps
from rlcourse.usual import usual_settings

TRY_THIS = (
    "<b>Try this:</b> play the updates at a price of 0.1, then at 0. <b>Watch:</b> which of the two is higher at the "
    "same KL, where they were measured, and where each of them stops."
)
NEAR = float(np.log1p(6))
"""How far the second panel reaches along the axis: to 6 nats."""


def equal_kl(prices: Runs, direct: Mapping[int, History]) -> Bench:
    """The explorable: a slider for PPO's price of KL, and one for the updates of both.

    Args:
        prices: By the price, from low to high: runs of PPO by seed, with "answer_kl" and "gold_win_rate".
        direct: Runs of DPO by seed, measured at the same steps.

    Raises:
        ValueError: The runs were not measured at the same steps, or there are fewer than two prices.
    """
    return bench(TRY_THIS, equal_kl_plot(prices, direct), _controls(prices))


def equal_kl_figure(prices: Runs, direct: Mapping[int, History], *, price: int = 0, step: float | int = 60) -> Figure:
    """The same picture of one state, for print: the price by its number, after `step` updates."""
    return draw_figure(equal_kl_plot(prices, direct), state_of(_controls(prices), price=price, step=step))


def _controls(prices: Runs) -> tuple[Choice, Slider]:
    steps, words = measured_steps(prices), tuple(f"{price:g}" for price in prices)
    return (
        Choice("price", "PPO's price of a nat", words, start=max(0, len(words) - 2)),
        Slider("step", "updates", steps, start=steps[-1], readout=".0f", exact=True, play=True),
    )


@usual_settings()
def equal_kl_plot(prices: Runs, direct: Mapping[int, History]) -> Plot:
    """Win rates over KLs: PPO's mean at each price with its seeds, and every run of DPO, up to each measured step."""
    steps = measured_steps(prices)
    if any([row["step"] for row in run if "gold_win_rate" in row] != steps for run in direct.values()):
        raise ValueError(f"direct must be measured at the steps of prices, {', '.join(f'{step:g}' for step in steps)}")
    arrays = _of_ppo(prices) | _of_dpo(direct)
    furthest = 1.03 * float(arrays["ppo_far_seeds"].values.max())
    return Plot(
        grids={
            "price": tuple(range(len(prices))),
            "step": steps,
            "moment": steps,
            "seed": tuple(range(len(next(iter(prices.values()))))),
            "run": tuple(range(len(direct))),
        },
        arrays=arrays,
        panels=(
            _panel("All of it", len(direct), furthest, -4.0),
            _panel("Near the reference", len(direct), NEAR, 46.0),
        ),
        choices={"cost": Words(("price",), np.arange(len(prices)), tuple(f"{price:g}" for price in prices))},
        readouts=(
            "PPO at a price of {cost}, after {step:.0f} updates: KL {ppo_nats:.1f} nats a reply, wins "
            "{ppo_won_mean:.0f} % ({ppo_low:.0f} to {ppo_high:.0f} over the seeds).",
            "DPO after {step:.0f} steps: KL {dpo_nats:.1f}, wins {dpo_won_mean:.0f} % ({dpo_low:.0f} "
            "to {dpo_high:.0f}).",
        ),
        alt=(
            "The win rate over the KL to the reference, twice, all of it and the corner near the reference. After "
            "{step:.0f} updates PPO at a price of {cost} is at {ppo_nats:.1f} nats and wins {ppo_won_mean:.0f} %; DPO "
            "is at {dpo_nats:.1f} nats and wins {dpo_won_mean:.0f} %."
        ),
    )  # fmt: skip


def _measured(runs: Mapping[int, History]) -> np.ndarray:
    """KLs in nats, and win rates in %, whenever they were measured: [runs, 2, moments]."""
    looked = [[row for row in run if "gold_win_rate" in row] for run in runs.values()]
    pairs = np.array([[(row["answer_kl"], 100 * row["gold_win_rate"]) for row in rows] for rows in looked])
    return pairs.transpose(0, 2, 1)


def _up_to_here(paths: np.ndarray) -> np.ndarray:
    """Paths [..., moment] as they are at each step [..., step, moment]: what is yet to come lies where the run is."""
    moments = np.arange(paths.shape[-1])
    return paths[..., np.minimum(moments[:, None], moments)]


def _of_ppo(prices: Runs) -> dict[str, Array]:
    paths = np.array([_measured(runs) for runs in prices.values()])  # [price, seed, 2, moment]
    nats, won = paths[:, :, 0], paths[:, :, 1]
    along, now, each = ("price", "step", "moment"), ("price", "step"), ("price", "step", "seed")
    return {
        "ppo_far": Array(along, _up_to_here(how_far(nats).mean(1))),
        "ppo_won": Array(along, _up_to_here(won.mean(1))),
        "ppo_far_seeds": Array(each, how_far(nats).transpose(0, 2, 1)),
        "ppo_won_seeds": Array(each, won.transpose(0, 2, 1)),
        "ppo_nats": Array(now, nats.mean(1)),
        "ppo_won_mean": Array(now, won.mean(1)),
        "ppo_low": Array(now, won.min(1)),
        "ppo_high": Array(now, won.max(1)),
    }


def _of_dpo(direct: Mapping[int, History]) -> dict[str, Array]:
    paths = _measured(direct)
    nats, won = paths[:, 0], paths[:, 1]
    arrays = {
        "dpo_far_runs": Array(("step", "run"), how_far(nats).T),
        "dpo_won_runs": Array(("step", "run"), won.T),
        "dpo_nats": Array(("step",), nats.mean(0)),
        "dpo_won_mean": Array(("step",), won.mean(0)),
        "dpo_low": Array(("step",), won.min(0)),
        "dpo_high": Array(("step",), won.max(0)),
    }
    for number in range(len(direct)):
        arrays[f"dpo_far_{number}"] = Array(("step", "moment"), _up_to_here(how_far(nats[number])))
        arrays[f"dpo_won_{number}"] = Array(("step", "moment"), _up_to_here(won[number]))
    return arrays


def _panel(title: str, runs: int, furthest: float, lowest: float) -> Panel:
    """One of the two panels: `furthest` along the axis and from `lowest` % on. Only the first explains its marks."""
    whole = lowest < 0
    nats = np.array([nat for nat in ((*NATS,) if whole else (0, 1, 2, 3, 4, 5)) if np.log1p(nat) <= furthest])

    def named(words: str) -> str:
        return words if whole else ""

    return Panel(
        title=title,
        x=Axis("KL, nats a reply (log scale)", 0.0, furthest, tuple(map(str, nats)), tuple(how_far(nats))),
        y=Axis("wins against the reference, %", lowest, 104.0 if whole else 96.0),
        marks=(
            Rule(y=50.0, label=named("as the reference")),
            *(_of_run(number, named("DPO, each run") if number == 0 else "") for number in range(runs)),
            Line("ppo_far", "ppo_won", along="moment", label=named("PPO, mean of its runs"), colour="blue",
                 width=2, marker="circle"),
            Scatter("ppo_far_seeds", "ppo_won_seeds", along="seed", label=named("PPO, each run now"), colour="sky",
                    size=6),
            Scatter("dpo_far_runs", "dpo_won_runs", along="run", label=named("DPO, each run now"), marker="square",
                    size=7),
        ),
    )  # fmt: skip


def _of_run(number: int, label: str) -> Mark:
    return Line(f"dpo_far_{number}", f"dpo_won_{number}", along="moment", label=label, colour="vermillion",
                dash="dashed", width=1.3, marker="square")  # fmt: skip
