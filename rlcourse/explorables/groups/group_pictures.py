"""Pictures for the story of GRPO: a group and its baseline, and what training made of the answers.

Whatever is drawn is handed in: a picture computes no reward and no advantage. Left out: pyplot, and anything that
moves.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator
from torch import Tensor

from rlcourse.showing.picture import Picture
from rlcourse.showing.style import LEVEL, OKABE_ITO, in_our_style, new_figure, show_percent, tidy
from rlcourse.showing.words import minus

KINDS = ("guessed, wrong", "guessed, right", "computed, wrong", "computed, right")
"""What an answer to a sum can be: how it was found, and what came of it."""

_OF_KIND = {
    "guessed, wrong": ("vermillion", "////"),
    "guessed, right": ("orange", ""),
    "computed, wrong": ("sky", "xxxx"),
    "computed, right": ("blue", "...."),
}


@in_our_style
def group_picture(
    answers: Sequence[str], rewards: Float[Tensor, "G"], advantages: Float[Tensor, "G"], *, question: str = ""
) -> Picture:
    """The answers of one group from top to bottom: what each earned, and its advantage.

    Args:
        answers: G texts.
        rewards: What each earned.
        advantages: What each is worth beside the others.
        question: What was asked, for the title.

    Raises:
        ValueError: there is not one reward and one advantage for each answer, or no answer.
    """
    if not len(answers) == len(rewards) == len(advantages) > 0:
        raise ValueError(
            "answers, rewards and advantages must have one entry per answer, "
            f"got {len(answers)}, {len(rewards)} and {len(advantages)}"
        )
    figure = new_figure(9.6, 1.3 + 0.3 * len(answers))
    left, right = figure.subplots(1, 2, sharey=True)
    mean = float(rewards.mean())
    _bars(left, rewards, [OKABE_ITO["green"]] * len(answers), "reward", ".2f")
    left.axvline(mean, **LEVEL)
    above = {"xycoords": ("data", "axes fraction"), "xytext": (0, 3), "textcoords": "offset points", "fontsize": 10}
    left.annotate(f"mean {mean:.2f}", (mean, 1.0), ha="center", va="bottom", **above)
    signs = [OKABE_ITO["blue"] if a > 0 else OKABE_ITO["vermillion"] for a in advantages]
    _bars(right, advantages, signs, "advantage: likelier (+) or less likely (−)", "+.2f")
    left.set_yticks(range(len(answers)), [_readable(answer) for answer in answers], fontfamily="monospace")
    left.invert_yaxis()
    figure.suptitle(question, fontsize=11)
    rows = [
        f"{_readable(answer)}: " + f"{reward:.2f}, {advantage:+.2f}".replace("-", "−")
        for answer, reward, advantage in zip(answers, rewards, advantages, strict=True)
    ]
    return Picture(figure, f"{question} Each answer with its reward and its advantage. {'; '.join(rows)}.")


def _bars(axes: Axes, values: Tensor, colours: list[str], label: str, form: str) -> None:
    """Horizontal bars with their numbers, those below 0 hatched."""
    bars = axes.barh(range(len(values)), values.tolist(), color=colours, height=0.66, edgecolor="white", lw=0)
    for bar, value in zip(bars, values.tolist(), strict=True):
        bar.set_hatch("////" if value < 0 else "")
    axes.bar_label(bars, [minus(f"{value:{form}}") for value in values.tolist()], padding=4, fontsize=10)
    low, high = min(0.0, float(values.min())), max(float(values.max()), 0.5)
    room = 0.2 * (high - low)
    axes.set(xlim=(low - room if low < 0 else 0, high + room), xlabel=label)
    axes.axvline(0, color="black", lw=0.8)
    tidy(axes, grid="x")
    axes.tick_params(axis="y", length=0)


@in_our_style
def baseline_picture(
    questions: Sequence[str],
    values: Float[Tensor, "P"],
    group_means: Float[Tensor, "P N"],
    measured: Mapping[int, float],
    theory: Mapping[int, float],
) -> Picture:
    """How well the mean of a group estimates what a question is worth.

    Left, for each question, the means of N groups around its value; right, the typical error for each group size.

    Args:
        questions: P short names.
        values: The value of each.
        group_means: The means of N groups of 8 answers to each.
        measured: Group size G → root mean square difference of a group's mean from the value.
        theory: Group size G → what that should be.

    Raises:
        ValueError: there is not one value and one row of means for each question, or the two errors differ in sizes.
    """
    if not len(questions) == len(values) == len(group_means) > 0:
        raise ValueError(
            "questions, values and group_means must have one entry per question, "
            f"got {len(questions)}, {len(values)} and {len(group_means)}"
        )
    if measured.keys() != theory.keys():
        raise ValueError(f"theory must have the group sizes {list(measured)} of measured, got {list(theory)}")
    figure = new_figure(10.2, 3.7)
    left, right = figure.subplots(1, 2)
    _means_of_groups(left, questions, values, group_means)
    _error_by_size(right, measured, theory)
    sizes = ", ".join(f"{error:.2f} at G = {size}" for size, error in measured.items())
    alt = (
        f"Left: for each of {len(questions)} questions the mean rewards of groups of 8 scatter around the question's "
        f"value. Right: the typical error falls with the group size, {sizes}, as theory says."
    )
    return Picture(figure, alt)


def _means_of_groups(axes: Axes, questions, values, group_means) -> None:
    for row, means in enumerate(group_means):
        places, counts = torch.unique(means, return_counts=True)
        label = "mean of one group\n(larger: more groups)" if row == 0 else None
        area = 400 * counts / group_means.shape[1] + 12
        axes.scatter(places, [row] * len(places), s=area, color=OKABE_ITO["sky"], edgecolor="white", label=label)
    look = {"color": "black", "marker": "D", "ls": "", "ms": 6, "zorder": 3}
    axes.plot(values, range(len(questions)), label="value V, exact", **look)
    axes.set_yticks(range(len(questions)), questions)
    axes.set(xlabel="reward", title="Means of groups of 8 answers", xlim=(-0.05, 1.05))
    axes.set_ylim(len(questions) - 0.4, -0.6)
    _legend_below(axes)
    tidy(axes, grid="x")


def _error_by_size(axes: Axes, measured: Mapping[int, float], theory: Mapping[int, float]) -> None:
    axes.plot(*_xy(theory), color="black", ls=(0, (4, 3)), lw=1.2, label="theory: falls as 1/√G")
    axes.plot(*_xy(measured), color=OKABE_ITO["blue"], marker="o", lw=1.8, label="measured")
    axes.set(xscale="log", yscale="log", xlabel="answers in the group, G", title="Typical error of a group's mean")
    low, high = min(measured.values()), max(measured.values())
    ticks = [t for t in (0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5) if low / 1.5 <= t <= 1.5 * high]
    for axis, places in ((axes.xaxis, list(measured)), (axes.yaxis, ticks)):
        axis.set_major_locator(FixedLocator(places))
        axis.set_major_formatter(FixedFormatter([f"{place:g}" for place in places]))
        axis.set_minor_locator(NullLocator())
    _legend_below(axes)
    tidy(axes, grid="both")


def _xy(errors: Mapping[int, float]) -> tuple[list[int], list[float]]:
    return list(errors), list(errors.values())


def kinds_of_answers(answers: Sequence[str], rewards: Sequence[float]) -> dict[str, float]:
    """The share of each of the `KINDS` among the answers: were they guessed or computed, are they right?

    Raises:
        ValueError: there is not one reward for each answer, or no answer.
    """
    if not len(answers) == len(rewards) > 0:
        raise ValueError(f"answers and rewards must have one entry per answer, got {len(answers)} and {len(rewards)}")
    found = [
        f"{'guessed' if answer.lstrip().startswith('I guess') else 'computed'}, {'right' if reward else 'wrong'}"
        for answer, reward in zip(answers, rewards, strict=True)
    ]
    return {kind: found.count(kind) / len(found) for kind in KINDS}


@in_our_style
def kinds_picture(shares: Mapping[str, Mapping[str, float]]) -> Picture:
    """How the answers divide into the `KINDS`, one bar for each name, such as "before" and "after".

    Args:
        shares: Name → the share of each kind, as `kinds_of_answers` gives them.
    """
    figure = new_figure(9.6, 1.4 + 0.55 * len(shares))
    axes = figure.subplots()
    begin = np.zeros(len(shares))
    for kind in KINDS:
        width = np.array([of[kind] for of in shares.values()])
        colour, hatch = _OF_KIND[kind]
        look = {"color": OKABE_ITO[colour], "hatch": hatch, "edgecolor": "white", "height": 0.62}
        bars = axes.barh(range(len(shares)), width, left=begin, label=kind, **look)
        words = [f"{100 * w:.0f} %" if w >= 0.04 else "" for w in width]
        box = {"facecolor": "white", "edgecolor": "none", "boxstyle": "round,pad=0.2", "alpha": 0.85}
        for text in axes.bar_label(bars, words, label_type="center", fontsize=10):
            text.set_bbox(box if text.get_text() else None)
        begin += width
    axes.set_yticks(range(len(shares)), list(shares))
    axes.invert_yaxis()
    axes.set(xlim=(0, 1))
    show_percent(axes.xaxis)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=len(KINDS), frameon=False, fontsize=10)
    tidy(axes, grid="x")
    told = [f"{name}: " + ", ".join(f"{kind} {of[kind]:.0%}" for kind in KINDS) for name, of in shares.items()]
    return Picture(figure, f"How the answers divide. {'. '.join(told)}.")


def _readable(answer: str) -> str:
    """An answer on one line, short enough for a label."""
    line = answer.strip().replace("\n", "⏎").replace("$", "＄")
    return line if len(line) <= 28 else line[:27] + "…"


def _legend_below(axes: Axes) -> None:
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2, frameon=False, fontsize=10)
