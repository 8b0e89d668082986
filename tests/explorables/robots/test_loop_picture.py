"""The loop: who plays agent and environment, and what goes between them."""

from rlcourse.explorables import loop_picture


def test_it_says_who_plays_and_what_goes_round():
    picture = loop_picture("a GPT-2", "the text")
    words = {text.get_text() for text in picture.figure.axes[0].texts}
    assert {"agent", "a GPT-2", "environment", "the text", "action $a$", "state $s$, reward $r$"} == words
    assert "the agent (a GPT-2) sends an action to the environment (the text)" in picture.alt
