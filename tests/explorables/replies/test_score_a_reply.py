"""A reply in a box, from the kernel's side: each change is scored, the highest kept; tests/browser types."""

import pytest

from rlcourse.explorables import score_a_reply

PROMPT = "Question: How do I boil an egg?\nAnswer:"


class Letters:
    """Likes long replies, by as much as `each`, and cannot read é."""

    def __init__(self, each: float):
        self.each = each

    def score(self, prompts, completions):
        if any("é" in text for text in completions):
            raise ValueError("completions must have no é")
        return [self.each * len(text) for text in completions]


@pytest.fixture
def box():
    return score_a_reply(PROMPT, {"dislikes": Letters(-0.1), "likes": Letters(0.1)}, known=[" Go.", " Go away."])


def test_every_change_is_scored_by_every_model_as_it_reads_replies(box):
    assert "−0.40" in box.found.value and "+0.40" in box.found.value, "“ Go.”, with the space before it"
    box.text.value = "Go on <now>"
    assert "−1.20" in box.found.value and "+1.20" in box.found.value
    assert "&lt;now&gt;" in box.found.value and "<now>" not in box.found.value


def test_the_highest_by_the_last_model_is_kept(box):
    assert box.best == (pytest.approx(0.9), " Go away.") and "(the one to beat)" in box.found.value
    box.text.value = "Go away, please."
    box.text.value = "Go."
    assert box.best == (pytest.approx(1.7), " Go away, please.") and "(✓ yours)" in box.found.value


def test_what_cannot_be_read_is_said_and_changes_nothing(box):
    box.text.value = "Café, and long enough to be the best"
    assert "The models cannot read that: completions must have no é." in box.found.value
    assert "“Go away.” (the one to beat)" in box.found.value
    assert box.best[1] == " Go away."
    box.text.value = "Go."
    assert "+0.40" in box.found.value


def test_what_is_left_without_a_kernel_is_the_reply_with_its_scores(box):
    still = box.still()
    assert "How do I boil an egg?" in still.html and "+0.40" in still.html and "Run this cell" in still.html


def test_a_menu_changes_the_request_and_each_keeps_its_own_highest():
    other = "Question: How?\nAnswer:"
    box = score_a_reply(PROMPT, {"likes": Letters(0.1)}, known=[" Go."], others={other: [" Go.", " Go away."]})
    box.text.value = "Go on."
    box.request.value = other
    assert box.text.value == "Go." and box.best == (pytest.approx(0.9), " Go away.") and "+0.40" in box.found.value
    assert "How?" in box.still().html
    box.request.value = PROMPT
    assert box.best[1] == " Go on." and "(✓ yours)" in box.found.value


def test_nothing_to_score_is_refused():
    with pytest.raises(ValueError, match="judges must hold at least one reward model"):
        score_a_reply(PROMPT, {}, known=[" Go."])
    with pytest.raises(ValueError, match="known must hold at least one reply"):
        score_a_reply(PROMPT, {"likes": Letters(1.0)}, known=[])
