"""Who stands where in a race of algorithms, as a table whose bars grow while a cell runs."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from IPython.display import HTML


@runtime_checkable
class Standing(Protocol):
    """What is told of a racer; see `rlcourse.experiments.Runner`."""

    label: str
    right: list[float]
    """The share of right answers in each batch, before the update that learned from it."""

    @property
    def spent(self) -> float:
        """Seconds."""


def race_table(runners: Sequence[Standing]) -> HTML:
    """Updates, seconds and the newest share of right answers of each; to be shown anew after every update.

    Updates are counted that the newest answers come after: a racer with one update has shown answers of a model that
    had learned nothing yet.
    """
    head = "".join(f"<th style='text-align: {side}'>{words}</th>" for words, side in zip(_HEAD, _SIDES, strict=True))
    return HTML(f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(map(_row, runners))}</tbody></table>")


_HEAD = ("racer", "updates", "seconds", "right answers in the newest batch", "by a policy that has learned from")


def _row(one: Standing) -> str:
    share = one.right[-1] if one.right else 0.0
    track = "display: inline-block; width: 11em; height: 0.7em; border-radius: 3px; background: #8884"
    fill = f"display: block; width: {100 * share:.0f}%; height: 100%; border-radius: 3px; background: #0072B2"
    bar = f"<span aria-hidden='true' style='{track}'><span style='{fill}'></span></span>"
    learned = len(one.right) - 1
    cells = (
        one.label,
        f"{len(one.right)}",
        f"{one.spent:.1f}",
        f"{bar} {100 * share:.0f}&nbsp;%" if one.right else "",
        f"{learned} batch{'' if learned == 1 else 'es'}" if one.right else "",
    )
    sided = zip(cells, _SIDES, strict=True)
    return "<tr>" + "".join(f"<td style='text-align: {side}; {_LOOK}'>{cell}</td>" for cell, side in sided) + "</tr>"


_SIDES = ("left", "right", "right", "left", "left")
"""Numbers stand under numbers."""
_LOOK = "font-variant-numeric: tabular-nums; white-space: nowrap"
