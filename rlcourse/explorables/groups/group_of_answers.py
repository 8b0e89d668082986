"""GRPO's advantage, to turn by hand: Âᵢ = (rᵢ − mean r) / std r over the eight answers to one question.

The advantages are `rlcourse.equations.group_advantages` of each possible group. Left out: rewards other than 0 and 1,
and the other scales (Dr. GRPO's, the batch's), which a later notebook shows.
"""

import numpy as np
import torch
from matplotlib.figure import Figure

from rlcourse.equations import group_advantages
from rlcourse.explorables.plotting.bench import Bench, Slider, bench, state_of
from rlcourse.explorables.plotting.plot import Array, Arrow, Axis, Choice, Handle, Line, Panel, Plot, Rule
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.usual import usual_settings

GROUP_SIZE = 8
_TURN_RIGHT = (2, 5, 0, 7, 4, 1, 6, 3)  # with how many others before it each answer becomes right, as if by chance

SLIDERS = (Slider("right", "right answers", range(GROUP_SIZE + 1), start=3, readout=".0f", exact=True),)
TRY_THIS = (
    "<b>Try this:</b> drag the mean of the group, the dashed line, down until one answer is right, and then up again, "
    "one answer at a time. <b>Watch:</b> how much one right answer "
    "counts when it is rare, how little when it is common, and what is left at 0 and at 8."
)
COUNTS = ("1 of 8 is right", "{right:.0f} of 8 are right")
VERDICTS = (
    "All eight are wrong. Nobody is better than the group, the advantages are exactly 0, and nothing is learned.",
    "{how_many}. Each right answer gets {of_right:+.2f} and each wrong one {of_wrong:+.2f}.",
    "All eight are right. Nobody is better than the group, the advantages are exactly 0, and nothing is learned.",
)


def group_of_answers() -> Bench:
    """The explorable: a slider for how many of eight answers are right, drawn in the browser."""
    return bench(TRY_THIS, group_of_answers_plot(), SLIDERS)


def group_of_answers_figure(*, right: int = 3) -> Figure:
    """The same picture of one state, for print.

    Args:
        right: How many of the eight answers are right, 0 to 8.

    Raises:
        ValueError: `right` is outside its range.
    """
    return draw_figure(group_of_answers_plot(), state_of(SLIDERS, right=right))


@usual_settings()
def group_of_answers_plot() -> Plot:
    """Rewards and advantages of a group of eight, for each number of right answers."""
    grids = {"right": tuple(range(GROUP_SIZE + 1)), "answer": tuple(range(1, GROUP_SIZE + 1))}
    rewards, advantages = _rewards_and_advantages()
    rights = np.arange(GROUP_SIZE + 1)
    arrays = {
        "reward": Array(("right", "answer"), rewards),
        "advantage": Array(("right", "answer"), advantages),
        "mean": Array(("right",), rewards.mean(axis=1)),
        "std": Array(("right",), rewards.std(axis=1, ddof=1)),
        "of_right": Array(("right",), advantages.max(axis=1)),
        "of_wrong": Array(("right",), advantages.min(axis=1)),
    }
    for i in range(GROUP_SIZE):
        better = Array(("right",), np.maximum(advantages[:, i], 0.0))
        arrays |= {f"up_{i}": better, f"down_{i}": Array(("right",), np.minimum(advantages[:, i], 0.0))}
    verdict = np.where(rights == 0, 0, np.where(rights == GROUP_SIZE, 2, 1))
    return Plot(
        grids=grids,
        arrays=arrays,
        choices={
            "verdict": Choice(("right",), verdict, VERDICTS),
            "how_many": Choice(("right",), np.where(rights == 1, 0, 1), COUNTS),
        },
        panels=(_reward_panel(), _advantage_panel()),
        readouts=("mean {mean:.3f},  standard deviation {std:.2f}.", "{verdict}"),
        alt=(
            "Left: the rewards of eight answers, 0 or 1, with their mean {mean:.3f}. Right: their advantages, arrows "
            "up for right answers, down for wrong ones. {verdict}"
        ),
    )


def _rewards_and_advantages() -> tuple[np.ndarray, np.ndarray]:
    """Of each group: row k has k right answers, [9, 8]."""
    rewards = (np.array(_TURN_RIGHT)[None] < np.arange(GROUP_SIZE + 1)[:, None]).astype(float)
    return rewards, group_advantages(torch.from_numpy(rewards)).numpy()


def _reward_panel() -> Panel:
    return Panel(
        title="What eight answers to one question earned",
        x=Axis("answer", 0.5, 8.5),
        y=Axis("reward", -0.15, 1.15),
        marks=(
            Rule(y="mean", label="mean of the group: the baseline", dash="dashed", width=2),
            Line("answer", "reward", along="answer", label="reward", colour="green", width=0, marker="circle"),
        ),
        handles=(Handle("right", y="mean", grip=0.97),),
    )


def _advantage_panel() -> Panel:
    def arrows(name: str, colour: str, dash: str, label: str, labelled: int) -> tuple[Arrow, ...]:
        """One for each answer; a legend names the one that is the last to vanish."""
        labels = [label if _TURN_RIGHT[i] == labelled else "" for i in range(GROUP_SIZE)]
        return tuple(Arrow(i + 1, 0, 0, f"{name}_{i}", label, colour, dash) for i, label in enumerate(labels))

    return Panel(
        title="Their advantages",
        x=Axis("answer", 0.5, 8.5),
        y=Axis("advantage", -3.0, 3.0),
        marks=(
            Rule(y=0),
            *arrows("up", "blue", "solid", "made likelier", 0),
            *arrows("down", "vermillion", "dashed", "made less likely", 7),
        ),
    )
