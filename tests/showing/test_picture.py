"""Figures as pictures with words."""

import base64
import io
import re

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from rlcourse.explorables import Picture, clipped_objective_figure
from rlcourse.showing.picture import png


def test_a_picture_shows_the_figure_on_white_with_its_words():
    figure = Figure(figsize=(4, 3), facecolor="none")
    shown = Picture(figure, 'A "line" < curve')._repr_mimebundle_()
    assert shown["text/plain"] == 'A "line" < curve'
    tag = shown["text/html"]
    assert 'alt="A &quot;line&quot; &lt; curve"' in tag
    assert "width: 384px" in tag
    png = base64.b64decode(re.search(r"base64,([^\"]+)", tag).group(1))
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))
    assert pixels.shape == (432, 576, 4)
    assert (pixels == 255).all()


def test_a_picture_without_words_is_refused():
    with pytest.raises(ValueError, match="alt"):
        Picture(Figure(), " ")


def test_a_figure_is_drawn_as_matplotlib_saves_it_and_stays_as_it_was():
    figure, same = clipped_objective_figure(), clipped_objective_figure()
    for one in (figure, same):
        one.axes[0].lines[0].set_animated(True)  # such as a training run's curves
    usual = figure.canvas, figure.get_dpi(), figure.get_facecolor(), figure.get_layout_engine()
    drawn = png(figure, dpi=120)
    assert (figure.canvas, figure.get_dpi(), figure.get_facecolor(), figure.get_layout_engine()) == usual
    saved = io.BytesIO()
    same.savefig(saved, dpi=120, facecolor="white")
    assert np.array_equal(*(np.asarray(Image.open(file).convert("RGB")) for file in (io.BytesIO(drawn), saved)))
