"""A price on length, turned up: what eight answers of one question are paid, and what their advantages become of it.

    price_of_length()

Paid is `rlcourse.equations.length_penalty`, or a price on every token; the advantages are `group_advantages`. Left out:
what a policy makes of them, which is trained below.
"""

import numpy as np
import torch
from matplotlib.figure import Figure

from rlcourse.equations import group_advantages, length_penalty
from rlcourse.explorables.plotting.bench import Bench, Choice, Slider, bench, state_of
from rlcourse.explorables.plotting.marks import Axis, Bars, Panel, Rule
from rlcourse.explorables.plotting.plot import Array, Plot
from rlcourse.explorables.plotting.plot import Choice as Words
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.usual import usual_settings

LENGTHS = (7, 7, 8, 8, 34, 34, 42, 53)
"""Tokens of the eight answers: guesses, answers said directly, and workings."""
GROUPS = {
    "three workings right": (0, 0, 0, 0, 1, 0, 1, 1),
    "a guess, two workings": (0, 1, 0, 0, 1, 0, 1, 0),
    "all wrong": (0, 0, 0, 0, 0, 0, 0, 0),
    "all right": (1, 1, 1, 1, 1, 1, 1, 1),
}
RULES = ("every token pays", "only right answers pay")
TOKEN = 0.05
"""What a token costs at a weight of 1, where every token pays."""
WEIGHTS = tuple(round(0.05 * i, 2) for i in range(20))
CONTROLS = (
    Slider("weight", "weight of the price", WEIGHTS, start=0.0, play=True),
    Choice("rule", "price", RULES, start=0, buttons=True),
    Choice("group", "the group", tuple(GROUPS), start=0, buttons=True),
)
TRY_THIS = (
    "<b>Try this:</b> turn the weight up, with each of the two prices, and then go to the group in which all are "
    "wrong. <b>Watch:</b> whether a wrong answer ever earns more than a right one; and what a group without a right "
    "answer teaches."
)


def price_of_length() -> Bench:
    """The explorable: how dear, who pays, and which group."""
    return bench(TRY_THIS, price_of_length_plot(), CONTROLS)


def price_of_length_figure(*, weight: float = 0.0, rule: int = 0, group: int = 0) -> Figure:
    """The same picture of one state, for print; rule and group are the numbers of their words, from 0."""
    return draw_figure(price_of_length_plot(), state_of(CONTROLS, weight=weight, rule=rule, group=group))


def paid_by(rule: int, rewards: torch.Tensor, weight: float) -> torch.Tensor:
    """What is paid, [1, G], by one of `RULES`."""
    lengths = torch.tensor([LENGTHS])
    if RULES[rule] == RULES[0]:
        return rewards - TOKEN * weight * lengths
    return length_penalty(rewards, lengths, weight=weight)


@usual_settings()
def price_of_length_plot() -> Plot:
    """Paid and advantage of each answer, for every weight, price and group."""
    count = len(LENGTHS)
    paid = np.empty((len(WEIGHTS), len(RULES), len(GROUPS), count))
    advantages = np.empty_like(paid)
    for k, earned in enumerate(GROUPS.values()):
        rewards = torch.tensor([earned], dtype=torch.float64)
        for i, weight in enumerate(WEIGHTS):
            for j in range(len(RULES)):
                now = paid_by(j, rewards, weight)
                paid[i, j, k], advantages[i, j, k] = now[0].numpy(), group_advantages(now)[0].numpy()
    right = np.array(list(GROUPS.values()), dtype=bool)  # [group, answer]
    dims = ("weight", "rule", "group", "answer")
    arrays = {}
    for name, values in (("paid", paid), ("advantage", advantages)):
        arrays[f"{name}_right"] = Array(dims, np.where(right, values, 0.0))
        arrays[f"{name}_wrong"] = Array(dims, np.where(right, 0.0, values))
    return Plot(
        grids={
            "weight": WEIGHTS,
            "rule": tuple(range(len(RULES))),
            "group": tuple(range(len(GROUPS))),
            "answer": tuple(range(1, count + 1)),
        },
        arrays=arrays,
        choices={
            "who": Words(("rule",), np.arange(len(RULES)), ("Every token pays", "Only right answers pay")),
            "verdict": Words(dims[:3], _verdicts(paid, right), VERDICTS),
            "teaches": Words(dims[:3], (np.ptp(advantages, axis=-1) > 1e-6).astype(int), TEACHES),
        },
        panels=(
            _panel("What each answer is paid", "paid", -2.7, 1.2, "reward"),
            _panel("Its advantage in the group", "advantage", -2.7, 2.7, "Â"),
        ),
        readouts=("{who}, at a weight of {weight:.2f}. {verdict} {teaches}",),
        alt="Eight answers by their length, what each is paid and its advantage. {who}, weight {weight:.2f}. {verdict}",
    )


VERDICTS = (
    "All answers are wrong.",
    "All answers are right.",
    "Every right answer earns more than every wrong one.",
    "A short wrong answer earns more than a long right one.",
)
TEACHES = ("The group teaches nothing.", "The group teaches something.")


def _verdicts(paid: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Which of `VERDICTS` holds, by weight, rule and group."""
    best_wrong = np.where(right, -np.inf, paid).max(-1)
    worst_right = np.where(right, paid, np.inf).min(-1)
    found = np.where(worst_right > best_wrong, 2, 3)
    found = np.where(~right.any(-1), 0, found)
    return np.where(right.all(-1), 1, found)


def _panel(title: str, name: str, low: float, high: float, label: str) -> Panel:
    names = tuple(map(str, LENGTHS))
    return Panel(
        title=title,
        x=Axis("tokens of the answer", 0.4, len(LENGTHS) + 0.6, names=names),
        y=Axis(label, low, high),
        marks=(
            Bars("answer", f"{name}_right", "answer", "right", "blue", width=0.62),
            Bars("answer", f"{name}_wrong", "answer", "wrong", "orange", width=0.62, hatch="striped"),
            Rule(y=0.0, width=1, dash="solid"),
        ),
    )
