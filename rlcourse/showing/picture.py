"""A matplotlib Figure as something a cell can show, with words for those who cannot see it.

JupyterLab shows a bare Figure as a line of text unless pyplot was imported, and gives its pictures no alt text. A
picture has two images, for a light and for a dark page, and a style sheet shows the one that fits, also where the
notebook is opened without a kernel and on an exported page. Where nobody says what the page is like, the light one is.
Panels in a row are images of their own, which a narrow page puts below each other.
"""

import base64
import html
import io
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from PIL import Image

from rlcourse.showing.night import PAPER, DayAndNight, tagged
from rlcourse.showing.panels import cut, in_a_row, seams_of
from rlcourse.showing.style import in_our_style, magnified
from rlcourse.showing.words import minus

_EITHER = """<style>@media screen {
[data-jp-theme-light="false"] .rlc-day { display: none !important }
[data-jp-theme-light="false"] .rlc-night { display: inline !important }
}</style>"""


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
        """The picture as HTML; a small one has fewer colours and pixels, for what is rarely looked at."""
        scale = magnified(self.figure)
        # A large one has 1.5 pixels to each of the page's: sharp on fine screens too.
        dpi = scale * (96 if small else 144)
        day, night = day_and_night(self.figure, dpi=dpi)
        fewer, pixels, seams = few_colours if small else fewer_colours, self._pixels, seams_of(self.figure)
        if not seams:
            return themed_tag(fewer(day), fewer(night), self.alt, f"max-width: 100%; width: {pixels}px")
        words = [self.alt, *("" for _ in seams)]  # the first says what there is to see in all of them
        widths = (f"max-width: 100%; min-width: 0; width: {w:.1f}px" for w in pixels * np.diff([0.0, *seams, 1.0]))
        pieces = zip(cut(day, seams), cut(night, seams), words, widths, strict=True)
        tags = [themed_tag(fewer(light), fewer(dark), said, width) for light, dark, said, width in pieces]
        return in_a_row(tags, pixels)

    @property
    def _pixels(self) -> int:
        """How wide it is where there is room, in pixels of the page."""
        return round(96 * magnified(self.figure) * self.figure.get_figwidth())


def png(figure: Figure, *, dpi: float | int = 100) -> bytes:
    """The figure as a PNG file, on opaque white so that it can be read in a dark theme too."""
    buffer = io.BytesIO()
    _image(_drawn(figure, dpi, _Saving)).save(buffer, "png")
    return buffer.getvalue()


def day_and_night(figure: Figure, *, dpi: float | int) -> tuple[Image.Image, Image.Image]:
    """The figure as two images: on opaque white, and for a dark page."""
    with tagged(figure):
        both = _drawn(figure, dpi, _SavingTwice)
    return _image(both), _image(both.night)


@in_our_style
def _drawn(figure: Figure, dpi: float | int, kind: type[FigureCanvasAgg]) -> RendererAgg:
    """The figure on white, drawn on such a canvas.

    The same, pixel for pixel, as `figure.savefig` would write, which draws twice: the first time it looks at nothing
    but where everything goes.
    """
    layout = figure.get_layout_engine()
    usual = figure.canvas, figure.get_dpi(), figure.get_facecolor()
    canvas = kind(figure)
    try:
        figure.set_dpi(dpi)
        figure.set_facecolor("white")
        if layout is not None:
            _place(figure)
            figure.set_layout_engine("none")
        canvas.draw()
        return canvas.renderer
    finally:
        if layout is not None:
            figure.set_layout_engine(layout)
        figure.set_canvas(usual[0])
        figure.set_dpi(usual[1])
        figure.set_facecolor(usual[2])


def _image(drawn: RendererAgg) -> Image.Image:
    return Image.fromarray(np.asarray(drawn.buffer_rgba())).convert("RGB")  # the ground is opaque


class _Saving(FigureCanvasAgg):
    """What a figure is drawn on for a file: curves that move are drawn too."""

    def is_saving(self) -> bool:
        return True


class _SavingTwice(_Saving):
    """For two files: by day, and at night."""

    @cached_property
    def _both(self) -> DayAndNight:
        return DayAndNight(*self.get_width_height(physical=True), self.figure.dpi)

    def get_renderer(self) -> DayAndNight:
        return self._both


def _place(figure: Figure) -> None:
    """Give everything its place, as a drawing begins; nothing is moved where no room is left."""
    for axes in figure.axes:
        locator = axes.get_axes_locator()
        axes.apply_aspect(locator(axes, figure.canvas.get_renderer()) if locator else None)
    if figure.axes:
        with suppress(ValueError):
            figure.get_layout_engine().execute(figure)


def few_colours(image: Image.Image) -> bytes:
    """An image as a PNG file with a palette of 64: about a third of the bytes."""
    return _quantized(image, 64, Image.Quantize.FASTOCTREE)


def fewer_colours(image: Image.Image) -> bytes:
    """As a PNG file with the 256 colours it needs most, which the eye does not notice: less than half the bytes."""
    return _quantized(image, 256, Image.Quantize.MAXCOVERAGE)


def _quantized(image: Image.Image, colours: int, method: Image.Quantize) -> bytes:
    """With so many colours, of which the ground's is exact: it must not stand out from the page."""
    few = image.quantize(colours, method=method)
    palette, ground = few.getpalette(), 3 * few.getpixel((0, 0))
    palette[ground : ground + 3] = image.getpixel((0, 0))
    few.putpalette(palette)
    buffer = io.BytesIO()
    few.save(buffer, "png", compress_level=8)  # 9 is 6 % smaller, and takes twice as long
    return buffer.getvalue()


def themed_tag(day: bytes, night: bytes, alt: str, style: str) -> str:
    """Two PNG images inside HTML, of which the page's theme shows one."""
    by_day = image_tag(day, alt, style, name="rlc-day")
    # Hidden by itself: where style sheets are taken away from a page that is not trusted, the light one is left.
    by_night = image_tag(night, alt, f"display: none; {style}", name="rlc-night", ground=PAPER)
    return f"{by_day}{by_night}{_EITHER}"


def image_tag(data: bytes, alt: str, style: str, *, name: str = "", ground: str = "white") -> str:
    """An image inside HTML, with its words, on white so that it can be read in a dark theme too."""
    source = f"data:image/png;base64,{base64.b64encode(data).decode()}"
    named = f' class="{name}"' if name else ""
    return f'<img src="{source}" alt="{html.escape(alt)}"{named} style="{style}; background: {ground}">'
