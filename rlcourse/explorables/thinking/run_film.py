"""A recorded run to scrub through: the answers to one question change as the policy learns.

    thinking_film(load_film(), load_curves("thinking"))

What was measured over the updates, with a line at the moment; beside it eight answers to one question at that moment,
as bars whose height is their length; below, the answers themselves. Left out: what was said in other runs.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from rlcourse.explorables.plotting.bench import Bench, Choice, Slider, bench, state_of
from rlcourse.explorables.plotting.marks import Area, Axis, Bars, Handle, Line, Panel, Point, Rule
from rlcourse.explorables.plotting.plot import Array, Plot
from rlcourse.explorables.plotting.plot import Choice as Words
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.explorables.thinking.recorded import Curves, Filmed, measured
from rlcourse.usual import usual_settings

COLUMNS = {"accuracy": 100.0, "worked": 100.0, "guessed": 100.0, "tokens": 1.0}
"""The columns that are drawn, and what each is multiplied by."""
TRY_THIS = (
    "<b>Try this:</b> play the updates, or drag the line in the first picture. Then choose another question. "
    "<b>Watch:</b> the answers below. Which manner wins, and how soon? Where are those that still go wrong?"
)


def thinking_film(film: Filmed, curves: Curves) -> Bench:
    """The explorable: a slider over the updates, and one over the questions.

    Args:
        film: Answers along the run of seed 0.
        curves: The runs by their seed, with the columns accuracy, worked, guessed and tokens.

    Raises:
        ValueError: The runs were measured at other steps than the film was shot.
    """
    return bench(TRY_THIS, thinking_film_plot(film, curves), _controls(film))


def thinking_film_figure(film: Filmed, curves: Curves, *, question: int = 1, step: float | int = 0) -> Figure:
    """The same picture of one state, for print: the question by its number, after `step` updates."""
    return draw_figure(thinking_film_plot(film, curves), state_of(_controls(film), question=question, step=step))


def _controls(film: Filmed) -> tuple[Slider, Choice]:
    asked = tuple(chain.asked for chain in film.questions)
    steps = tuple(map(float, film.steps))
    return (
        Slider("step", "updates", steps, start=steps[0], readout=".0f", exact=True, play=True),
        Choice("question", "question", asked, start=min(1, len(asked) - 1)),
    )


@usual_settings()
def thinking_film_plot(film: Filmed, curves: Curves) -> Plot:
    """What was measured over the updates, and the answers at each of them."""
    steps, answers = tuple(map(float, film.steps)), len(film.texts[0][0])
    if tuple(measured(curves, "accuracy")[0]) != steps:
        raise ValueError(f"film must be shot where the runs were measured, got {film.steps}")
    arrays, numbers = _measured(curves) | _filmed(film), tuple(range(answers))
    return Plot(
        grids={
            "step": steps,
            "moment": steps,
            "question": tuple(range(len(film.questions))),
            "answer": tuple(range(1, answers + 1)),
        },
        arrays=arrays,
        panels=(_manners(steps), _length(arrays, steps), _answers(answers, float(np.max(film.lengths)))),
        choices={
            "asked": Words(("question",), np.arange(len(film.questions)), tuple(c.asked for c in film.questions)),
            "result": Words(
                ("question",), np.arange(len(film.questions)), tuple(str(c.answer) for c in film.questions)
            ),
            **{f"answer_{number + 1}": _said(film, number) for number in numbers},
        },
        readouts=(
            "After {step:.0f} updates {accuracy:.0f} % of all held-out answers are right, with {tokens:.1f} tokens on "
            "average. What is {asked}? It is {result}; right of these eight answers: {right_count:.0f}.",
            *(f"{{answer_{number + 1}}}" for number in numbers),
        ),
        alt=(
            "Three pictures of a run after {step:.0f} updates. {accuracy:.0f} % of the answers are right, {worked:.0f} "
            "% worked out and {guessed:.0f} % guessed; an answer has {tokens:.1f} tokens. Of eight answers to {asked} "
            "{right_count:.0f} are right, with {mean_length:.1f} tokens on average."
        ),
    )


def _measured(curves: Curves) -> dict[str, Array]:
    """For each column the run of the film over the updates and at the moment, and lowest and highest over the seeds."""
    arrays = {}
    for column, factor in COLUMNS.items():
        values = factor * measured(curves, column)[1]
        parts = {"low": values.min(0), "high": values.max(0), "curve": values[0]}
        arrays |= {f"{column}_{part}": Array(("moment",), found) for part, found in parts.items()}
        arrays[column] = Array(("step",), values[0])
    return arrays


def _filmed(film: Filmed) -> dict[str, Array]:
    """The lengths of right and of wrong answers."""
    rewards, lengths = np.array(film.rewards), np.array(film.lengths, dtype=float)  # [step, question, answer]
    dims = ("step", "question", "answer")
    return {
        "right_length": Array(dims, np.where(rewards > 0, lengths, 0.0)),
        "wrong_length": Array(dims, np.where(rewards > 0, 0.0, lengths)),
        "right_count": Array(("step", "question"), rewards.sum(2)),
        "mean_length": Array(("step", "question"), lengths.mean(2)),
    }


def _said(film: Filmed, number: int) -> Words:
    """One of the answers at every moment and to every question, with a mark that says whether it is right."""
    told = [
        [f"{'✓' if rewards[number] else '✗'} {_line(texts[number])}" for texts, rewards in zip(*shot, strict=True)]
        for shot in zip(film.texts, film.rewards, strict=True)
    ]
    distinct = list(dict.fromkeys(line for row in told for line in row))
    return Words(
        ("step", "question"), np.array([[distinct.index(line) for line in row] for row in told]), tuple(distinct)
    )


def _line(text: str) -> str:
    """An answer on one line, fit for a template."""
    return " ".join(text.split()).replace("{", "{{").replace("}", "}}") or "…"


def _manners(steps: Sequence[float]) -> Panel:
    return Panel(
        title="All held-out questions",
        x=Axis("updates", steps[0], steps[-1]),
        y=Axis("of the answers, %", -3, 103),
        marks=(
            Area("moment", "accuracy_low", "accuracy_high", along="moment"),
            Line("moment", "worked_curve", along="moment", label="worked out", colour="vermillion", dash="dashed"),
            Line("moment", "guessed_curve", along="moment", label="guessed", colour="green", dash="dotted"),
            Line("moment", "accuracy_curve", along="moment", label="right"),
            Rule(x="step"),
            Point("step", "accuracy", colour="blue"),
        ),
        handles=(Handle("step", x="step", grip=0.04),),
    )


def _length(arrays: dict[str, Array], steps: Sequence[float]) -> Panel:
    return Panel(
        title="Length of an answer",
        x=Axis("updates", steps[0], steps[-1]),
        y=Axis("tokens", 0, 1.1 * float(arrays["tokens_high"].values.max())),
        marks=(
            Area("moment", "tokens_low", "tokens_high", along="moment", label="all seeds"),
            Line("moment", "tokens_curve", along="moment", label="this run", colour="ink"),
            Rule(x="step"),
            Point("step", "tokens", colour="vermillion"),
        ),
        handles=(Handle("step", x="step", grip=0.04),),
    )


def _answers(count: int, longest: float) -> Panel:
    return Panel(
        title="Eight answers to one question",
        x=Axis("answer", 0.4, count + 0.6),
        y=Axis("tokens", 0, 1.15 * longest),
        marks=(
            Bars("answer", "right_length", along="answer", label="right", colour="sky"),
            Bars("answer", "wrong_length", along="answer", label="wrong", colour="orange", hatch="striped"),
        ),
    )
