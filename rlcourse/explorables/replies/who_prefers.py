"""One pair of replies, three people: with what probability does each of them prefer the first?

    who_prefers(ANNOTATORS, request, {"help or nicety": (" Go away. It works.", " Sure!")})

Two kinds of disagreement can be told apart here. Tastes differ, which stays when every hand is steady; and a hand may
be unsteady, which the slider sets for all of them. The probabilities are the annotators' own. Left out: people who
change their taste.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Protocol, runtime_checkable

import numpy as np
from matplotlib.figure import Figure

from rlcourse.explorables.plotting.bench import Bench, Choice, Slider, bench, state_of
from rlcourse.explorables.plotting.marks import Axis, Bars, Panel, Rule, Text
from rlcourse.explorables.plotting.plot import Array, Plot
from rlcourse.explorables.plotting.plot import Choice as Words
from rlcourse.explorables.plotting.plot_figure import draw_figure
from rlcourse.usual import usual_settings

NOISES = tuple(round(0.1 * i, 1) for i in range(31))  # 0 … 3
NOISE = Slider("noise", "unsteady hands", NOISES, start=0.8, readout=".1f", exact=True)
TRY_THIS = (
    "<b>Try this:</b> go through the pairs, and say before you look who of the three will stand alone. Then move the "
    "slider to 0, and up to 3. <b>Watch:</b> which disagreement goes away when every hand is steady, and which stays."
)
Pairs = Mapping[str, tuple[str, str]]
"""By what stands on its button: the first reply and the second."""


@runtime_checkable
class Person(Protocol):
    """Somebody who compares, a dataclass such as `rlcourse.language.tasks.annotators.Annotator`."""

    name: str
    noise: float

    def probability(self, request: object, text: str, other: str) -> float:
        """With what probability `text` is preferred to `other`."""


def who_prefers(people: Sequence[Person], request: object, pairs: Pairs) -> Bench:
    """The explorable: buttons for the pair, and a slider for how unsteady the hands are.

    Args:
        people: Who compares.
        request: What the replies answer.
        pairs: What is compared.

    Raises:
        ValueError: There are fewer than two people, or no pair.
    """
    return bench(TRY_THIS, who_prefers_plot(people, request, pairs), _controls(pairs))


def who_prefers_figure(
    people: Sequence[Person], request: object, pairs: Pairs, *, pair: int = 0, noise: float | int = 0.8
) -> Figure:
    """The same for print: the pair by its number."""
    state = state_of(_controls(pairs), pair=pair, noise=noise)
    return draw_figure(who_prefers_plot(people, request, pairs), state)


def _controls(pairs: Pairs) -> tuple[Choice, Slider]:
    return Choice("pair", "the pair", tuple(pairs), start=0, buttons=True), NOISE


@usual_settings()
def who_prefers_plot(people: Sequence[Person], request: object, pairs: Pairs) -> Plot:
    """A bar for each person, of every pair and at every noise; and how often two of them agree."""
    if len(people) < 2 or not pairs:
        raise ValueError(f"people must be two at least and pairs one, got {len(people)} and {len(pairs)}")
    chances = np.array(
        [
            [[replace(one, noise=noise).probability(request, *two) for one in people] for noise in NOISES]
            for two in pairs.values()
        ]
    )  # [pair, noise, person]
    two = [chances[..., i] * chances[..., j] for i, j in combinations(range(len(people)), 2)]
    neither = [(1 - chances[..., i]) * (1 - chances[..., j]) for i, j in combinations(range(len(people)), 2)]
    both = ("pair", "noise")
    arrays = {"chance": Array((*both, "person"), chances)}
    arrays["agree"] = Array(both, 100 * (np.mean(two, axis=0) + np.mean(neither, axis=0)))
    for i in range(len(people)):
        arrays |= {f"percent_{i}": Array(both, 100 * chances[..., i])}
        arrays |= {f"above_{i}": Array(both, chances[..., i] + 0.03)}
    numbers = np.arange(len(pairs))
    said = {
        name: Words(("pair",), numbers, tuple(_quoted(pair[i]) for pair in pairs.values()))
        for i, name in enumerate(("first", "second"))
    }
    percents = ", ".join(f"{one.name} {{percent_{i}:.0f}} %" for i, one in enumerate(people))
    return Plot(
        grids={"pair": tuple(range(len(pairs))), "noise": NOISES, "person": tuple(range(1, len(people) + 1))},
        arrays=arrays,
        choices=said,
        panels=(_panel(people),),
        readouts=(
            "The first reply: “{first}”",
            "The second reply: “{second}”",
            "Two of them, asked once each, choose the same with a probability of {agree:.0f} %.",
        ),
        alt=f"Who prefers “{{first}}” to “{{second}}”, and how surely: {percents}.",
    )


def _quoted(reply: str) -> str:
    return " ".join(reply.split()).replace("{", "{{").replace("}", "}}")


def _panel(people: Sequence[Person]) -> Panel:
    numbers = [Text(i + 1, f"above_{i}", f"{{percent_{i}:.0f}} %") for i in range(len(people))]
    return Panel(
        title="Who prefers the first reply, and how surely?",
        x=Axis("", 0.4, len(people) + 0.6, names=tuple(one.name for one in people)),
        y=Axis("probability", 0.0, 1.12),
        marks=(
            Bars("person", "chance", along="person", label="prefers the first reply", width=0.5),
            Rule(y=0.5, label="a coin"),
            *numbers,
        ),
        height=260,
    )
