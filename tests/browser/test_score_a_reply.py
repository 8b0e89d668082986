"""Writing a reply letter by letter, as a learner does: the scores follow, and the highest is kept."""

import re

import pytest

from .lab import complaints, open_notebook, run_all, write_notebook

CELL = """
from rlcourse.explorables import score_a_reply

class Letters:
    def score(self, prompts, completions):
        return [0.1 * len(text) - 1 for text in completions]

score_a_reply("Question: How?\\nAnswer:", {"letters": Letters()}, known=[" Go.", " Go away now."])
"""


@pytest.fixture(scope="module")
def opened(page, lab):
    open_notebook(page, lab, write_notebook(lab, "score_a_reply", CELL))
    run_all(page)
    page.locator(".widget-text input").wait_for(timeout=30_000)
    assert complaints(page) == []
    return page


def test_each_letter_is_scored_and_the_highest_kept(opened):
    box, found = opened.get_by_label("Answer:"), opened.locator("[role=status]", has_text="Highest so far")
    assert "−0.60" in found.text_content() and "“Go away now.” (the one to beat)" in found.text_content()
    box.fill("Go")
    box.press_sequentially(" on")
    opened.wait_for_function("word => document.body.textContent.includes(word)", arg="−0.40", timeout=5_000)
    box.fill("Go away for ever now.")
    opened.wait_for_function("word => document.body.textContent.includes(word)", arg="✓ yours", timeout=5_000)
    assert re.search(r"letters\+1\.20", found.text_content())
    wide = found.locator("span[aria-hidden] > span").first.bounding_box()["width"]
    assert wide == pytest.approx(120 * 1.2 / 3, abs=1), "the bar is as long as its number says"
