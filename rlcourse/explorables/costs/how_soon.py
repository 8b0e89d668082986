"""How soon does each get there: by updates, by answers, by seconds? A level to drag across the recorded runs.

    how_soon({"GRPO": load_curves("language-grpo"), …}, {"GRPO": (0.1, 0.2), …})

What is learned by how many updates comes from recorded runs, five seeds each; how long an update takes is measured on
the reader's own machine, sampling and learning apart, so that sampling can be made slower, as it is where answers are
long. Left out: that a slower machine may be slower at one thing more than at another.
"""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from rlcourse.algorithms import History
from rlcourse.arguments import check_number
from rlcourse.experiments.curves import right_after, updates_to
from rlcourse.explorables.plotting.bench import Bench, Choice, Slider, bench, state_of
from rlcourse.explorables.plotting.marks import Area, Axis, Handle, Line, Panel, Rule, Scatter
from rlcourse.explorables.plotting.plot import Array, Plot
from rlcourse.explorables.plotting.plot import Choice as Words
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.usual import usual_settings

Recorded = Mapping[str, Mapping[int, History]]
"""The runs of each racer, by its label and by their seed."""
Seconds = Mapping[str, tuple[float, float]]
"""What one update takes, sampling and learning, by the racer's label."""
LEVELS = tuple(round(0.5 + 0.01 * i, 2) for i in range(41))  # 0.50 … 0.90
SLOWER = (1, 10, 100)
"""How many times as long sampling may take."""
MOST = 40
"""Updates that are shown, on the right as well: further on, a logarithmic axis only squeezes the noise."""
ANSWERS = 256
"""Of each update."""
LOOKS = (
    ("vermillion", "solid", 4),
    ("sky", "dashed", 2.5),
    ("blue", "dashdot", 2.5),
    ("green", "dotted", 2.5),
    ("purple", "solid", 2.5),
    ("orange", "dashed", 2.5),
)
"""Colour, dash and width of the first racer, the second, …; the first is whom the others are compared with."""
TRY_THIS = (
    "<b>Try this:</b> drag the level up and down; then let sampling take 10 and 100 times as long, as it does where "
    "answers are long. <b>Watch:</b> who is first on the left, where updates are counted, and who on the right, where "
    "seconds are. A line is the mean of five seeds; one racer's seeds lie in grey, from worst to best. A dot needs "
    "<b>two updates in a row</b> at the level, as one batch may be lucky: a line may touch the level at its very end "
    "and have no dot. (PPO with several steps has 10 updates in its record. Their answers come from the policy after "
    "0, 1 … 9 of them, so its line ends at 9.)"
)


def how_soon(recorded: Recorded, seconds: Seconds) -> Bench:
    """The explorable: a level, whose band to show, and how slow sampling is.

    Args:
        recorded: Up to six racers' runs; their column "reward" is the share of right answers in each update.
        seconds: For each racer, of sampling and of learning, in one update.

    Raises:
        ValueError: There are no racers or more than six, one has no seconds, or seconds are not above 0.
    """
    return bench(TRY_THIS, how_soon_plot(recorded, seconds), _controls(recorded))


def how_soon_figure(
    recorded: Recorded, seconds: Seconds, *, level: float = 0.7, band: int = 0, slower: int = 0
) -> Figure:
    """The same picture of one state, for print: a level from 0.5 to 0.9, the number of a racer and of a slowness."""
    state = state_of(_controls(recorded), level=level, band=band, slower=slower)
    return draw_figure(how_soon_plot(recorded, seconds), state)


def _controls(recorded: Recorded) -> tuple[Slider | Choice, ...]:
    return (
        Slider("level", "level to reach", LEVELS, start=0.7),
        Choice("band", "racer in grey", tuple(recorded), start=0, buttons=True),
        Choice("slower", "sampling takes", ("as long as here", "10 times as long", "100 times"), start=0, buttons=True),
    )


@usual_settings()
def how_soon_plot(recorded: Recorded, seconds: Seconds) -> Plot:
    """The curves of all racers, and where each of them reaches each level."""
    if not 1 <= len(recorded) <= len(LOOKS):
        raise ValueError(f"recorded must hold 1 to {len(LOOKS)} racers, got {len(recorded)}")
    if missing := recorded.keys() - seconds.keys():
        raise ValueError(f"seconds must have an entry for every racer, it lacks {sorted(missing)}")
    for label in recorded:
        for which, value in zip(("sampling", "learning"), seconds[label], strict=True):
            check_number(f"seconds[{label!r}], {which},", value, low=0, above=True)
    curves = [right_after(runs) for runs in recorded.values()]  # [seeds, updates] each
    paces = np.array([[slow * seconds[name][0] + seconds[name][1] for slow in SLOWER] for name in recorded])
    grids = {"level": LEVELS, "band": tuple(range(len(curves))), "slower": tuple(range(len(SLOWER)))}
    grids |= {"update": tuple(range(MOST + 1)), "dot": (0,)}
    lasting = np.array([[_log(k * pace) for k in range(MOST + 1)] for pace in paces.flat])
    lasting = lasting.reshape(len(curves), len(SLOWER), MOST + 1)
    arrays = {
        "at": Array(("level",), np.array(LEVELS)),
        "percent": Array(("level",), 100 * np.array(LEVELS)),
        "low": Array(("band", "update"), _padded([curve.min(0) for curve in curves])),
        "high": Array(("band", "update"), _padded([curve.max(0) for curve in curves])),
        "lasting": Array(("band", "slower", "update"), lasting),
    }
    choices = {}
    for i, (name, runs) in enumerate(recorded.items()):
        mean = curves[i].mean(0)
        shown = min(len(mean), MOST + 1)
        grids[f"k{i}"] = tuple(range(shown))
        arrays[f"right_{i}"] = Array((f"k{i}",), mean[:shown])
        arrays[f"seconds_{i}"] = Array(("slower", f"k{i}"), lasting[i, :, :shown])
        found = [updates_to(mean, level) for level in LEVELS]
        arrays |= _of_racer(i, found, mean, paces[i])
        never = f"{name}: not within the {min(map(len, runs.values())) - 1} updates of its record."
        there = f"{name}: at update {{took_{i}:.0f}}, {{answers_{i}:,.0f}} answers, {{spent_{i}:.1f}} s."
        choices[f"said_{i}"] = Words(("level",), np.array([one is None for one in found]).astype(int), (there, never))
    return Plot(
        grids=grids,
        arrays=arrays,
        choices=choices,
        panels=_panels(list(recorded)),
        readouts=("To be right {percent:.0f} % of the time:", *(f"{{said_{i}}}" for i in range(len(curves)))),
        alt="Right answers against updates, and against seconds on a logarithmic axis, for each racer. To reach "
        "{percent:.0f} %: " + " ".join(f"{{said_{i}}}" for i in range(len(curves))),
    )


def _of_racer(i: int, found: list[int | None], mean: np.ndarray, paces: np.ndarray) -> dict[str, Array]:
    """Where racer number i reaches each level: its dots, and what is said."""
    took = np.array([np.nan if one is None else one for one in found])
    height = [np.nan if one is None else mean[one] for one in found]
    spent = took[:, None] * paces
    return {
        f"by_update_{i}": Array(("level", "dot"), took[:, None]),
        f"by_second_{i}": Array(("level", "slower", "dot"), _log(spent)[..., None]),
        f"height_{i}": Array(("level", "dot"), np.array(height)[:, None]),
        f"took_{i}": Array(("level",), np.nan_to_num(took)),
        f"answers_{i}": Array(("level",), ANSWERS * np.nan_to_num(took)),
        f"spent_{i}": Array(("level", "slower"), np.nan_to_num(spent)),
    }


def _padded(curves: list[np.ndarray]) -> np.ndarray:
    """Rows of one length, NaN behind their ends."""
    rows = np.full((len(curves), MOST + 1), np.nan)
    for row, curve in zip(rows, curves, strict=True):
        row[: len(curve)] = curve[: len(row)]
    return rows


def _log(seconds: float | np.ndarray) -> float | np.ndarray:
    """log₁₀ of seconds; nothing has no logarithm, and stands outside."""
    return np.log10(np.where(np.asarray(seconds) > 0, seconds, np.nan))


def _panels(labels: list[str]) -> tuple[Panel, Panel]:
    share = Axis("right answers", 0.3, 1.0, names=("40 %", "60 %", "80 %", "100 %"), places=(0.4, 0.6, 0.8, 1.0))
    seconds = Axis("seconds", -0.7, 3.3, names=("1 s", "10 s", "100 s", "1,000 s"), places=(0, 1, 2, 3))

    def marks(xs: str, reached: str, band: str, named: bool) -> tuple:
        looks = list(enumerate(zip(labels, LOOKS, strict=False)))
        lines = tuple(
            Line(xs.format(i), f"right_{i}", f"k{i}", label if named else "", colour, dash, width)
            for i, (label, (colour, dash, width)) in looks
        )
        dots = tuple(
            Scatter(reached.format(i), f"height_{i}", "dot", "", colour, size=12) for i, (_, (colour, *_)) in looks
        )
        worst_to_best = Area(band, "low", "high", "update", "" if named else "worst to best seed", "ink")
        return worst_to_best, *lines, Rule(y="at", width=2), *dots

    updates = Axis("updates, each from 256 answers", -1, MOST)
    return (
        Panel(
            "By updates",
            updates,
            share,
            marks("k{}", "by_update_{}", "update", True),
            handles=(Handle("level", y="at", grip=0.985),),
        ),
        Panel(
            "By seconds",
            seconds,
            share,
            marks("seconds_{}", "by_second_{}", "lasting", False),
            handles=(Handle("level", y="at", grip=0.05),),
        ),
    )
