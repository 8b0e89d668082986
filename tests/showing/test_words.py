"""Words on their way to a page or a terminal."""

import os

import pytest

from rlcourse.showing.words import html_of, minus, printable, readable
from tests.programs import python


@pytest.mark.parametrize(
    ("text", "shown"),
    [("-0.5 and +2", "−0.5 and +2"), ("from 1 to -3", "from 1 to −3"), ("2024-11-28", "2024-11-28"), ("GPT-2", "GPT-2"),
     ("10-20", "10-20"), ("(-.5)", "(−.5)")],
)  # fmt: skip
def test_a_hyphen_before_a_number_becomes_a_minus(text, shown):
    assert minus(text) == shown


@pytest.mark.parametrize("text", ["98%, 7 % 3", "98 %, 7 % 3", "98\xa0%, 7 % 3"])
def test_no_line_end_stands_between_a_number_and_its_per_cent_sign(text):
    assert readable(f"-{text} and 50%w") == "−98\xa0%, 7\xa0% 3 and 50%w"
    assert html_of(f"{text} `98%`").startswith("98\xa0%,") and html_of("`98%`") == "<code>98%</code>"


def test_weight_and_emphasis_are_set_and_products_are_not():
    assert html_of("**no push** at *once*") == "<b>no push</b> at <em>once</em>"
    assert html_of("2**3 and 2*3*4") == "2**3 and 2*3*4"
    assert html_of("<img onerror=x>") == "&lt;img onerror=x&gt;"


def test_a_terminal_gets_stand_ins_for_what_it_cannot_show():
    assert printable("✓ λ ≤ −1 … “é”", "ascii") == '[ok] lambda <= -1 ... "?"'
    assert printable("✓ é −1", "latin-1") == "[ok] é -1"
    assert printable("✓ λ ≤ −1", "utf-8") == printable("✓ λ ≤ −1", None) == "✓ λ ≤ −1"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_whatever_the_course_says_can_be_printed_anywhere(encoding):
    code = """
from rlcourse.exercises import check, hint, progress, quiz
from rlcourse.showing import say
progress(); quiz("03"); hint("gae"); say("-1 ≤ λ"); check("gae", lambda *a, **k: None)
"""
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    assert len(python(code, text=False, env=environment).stdout) > 1000
