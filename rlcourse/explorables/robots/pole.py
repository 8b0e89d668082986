"""CartPole to look at: one episode of a policy, and such episodes played side by side.

Drawn in the browser from what the policy sees, because Gymnasium's own pictures need pygame. Left out: other
environments.
"""

import math
from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.figure import Figure

from rlcourse.algorithms.rollout import ChoicePolicy
from rlcourse.arguments import check_integer
from rlcourse.explorables.robots.films import Player
from rlcourse.maze import GymnasiumWorld
from rlcourse.showing.picture import Picture
from rlcourse.showing.style import LOOKS, draw_level, in_our_style, new_figure, tidy

LONGEST = 500
"""Steps after which Gymnasium's CartPole-v1 stops an episode."""
EDGE, TILT = 2.4, 12
"""Where an episode ends: this far from the middle of the track, or at this many degrees."""
REAL_TIME = 50
"""Steps that CartPole takes for a second."""

Episodes = Mapping[str, Float[np.ndarray, "T 4"]]
"""A title for each episode, and what was seen in it, as `balance` gives it."""


def balance(policy: ChoicePolicy, *, seed: int = 0) -> Float[np.ndarray, "T 4"]:
    """One episode of CartPole-v1, actions drawn from the policy: what it saw before each step.

    The four numbers are the cart's place and speed, and the pole's angle (radians, right is positive) and speed.
    """
    world = GymnasiumWorld("CartPole-v1", num_envs=1, steps=LONGEST)
    rollout = world.rollout(policy, generator=torch.Generator().manual_seed(seed))
    seen = rollout.rows.observations["observations"][:, 0].numpy()
    ends = rollout.done[:, 0].nonzero()
    return seen[: int(ends[0]) + 1] if len(ends) else seen


class PoleFilms(Player):
    """Episodes of CartPole side by side, in real time; as the last line of a cell it shows itself and plays once.

    Args:
        episodes: a title for each episode, and what was seen in it, as `balance` gives it.
        every: one step in so many is sent to the browser, which fills in between; 1 sends all.
    """

    def __init__(self, episodes: Episodes, *, every: int = 2) -> None:
        if not episodes or any(len(seen) == 0 for seen in episodes.values()):
            raise ValueError("episodes must hold at least one episode of at least one step")
        check_integer("every", every, 1, LONGEST)
        self.episodes = dict(episodes)
        films = [pole_film(title, seen, every) for title, seen in episodes.items()]
        super().__init__(films=films, world={"edge": EDGE}, rate=REAL_TIME / every, unit="moment", trail=False)

    def picture(self) -> Picture:
        """The poles' tilt over the steps, on paper."""
        return Picture(pole_figure(self.episodes), " ".join(film["said"] for film in self.films))


def describe_balance(title: str, seen: Float[np.ndarray, "T 4"]) -> str:
    """An episode in a sentence."""
    if len(seen) == LONGEST:
        return f"{title}. The pole stands for all {LONGEST} steps."
    return f"{title}. After {len(seen)} steps it {_end(seen)}."


def _end(seen: Float[np.ndarray, "T 4"]) -> str:
    return "leaves the track" if abs(seen[-1, 0]) > 0.9 * EDGE else "falls"


def pole_film(title: str, seen: Float[np.ndarray, "T 4"], every: int) -> dict:
    """An episode as plain data: one step in so many and the last, the cart's place in metres, the tilt in degrees."""
    steps = sorted({*range(0, len(seen), every), len(seen) - 1})
    stands = len(seen) == LONGEST
    return {
        "kind": "pole",
        "title": title,
        "said": describe_balance(title, seen),
        "end": "still standing" if stands else _end(seen),
        "mood": "good" if stands else "bad",
        "steps": [step + 1 for step in steps],
        "places": seen[steps, 0].astype(float).round(3).tolist(),
        "tilts": np.degrees(seen[steps, 2].astype(float)).round(2).tolist(),
        "words": [tilt(angle) for angle in seen[steps, 2]],
    }


def tilt(angle: float | np.floating) -> str:
    """An angle in radians as whole degrees with their sign; none before 0."""
    degrees = round(math.degrees(angle))
    return f"{degrees:+d}°".replace("-", "−") if degrees else "0°"


@in_our_style
def pole_figure(episodes: Episodes) -> Figure:
    """The same for print: how far each pole leans, step by step."""
    figure = new_figure(7, 3.2)
    axes = figure.subplots()
    for (title, seen), look in zip(episodes.items(), LOOKS, strict=False):
        steps = np.arange(1, len(seen) + 1)
        axes.plot(steps, np.degrees(seen[:, 2]), label=f"{title}: {len(seen)} steps", **look.line)
    draw_level(axes, TILT, f"dashed: {TILT}° either way, where it has fallen")
    axes.axhline(-TILT, color="black", ls=(0, (4, 3)), lw=1, label="_")
    tidy(
        axes, xlabel="step", ylabel="tilt of the pole, degrees", ylim=(-1.3 * TILT, 1.3 * TILT), legend={"loc": "best"}
    )
    return figure
