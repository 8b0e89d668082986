"""Pictures of what reward models make of replies: scores of texts, one below the other.

Whatever is drawn is handed in: a picture computes no score.
"""

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from torch import Tensor

from rlcourse.showing.picture import Picture
from rlcourse.showing.style import LOOKS, OKABE_ITO, draw_level, in_our_style, new_figure, show_percent, tidy
from rlcourse.showing.words import minus

WIDTH = 46
"""Letters of a reply in a line."""


@in_our_style
def scores_picture(replies: Sequence[str], scores: Mapping[str, Sequence[float]]) -> Picture:
    """Replies from top to bottom, each with its score by one reward model or by several.

    Args:
        replies: The texts.
        scores: By the name of the reward model: a score for each reply.

    Raises:
        ValueError: There is no reply or no reward model, or not one score for each reply.
    """
    if not replies or not scores or any(len(row) != len(replies) for row in scores.values()):
        found = {name: len(row) for name, row in scores.items()}
        raise ValueError(
            f"scores must have one number for each of the {len(replies)} replies, at least one, got {found}"
        )
    texts = ["\n".join(textwrap.wrap(reply.strip(), WIDTH)) for reply in replies]
    lines = sum(text.count("\n") + 1 for text in texts)
    figure = new_figure(4.4 + 2.7 * len(scores), 0.8 + 0.16 * len(texts) + 0.21 * lines)
    panels = figure.subplots(1, len(scores), sharey=True, squeeze=False)[0]
    for axes, (name, row) in zip(panels, scores.items(), strict=True):
        _bars(axes, row)
        axes.set_title(name)
    panels[0].set_yticks(range(len(texts)), texts)
    panels[0].invert_yaxis()
    told = [
        f"{reply.strip()} " + ", ".join(f"{name} {row[i]:+.2f}" for name, row in scores.items())
        for i, reply in enumerate(replies)
    ]
    return Picture(figure, minus(f"Replies and their scores. {'; '.join(told)}."))


@in_our_style
def forecast_picture(values: Float[Tensor, "B T"], paid: Float[Tensor, "B"], real: Bool[Tensor, "B T"]) -> Picture:
    """How far a value is from what is paid in the end, by how much of the reply has been read; means over B replies.

    Args:
        values: Before each token of each reply.
        paid: What each reply is paid at its end.
        real: Which tokens are no padding; it stands behind.
    """
    read = np.linspace(0, 1, 11)
    lengths = real.sum(1).tolist()
    rows = [np.interp(read, np.linspace(0, 1, n), row[:n]) for n, row in zip(lengths, values.numpy(), strict=True)]
    apart = np.abs(np.array(rows) - paid.numpy()[:, None]).mean(0)
    always = float((paid - paid.mean()).abs().mean())
    figure = new_figure(7.0, 3.1)
    axes = figure.subplots()
    axes.plot(read, apart, **LOOKS[0].line, marker=LOOKS[0].marker, lw=2)
    most = _mark_steepest(axes, read, apart)
    draw_level(axes, always, "whoever always says the mean")
    tidy(
        axes, title="The value of a reply, and what is paid at its end", grid="y", ylim=(0, 1.25 * max(always, *apart))
    )
    axes.set(xlabel="how much of the reply has been read", ylabel="how far apart, on average")
    show_percent(axes.xaxis)
    said = f"{apart[0]:.2f} before the first token and {apart[-1]:.2f} before the last; {always:.2f} for whoever"
    falls = f"It falls most from {100 * read[most]:.0f} to {100 * read[most + 1]:.0f} % read"
    return Picture(figure, f"The mean distance of value and reward: {said} says the mean. {falls}.")


def _mark_steepest(axes: Axes, read: np.ndarray, apart: np.ndarray) -> int:
    """Show where the line falls most; returns the number of the piece."""
    most = int(np.argmin(np.diff(apart)))
    piece, colour = slice(most, most + 2), OKABE_ITO["vermillion"]
    axes.plot(read[piece], apart[piece], color=colour, lw=6, solid_capstyle="round", zorder=1.9)
    middle = (read[piece].mean(), apart[piece].mean())
    axes.annotate("it learns most here", middle, (12, 4), textcoords="offset points", fontsize=10, color=colour)
    return most


def _bars(axes: Axes, row: Sequence[float]) -> None:
    """A bar for each score, from 0 to the left, hatched, or to the right, with its number."""
    colours = [OKABE_ITO["blue" if score >= 0 else "orange"] for score in row]
    bars = axes.barh(range(len(row)), row, color=colours, height=0.62, edgecolor="white", lw=0)
    for bar, score in zip(bars, row, strict=True):
        bar.set_hatch("////" if score < 0 else "")
    axes.bar_label(bars, [minus(f"{score:+.1f}") for score in row], padding=4, fontsize=10)
    most = max(1.0, *map(abs, row))
    axes.set(xlim=(-1.4 * most, 1.4 * most), xlabel="score")
    axes.axvline(0, color="black", lw=0.8)
    tidy(axes, grid="x")
    axes.tick_params(axis="y", length=0)
