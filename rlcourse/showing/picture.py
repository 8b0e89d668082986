"""A matplotlib Figure as something a cell can show, with words for those who cannot see it.

JupyterLab shows a bare Figure as a line of text unless pyplot was imported, and gives its pictures no alt text.
"""

import base64
import html
import io
from dataclasses import dataclass

from matplotlib.figure import Figure


@dataclass(frozen=True)
class Picture:
    """A figure with its alt text; as the last line of a cell it shows itself."""

    figure: Figure
    alt: str
    """What there is to see, in one or two sentences."""

    def __post_init__(self) -> None:
        if not self.alt.strip():
            raise ValueError("alt must say in words what the picture shows, got an empty text")

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        data = base64.b64encode(png(self.figure, dpi=144)).decode()
        width = round(96 * self.figure.get_figwidth())  # 1.5 pixels to each: sharp on fine screens too
        style = f"max-width: 100%; width: {width}px; background: white"
        tag = f'<img src="data:image/png;base64,{data}" alt="{html.escape(self.alt)}" style="{style}">'
        return {"text/html": tag, "text/plain": self.alt}


def png(figure: Figure, *, dpi: int = 100) -> bytes:
    """The figure as a PNG file, on opaque white so that it can be read in a dark theme too."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi, facecolor="white")
    return buffer.getvalue()
