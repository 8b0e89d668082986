"""Comparing replies with keys and by clicks, as a learner does, and reading the choices back in Python."""

import pytest

from .explorables import latencies, report_latency
from .lab import cell_outputs, complaints, menu, open_notebook, run_all, wait_idle, write_notebook

CELLS = (
    "from rlcourse.explorables import which_reply\nfrom rlcourse.language import Pair\n"
    "pairs = [Pair(f'Question: Number {i}?\\nAnswer:', f' Long reply {i}.', f' No {i}.') for i in range(4)]\n"
    "desk = which_reply(pairs, wanted=2)\ndesk",
    "which_reply(pairs[:2], wanted=2, bets=[1, 0])",
    "print(desk.choices)",
)


@pytest.fixture(scope="module")
def opened(page, lab):
    open_notebook(page, lab, write_notebook(lab, "which_reply", *CELLS))
    run_all(page)
    page.locator(".rlc-which .rlc-pair").nth(1).wait_for(timeout=10_000)
    assert complaints(page) == []
    return page


@pytest.fixture
def desk(opened):
    """The first desk, with no choice made and the keyboard on it."""
    first = opened.locator(".rlc-which").first
    first.locator(".rlc-pair").focus()
    for _ in range(4):
        opened.keyboard.press("Backspace")
    return first


def shown(desk):
    """Request, both replies and the count, as they stand on the page."""
    texts = [desk.locator(".rlc-request").text_content(), *desk.locator(".rlc-text").all_text_contents()]
    return [*texts, desk.locator(".rlc-count").text_content()]


def test_keys_choose_and_undo_and_python_knows(opened, desk):
    assert shown(desk) == ["Number 0?", "Long reply 0.", "No 0.", "0 of 2 labels"]
    for key in ("2", "ArrowLeft", "u", "ArrowDown", "ArrowRight"):
        opened.keyboard.press(key)
    assert shown(desk) == ["Number 3?", "Long reply 3.", "No 3.", "2 of 2 labels"]
    assert desk.locator("progress").evaluate("bar => bar.value / bar.max") == 1
    said = desk.locator(".rlc-said").text_content()
    assert said == "You chose reply 2. Enough! Run the next cell, or go on labelling."
    opened.locator(".jp-NotebookPanel .jp-CodeCell").nth(2).locator(".jp-InputArea-editor").click()
    menu(opened, "Run", "Run Selected Cell")
    wait_idle(opened)
    assert cell_outputs(opened, 2).text_content().strip() == "[1, -1, 1]"


def test_clicks_and_buttons_do_the_same_and_the_last_pair_ends_it(desk):
    cards = desk.locator(".rlc-card")
    for i in (0, 1, 1, 0):
        cards.nth(i).click()
    assert "That was the last pair." in desk.locator(".rlc-said").text_content()
    assert cards.first.is_disabled() and desk.get_by_role("button", name="cannot tell").is_disabled()
    desk.get_by_role("button", name="undo").click()
    assert shown(desk)[0] == "Number 3?" and cards.first.is_enabled()


def test_a_models_bets_answer_each_choice(opened):
    second = opened.locator(".rlc-which").nth(1)
    said = second.locator(".rlc-said")
    second.locator(".rlc-pair").focus()
    opened.keyboard.press("2")
    assert said.text_content() == "You chose reply 2. The model agrees: 1 of 1 so far."
    opened.keyboard.press("2")
    assert "The model would have chosen the other: 1 of 2 so far." in said.text_content()
    assert said.get_attribute("data-agrees") == "false"


def test_a_key_press_is_painted_soon(opened, desk, record_property):
    keys = {"keys": ("1", "Backspace"), "watched": ".rlc-which .rlc-request", "presses": 10}
    report_latency("which reply", latencies(opened, None, **keys), aim=50, record=record_property)
