"""Tables of answers: every character is shown and none obeyed."""

import re

import pytest

from rlcourse.showing.table import Table, answers_table
from rlcourse.showing.words import Code


def test_texts_are_shown_as_they_are_and_numbers_short():
    html = answers_table(["answer", "reward"], [(" <b>2+2</b> & so on", 0.333), ("line\nbreak", 1.0)]).html
    assert "&lt;b&gt;2+2&lt;/b&gt; &amp; so on" in html
    assert ">0.33</td>" in html and ">1.00</td>" in html
    assert "line\nbreak" in html and "white-space: pre-wrap" in html
    assert html.count("<tr>") == 3


def test_words_stay_whole_on_a_narrow_page_unless_one_is_very_long():
    short, long = (answers_table(["answer"], [(text,)]).html for text in ("plants and shirts", "a" * 25))
    assert "overflow-wrap: anywhere" not in short and "overflow-wrap: anywhere" in long


def test_a_column_without_a_name_has_no_empty_header_to_be_read_out():
    html = answers_table(["question", ""], [("2+2", "4")]).html
    assert html.count("<th ") == 1 and html.count("<td") == 3


def test_a_row_of_another_length_is_refused():
    with pytest.raises(ValueError, match="2 cells"):
        answers_table(["a", "b"], [("only one",)])


def test_formulas_in_an_answer_are_shown_and_not_set():
    html = answers_table(["answer"], [("costs $5 and $6",), (r"\(y^2\)",)]).html
    assert re.findall(r"<code[^>]*>(.*?)</code>", html) == ["costs $5 and $6", r"\(y^2\)"], "MathJax leaves code alone"


def test_names_of_the_programmers_are_escaped_too():
    table = Table(("<i>a</i>", "b"), (("<img src=x>", -0.5), ("<script>",)))
    assert "<img" not in table.html and "<script" not in table.html and "<i>" not in table.html
    assert "−0.50" in table.html and "−0.50" in table.text


def test_a_long_name_may_go_on_in_the_next_line_after_its_dots_and_is_copied_whole():
    table = Table(("name",), ((Code("actor.kl_loss_coef"),), (Code("2.5 is a_text"),)))
    assert ">actor.<wbr>kl_<wbr>loss_<wbr>coef</code>" in table.html and ">2.5 is a_text</code>" in table.html
    assert "actor.kl_loss_coef" in table.text
