"""CartPole to look at: one episode of a policy, and films of such episodes side by side.

Drawn here from what the policy sees, four numbers a step, because Gymnasium's own pictures need pygame. Left out:
other environments.
"""

import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import matplotlib
import numpy as np
import torch
from jaxtyping import Float
from PIL import Image, ImageDraw, ImageFont

from rlcourse.algorithms.rollout import ChoicePolicy
from rlcourse.maze import GymnasiumWorld
from rlcourse.showing.moving import gif, side_by_side
from rlcourse.showing.style import OKABE_ITO

LONGEST = 500
"""Steps after which Gymnasium's CartPole-v1 stops an episode."""
EDGE, TILT = 2.4, 12
"""Where an episode ends: this far from the middle of the track, or at this many degrees."""
SIZE, SHARP = (380, 210), 2
"""Of a film in pixels, and how many times finer it is drawn, for smooth edges."""


def balance(policy: ChoicePolicy, *, seed: int = 0) -> Float[np.ndarray, "T 4"]:
    """One episode of CartPole-v1, actions drawn from the policy: what it saw before each step.

    The four numbers are the cart's place and speed, and the pole's angle (radians, right is positive) and speed.
    """
    world = GymnasiumWorld("CartPole-v1", num_envs=1, steps=LONGEST)
    rollout = world.rollout(policy, generator=torch.Generator().manual_seed(seed))
    seen = rollout.rows.observations["observations"][:, 0].numpy()
    ends = rollout.done[:, 0].nonzero()
    return seen[: int(ends[0]) + 1] if len(ends) else seen


class PoleFilms:
    """Episodes of CartPole as animated GIFs side by side; as the last line of a cell it shows itself.

    Args:
        episodes: a title for each episode, and what was seen in it, as `balance` gives it.
        every: show one step in so many; 4 is about as fast as the real thing.
    """

    def __init__(self, episodes: Mapping[str, Float[np.ndarray, "T 4"]], *, every: int = 4) -> None:
        if not episodes or any(len(seen) == 0 for seen in episodes.values()):
            raise ValueError("episodes must hold at least one episode of at least one step")
        if every < 1:
            raise ValueError(f"every must be at least 1, got {every}")
        self.said = {title: describe_balance(title, seen) for title, seen in episodes.items()}
        self.gifs = {title: _film(title, seen, every) for title, seen in episodes.items()}

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return side_by_side(self.gifs, self.said)


def describe_balance(title: str, seen: Float[np.ndarray, "T 4"]) -> str:
    """An episode in a sentence."""
    if len(seen) == LONGEST:
        return f"{title}. The pole stands for all {LONGEST} steps."
    end = "leaves the track" if abs(seen[-1, 0]) > 0.9 * EDGE else "falls"
    return f"{title}. After {len(seen)} steps it {end}."


def _film(title: str, seen: Float[np.ndarray, "T 4"], every: int) -> bytes:
    shown = [*range(0, len(seen), every), len(seen) - 1]
    frames = [frame(seen[step], f"{title}: step {step + 1}") for step in shown]
    return gif(frames, pause=50, colours=32)


def frame(state: Float[np.ndarray, "4"], caption: str) -> Image.Image:
    """The cart and its pole at one moment."""
    width, height = (SHARP * pixels for pixels in SIZE)
    image = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(image)
    metre, floor = width / (2.3 * EDGE), 0.82 * height
    middle = width / 2 + float(state[0]) * metre
    draw.line([(0, floor), (width, floor)], fill="#888888", width=2 * SHARP)
    for edge in (-EDGE, EDGE):
        x = width / 2 + edge * metre
        draw.line([(x, floor - 12 * SHARP), (x, floor + 6 * SHARP)], fill="#888888", width=2 * SHARP)
    top = floor - 22 * SHARP
    draw.rectangle([middle - 26 * SHARP, top, middle + 26 * SHARP, floor], fill="#222222")
    angle, length = float(state[2]), 0.47 * height
    tip = (middle + length * math.sin(angle), top - length * math.cos(angle))
    draw.line([(middle, top), tip], fill=OKABE_ITO["vermillion"], width=9 * SHARP)
    draw.ellipse([middle - 5 * SHARP, top - 5 * SHARP, middle + 5 * SHARP, top + 5 * SHARP], fill=OKABE_ITO["blue"])
    draw.text((width / 2, 8 * SHARP), f"{caption}, tilt {tilt(angle)}", fill="#222222", anchor="ma", font=_font())
    return image.resize(SIZE, Image.Resampling.LANCZOS)


def tilt(angle: float) -> str:
    """An angle in radians as whole degrees with their sign; none before 0."""
    degrees = round(math.degrees(angle))
    return f"{degrees:+d}°".replace("-", "−") if degrees else "0°"


@cache
def _font() -> ImageFont.FreeTypeFont:
    """Matplotlib's own font: Pillow's has no minus sign."""
    return ImageFont.truetype(str(Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")), 14 * SHARP)
