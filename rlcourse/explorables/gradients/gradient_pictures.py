"""Pictures for the story of the policy gradient: curves side by side, and noise.

Whatever is shown is handed in: a picture computes no gradient and no return. Left out: pyplot, and anything that moves.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from rlcourse.showing.picture import Picture
from rlcourse.showing.style import LOOKS, in_our_style, new_figure, tidy
from rlcourse.showing.table import Table
from rlcourse.showing.words import minus

MOST = 4
"""Curves in one panel."""


@in_our_style
def curves_picture(
    panels: Mapping[str, Mapping[str, Sequence[float]]],
    *,
    xlabel: str,
    x: ArrayLike | None = None,
    target: Mapping[str, float] | None = None,
) -> Picture:
    """Curves in panels side by side.

    Args:
        panels: for each title, a label for each curve, one to four, and its numbers.
        xlabel: what the x axis counts.
        x: where the numbers belong; 0, 1, 2 … when None.
        target: for some titles, a level drawn as a dotted line.

    Raises:
        ValueError: there is no panel, or one has no curve or more than four.
    """
    if not panels:
        raise ValueError("panels must hold at least one panel, got none")
    figure = new_figure(5.2 * len(panels), 3.5)
    said = []
    for axes, (title, curves) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels.items(), strict=True):
        if not 1 <= len(curves) <= MOST:
            raise ValueError(f"panels[{title!r}] must hold 1 to {MOST} curves, got {len(curves)}")
        for (label, values), look in zip(curves.items(), LOOKS, strict=False):
            places = np.arange(len(values)) if x is None else np.asarray(x)
            axes.plot(places, values, **look.line, linewidth=2, label=label)
            said.append(f"{title}, {label}: from {values[0]:.2f} to {values[-1]:.2f}")
        if target is not None and title in target:
            axes.axhline(target[title], color="black", linewidth=1, linestyle=":")
        tidy(axes, grid="both", title=title, xlabel=xlabel, legend={} if len(curves) > 1 else None)
    return Picture(figure, f"Curves over the {xlabel}. {minus('; '.join(said))}.")


def noise_table(gradients: Mapping[str, Sequence[Tensor]]) -> Table:
    """The noise of estimated gradients, one row for each way to estimate them, as a table.

    The noise is the root of the mean squared distance from the mean, √E|g − E[g]|², by which the sum of squares
    over all weights is meant. Its square falls as one over the number of walks, so (noise₀/noise)² times as many
    walks of the first way would have been as good.

    Args:
        gradients: for each way, two or more estimates of the gradient, [D] each; the first row is what the others are
            compared with.

    Raises:
        ValueError: there is no way, or one has fewer than two estimates.
    """
    if not gradients:
        raise ValueError("gradients must hold at least one way to estimate them, got none")
    rows, noise_of_first = [], None
    for name, estimates in gradients.items():
        if len(estimates) < 2:
            raise ValueError(f"gradients[{name!r}] must hold two or more estimates, got {len(estimates)}")
        stacked = torch.stack(list(estimates))  # [estimates, D]
        mean = stacked.mean(dim=0)
        noise = (stacked - mean).square().sum(dim=1).mean().sqrt()
        noise_of_first = noise if noise_of_first is None else noise_of_first
        times = (noise_of_first / noise) ** 2
        rows.append((name, f"{mean.norm():.4f}", f"{noise:.4f}", f"{times:.1f} ×"))
    return Table(("baseline", "length of the mean", "noise around it", "worth as many walks"), tuple(rows))
