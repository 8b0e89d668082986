"""The little picture of a passed check."""

import re

from rlcourse.exercises.curves import Curves


def test_an_end_of_the_axis_that_is_next_to_nothing_is_written_0():
    curves = Curves("", "x", [0.0, 1.0], {"a": [2.06e-9, 6.0]})
    assert re.findall(r'text-anchor="end"[^>]*>([^<]*)<', curves.html) == ["0", "6"]
    assert curves.html.count('text-anchor="end"') == 2
