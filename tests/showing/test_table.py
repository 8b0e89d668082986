"""Tables of answers: every character is shown and none obeyed."""

import pytest

from rlcourse.showing.table import answers_table


def test_texts_are_shown_as_they_are_and_numbers_short():
    html = answers_table(["answer", "reward"], [(" <b>2+2</b> & so on", 0.333), ("line\nbreak", 1.0)]).html
    assert "&lt;b&gt;2+2&lt;/b&gt; &amp; so on" in html
    assert ">0.33</td>" in html and ">1.00</td>" in html
    assert "line\nbreak" in html and "white-space: pre-wrap" in html
    assert html.count("<tr>") == 3


def test_a_row_of_another_length_is_refused():
    with pytest.raises(ValueError, match="2 cells"):
        answers_table(["a", "b"], [("only one",)])
