"""Pictures for the story of the policy gradient: estimates against exact numbers, curves side by side, and noise.

Whatever is shown is handed in: a picture computes no gradient and no return. Left out: pyplot, and anything that moves.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from IPython.display import Markdown
from matplotlib.figure import Figure
from numpy.typing import ArrayLike
from torch import Tensor

from rlcourse.showing.picture import Picture
from rlcourse.showing.style import OKABE_ITO

_LOOKS = (("blue", "-"), ("vermillion", (0, (5, 2))), ("green", (0, (6, 2, 1, 2))), ("purple", ":"))


def estimates_picture(exact: ArrayLike, estimates: Mapping[str, ArrayLike]) -> Picture:
    """Estimated numbers against the exact ones, one panel for each set: on the dashed diagonal they are equal.

    Args:
        exact: K numbers.
        estimates: a title for each set, one to four, and its K numbers.

    Raises:
        ValueError: there is no set or more than four, or one has not as many numbers as `exact`.
    """
    exact = np.asarray(exact)
    sets = {title: np.asarray(values) for title, values in estimates.items()}
    if not 1 <= len(sets) <= 4:
        raise ValueError(f"estimates must hold one to four sets, got {len(sets)}")
    for title, values in sets.items():
        if values.shape != exact.shape:
            raise ValueError(f"estimates[{title!r}] must have the shape of exact, {exact.shape}, got {values.shape}")
    figure = Figure(figsize=(3.5 * len(sets), 3.5), layout="constrained", facecolor="white")
    reach = 1.05 * max(np.abs(values).max() for values in (exact, *sets.values()))
    for axes, (title, values) in zip(
        figure.subplots(1, len(sets), sharey=True, squeeze=False)[0], sets.items(), strict=True
    ):
        axes.axline((0, 0), slope=1, color="black", linewidth=1, linestyle="--")
        axes.plot(exact, values, "o", color=OKABE_ITO["blue"], markersize=5, alpha=0.75)
        axes.set(title=title, xlabel="exact", xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
        _tidy(axes)
    figure.axes[0].set_ylabel("estimated")
    errors = [f"{title}: off by {np.abs(values - exact).max():.2g} at most" for title, values in sets.items()]
    return Picture(figure, f"Estimated against exact numbers. {'; '.join(errors)}.")


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
    figure = Figure(figsize=(5.2 * len(panels), 3.5), layout="constrained", facecolor="white")
    said = []
    for axes, (title, curves) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels.items(), strict=True):
        if not 1 <= len(curves) <= len(_LOOKS):
            raise ValueError(f"panels[{title!r}] must hold 1 to {len(_LOOKS)} curves, got {len(curves)}")
        for (label, values), (colour, dash) in zip(curves.items(), _LOOKS, strict=False):
            places = np.arange(len(values)) if x is None else np.asarray(x)
            axes.plot(places, values, color=OKABE_ITO[colour], linestyle=dash, linewidth=2, label=label)
            said.append(f"{title}, {label}: from {values[0]:.2f} to {values[-1]:.2f}")
        if target is not None and title in target:
            axes.axhline(target[title], color="black", linewidth=1, linestyle=":")
        axes.set(title=title, xlabel=xlabel)
        _tidy(axes)
        if len(curves) > 1:
            axes.legend(frameon=False, fontsize=9)
    return Picture(figure, f"Curves over the {xlabel}. {'; '.join(said)}.".replace(" -", " −"))


def noise_table(gradients: Mapping[str, Sequence[Tensor]]) -> Markdown:
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
    lines = ["| baseline | length of the mean | noise around it | worth as many walks |", "|---|---|---|---|"]
    noise_of_first = None
    for name, estimates in gradients.items():
        if len(estimates) < 2:
            raise ValueError(f"gradients[{name!r}] must hold two or more estimates, got {len(estimates)}")
        stacked = torch.stack(list(estimates))  # [estimates, D]
        mean = stacked.mean(dim=0)
        noise = (stacked - mean).square().sum(dim=1).mean().sqrt()
        noise_of_first = noise if noise_of_first is None else noise_of_first
        times = (noise_of_first / noise) ** 2
        lines.append(f"| {name} | {mean.norm():.4f} | {noise:.4f} | {times:.1f} × |")
    return Markdown("\n".join(lines))


def _tidy(axes) -> None:
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
