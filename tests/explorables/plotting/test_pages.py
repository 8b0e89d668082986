"""Pages that controls choose among: each state has its own, and the still is the one that it opens with."""

import pytest

from rlcourse.explorables.plotting.bench import Choice
from rlcourse.explorables.plotting.pages import pages

CONTROLS = (Choice("a", "the a", ("x", "y"), start=1, buttons=True), Choice("b", "the b", ("1", "2", "3"), start=2))


def page(state):
    return f"a<{state['a']}", f"<i>{state['a']}{state['b']}</i>"


def test_each_state_has_its_page():
    bench = pages("<b>Try this:</b> …", CONTROLS, page)
    view = bench.view
    assert view.shown == ("a<1", "<i>12</i>")
    view.a, view.b = 0.0, 1.0
    assert view.shown == ("a<0", "<i>01</i>")
    assert bench.still().text.startswith("a<0 Run this cell") and "<p>a&lt;0</p><i>01</i>" in bench.still().html


def test_too_many_are_refused():
    with pytest.raises(ValueError, match="at most 400 states together, got 1000"):
        pages("", [Choice(name, name, tuple("0123456789"), start=0) for name in "abc"], page)
    with pytest.raises(ValueError, match="'shown' has a name that a widget needs"):
        pages("", [Choice("shown", "", ("x",), start=0)], lambda state: ("", ""))
