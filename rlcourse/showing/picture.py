"""A matplotlib Figure as something a cell can show, with words for those who cannot see it.

JupyterLab shows a bare Figure as a line of text unless pyplot was imported, and gives its pictures no alt text.
"""

import base64
import html
import io
from dataclasses import dataclass

from matplotlib.figure import Figure
from PIL import Image

from rlcourse.showing.words import minus


@dataclass(frozen=True)
class Picture:
    """A figure with its alt text; as the last line of a cell it shows itself."""

    figure: Figure
    alt: str
    """What there is to see, in one or two sentences."""

    def __post_init__(self) -> None:
        if not self.alt.strip():
            raise ValueError("alt must say in words what the picture shows, got an empty text")
        object.__setattr__(self, "alt", minus(self.alt))

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": self.tag(), "text/plain": self.alt}

    def tag(self, *, small: bool = False) -> str:
        """The picture as HTML; a small one has few colours and few pixels, for what is rarely looked at."""
        drawn = few_colours(png(self.figure, dpi=96)) if small else png(self.figure, dpi=144)
        # Otherwise 1.5 pixels to each of the page's: sharp on fine screens too.
        return image_tag(drawn, self.alt, f"max-width: 100%; width: {round(96 * self.figure.get_figwidth())}px")


def png(figure: Figure, *, dpi: int = 100) -> bytes:
    """The figure as a PNG file, on opaque white so that it can be read in a dark theme too."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi, facecolor="white")
    return buffer.getvalue()


def few_colours(data: bytes, colours: int = 64) -> bytes:
    """The same PNG with a palette: about a third of the bytes."""
    buffer = io.BytesIO()
    image = Image.open(io.BytesIO(data)).convert("RGB")
    image.quantize(colours, method=Image.Quantize.FASTOCTREE).save(buffer, "png", optimize=True)
    return buffer.getvalue()


def image_tag(data: bytes, alt: str, style: str) -> str:
    """An image inside HTML, with its words, on white so that it can be read in a dark theme too."""
    source = f"data:image/png;base64,{base64.b64encode(data).decode()}"
    return f'<img src="{source}" alt="{html.escape(alt)}" style="{style}; background: white">'
