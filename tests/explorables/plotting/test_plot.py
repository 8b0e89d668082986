"""Plots as data: picking by named dimensions, templates, and what is refused."""

import numpy as np
import pytest

from rlcourse.explorables.plotting.plot import (
    Array,
    Axis,
    Choice,
    Handle,
    Line,
    Panel,
    Plot,
    Point,
    Rule,
    Text,
    Tiles,
    describe,
)

GRIDS = {"a": (0.0, 1.0), "b": (10.0, 20.0, 30.0)}
VALUES = np.arange(6.0).reshape(2, 3)  # [a, b]


def make(marks=(), **changes):
    panel = Panel("title", Axis("x", 0, 1), Axis("y", -1, 1), tuple(marks))
    fields = {"grids": GRIDS, "arrays": {"f": Array(("a", "b"), VALUES)}, "panels": (panel,), "alt": "words"}
    return Plot(**{**fields, **changes})


def test_pick_takes_the_nearest_entry_of_each_parameter():
    assert make().pick("f", {"a": 0.8, "b": 11}) == 3
    assert make().pick("f", {"a": 0.2, "b": 29}) == 2


def test_pick_along_a_grid_leaves_it_free():
    np.testing.assert_array_equal(make().pick("f", {"a": 1, "b": 20}, along="b"), [3, 4, 5])
    np.testing.assert_array_equal(make().pick("f", {"a": 1, "b": 20}, along="a"), [1, 4])


def test_a_grid_and_a_number_stand_for_themselves():
    np.testing.assert_array_equal(make().pick("b", {"a": 0}, along="b"), GRIDS["b"])
    assert make().pick("b", {"b": 21}) == 20
    assert make().pick(2.5, {}) == 2.5


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.125, "0.13"), (-0.125, "−0.13"), (0.375, "0.38"), (-0.0, "0.00"), (1.005, "1.00"), (2, "2.00")],
)
def test_numbers_are_rounded_as_the_browser_rounds_them(value, text):
    plot = make(arrays={"f": Array(("a",), np.array([value, 0.0]))})
    assert plot.fill("{f:.2f}", {"a": 0}) == text


def test_templates_are_filled_with_numbers_and_texts():
    verdict = Choice(("a",), np.array([1, 0]), ("f is {f:+.1f}", "low"))
    plot = make(choices={"verdict": verdict}, arrays={"f": Array(("a", "b"), -VALUES)})
    assert plot.fill("{b:.0f}: {verdict}", {"a": 1, "b": 30}) == "30: f is −5.0"
    assert plot.fill("{verdict}", {"a": 0, "b": 30}) == "low"


def test_parameters_are_the_grids_that_somebody_must_choose_along():
    assert make().parameters == frozenset()
    assert make([Line("b", "f", along="b")]).parameters == {"a"}
    assert make([Line("b", "f", along="b"), Rule(x="b")]).parameters == {"a", "b"}
    assert make(alt="{f}").parameters == {"a", "b"}
    assert make([Text(0, 0, "at {a}")]).parameters == {"a"}


@pytest.mark.parametrize(
    ("changes", "culprit"),
    [
        ({"arrays": {"f": Array(("a",), VALUES)}}, r"'f' has shape \(2, 3\)"),
        ({"arrays": {"f": Array(("a", "c"), VALUES)}}, r"dimensions \['c'\]"),
        ({"alt": "see {g}"}, "'g'"),
        ({"readouts": ("{nothing:.2f}",)}, "'nothing'"),
        ({"marks": [Point("a", "g")]}, r"Point\(y='g'\)"),
        ({"marks": [Text(0, 0, "{g}")]}, "'g'"),
        ({"marks": [Tiles((("a", "g"),), "a", along="a", reach=1)]}, r"Tiles\(corners\[0\].y='g'\)"),
        ({"marks": [Tiles((("a", "a"),), "g", along="a", reach=1)]}, r"Tiles\(value='g'\)"),
    ],
)
def test_what_does_not_fit_is_named(changes, culprit):
    with pytest.raises(ValueError, match=culprit):
        make(**changes)


@pytest.mark.parametrize(("low", "high"), [(0, 2.5), (-2.6, 2.6), (0, 1), (0.001, 0.002), (-3e5, 7e5)])
def test_ticks_are_a_few_round_numbers_inside_the_axis(low, high):
    ticks = np.array(Axis("", low, high).ticks)
    assert 3 <= len(ticks) <= 8
    assert low <= ticks.min() and ticks.max() <= high
    np.testing.assert_allclose(np.diff(ticks), np.diff(ticks)[0])


def test_the_description_is_plain_json_without_the_numbers():
    import json

    described = describe(make([Line("b", "f", along="b", label="curve")]))
    assert json.loads(json.dumps(described)) == described
    assert described["dims"] == {"f": ["a", "b"]}
    assert described["panels"][0]["marks"][0]["kind"] == "line"


@pytest.mark.parametrize(
    ("handle", "culprit"),
    [
        (Handle("c", "f"), r"moves='c'\): no grid"),
        (Handle("a", "g"), r"Handle\(x='g'\)"),
        (Handle("a", "b", 0.5), "'a'.* stands still"),
        (Handle("a"), "'a'.* stands still"),
        (Handle(("a", "b"), "a", 0.5), "'b'.* stands still"),
        (Handle("a", "f", settles="g"), r"Handle\(settles='g'\)"),
    ],
)
def test_a_handle_that_cannot_move_anything_is_refused(handle, culprit):
    with pytest.raises(ValueError, match=culprit):
        make(panels=(Panel("", Axis("x", 0, 1), Axis("y", 0, 1), (), handles=(handle,)),))


def test_what_a_handle_needs_must_be_chosen_too():
    plot = make(panels=(Panel("", Axis("x", 0, 1), Axis("y", 0, 1), (), handles=(Handle("a", "f"),)),))
    assert plot.parameters == {"a", "b"}
    assert describe(plot)["panels"][0]["handles"] == [{"moves": "a", "x": "f", "y": None, "grip": 0.5, "settles": None}]
