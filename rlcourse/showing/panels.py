"""A picture of several panels in a row, cut into an image for each, so that a narrow page can stack them.

Shrunk to half a page, three panels side by side cannot be read; at their own size they can. Where there is room for all
of them the cuts are not to be seen. Left out: panels in several rows, and those that share what stands between them (a
title of the whole figure, one legend for all, the numbers of one axis), which stay together.
"""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

SHRINK = 0.85
"""How small a row of panels may be shown, of its own width, before it wraps."""


def seams_of(figure: Figure) -> list[float]:
    """Where the figure can be cut between its panels, as shares of its width. It must have been drawn once before."""
    panels = [axes for axes in figure.axes if axes.get_subplotspec() is not None]
    if len(panels) < 2 or figure.texts or figure.legends or figure.subfigs or not all(map(_stands_alone, panels)):
        return []
    if len({id(axes.get_gridspec()) for axes in panels}) > 1 or panels[0].get_gridspec().nrows > 1:
        return []
    boxes = {axes: axes.get_tightbbox() for axes in figure.axes if axes.get_visible()}
    if None in boxes.values():
        return []
    seams = []
    for panel in sorted(panels, key=lambda axes: boxes[axes].x0)[1:]:
        left = boxes[panel].x0
        before = max(box.x1 for box in boxes.values() if box.x0 < left)  # colour bars too
        if before > left:
            return []
        seams.append((before + left) / 2 / figure.bbox.width)
    return seams


def _stands_alone(panel: Axes) -> bool:
    """Whether a panel has the numbers of its own y axis, or no axis at all."""
    return not panel.axison or panel.yaxis.get_tick_params().get("labelleft", True)


def cut(image: Image.Image, seams: list[float]) -> list[Image.Image]:
    """An image as several, from left to right."""
    ends = [0, *(round(seam * image.width) for seam in seams), image.width]
    return [image.crop((ends[i], 0, ends[i + 1], image.height)) for i in range(len(ends) - 1)]


def in_a_row(tags: list[str], pixels: int) -> str:
    """Images side by side, or below each other where there is less room than they need."""
    narrow = round(SHRINK * pixels)
    style = f"<style>@container (max-width: {narrow}px) {{ .rlc-row-{narrow} {{ flex-wrap: wrap }} }}</style>"
    row = f'<div class="rlc-row-{narrow}" style="display: flex; align-items: flex-start">{"".join(tags)}</div>'
    return f'{style}<div style="container-type: inline-size">{row}</div>'
