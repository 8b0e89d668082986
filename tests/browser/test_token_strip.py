"""Token strips and next-token bars in a real browser: they show what Python said, and keys go over the tokens."""

import re

import numpy as np
import pytest
import torch

from rlcourse.explorables import token_strip
from rlcourse.explorables.tokens.next_token_bars import next_token_plot

from .explorables import bars, latencies, press, report_latency, slider_value
from .lab import complaints, open_notebook, run_all, write_notebook

TOKENS = [["2", "+", "2", " is", " ", "4", "<|endoftext|>"], ["2", "\n", "5", "<|endoftext|>"]]
NUMBERS = {
    "advantage": [[0.0, 0.1, 0.2, 0.3, 0.4, 0.8, None], [-0.2, -0.4, -1.2, 0.0]],
    "log-probability": [[-0.1, -0.7, -3.0, 0.0, -0.2, -1.5, -0.01], [-0.2, -0.4, -1.2, 0.0]],
}
VALUES = [[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 0.9], [0.1, -0.2, -0.1, 0.0]]
NAMES = ["paid 0.8", "paid nothing"]
TEXTS = ["Question: What is 2+2?\nAnswer:", "Question: What is 2+2?\nAnswer: I guess 2+2 is "]
LOGITS = [[2.0, 1.5, -1.0, -2.0, -2.5], [-3.0, -2.0, 1.0, 0.5, 0.4]]
VOCABULARY = [" I", " ", "4", "5", "<|endoftext|>"]
CELLS = (
    "from rlcourse.explorables import token_strip\n"
    f"strip = token_strip({TOKENS}, {NUMBERS}, values={VALUES}, names={NAMES})\nstrip",
    "import torch\nfrom rlcourse.explorables.tokens.next_token_bars import bars_bench\n"
    f"bars_bench(torch.tensor({LOGITS}), {VOCABULARY}, {TEXTS}, top=3)",
)


@pytest.fixture(scope="module")
def opened(page, lab):
    open_notebook(page, lab, write_notebook(lab, "token_strip", *CELLS))
    run_all(page)
    page.locator('.rlc-plot [data-series="of_token"]').wait_for(timeout=30_000)
    assert complaints(page) == []
    return page


@pytest.fixture
def strip(opened):
    """The page, with the first measure chosen and the keyboard on the first token."""
    opened.get_by_role("button", name="advantage").click()
    opened.locator(".rlc-strip .rlc-rows").focus()
    for key in ("ArrowUp", "Home"):
        opened.keyboard.press(key)
    return opened


def said(page):
    return page.locator(".rlc-strip .rlc-said").text_content()


def numbers(page):
    return page.locator(".rlc-strip .rlc-number").all_text_contents()


@pytest.mark.parametrize("measure", [0, 1])
def test_boxes_bars_and_numbers_are_those_of_python(strip, measure):
    expected = token_strip(TOKENS, NUMBERS, values=VALUES, names=NAMES).shown
    strip.get_by_role("button", name=expected["measures"][measure]["name"]).click()
    strip.wait_for_timeout(250)  # the tint fades in
    marks = [mark for row in expected["measures"][measure]["marks"] for mark in row]
    assert numbers(strip) == [text for text, *_ in marks]
    boxes = strip.locator(".rlc-strip .rlc-box")
    assert boxes.all_text_contents() == [shown for row in expected["tokens"] for shown, _ in row]
    colours = boxes.evaluate_all("all => all.map(box => getComputedStyle(box).backgroundColor)")
    heights = strip.locator(".rlc-strip .rlc-bar").evaluate_all(
        "all => all.map(bar => { const fill = bar.querySelector('.rlc-fill').getBoundingClientRect();"
        " const room = bar.getBoundingClientRect(); return [fill.height / bar.clientHeight,"
        " (fill.top + fill.bottom) / 2 < (room.top + room.bottom) / 2 ? 1 : -1]; })"
    )
    hangs = expected["measures"][measure]["hangs"]
    for (_, _, shade, bar), colour, (height, side) in zip(marks, colours, heights, strict=True):
        *red_green_blue, strength = map(float, re.findall(r"[\d.]+", colour))
        assert strength == pytest.approx(0.5 * abs(shade), abs=5e-3)  # more, and dark pages are hard to read
        assert shade == 0 or red_green_blue == ([0, 114, 178] if shade > 0 else [230, 159, 0])
        assert height == pytest.approx(abs(bar) / (2 if hangs else 1), abs=0.04)
        if hangs and abs(bar) > 0.1:
            assert side == np.sign(bar), "up above 0, down below"


def test_values_stand_between_the_tokens_they_lie_between(strip):
    texts = strip.locator(".rlc-strip .rlc-value").all_text_contents()
    assert texts == ["0.10", "0.20", "0.30", "0.40", "0.50", "0.60", "0.80", "0.90", "0.10", "−0.20", "−0.10", "0.00"]
    middles = "all => all.map(one => { const b = one.getBoundingClientRect(); return (b.left + b.right) / 2; })"
    lines = strip.locator(".rlc-strip .rlc-line").evaluate_all(middles)[:8]
    boxes = strip.locator(".rlc-strip .rlc-box").evaluate_all(middles)[:7]
    in_order = [place for pair in zip(lines, boxes, strict=False) for place in pair] + lines[-1:]
    assert in_order == sorted(in_order)


def test_arrow_keys_and_the_mouse_tell_a_tokens_numbers(strip):
    assert said(strip).startswith("paid 0.8: token 1 of 7, “2”. Advantage 0.0000; log-probability −0.1000")
    for _ in range(3):
        strip.keyboard.press("ArrowRight")
    expected = "Advantage +0.3000; log-probability 0.0000, a probability of 100.00 %"
    where = "paid 0.8: token 4 of 7, “␣is” (with a space before)."
    assert said(strip) == f"{where} {expected}; value before it 0.400; value after it 0.500."
    strip.keyboard.press("End")
    strip.keyboard.press("ArrowDown")
    assert said(strip).startswith("paid nothing: token 4 of 4, end of text.")
    strip.locator(".rlc-strip .rlc-row").nth(1).locator(".rlc-token").nth(1).hover()
    assert said(strip).startswith("paid nothing: token 2 of 4, a line break. Advantage −0.4000")
    assert strip.locator(".rlc-strip .rlc-at").count() == 1


def test_where_what_is_shown_is_silent_nothing_else_is_told_but_the_value(strip):
    strip.keyboard.press("End")
    assert said(strip) == "paid 0.8: token 7 of 7, end of text. Value before it 0.800; value after it 0.900."
    strip.get_by_role("button", name="log-probability").click()
    assert "end of text. Log-probability −0.0100" in said(strip)


def test_the_words_follow_what_is_shown(strip):
    rows = strip.locator(".rlc-strip .rlc-rows")
    assert "advantage under each. paid 0.8: 2 0.00, + +0.10" in rows.get_attribute("aria-label")
    strip.get_by_role("button", name="log-probability").click()
    assert "log-probability under each. paid 0.8: 2 −0.10" in rows.get_attribute("aria-label")
    assert strip.get_by_role("button", name="log-probability").get_attribute("aria-pressed") == "true"


def test_a_narrow_page_wraps_the_tokens(strip):
    usual = strip.viewport_size
    strip.set_viewport_size({"width": 700, "height": usual["height"]})
    strip.wait_for_timeout(300)
    width = "one => [one.scrollWidth, one.clientWidth]"
    wide, room = strip.locator(".rlc-strip").evaluate(width)
    tops = (
        strip.locator(".rlc-strip .rlc-row")
        .first.locator(".rlc-box")
        .evaluate_all("all => all.map(box => Math.round(box.getBoundingClientRect().top))")
    )
    strip.set_viewport_size(usual)
    assert wide <= room + 1
    assert len(set(tops)) > 1, "the first text needs more than one line"


def test_the_next_tokens_follow_the_temperature_and_the_text(opened):
    page = opened
    plot = next_token_plot(torch.tensor(LOGITS), VOCABULARY, TEXTS, top=3)
    for label, key, text in (("temperature", "ArrowRight", 0), ("temperature", "Home", 0), ("temperature", "End", 0)):
        press(page, label, key, watch="of_token")
        state = {"temperature": slider_value(page, "temperature"), "text": text}
        np.testing.assert_allclose(bars(page, "of_token")[:, 1], plot.pick("of_token", state, along="token"), atol=5e-3)
    page.locator(".widget-toggle-button", has_text="I guess").click()
    page.wait_for_timeout(200)
    state["text"] = 1
    np.testing.assert_allclose(bars(page, "of_token")[:, 1], plot.pick("of_token", state, along="token"), atol=5e-3)
    assert page.locator(".rlc-plot [role=img]").get_attribute("aria-label") == plot.fill(plot.alt, state)
    page.locator(".widget-toggle-button", has_text="“Answer:”").click()


def test_a_key_press_is_painted_soon(strip, record_property):
    milliseconds = latencies(strip, None, keys=("ArrowRight", "ArrowLeft"), watched=".rlc-strip .rlc-rows", presses=20)
    report_latency("token strip", milliseconds, aim=50, record=record_property)
