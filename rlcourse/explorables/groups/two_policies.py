"""π and π_ref side by side as bars, each of which can be dragged: the first panel of both explorables of the KL."""

from collections.abc import Sequence

from rlcourse.explorables.plotting.plot import Axis, Bars, Handle, Panel


def names_of_bars(count: int) -> tuple[str, ...]:
    """The parameters that the bars move: those of π, then those of π_ref."""
    return (*(f"pi_{i}" for i in range(count)), *(f"ref_{i}" for i in range(count)))


def two_policies_panel(*, title: str, xlabel: str, choices: Sequence[str], along: str) -> Panel:
    """A pair of bars for each choice, from the arrays `pi` and `ref` at `left` and `right` of 1, 2, 3 …

    Args:
        title: Of the panel.
        xlabel: What the choices are.
        choices: A word for each.
        along: The grid over which the four arrays go.
    """
    count = len(choices)
    moved = names_of_bars(count)
    places = [i + shift for shift in (0.8, 1.2) for i in range(count)]
    return Panel(
        title=title,
        x=Axis(xlabel, 0.4, count + 0.6, tuple(choices)),
        y=Axis("probability", 0, 1),
        marks=(
            Bars("left", "pi", along=along, label="π", colour="blue", width=0.36),
            Bars("right", "ref", along=along, label="π_ref", colour="orange", width=0.36, hatch="striped"),
        ),
        handles=tuple(Handle(name, place, name) for name, place in zip(moved, places, strict=True)),
    )
