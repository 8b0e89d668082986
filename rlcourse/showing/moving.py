"""Moving pictures: frames as an animated GIF, and such films side by side in a cell."""

import io
from collections.abc import Mapping, Sequence

from PIL import Image

from rlcourse.showing.picture import image_tag

REST = 2000
"""Milliseconds that the last frame stays before a film begins anew."""


def gif(frames: Sequence[Image.Image], *, pause: int, colours: int) -> bytes:
    """The frames as a GIF that starts over after a moment's rest: the bytes of the file.

    Args:
        frames: One or more, all of one size.
        pause: Milliseconds from one to the next.
        colours: Of the palette that all frames share, or colours would flicker.
    """
    palette = frames[0].quantize(colors=colours, method=Image.Quantize.FASTOCTREE)  # this method keeps white white
    frames = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    pauses = [pause] * (len(frames) - 1) + [REST]
    file = io.BytesIO()
    frames[0].save(file, "gif", save_all=True, append_images=frames[1:], duration=pauses, loop=0, optimize=False)
    return file.getvalue()


def side_by_side(gifs: Mapping[str, bytes], said: Mapping[str, str]) -> dict[str, str]:
    """Films by their titles as a cell shows them, each with its words for those who cannot see it."""
    style = "flex: 1 1 260px; max-width: 380px; min-width: 0"
    images = "".join(image_tag(film, said[title], style, kind="gif") for title, film in gifs.items())
    return {
        "text/html": f'<div style="display: flex; flex-wrap: wrap; gap: 8px">{images}</div>',
        "text/plain": "\n".join(said.values()),
    }
