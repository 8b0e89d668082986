"""Who stands where in a race of algorithms, as a table whose bars grow while a cell runs."""

from collections.abc import Mapping, Sequence
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


def race_table(runners: Sequence[Standing], *, judged: Mapping[str, float] | None = None) -> HTML:
    """Updates, seconds and right answers of each; to be shown anew after every update.

    While the race is on, the answers are those of the newest batch, by a policy that has not learned from them yet: it
    lags by one update. Once it is over, `judged` says what all have reached.

    Args:
        runners: Who takes part.
        judged: By label, the share of right answers that was measured after the last update; the best comes first.
    """
    rows = [(one, one.right[-1] if one.right else None, max(0, len(one.right) - 1)) for one in runners]
    head = _HEAD
    if judged is not None:
        rows = [(one, judged[one.label], len(one.right)) for one in sorted(runners, key=lambda one: -judged[one.label])]
        head = _RESULT
    titles = "".join(f"<th style='text-align: {side}'>{words}</th>" for words, side in zip(head, _SIDES, strict=True))
    body = "".join(_row(*row) for row in rows)
    return HTML(f"<table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>")


_HEAD = ("racer", "updates", "seconds", "right answers in the newest batch", "by a policy that has learned from")
_RESULT = ("racer", "updates", "seconds", "right on held-out sums, now", "has learned from")


def _row(one: Standing, share: float | None, learned: int) -> str:
    track = "display: inline-block; width: 11em; height: 0.7em; border-radius: 3px; background: #8884"
    fill = f"display: block; width: {100 * (share or 0):.0f}%; height: 100%; border-radius: 3px; background: #0072B2"
    bar = f"<span aria-hidden='true' style='{track}'><span style='{fill}'></span></span>"
    said = "" if share is None else f"{learned} batch{'' if learned == 1 else 'es'}"
    cells = (
        one.label,
        f"{len(one.right)}",
        f"{one.spent:.1f}",
        "" if share is None else f"{bar} {100 * share:.0f}&nbsp;%",
        said,
    )
    sided = zip(cells, _SIDES, strict=True)
    return "<tr>" + "".join(f"<td style='text-align: {side}; {_LOOK}'>{cell}</td>" for cell, side in sided) + "</tr>"


_SIDES = ("left", "right", "right", "left", "left")
"""Numbers stand under numbers."""
_LOOK = "font-variant-numeric: tabular-nums; white-space: nowrap"
