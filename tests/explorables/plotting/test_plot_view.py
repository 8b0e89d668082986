"""The browser's view of a plot, from the kernel's side; tests/browser sees it drawn."""

import numpy as np
import pytest

from rlcourse.explorables.plotting.plot import Array, Axis, Panel, Plot, Point
from rlcourse.explorables.plotting.plot_view import PlotView

VALUES = np.arange(6.0).reshape(2, 3)


def make(**grids):
    grids = {"a": (0.0, 1.0), "b": (10.0, 20.0, 30.0), **grids}
    panel = Panel("title", Axis("x", 0, 1), Axis("y", 0, 1), (Point("a", "f"),))
    return Plot(grids=grids, arrays={"f": Array(("a", "b"), VALUES)}, panels=(panel,), alt="words")


def test_the_numbers_travel_as_little_endian_float32_last_dimension_fastest():
    view = PlotView(make(), a=0.0, b=20.0)
    np.testing.assert_array_equal(np.frombuffer(view.numbers["f"], dtype="<f4"), VALUES.ravel())


def test_each_parameter_is_a_trait_the_browser_knows():
    view = PlotView(make(), a=0, b=20)
    assert (view.a, view.b) == (0.0, 20.0)
    assert view.get_state()["b"] == 20.0
    assert view.parameters == ["a", "b"]


def test_parameters_without_a_grid_with_a_taken_name_or_missing_are_refused():
    with pytest.raises(ValueError, match="'c' has no grid"):
        PlotView(make(), a=0, b=20, c=1)
    with pytest.raises(ValueError, match="'layout' has a name"):
        PlotView(make(layout=(0.0, 1.0)), a=0, b=20, layout=1)
    with pytest.raises(ValueError, match=r"\['b'\]"):
        PlotView(make(), a=0)


def test_the_script_and_the_style_are_shipped():
    view = PlotView(make(), a=0, b=20)
    assert "export default { render }" in view._esm
    assert ".rlc-plot" in view._css
