"""Of two things with one name neither stands for the other unseen."""

import pytest

from rlcourse.exercises.finding import by_name


def test_a_name_is_given_once():
    assert list(by_name([("b", 1), ("a", 2)])) == ["b", "a"]
    with pytest.raises(ValueError, match="given once, got 'a' for 1 and for 3"):
        by_name([("a", 1), ("b", 2), ("a", 3)])
