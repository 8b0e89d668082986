"""Does a curve leave the healthy ones? A rule for it that knows how far healthy runs are from each other.

Left out: how it gets there. A curve that leaves for two updates and comes back has no symptom here.
"""

from collections.abc import Mapping

import numpy as np

from rlcourse.algorithms import History

Curves = Mapping[int, History]
"""Runs by their seed."""
MOST = 0.8
"""The share of a patient's runs that must leave on one side."""


def late_means(curves: Curves, key: str) -> np.ndarray:
    """The mean of a column over the second half of each run; empty where a run lacks it there."""
    means = []
    for run in curves.values():
        steps, values = run["step"], run[key]
        late = values[(steps > steps[-1] / 2) & np.isfinite(values)]
        if len(late):
            means.append(late.mean())
    return np.array(means if len(means) == len(curves) else [])


def departure(own: Curves, healthy: Curves, key: str) -> str:
    """Where a patient's runs stand in their second half, beside the healthy ones: "higher", "lower" or "".

    A run stands higher if its mean is above that of every healthy run, by more than these are from each other.
    """
    ours, theirs = late_means(own, key), late_means(healthy, key)
    if not len(ours) or not len(theirs):
        return ""
    apart = theirs.max() - theirs.min()
    if (ours > theirs.max() + apart).mean() >= MOST:
        return "higher"
    return "lower" if (ours < theirs.min() - apart).mean() >= MOST else ""
