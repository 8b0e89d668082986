"""One reward for a whole answer, and what is learned from it about each of its beginnings: vₜ = γ^(T−1−t) · R.

The article's example, "2+2 is 4" with the reward 0.8, cut into the tokens of the course's own GPT-2, of which the last
says that the text has ended. A value stands at the cursor before a token, and belongs to the text to its left. The bars
are `rlcourse.equations.prefix_values`. Left out: rewards on the way, such as the KL penalty of RLHF.
"""

import numpy as np
from matplotlib.figure import Figure

from rlcourse.equations import prefix_values as values_of_prefixes
from rlcourse.explorables.plotting.bench import Bench, Slider, bench, state_of
from rlcourse.explorables.plotting.marks import Axis, Bars, Handle, Panel, Point, Rule, Text
from rlcourse.explorables.plotting.plot import Array, Plot
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.showing.token_words import seen
from rlcourse.usual import usual_settings

TOKENS = ("2", "+", "2", " is", " ", "4")
CURSOR = "|"
TEXTS = tuple("".join(map(seen, TOKENS[:i])) + CURSOR for i in range(len(TOKENS) + 1))
"""The text before each token and, last, before the end of the text."""
LONG = 200
"""The length of an ordinary answer, for comparison."""
GAMMAS = tuple(round(0.01 * i, 2) for i in range(101))  # 0 … 1
REWARDS = tuple(round(0.1 * i, 1) for i in range(-10, 11))  # −1 … 1

SLIDERS = (
    Slider("gamma", "discount γ", GAMMAS, start=0.9, play=True),
    Slider("reward", "reward R", REWARDS, start=0.8, readout="+.1f"),
)
TRY_THIS = (
    "<b>Try this:</b> drag the ring on the bar before the last down, which turns γ from 1 to 0.5 and to 0; or press "
    "▶. <b>Watch:</b> how much of the reward arrives at the first cursor, and what would in an answer of 200 tokens."
    " Then drag the green diamond, the reward, below 0."
)


def prefix_values() -> Bench:
    """The explorable: sliders for γ and the reward of the whole answer, drawn in the browser."""
    return bench(TRY_THIS, prefix_values_plot(), SLIDERS)


def prefix_values_figure(*, gamma: float = 0.9, reward: float = 0.8) -> Figure:
    """The same picture of one state, for print.

    Args:
        gamma: the discount, 0 to 1; rounded to hundredths.
        reward: the reward of the whole answer, −1 to 1; rounded to tenths.

    Raises:
        ValueError: a number lies outside its range.
    """
    return draw_figure(prefix_values_plot(), state_of(SLIDERS, gamma=gamma, reward=reward))


@usual_settings()
def prefix_values_plot() -> Plot:
    """The value at each cursor, for every γ and every reward."""
    count, both = len(TEXTS), ("gamma", "reward")
    values = _values(count)  # [gamma, reward, token]
    arrays = {
        "value": Array((*both, "cursor"), values),
        "first": Array(both, _without_minus(values[..., 0], digits=2)),
        "first_of_long": Array(both, _without_minus(_values(LONG)[..., 0], digits=4)),
    }
    for i in range(count):
        written = _without_minus(values[..., i], digits=2)
        arrays[f"value_{i}"] = Array(both, written)
        beside = np.where(written < 0, written - 0.3, written + 0.2)  # past the ring
        arrays[f"beside_{i}"] = Array(both, beside)
    return Plot(
        grids={"gamma": GAMMAS, "reward": REWARDS, "cursor": tuple(range(1, count + 1))},
        arrays=arrays,
        panels=(_panel(count),),
        readouts=(
            "Of the reward {reward:+.1f}, {first:+.2f} arrives at the first cursor.",
            f"In one of {LONG} tokens it would be {{first_of_long:.4f}}.",
        ),
        alt=(
            f"A bar chart over the beginnings of the answer {''.join(TOKENS)!r}, with discount γ = {{gamma:.2f}}. The "
            "last bar, of the whole answer, is the reward, {reward:+.1f}; each bar before it is γ times the next, down "
            "to {first:+.2f} before the first token."
        ),
    )


def _values(length: int) -> np.ndarray:
    """The values of all prefixes of an answer of that many tokens, [gamma, reward, token]."""
    return np.array([[values_of_prefixes(r, length, gamma=g).numpy() for r in REWARDS] for g in GAMMAS])


def _without_minus(values: np.ndarray, *, digits: int) -> np.ndarray:
    """The values, with 0 in the place of those that would be written as −0.00."""
    return np.where(np.abs(values) < 0.5 * 10.0**-digits, 0.0, values)


def _panel(count: int) -> Panel:
    return Panel(
        title="What each beginning of the answer is worth",
        x=Axis("the text to the left of the cursor (␣ is a space)", 0.4, count + 0.6, names=TEXTS),
        y=Axis("value", -1.4, 1.4),
        marks=(
            Rule(y=0.0, dash="solid", width=1),
            Bars("cursor", "value", along="cursor", label="value: γ × that of one token more"),
            Point(count, "reward", label="reward R of the whole answer", colour="green", marker="diamond"),
            *(Text(i + 1, f"beside_{i}", f"{{value_{i}:.2f}}") for i in range(count)),
        ),
        handles=(Handle("gamma", count - 1, f"value_{count - 2}"), Handle("reward", count, "reward")),
    )
