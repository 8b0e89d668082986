"""Moving pictures as a file: frames as an animated GIF, for a slide or a page outside the notebooks."""

import io
from collections.abc import Sequence

from PIL import Image

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
