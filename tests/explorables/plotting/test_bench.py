"""The bench of an explorable: sliders over grids, and ranges that come from them."""

import math
from dataclasses import replace

import numpy as np
import pytest

from rlcourse.explorables.plotting.bench import Choice, Held, Slider, bench, linked_choice, linked_slider, state_of
from rlcourse.explorables.plotting.plot import Array, Axis, Panel, Plot, Point
from rlcourse.explorables.plotting.plot_view import PlotView

VALUES = np.arange(6.0).reshape(2, 3)


def make(**grids):
    grids = {"a": (0.0, 1.0), "b": (10.0, 20.0, 30.0), **grids}
    panel = Panel("title", Axis("x", 0, 1), Axis("y", 0, 1), (Point("a", "f"),))
    return Plot(grids=grids, arrays={"f": Array(("a", "b"), VALUES)}, panels=(panel,), alt="words")


def test_a_slider_runs_over_the_grid():
    slider = linked_slider(PlotView(make(), a=0, b=20), "b", "the b")
    assert (slider.min, slider.max, slider.step, slider.value) == (10, 30, 10, 20)


def test_a_grid_of_constant_ratio_gets_a_logarithmic_slider():
    view = PlotView(make(delta=(0.001, 0.01, 0.1)), a=0, b=20, delta=0.01)
    slider = linked_slider(view, "delta", "δ")
    assert (slider.base, slider.min, slider.max, slider.value) == (10, -3, -1, 0.01)
    assert slider.step == pytest.approx(1)


def test_an_uneven_grid_has_no_slider():
    view = PlotView(make(delta=(0.0, 1.0, 10.0)), a=0, b=20, delta=1)
    with pytest.raises(ValueError, match="'delta' is neither"):
        linked_slider(view, "delta", "δ")


@pytest.mark.parametrize("buttons", [False, True])
def test_a_choice_shows_words_and_chooses_the_entry_of_its_grid(buttons):
    view = PlotView(make(which=(0, 1, 2)), a=0, b=20, which=2)
    choice = linked_choice(view, "which", "which one", ("0.9", "0.99", "0.999"), buttons=buttons)
    assert (choice.index, choice.value, choice.description) == (2, "0.999", "which one")


def test_a_choice_needs_as_many_words_as_its_grid_has_entries():
    view = PlotView(make(which=(0, 1, 2)), a=0, b=20, which=2)
    with pytest.raises(ValueError, match="'which' must be 0, 1 … 1"):
        linked_choice(view, "which", "", ("one", "two"))
    with pytest.raises(ValueError, match="'b' must be 0, 1 … 2"):
        linked_choice(view, "b", "", ("one", "two", "three"))


SLIDERS = (Slider("a", "the a", (0.0, 1.0), start=0.0), Slider("b", "the b", (10, 20, 30), start=20, exact=True))


def test_a_bench_has_what_to_try_the_controls_and_the_picture():
    try_this, row, view = bench("<b>Try</b> it", make(), SLIDERS).children
    assert "<b>Try</b> it" in try_this.value
    assert [slider.description for slider in row.children] == ["the a", "the b"]
    assert (view.a, view.b) == (0.0, 20.0)


def test_a_state_begins_where_the_sliders_open():
    assert state_of(SLIDERS) == {"a": 0.0, "b": 20.0}
    assert state_of(SLIDERS, a=1) == {"a": 1.0, "b": 20.0}


@pytest.mark.parametrize("wrong", [{"a": 1.5}, {"a": math.nan}, {"b": 25}, {"b": 31}])
def test_the_range_of_an_argument_is_its_sliders(wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=f"^{name} must be"):
        state_of(SLIDERS, **wrong)


def test_what_is_no_number_is_refused():
    with pytest.raises(TypeError, match="a must be a number, got True"):
        state_of(SLIDERS, a=True)


def test_a_choice_is_the_number_of_a_word():
    with pytest.raises(ValueError, match="which must be from 0 to 1, got 2"):
        state_of([Choice("which", "", ("one", "two"), start=0)], which=2)


def test_what_only_a_handle_moves_has_no_slider():
    held = Held("b", "the b", (10, 30, 20), start=20)
    _, row, view = bench("", make(), (SLIDERS[0], held)).children
    assert [slider.description for slider in row.children] == ["the a"]
    assert (view.b, view.labels) == (20.0, {"a": "the a", "b": "the b"})
    with pytest.raises(ValueError, match=r"^b must be one of 10, 30, 20, got 25"):
        state_of([held], b=25)


def test_the_picture_knows_what_its_parameters_are_called_and_which_play():
    view = bench("", make(), (SLIDERS[0], replace(SLIDERS[1], play=True))).view
    assert (view.labels, view.plays) == ({"a": "the a", "b": "the b"}, ["b"])
