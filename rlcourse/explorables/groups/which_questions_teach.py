"""Which questions teach? A group does unless all of its answers are right, or all wrong:  1 − pᴳ − (1 − p)ᴳ.

    which_questions_teach({"before": rewards, "after 20 updates": later})

The curve is `rlcourse.equations.informative_share`. Beside it stand questions that were really asked, many times each:
how often they were answered rightly, and how many of the groups that their answers make up would have taught. Left out:
rewards between 0 and 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor

from rlcourse.equations import informative_share
from rlcourse.explorables.plotting.bench import Bench, Choice, Slider, bench, state_of
from rlcourse.explorables.plotting.plot import Array, Axis, Bars, Handle, Line, Panel, Plot, Point, Scatter
from rlcourse.explorables.plotting.plot import Choice as Words
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.usual import usual_settings

SIZES = (2, 4, 8, 16, 32)
"""The sizes of a group that are drawn."""
CHANCES = tuple(round(0.01 * i, 2) for i in range(101))
BINS = 10
"""Of the questions, by how often they are answered rightly."""
TRY_THIS = (
    "<b>Try this:</b> drag the diamond along the curve, to a question that is hopeless and to one that is solved. Turn "
    "G up. Then play the training. <b>Watch:</b> what one group that teaches costs, and where the "
    "model’s own questions stand."
)


PRICES = (
    "For each that does, {cost:.1f} answers are sampled.",
    "However many answers are sampled, nothing is learned from this question.",
)


@dataclass(frozen=True)
class Asked:
    """Q questions, each answered M times by one policy."""

    right: Float[np.ndarray, "Q"]
    """How often each was answered rightly, as a share."""
    teaching: Float[np.ndarray, "G Q"]
    """For each of `SIZES`: the share of the groups made of its answers that have both right and wrong ones."""


def which_questions_teach(rewards: Mapping[str, Float[Tensor, "Q M"]]) -> Bench:
    """The explorable: the chance of a right answer, the size of a group, and how long the model has been trained.

    Args:
        rewards: When, in words, and what M answers to each of Q questions earned then, 0 or 1 each; M is a multiple of
            the largest group, 32.

    Raises:
        ValueError: there is no moment, a reward is neither 0 nor 1, or M is no multiple of 32.
    """
    return bench(TRY_THIS, which_questions_teach_plot(rewards), _controls(rewards))


def which_questions_teach_figure(
    rewards: Mapping[str, Float[Tensor, "Q M"]], *, p: float | int = 0.5, size: int = 2, moment: int = 0
) -> Figure:
    """The same picture of one state, for print: `size` and `moment` by their numbers, the first being 0."""
    state = state_of(_controls(rewards), p=p, size=size, moment=moment)
    return draw_figure(which_questions_teach_plot(rewards), state)


def _controls(rewards: Mapping[str, Tensor]) -> tuple[Slider | Choice, ...]:
    return (
        Slider("p", "chance p", CHANCES, start=0.5),
        Choice("size", "answers in a group, G", tuple(map(str, SIZES)), start=2),
        Choice("moment", "the model", tuple(rewards), start=0, play=len(rewards) > 1),
    )


def asked(rewards: Float[Tensor, "Q M"]) -> Asked:
    """How often each question was answered rightly, and how many of its groups of each size would have taught."""
    if rewards.ndim != 2 or not len(rewards) or rewards.shape[1] % SIZES[-1]:
        raise ValueError(f"rewards must be [Q, M] with M a multiple of {SIZES[-1]}, got {list(rewards.shape)}")
    if not ((rewards == 0) | (rewards == 1)).all():
        raise ValueError("rewards must be 0 or 1")
    groups = [rewards.reshape(len(rewards), -1, size).mean(-1) for size in SIZES]
    teaching = [((mean > 0) & (mean < 1)).double().mean(-1) for mean in groups]
    return Asked(rewards.double().mean(1).numpy(), torch.stack(teaching).numpy())


@usual_settings()
def which_questions_teach_plot(rewards: Mapping[str, Float[Tensor, "Q M"]]) -> Plot:
    """The curve for each size of a group, and the questions that were asked at each moment."""
    if not rewards:
        raise ValueError("rewards must hold at least one moment, got none")
    moments = [asked(of) for of in rewards.values()]
    questions = len(moments[0].right)
    if any(len(moment.right) != questions for moment in moments):
        raise ValueError("rewards must be of equally many questions at each moment")
    arrays = _curves() | _questions(moments)
    count = np.arange(len(moments))
    return Plot(
        grids={
            "p": CHANCES,
            "place": CHANCES,
            "size": tuple(range(len(SIZES))),
            "moment": tuple(map(float, count)),
            "bin": tuple(map(float, range(BINS))),
        },
        arrays=arrays,
        choices={
            "when": Words(("moment",), count, tuple(rewards)),
            "price": Words(("size", "p"), (arrays["share"].values < 1e-9).astype(int), PRICES),
        },
        panels=(_teaching_panel(), _questions_panel(questions, arrays)),
        readouts=(
            "If an answer is right with a chance of {percent:.0f} %, {share:.1f} % of the groups of {G:.0f} teach "
            "something. {price}",
            "The model {when}: of all groups of {G:.0f} that were made of its answers, {all:.0f} % teach. "
            "{hopeless:.0f} of {questions:.0f} questions were always wrong, {solved:.0f} always right.",
        ),
        alt=(
            "Left: the share of groups of {G:.0f} that teach, over the chance of a right answer: a hill, 0 at both "
            "ends. At {percent:.0f} % it is {share:.1f} %. Right: how many questions the model {when} answers "
            "rightly how often; {all:.0f} % of its groups teach."
        ),
    )


def _curves() -> dict[str, Array]:
    """The equation over the grid, and how many answers a group that teaches costs; 0 where there is none."""
    chances = torch.tensor(CHANCES, dtype=torch.float64)
    shares = torch.stack([informative_share(chances, num_generations=size) for size in SIZES]).numpy()
    sizes = np.array(SIZES, dtype=float)
    cost = np.divide(sizes[:, None], shares, out=np.zeros_like(shares), where=shares > 1e-9)
    return {
        "curve": Array(("size", "place"), 100 * shares),
        "share": Array(("size", "p"), 100 * shares),
        "cost": Array(("size", "p"), cost),
        "G": Array(("size",), sizes),
        "chance": Array(("place",), 100 * np.array(CHANCES)),
        "percent": Array(("p",), 100 * np.array(CHANCES)),
    }


def _questions(moments: list[Asked]) -> dict[str, Array]:
    """The questions by bins: how many, their mean chance, and how many of their groups teach."""
    counts = np.zeros((len(moments), BINS))
    middles, shares = np.full((len(moments), BINS), np.nan), np.full((len(SIZES), len(moments), BINS), np.nan)
    for i, moment in enumerate(moments):
        which = np.minimum((BINS * moment.right).astype(int), BINS - 1)
        for b in np.unique(which):
            counts[i, b], middles[i, b] = (which == b).sum(), 100 * moment.right[which == b].mean()
            shares[:, i, b] = 100 * moment.teaching[:, which == b].mean(axis=1)
    right = np.stack([moment.right for moment in moments])
    return {
        "count": Array(("moment", "bin"), counts),
        "bin_middle": Array(("bin",), 100 * (np.arange(BINS) + 0.5) / BINS),
        "asked_right": Array(("moment", "bin"), middles),
        "asked_teach": Array(("size", "moment", "bin"), shares),
        "all": Array(("size", "moment"), 100 * np.stack([moment.teaching.mean(1) for moment in moments], axis=1)),
        "hopeless": Array(("moment",), (right == 0).sum(1).astype(float)),
        "solved": Array(("moment",), (right == 1).sum(1).astype(float)),
        "questions": Array((), np.array(float(right.shape[1]))),
    }


def _teaching_panel() -> Panel:
    return Panel(
        title="Groups that teach something",
        x=Axis("answers that are right, %", 0, 100),
        y=Axis("groups that teach, %", 0, 105),
        marks=(
            Line("chance", "curve", along="place", label="1 − pᴳ − (1 − p)ᴳ", colour="blue"),
            Scatter(
                "asked_right",
                "asked_teach",
                along="bin",
                label="questions asked, ten points to a dot",
                colour="vermillion",
                size=9,
            ),
            Point("percent", "share", colour="purple", marker="diamond"),
        ),
        handles=(Handle("p", "percent", "share"),),
    )


def _questions_panel(questions: int, arrays: Mapping[str, Array]) -> Panel:
    most = float(arrays["count"].values.max())
    return Panel(
        title=f"{questions} questions to the model",
        x=Axis("answers that are right, %", 0, 100),
        y=Axis("questions", 0, 1.1 * most),
        marks=(Bars("bin_middle", "count", along="bin", colour="sky", width=9.0),),
    )
