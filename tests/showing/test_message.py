"""What the learner reads, as HTML: code and emphasis are set, and nothing else is taken for them."""

from rlcourse.showing.message import Message


def html(text):
    return Message("→", "", (text,)).html


def test_code_and_emphasis_are_set():
    assert "It <em>is</em> <code>a * b</code>, the <em>whole batch</em>." in html("It *is* `a * b`, the *whole batch*.")


def test_a_product_is_no_emphasis():
    assert "2*3*4 and x**2 and a * b * c" in html("2*3*4 and x**2 and a * b * c")
    assert "<code>r*A*b</code>" in html("`r*A*b`")


def test_the_learners_own_text_is_escaped():
    assert "&lt;b&gt;" in html("<b>")
