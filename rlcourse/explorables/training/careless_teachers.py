"""How careless may teachers be? Fine-tuning by people of whom none, a fifth … four fifths guess, over recorded runs.

    careless_teachers(load_careless())

Two pictures: one share of guessing teachers over the updates, and all shares after as many updates. The sampled answers
follow the teachers step by step; greedy ones stay until the guess is the likelier beginning, and flip. Whatever is
drawn is handed in: no mathematics here. Left out: teachers who are careless about anything else.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from rlcourse.algorithms import History
from rlcourse.explorables.plotting.bench import Bench, Choice, Slider, bench, state_of
from rlcourse.explorables.plotting.marks import Area, Axis, Handle, Line, Panel, Point, Rule
from rlcourse.explorables.plotting.plot import Array, Plot
from rlcourse.explorables.plotting.plot import Choice as Words
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.usual import usual_settings

Runs = Mapping[float, Mapping[int, History]]
"""By the share of teachers who guess: the runs by their seed."""
MEASURED = ("greedy", "sampled", "sampled_guesses")
TRY_THIS = (
    "<b>Try this:</b> drag the square in the picture on the right from share to share, with the updates at their end. "
    "Then play the updates at 60 %, and at 40 %. <b>Watch:</b> the guesses on the left climb to the share of the "
    "teachers. Where are they when the greedy answers flip?"
)


def careless_teachers(runs: Runs) -> Bench:
    """The explorable: a slider for the share of teachers who guess, and one for the updates.

    Args:
        runs: By the share, from low to high: the runs by seed, with "greedy", "sampled" and "sampled_guesses".

    Raises:
        ValueError: There are fewer than two shares, they do not rise, or no step at which all runs were measured.
    """
    return bench(TRY_THIS, careless_teachers_plot(runs), _controls(runs))


def careless_teachers_figure(runs: Runs, *, share: int = 3, step: float | int | None = None) -> Figure:
    """The same picture of one state, for print: the share by its number, after `step` updates, all of them if None."""
    controls = _controls(runs)
    step = controls[1].start if step is None else step
    return draw_figure(careless_teachers_plot(runs), state_of(controls, share=share, step=step))


def _controls(runs: Runs) -> tuple[Choice, Slider]:
    steps, words = _steps(runs), tuple(f"{100 * share:.0f} %" for share in runs)
    return (
        Choice("share", "teachers who guess", words, start=0, play=True),
        Slider("step", "updates", steps, start=steps[-1], readout=".0f", exact=True, play=True),
    )


def _steps(runs: Runs) -> list[float]:
    """The steps at which every run was measured."""
    if len(runs) < 2 or list(runs) != sorted(runs):
        raise ValueError(f"runs must be of two shares at least, from low to high, got {list(runs)}")
    measured = [
        {row["step"] for row in run if set(MEASURED) <= set(row)} for seeds in runs.values() for run in seeds.values()
    ]
    if len(common := sorted(set.intersection(*measured))) < 2 or len({len(seeds) for seeds in runs.values()}) > 1:
        raise ValueError("runs must be equally many at each share, and all measured at two common steps at least")
    return list(map(float, common))


@usual_settings()
def careless_teachers_plot(runs: Runs) -> Plot:
    """Right answers and guesses, in per cent, over the updates at each share and over the shares at each update."""
    steps, shares = _steps(runs), list(runs)
    numbers = tuple(range(len(shares)))
    return Plot(
        grids={"share": numbers, "step": steps, "moment": steps, "end": numbers},
        arrays=_numbers(runs, steps),
        panels=(_over_time(steps), _over_shares(shares)),
        choices={"of": Words(("share",), np.array(numbers), tuple(f"{100 * share:.0f} %" for share in shares))},
        readouts=(
            "{of} of the teachers guess. After {step:.0f} updates {sampled_guesses:.0f} % of the sampled answers begin "
            "with “I guess”. Right are {sampled:.0f} % of the sampled answers, and {greedy:.0f} % of the greedy ones "
            "({greedy_low:.0f} to {greedy_high:.0f} over the seeds).",
        ),
        alt=(
            "Two pictures, as means over the seeds. With {of} of the teachers guessing and after {step:.0f} updates, "
            "{greedy:.0f} % of the greedy answers and {sampled:.0f} % of the sampled ones are right, and "
            "{sampled_guesses:.0f} % of the sampled ones are guesses."
        ),
    )


def _numbers(runs: Runs, steps: Sequence[float]) -> dict[str, Array]:
    """Mean, lowest and highest over the seeds: at the parameters, over the updates, and over the shares."""
    arrays = {}
    for column in MEASURED:
        measured = 100 * np.array([[_at(run, column, steps) for run in seeds.values()] for seeds in runs.values()])
        for name, values in {"": measured.mean(1), "_low": measured.min(1), "_high": measured.max(1)}.items():
            arrays[column + name] = Array(("share", "step"), values)
            arrays[f"{column}{name}_curve"] = Array(("share", "moment"), values)
            arrays[f"{column}{name}_ends"] = Array(("step", "end"), values.T)
    percent = 100 * np.array(list(runs))
    return arrays | {"teachers": Array(("share",), percent), "all_teachers": Array(("end",), percent)}


def _at(run: History, column: str, steps: Sequence[float]) -> list[float]:
    known = {row["step"]: row[column] for row in run if column in row}
    return [known[step] for step in steps]


def _over_time(steps: Sequence[float]) -> Panel:
    return Panel(
        title="One share of teachers",
        x=Axis("updates", steps[0], steps[-1]),
        y=Axis("answers, %", -4.0, 104.0),
        marks=(
            Area("moment", "greedy_low_curve", "greedy_high_curve", along="moment"),
            Rule(y=50.0, label="half"),
            Line("moment", "greedy_curve", along="moment", label="right, greedy", marker="square"),
            Line("moment", "sampled_guesses_curve", along="moment", label="guesses, sampled", colour="vermillion",
                 dash="dashed"),
            Rule(x="step"),
            Point("step", "greedy", colour="blue", marker="square"),
            Point("step", "sampled_guesses", colour="vermillion"),
        ),
        handles=(Handle("step", x="step", grip=0.04),),
    )  # fmt: skip


def _over_shares(shares: Sequence[float]) -> Panel:
    return Panel(
        title="All shares, after as many updates",
        x=Axis("teachers who guess, %", 100 * shares[0] - 4, 100 * shares[-1] + 4),
        y=Axis("right answers, %", -4.0, 104.0),
        marks=(
            Area("all_teachers", "greedy_low_ends", "greedy_high_ends", along="end", label="all seeds"),
            Line("all_teachers", "greedy_ends", along="end", label="greedy", marker="square"),
            Line("all_teachers", "sampled_ends", along="end", label="sampled", colour="green", dash="dotted",
                 marker="circle"),
            Rule(x="teachers"),
            Point("teachers", "greedy", colour="blue", marker="square"),
        ),
        handles=(Handle("share", x="teachers", y="greedy"),),
    )  # fmt: skip
